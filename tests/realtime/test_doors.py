"""The raw WebSocket doors: who is greeted, what is understood, and what every kind of nonsense meets."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from config import routing
from realtime import consumers, parts, wire
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db")

BAD_JSON = ["{", "", "nonsense", '{"type":}', "{'type':'ping'}", '{"type":"ping"}}', '{"type":"ping","x":"\ufdd0']

# Payloads that no message of any part may mean anything by.
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


# --- the greeting


@pytest.mark.parametrize("path", ["/", "/ws/", "/?join=sess_1", "/ws/?a=b&c"])
async def test_the_first_frame_is_the_clients_own_id(server: sockets.Address, path: str) -> None:
    async with await sockets.connect(server, path, greeted=False) as client:
        frame = await client.next()
    assert frame["type"] == "CLIENT_ID"
    assert len(frame["payload"]["clientId"]) == 16


@pytest.mark.everywhere
async def test_every_connection_has_another_id(server: sockets.Address) -> None:
    ids = set()
    for _ in range(3):
        async with await sockets.connect(server, greeted=False) as client:
            ids.add((await client.next())["payload"]["clientId"])
    assert len(ids) == 3


async def test_an_apps_own_door_speaks_its_messages_only(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server, "/ws/streams/") as streams:
        await streams.send({"type": "JOIN_SESSION", "payload": {"sessionId": "x"}})
        await streams.send({"type": "FOO"})
        await streams.send({})
        assert await streams.settle() == []
        assert (await streams.ask("join-session", sessionId=show.id))["ok"]
    async with await sockets.connect(server, "/ws/shopping/") as shopping:
        await shopping.say("join-session", sessionId=show.id)
        await shopping.send({"type": "FOO"})
        [frame] = await shopping.settle()
        assert frame["type"] == "ERROR"


async def test_a_door_that_is_not_there_is_refused_in_peace(
    server: sockets.Address, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Exception, match=r"HTTP 40[34]"):
        await sockets.connect(server, "/ws/nowhere/")
    assert not [record for record in caplog.records if record.exc_info]


# --- what is not understood


@pytest.mark.parametrize(
    "frame",
    [{"type": "FOO"}, {"type": "FOO", "payload": {}}, {"type": "JOIN-SESSION"}, {}, {"type": None}, {"type": 5}, [], 5],
    ids=json.dumps,
)
async def test_unknown_upper_case_and_nameless_frames_meet_an_error(server: sockets.Address, frame: Any) -> None:
    async with await sockets.connect(server) as client:
        await client.send(frame if isinstance(frame, str) else json.dumps(frame))
        [said] = await client.settle()
    name = frame["type"] if isinstance(frame, dict) and isinstance(frame.get("type"), str) else "undefined"
    assert said == {"type": "ERROR", "payload": {"message": f"Unknown message type: {name}"}}


@pytest.mark.parametrize("name", ["foo", "some-event", "chat:message", "fooBar", "Foo", "123", ""])
async def test_unknown_lower_case_frames_meet_silence(server: sockets.Address, name: str) -> None:
    async with await sockets.connect(server) as client:
        await client.say(name)
        assert await client.settle() == []


async def test_a_long_unknown_name_is_not_echoed_whole(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        await client.say("X" * 60_000)
        [said] = await client.settle()
        assert len(said["payload"]["message"]) < 200


@pytest.mark.parametrize("text", BAD_JSON)
async def test_bad_json_before_any_typed_frame_meets_both_families_errors(server: sockets.Address, text: str) -> None:
    async with await sockets.connect(server) as client:
        await client.send(text)
        nested, flat = await client.settle()
    assert nested["type"] == "ERROR"
    assert isinstance(nested["payload"]["message"], str)
    assert flat == {"type": "error", "message": "Invalid message format"}


@pytest.mark.everywhere
async def test_bad_json_after_a_flat_frame_meets_the_flat_error_only(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        await client.say("ping")
        await client.expect("pong")
        await client.send("{")
        assert await client.settle() == [{"type": "error", "message": "Invalid message format"}]


async def test_a_binary_frame_that_means_nothing_is_an_error_and_ends_nothing(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        await client.say("ping")
        await client.expect("pong")
        for data in (b"", b"\x00\x00\x00\x05hello", b"\xff" * 1000):
            await client.send(data)
        assert {frame["type"] for frame in await client.settle()} == {"error"}


@pytest.mark.parametrize("text", ["[" * 60_000, '{"type":"ping","x":' + "[" * 60_000, '{"a":' * 10_000])
async def test_deep_nesting_ends_nothing(server: sockets.Address, text: str, caplog: pytest.LogCaptureFixture) -> None:
    async with await sockets.connect(server) as client:
        await client.send(text)
        await client.settle()
    assert not [record for record in caplog.records if record.exc_info]


# --- sizes


def sized(size: int, filling: str = "x", type: str = "ping") -> str:
    """A frame of exactly so many bytes."""
    empty = len(json.dumps({"type": type, "x": ""}))
    each = len(filling.encode())
    return json.dumps({"type": type, "x": filling * ((size - empty) // each)}, ensure_ascii=False)


async def test_64_kib_are_heard(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        await client.send(sized(wire.Heard.max_bytes))
        await client.expect("pong")


@pytest.mark.everywhere
@pytest.mark.parametrize("filling", ["x", "\N{PILE OF POO}"])
@pytest.mark.parametrize("type", ["ping", "unknown", "join-session"])
async def test_more_than_64_kib_close_with_1009(server: sockets.Address, type: str, filling: str) -> None:
    async with await sockets.connect(server) as client:
        await client.send(sized(wire.Heard.max_bytes + 8, filling, type))
        assert await client.close_code() == 1009


async def test_nothing_is_done_for_a_client_that_is_being_closed(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as watching, await sockets.connect(server) as client:
        await watching.ask("join-session", sessionId=show.id)
        await client.send(sized(wire.Heard.max_bytes + 8))
        await client.say("send-message", sessionId=show.id, message="too late")
        assert await client.close_code() == 1009
        await watching.say("send-message", sessionId=show.id, message="the next")
        assert (await watching.expect("new-message"))["message"] == "the next"


# --- every message of every part


def heard_messages() -> list[Any]:
    doors: list[type[consumers.SocketConsumer]] = [routing.RawDoor]
    return [
        pytest.param(name, route, id=name)
        for door in doors
        for name, routes in sorted(door.routes.by_name.items())
        for route in routes
    ]


@pytest.mark.parametrize(("name", "route"), heard_messages())
async def test_no_nonsense_ends_a_connection_or_fails_a_handler(
    server: sockets.Address, name: str, route: parts.Route, caplog: pytest.LogCaptureFixture
) -> None:
    async with await sockets.connect(server) as client:
        for n, fields in enumerate(NONSENSE):
            await client.say(name, **{**fields, "op": f"op{n}"})
            ack = await client.expect("ack", op=f"op{n}")
            assert ack["ok"] or ack["code"] not in ("server_error", "busy"), ack
        await client.settle()
    assert not [record.getMessage() for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(("name", "route"), heard_messages())
async def test_a_message_with_required_fields_says_so_in_its_protocols_words(
    server: sockets.Address, name: str, route: parts.Route
) -> None:
    required = [field for field in msgspec.structs.fields(route.heard) if field.required]
    if not required:
        pytest.skip("this message may be empty")
    async with await sockets.connect(server) as client:
        await client.say(name)
        [said] = await client.settle()
    family = routing.RawDoor.parts[route.part].framing.name
    assert said["type"] == ("ERROR" if family == "nested" else "error")


# --- hello, acks and refusals


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
async def test_too_many_messages_are_refused_with_the_time_to_wait(server: sockets.Address, settings: Any) -> None:
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
    monkeypatch.setattr(consumers, "MAX_ROOMS", 2)
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
