"""Bytes, any names and large messages, on raw sockets and on Socket.IO."""

import asyncio
import base64
import contextlib
import json
import os
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets

from realtime import handlers, large_messages, limits, wire
from realtime.adapters import releases
from realtime.endpoints import socketio
from tests import sockets
from tests.realtime import bulk_protocol
from tests.realtime.bulk_protocol import digest, framed

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]]
ON_ALL = pytest.mark.parametrize("transports", TRANSPORTS, ids="-".join)
LARGE = os.urandom(700_000)  # Over polling, as base64, it is as much as the client sends without a warning.


@pytest.fixture(scope="module")
async def door(live_db: None) -> AsyncIterator[sockets.Address]:
    async with sockets.serving(socketio.endpoint(bulk_protocol.Endpoint, bulk_protocol.raw)) as address:
        yield address


@pytest.fixture(autouse=True)
def no_limits(settings: Any) -> None:
    settings.LIMITS = {}
    limits.reset()


async def opened(door: sockets.Address) -> sockets.Client:
    client = await sockets.connect(door, greeted=False)
    assert (await client.ask("open-up"))["ok"]
    return client


async def send_blob(client: sockets.Client, data: bytes, type: str = "blob", **fields: Any) -> dict[str, Any]:
    op = secrets.token_hex(4)
    await client.send(framed(json.dumps({"type": type, "op": op, **fields}).encode(), data))
    return await client.expect("ack", op=op)


async def send_in_vain(client: sockets.Client, data: bytes) -> None:
    """The server may close while the frame is on its way."""
    with contextlib.suppress(websockets.ConnectionClosed):
        await client.send(data)


# --- bytes


async def test_a_binary_frame_is_a_message_with_bytes(door: sockets.Address) -> None:
    async with await sockets.connect(door, greeted=False) as client:
        for data in (b"", b"\x00\xff" * 500, os.urandom(100_000)):
            ack = await send_blob(client, data, label="a label")
            assert (ack["ok"], ack["label"], ack["digest"]) == (True, "a label", digest(data))


async def test_bytes_may_stand_in_text_as_base64(door: sockets.Address) -> None:
    async with await sockets.connect(door, greeted=False) as client:
        assert (await client.ask("blob", data=base64.b64encode(b"bytes").decode()))["digest"] == digest(b"bytes")
        assert (await client.ask("blob", data="no base64"))["code"] == "validation"
        assert (await client.ask("blob"))["size"] == 0


BROKEN = [
    b"",
    b"\x00",
    framed(b"", b"x"),
    framed(b'{"type":"blob"}', b"", 100),
    framed(b"\xff\xff", b"x"),
    framed(b"{", b"x"),
    framed(b"[]", b"x"),
    b"\xff" * 100,
]


@pytest.mark.parametrize("frame", BROKEN, ids=lambda frame: repr(frame[:12]))
async def test_a_broken_binary_frame_ends_nothing(door: sockets.Address, frame: bytes) -> None:
    async with await sockets.connect(door, greeted=False) as client:
        await client.send(frame)
        await client.settle()
        assert (await send_blob(client, b"x"))["ok"]


async def test_bytes_for_a_message_that_takes_none_are_refused(door: sockets.Address) -> None:
    async with await sockets.connect(door, greeted=False) as client:
        ack = await send_blob(client, b"x", type="ping")
        assert (ack["code"], ack["message"]) == ("validation", "This message takes no bytes")


@ON_ALL
async def test_an_attachment_is_a_field_of_bytes(door: sockets.Address, transports: list[str]) -> None:
    async with await sockets.Events().connect(door, transports) as client:
        data = os.urandom(50_000)
        ack = await client.ask("blob", {"label": "a label", "data": data})
        assert (ack["ok"], ack["label"], ack["digest"]) == (True, "a label", digest(data))
        await asyncio.gather(*(client.emit("blob", {"data": data[:1000]}) for _ in range(5)))
        await client.settle()


@ON_ALL
async def test_attachments_that_nobody_takes_are_refused_and_end_nothing(
    door: sockets.Address, transports: list[str]
) -> None:
    async with await sockets.Events().connect(door, transports) as client:
        for event, payload in (
            ("ping", {"x": b"bytes"}),
            ("blob", {"data": b"one", "label": b"two"}),
            ("passed", {"content": [b"bytes"]}),
        ):
            ack = await client.ask(event, payload)
            assert (ack["code"], ack["message"]) == ("validation", "This message takes no bytes"), event
        assert (await client.ask("blob", {"label": b"bytes"}))["code"] == "validation"
        assert (await client.ask("blob", b"bytes"))["code"] == "validation"
        assert (await client.ask("blob", {"data": b"bytes"}))["ok"]


