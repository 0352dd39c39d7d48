"""Which part hears what: found out at start, where an ambiguity is refused."""

from typing import ClassVar

import pytest

from config import routing
from realtime import consumers, handlers, wire


class Register(wire.Heard, tag="register"):
    session: str = ""


class RegisterForMatch(wire.Heard, tag="register"):
    when: ClassVar[str | None] = "matchId"
    match_id: str


class AlsoRegister(wire.Heard, tag="register"):
    pass


class One(handlers.Part):
    dialect = "one"

    @handlers.on(Register)
    async def register(self, message: Register) -> None: ...


class Other(handlers.Part):
    dialect = "other"

    @handlers.on(RegisterForMatch)
    async def register(self, message: RegisterForMatch) -> None: ...


class Rival(handlers.Part):
    dialect = "rival"

    @handlers.on(AlsoRegister)
    async def register(self, message: AlsoRegister) -> None: ...


class Heir(One):
    @handlers.on(wire.Ping)
    async def ping(self, message: wire.Ping) -> None: ...


def test_two_parts_that_hear_one_name_fail_at_start() -> None:
    with pytest.raises(TypeError, match="register"):
        type("Ambiguous", (consumers.SocketConsumer,), {"parts": (One, Rival)})


@pytest.mark.parametrize("order", [(One, Other), (Other, One)])
def test_a_field_tells_two_messages_of_one_name_apart(order: tuple[type[handlers.Part], ...]) -> None:
    routes = handlers.Routes(order)
    with_field = routes.find("register", lambda field: field == "matchId")
    without = routes.find("register", lambda field: False)
    assert with_field is not None
    assert without is not None
    assert (with_field.heard, order[with_field.part]) == (RegisterForMatch, Other)
    assert (without.heard, order[without.part]) == (Register, One)


def test_a_name_that_only_one_part_hears_needs_no_telling_apart() -> None:
    """What is missing is then that part's to say."""
    route = handlers.Routes([Other]).find("register", lambda field: False)
    assert route is not None
    assert route.heard is RegisterForMatch


def test_a_part_inherits_what_its_base_hears() -> None:
    assert set(handlers.Routes([Heir]).by_name) == {"register", "ping"}


def test_an_unknown_name_has_no_route() -> None:
    assert handlers.Routes([One]).find("unknown", lambda field: True) is None


@pytest.mark.parametrize("door", [routing.RawDoor, routing.SocketIODoor])
def test_handlers_are_named_as_their_messages(door: type[consumers.SocketConsumer]) -> None:
    for name, routes in door.routes.by_name.items():
        for route in routes:
            assert getattr(route.handler, "__name__", "").replace("_", "-") == name.lower().replace("_", "-").replace(
                ":", "-"
            )
