"""Which handler receives what: found out at start, where an ambiguity is refused."""

from typing import ClassVar

import pytest

from config import routing
from realtime import consumers, errors, handlers, wire


class Register(wire.ClientMessage, tag="register"):
    session: str = ""


class RegisterForMatch(wire.ClientMessage, tag="register"):
    discriminator: ClassVar[str | None] = "matchId"
    match_id: str


class AlsoRegister(wire.ClientMessage, tag="register"):
    pass


class One(handlers.ProtocolHandler):
    dialect = "one"

    @handlers.on(Register)
    async def register(self, message: Register) -> None: ...


class Other(handlers.ProtocolHandler):
    dialect = "other"

    @handlers.on(RegisterForMatch)
    async def register(self, message: RegisterForMatch) -> None: ...


class Rival(handlers.ProtocolHandler):
    dialect = "rival"

    @handlers.on(AlsoRegister)
    async def register(self, message: AlsoRegister) -> None: ...


class Heir(One):
    @handlers.on(wire.Ping)
    async def ping(self, message: wire.Ping) -> None: ...


def test_two_handlers_that_receive_one_name_fail_at_start() -> None:
    with pytest.raises(TypeError, match="register"):
        type("Ambiguous", (consumers.SocketConsumer,), {"protocols": (One, Rival)})


@pytest.mark.parametrize("order", [(One, Other), (Other, One)])
def test_a_field_tells_two_messages_of_one_name_apart(order: tuple[type[handlers.ProtocolHandler], ...]) -> None:
    routes = handlers.Routes(order)
    with_field = routes.find("register", lambda field: field == "matchId")
    without = routes.find("register", lambda field: False)
    assert with_field is not None
    assert without is not None
    assert (with_field.message, order[with_field.handler]) == (RegisterForMatch, Other)
    assert (without.message, order[without.handler]) == (Register, One)


def test_a_name_that_only_one_handler_receives_needs_no_discriminator() -> None:
    """It is then for that handler to say what is missing."""
    route = handlers.Routes([Other]).find("register", lambda field: False)
    assert route is not None
    assert route.message is RegisterForMatch


def test_a_handler_inherits_what_its_base_receives() -> None:
    assert set(handlers.Routes([Heir]).by_name) == {"register", "ping"}


def test_an_unknown_name_has_no_route() -> None:
    assert handlers.Routes([One]).find("unknown", lambda field: True) is None


@pytest.mark.parametrize("endpoint", [routing.RawEndpoint, routing.SocketIOEndpoint])
def test_methods_are_named_as_their_messages(endpoint: type[consumers.SocketConsumer]) -> None:
    for name, routes in endpoint.routes.by_name.items():
        for route in routes if name != wire.ANY else ():
            assert getattr(route.method, "__name__", "").replace("_", "-") == name.lower().replace("_", "-").replace(
                ":", "-"
            )


def test_a_handler_is_silent_unless_its_protocol_has_words() -> None:
    handler = One(None)  # type: ignore[arg-type]  # No hook asks the client anything.
    refusal = errors.RequestRefused("odd", "So it is")
    assert [handler.refuse(refusal), handler.goodbye(), handler.unknown("FOO"), handler.malformed("x")] == [None] * 4