def test_a_message_without_bytes_cannot_be_marked_as_binary() -> None:
    with pytest.raises(TypeError):
        handlers.on_binary(bulk_protocol.Passed)


async def test_json_is_passed_on_as_it_came(door: sockets.Address) -> None:
    async with await sockets.connect(door, greeted=False) as client:
        await client.send('{"type":"passed","op":"1","content": [1, {"a" : 2.50}]}')
        assert (await client.expect("ack", op="1"))["content"].strip() == '[1, {"a" : 2.50}]'
    async with await sockets.Events().connect(door, ["websocket"]) as events:
        assert (await events.ask("passed", {"content": [1, {"a": 2.5}]}))["content"] == '[1,{"a":2.5}]'


# --- any name


async def test_what_no_protocol_declares_is_any_message_to_who_takes_it(door: sockets.Address) -> None:
    async with await sockets.connect(door, greeted=False) as client:
        assert [frame["type"] for frame in await said(client, "some:event", x=1)] == []
        await client.ask("open-up")
        ack = await client.ask("some:event", x=1, y=[2])
        assert (ack["name"], ack["args"], ack["acked"]) == ("some:event", [{"x": 1, "y": [2]}], True)
        assert (await client.ask("some:event", data=5))["args"] == [5]
        assert (await client.ask("some:event"))["args"] == []
        assert (await client.ask("x" * 65))["code"] == "validation"
        await client.settle()
        assert await said(client, "SOME_EVENT") == []
        assert (await client.ask("*", data=1))["name"] == "*"


async def said(client: sockets.Client, type: str, **fields: Any) -> list[sockets.Frame]:
    await client.say(type, **fields)
    return await client.settle()


async def test_all_arguments_of_an_event_are_handed_on(door: sockets.Address) -> None:
    async with await sockets.Events().connect(door, ["websocket"]) as client:
        assert (await client.ask("some:event", 1))["code"] == "unknown"
        await client.ask("open-up")
        assert (await client.ask("some:event", 1, {"a": [2]}, None))["args"] == [1, {"a": [2]}, None]
        assert (await client.ask("some:event"))["args"] == []
        assert (await client.ask("some:event", b"bytes"))["code"] == "validation"
        assert (await client.ask("some:event", 1, 2**70))["code"] == "validation"


# --- sizes


async def test_above_a_messages_own_size_it_is_refused_and_the_connection_goes_on(door: sockets.Address) -> None:
    async with await sockets.connect(door, greeted=False) as client:
        assert (await send_blob(client, bytes(wire.KIB), type="small"))["code"] == "too_big"
        assert (await send_blob(client, b"x", type="small"))["size"] == 1
    async with await sockets.Events().connect(door, ["websocket"]) as events:
        assert (await events.ask("small", {"data": bytes(wire.KIB)}))["code"] == "too_big"
        assert (await events.ask("small", {"data": b"x"}))["size"] == 1


@pytest.mark.parametrize("size", [wire.MAX_MESSAGE + 1, len(LARGE), wire.LARGE_MESSAGE + 1])
async def test_the_door_is_as_narrow_as_ever_for_everybody_else(door: sockets.Address, size: int) -> None:
    async with await sockets.connect(door, greeted=False) as client:
        await send_in_vain(client, framed(b'{"type":"blob"}', bytes(size)))
        assert await client.close_code() == 1009


async def test_a_client_that_sends_bulk_has_a_wider_door(door: sockets.Address) -> None:
    async with await opened(door) as client:
        assert (await send_blob(client, LARGE))["digest"] == digest(LARGE)
        assert (await client.ask("ping"))["ok"]
        data = LARGE * 11
        assert (await send_blob(client, data))["digest"] == digest(data)
        await client.send(json.dumps({"type": "passed", "op": "1", "content": "x" * wire.MAX_MESSAGE}))
        assert (await client.expect("ack", op="1"))["code"] == "too_big"
        await send_in_vain(client, bytes(wire.LARGE_MESSAGE + 1))
        assert await client.close_code() == 1009


