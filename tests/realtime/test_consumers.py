"""The raw WebSocket endpoints: who is greeted, what is understood, and what every kind of nonsense meets."""

import json
from typing import Any

import pytest

from realtime import wire
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db")

BAD_JSON = ["{", "", "nonsense", '{"type":}', "{'type':'ping'}", '{"type":"ping"}}', '{"type":"ping","x":"\ufdd0']

# --- the greeting


@sockets.ON_BOTH
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


async def test_an_apps_own_endpoint_knows_its_messages_only(server: sockets.Address, show: sockets.Show) -> None:
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


@sockets.ON_BOTH
async def test_a_path_without_an_endpoint_is_refused_without_an_error(
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


@sockets.ON_BOTH
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


@sockets.ON_BOTH
async def test_64_kib_are_received(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        await client.send(sized(wire.ClientMessage.max_bytes))
        await client.expect("pong")


@pytest.mark.everywhere
@pytest.mark.parametrize("filling", ["x", "\N{PILE OF POO}"])
@pytest.mark.parametrize("type", ["ping", "unknown", "join-session"])
async def test_more_than_64_kib_are_refused_and_the_connection_goes_on(
    server: sockets.Address, type: str, filling: str
) -> None:
    async with await sockets.connect(server) as client:
        await client.send(sized(wire.ClientMessage.max_bytes + 8, filling, type))
        assert [frame["type"] for frame in await client.settle()] == ([] if type == "unknown" else ["error"])
        if type != "unknown":
            ack = await client.ask(type, x=filling * (wire.ClientMessage.max_bytes // len(filling.encode())))
            assert (ack["ok"], ack["code"], ack["message"]) == (False, "too_big", "At most 64 KiB at once")


@pytest.mark.everywhere
@pytest.mark.parametrize("size", [wire.MAX_MESSAGE, wire.MAX_MESSAGE + 1])
async def test_more_than_the_doors_limit_closes_with_1009(server: sockets.Address, size: int) -> None:
    async with await sockets.connect(server) as client:
        await client.send(sized(size))
        if size > wire.MAX_MESSAGE:
            assert await client.close_code() == 1009
        else:
            assert (await client.expect("error"))["message"] == "At most 64 KiB at once"


ODD = {"half an emoji": "\\ud83d", "half an emoji in capitals": "\\uD83D", "NUL": "\\u0000", "a bare NUL": "\0"}


@pytest.mark.everywhere
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
async def test_text_that_cannot_be_taken_is_refused_in_words_by_its_op(
    server: sockets.Address, show: sockets.Show, text: str
) -> None:
    async with await sockets.connect(server) as client:
        await client.send(f'{{"type":"send-message","op":"1","sessionId":"{show.id}","message":"a {text}"}}')
        ack = await client.expect("ack", op="1")
        assert (ack["ok"], ack["code"]) == (False, "validation")
        assert ack["message"].endswith("a character that is not one, such as NUL or half an emoji")
        await client.send(f'{{"type":"send-message","op":"{text}","message":"x"}}')
        assert "ack" not in [frame["type"] for frame in await client.settle() if frame.get("ok")]


async def test_nothing_is_done_for_a_client_that_is_being_closed(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as watching, await sockets.connect(server) as client:
        await watching.ask("join-session", sessionId=show.id)
        await client.send(sized(wire.MAX_MESSAGE + 8))
        await client.say("send-message", sessionId=show.id, message="too late")
        assert await client.close_code() == 1009
        await watching.say("send-message", sessionId=show.id, message="the next")
        assert (await watching.expect("new-message"))["message"] == "the next"
