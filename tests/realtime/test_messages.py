"""What every message has in common: nonsense is refused in words, an op is acknowledged, limits hold."""

import asyncio
from typing import Any

import msgspec
import pytest

from config import routing
from realtime import handlers, wire
from realtime.connections import connection
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db")

# Payloads that mean nothing in any message of any protocol.
NONSENSE: list[dict[str, Any]] = [
    {},
    {"payload": None},
    {"payload": 5},
    {"payload": "text"},
    {"payload": [1]},
    {"data": None},
    {"data": 5},
    {"data": []},
    {"data": {"sessionId": 5}},
    {"sessionId": None},
    {"sessionId": 5, "type_": 5},
    {"sessionId": "not-a-uuid"},
    {"sessionId": "00000000-0000-4000-8000-000000000000\x00"},
    {"room": 5, "after": "x", "epoch": None},
    {"message": {"a": 1}, "kind": [], "productId": True},
]


# --- every message of every protocol


def client_messages() -> list[Any]:
    by_name = routing.RawEndpoint.routes.by_name
    declared = {name: routes for name, routes in sorted(by_name.items()) if name != wire.ANY}
    return [pytest.param(name, route, id=name) for name, routes in declared.items() for route in routes]


@pytest.mark.parametrize(("name", "route"), client_messages())
async def test_no_nonsense_ends_a_connection_or_fails_a_handler(
    server: sockets.Address, name: str, route: handlers.Route, caplog: pytest.LogCaptureFixture
) -> None:
    async with await sockets.connect(server) as client:
        for n, fields in enumerate(NONSENSE):
            await client.say(name, **{**fields, "op": f"op{n}"})
            ack = await client.expect("ack", op=f"op{n}")
            assert ack["ok"] or ack["code"] not in ("server_error", "busy"), ack
        await client.settle()
    assert not [record.getMessage() for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(("name", "route"), client_messages())
async def test_a_message_with_required_fields_says_so_in_its_protocols_words(
    server: sockets.Address, name: str, route: handlers.Route
) -> None:
    required = [field for field in msgspec.structs.fields(route.message) if field.required]
    if not required:
        pytest.skip("this message may be empty")
    async with await sockets.connect(server) as client:
        await client.say(name)
        [said] = await client.settle()
    family = routing.RawEndpoint.protocols[route.handler].framing.name
    assert said["type"] == ("ERROR" if family == "nested" else "error")


# --- hello, acks and refusals


@sockets.ON_BOTH
@pytest.mark.everywhere
async def test_hello_names_the_connection_and_turns_recovery_on(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as client:
        await client.say("hello", recover=True)
        hello = await client.expect("hello")
        assert hello["recover"] is True
        assert isinstance(hello["connection"], str)
        await client.say("join-session", sessionId=show.id)
        room = await client.expect("room")
        assert (room["room"], room["seq"]) == (show.key, 1)
        await client.say("send-message", sessionId=show.id, message="hello")
        said = await client.expect("new-message")
        assert (said["room"], said["seq"], said["epoch"]) == (show.key, 2, room["epoch"])


async def test_without_hello_frames_have_exactly_the_documented_shape(
    server: sockets.Address, show: sockets.Show
) -> None:
    async with await sockets.connect(server) as client:
        await client.say("join-session", sessionId=show.id)
        await client.say("send-message", sessionId=show.id, message="hello")
        said = await client.expect("new-message")
    assert set(said) == {"type", "id", "message", "userId", "userName", "username", "sessionId", "createdAt"}
    assert [frame for frame in client.passed if frame["type"] == "room"] == []


@sockets.ON_BOTH
@pytest.mark.everywhere
async def test_the_ack_comes_last_and_only_where_there_is_an_op(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as client:
        await client.say("ping", op="p1")
        assert [(await client.next())["type"] for _ in range(2)] == ["pong", "ack"]
        await client.say("ping")
        await client.say("ping", op="")
        await client.say("hello")
        await client.expect("hello")
        assert client.passed == [{"type": "pong"}, {"type": "pong"}]


async def test_a_refusal_is_both_an_error_and_a_negative_ack(server: sockets.Address) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    async with await sockets.connect(server) as client:
        ack = await client.ask("join-session", sessionId=nowhere)
        assert {key: ack[key] for key in ("ok", "code", "message")} == {
            "ok": False,
            "code": "not_found",
            "message": "Session not found",
        }
        assert client.passed == [{"type": "error", "kind": "not_found", "message": "Session not found"}]


async def test_an_op_that_is_too_long_is_refused_and_acknowledged_cut(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        await client.say("ping", op="x" * 65)
        ack = await client.expect("ack")
        assert (ack["op"], ack["ok"], ack["code"]) == ("x" * 64, False, "validation")


async def test_an_op_that_is_no_text_is_refused_in_the_words_of_the_messages_protocol(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        await client.say("ping", op=5)
        assert [frame["type"] for frame in await client.settle()] == ["error"]


@pytest.mark.everywhere
async def test_too_many_messages_are_refused_with_the_time_to_wait(
    server: sockets.Address, settings: Any, at_once: None
) -> None:
    settings.LIMITS = {"message": {"connection": (0.5, 3)}}
    async with await sockets.connect(server) as client:
        acks = [await client.ask("ping") for _ in range(5)]
    assert [ack["ok"] for ack in acks] == [True, True, True, False, False]
    assert acks[3]["code"] == "rate_limited"
    assert 0 < acks[3]["retryAfter"] <= 2


async def test_messages_that_cannot_be_read_count_against_the_limit_too(server: sockets.Address, settings: Any) -> None:
    """Else a client could have as many error frames as it likes."""
    settings.LIMITS = {"message": {"connection": (0.001, 6)}}
    async with await sockets.connect(server) as client:
        for _ in range(10):
            await client.send("{")
            await client.send('{"type":"FOO"}')
            await client.say("join-session")
        await client.say("ping", op="last")
        assert (await client.expect("ack", op="last"))["code"] == "rate_limited"
        assert len([frame for frame in client.passed if frame["type"] == "ERROR"]) <= 6


async def test_a_connection_may_be_in_a_bounded_number_of_rooms(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_ROOMS", 2)
    shows = await asyncio.to_thread(lambda: [sockets.make_show(live=False) for _ in range(3)])
    async with await sockets.connect(server) as client:
        acks = [await client.ask("join-session", sessionId=show.id) for show in shows]
        assert [ack["ok"] for ack in acks] == [True, True, False]
        assert acks[2]["code"] == "too_many"
        await client.ask("leave-session", sessionId=shows[0].id)
        assert (await client.ask("join-session", sessionId=shows[2].id))["ok"]
        assert (await client.ask("join-session", sessionId=shows[2].id))["ok"]  # again


async def test_a_handler_that_fails_ends_neither_connection_nor_process(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("secret")

    async with await sockets.connect(server) as client:
        with monkeypatch.context() as broken:
            broken.setattr("streams.models.Stream.objects.find", fail, raising=False)
            broken.setattr("realtime.rooms.enter", fail)
            ack = await client.ask("join-session", sessionId=show.id)
        assert (ack["ok"], ack["code"], ack["message"]) == (False, "server_error", "Internal server error")
        assert (await client.ask("join-session", sessionId=show.id))["ok"]
    assert [record for record in caplog.records if record.exc_info]