async def test_what_opens_the_door_and_what_goes_through_may_come_together(door: sockets.Address) -> None:
    """An old client says who it is, and sends a large page in the same breath."""
    async with await sockets.connect(door, greeted=False) as client:
        await client.say("open-up")
        assert (await send_blob(client, LARGE))["digest"] == digest(LARGE)


async def test_a_large_message_may_come_in_fragments(door: sockets.Address) -> None:
    async with await opened(door) as client:
        frame = framed(b'{"type":"blob","op":"1"}', LARGE)
        await client.connection.send([frame[begin : begin + 50_000] for begin in range(0, len(frame), 50_000)])
        assert (await client.expect("ack", op="1"))["digest"] == digest(LARGE)
    async with await sockets.connect(door, greeted=False) as other:
        with contextlib.suppress(websockets.ConnectionClosed):
            await other.connection.send([frame[begin : begin + 50_000] for begin in range(0, len(frame), 50_000)])
        assert await other.close_code() == 1009


@ON_ALL
async def test_on_socketio_the_door_opens_too(door: sockets.Address, transports: list[str]) -> None:
    async with await sockets.Events().connect(door, transports) as client:
        await client.ask("open-up")
        assert (await client.ask("blob", {"data": LARGE}))["digest"] == digest(LARGE)
        text = "x" * wire.MAX_MESSAGE
        assert (await client.ask("some:event", text[: 30 * wire.KIB]))["ok"]
        assert (await client.ask("some:event", text))["code"] == "too_big"
        await client.settle()


@ON_ALL
async def test_on_socketio_it_is_as_narrow_as_ever_for_everybody_else(
    door: sockets.Address, transports: list[str]
) -> None:
    client = await sockets.Events().connect(door, transports)
    await client.emit("blob", {"data": LARGE})
    await asyncio.wait_for(client.gone.wait(), sockets.PATIENCE)
    await client.close()


# --- turns


def cut(data: bytes, op: str) -> tuple[bytes, bytes]:
    """A masked WebSocket frame of a blob, in two pieces."""
    message = framed(json.dumps({"type": "blob", "op": op}).encode(), data)
    frame = b"\x82\xff" + len(message).to_bytes(8, "big") + bytes(4) + message
    return frame[: len(frame) // 2], frame[len(frame) // 2 :]


@pytest.mark.skipif(not releases.is_fast("uvicorn"), reason="the server gathers messages by itself")
async def test_large_messages_are_taken_in_by_turns(door: sockets.Address, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = large_messages.turns()
    monkeypatch.setattr(turns, "free", 1)
    async with await opened(door) as first, await opened(door) as second, await opened(door) as third:
        begin, rest = cut(LARGE, "1")
        first.connection.transport.write(begin)
        while turns.free:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
        sending = [
            asyncio.create_task(send_in_vain(client, framed(b'{"type":"blob","op":"2"}', LARGE)))
            for client in (second, third)
        ]
        while len(turns.waiting) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        second.abandon()  # That is seen when it is read again, and its turn is the next one's.
        first.connection.transport.write(rest)
        assert (await first.expect("ack", op="1"))["digest"] == digest(LARGE)
        assert (await third.expect("ack", op="2"))["digest"] == digest(LARGE)
        assert (await first.ask("ping"))["ok"]
        assert (await third.ask("ping"))["ok"]
        await asyncio.wait(sending)
    assert (turns.free, len(turns.waiting)) == (1, 0)


@pytest.mark.skipif(not releases.is_fast("uvicorn"), reason="the server gathers messages by itself")
async def test_a_large_message_that_does_not_come_gives_its_turn_up(
    door: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_messages, "PATIENCE", 0.2)
    free = large_messages.turns().free
    async with await opened(door) as client:
        client.connection.transport.write(cut(LARGE, "1")[0])
        assert await client.close_code() == 1008
    assert large_messages.turns().free == free


async def test_a_turn_comes_back_whoever_goes() -> None:
    turns = large_messages.Turns(1)
    async with turns.taken():
        waiting = [asyncio.create_task(turns.taken().__aenter__()) for _ in range(2)]
        await asyncio.sleep(0)
        assert len(turns.waiting) == 2
        waiting[0].cancel()
        await asyncio.wait({waiting[0]})
        assert len(turns.waiting) == 1
    await waiting[1]
    assert turns.free == 0
