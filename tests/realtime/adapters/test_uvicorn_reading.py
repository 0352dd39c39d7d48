"""The fast road reads ahead of the application, and websockets' own parser reads frames however they are cut."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.uri import parse_uri

from realtime.adapters import uvicorn as uvicorn_adapter
from tests import sockets
from tests.realtime.event_loops import Loop, on_both_loops, run

pytestmark = sockets.FAST


@pytest.fixture
async def ends(
    server: sockets.Address, settings: Any
) -> AsyncIterator[tuple[sockets.Client, uvicorn_adapter.WebSocketProtocol]]:
    """A client, and the server's end of its connection."""
    settings.LIMITS = {}
    async with await sockets.connect(server) as client:
        transport = (await sockets.taken_up(client)).send_queue.transport
        assert isinstance(transport, uvicorn_adapter.WebSocketProtocol)
        yield client, transport


Ends = tuple[sockets.Client, uvicorn_adapter.WebSocketProtocol]


def client_frame(head: int, length: bytes, payload: bytes = b"") -> bytes:
    return bytes([head]) + length + b"mask" + payload


def ping(op: str) -> bytes:
    sender = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN)
    sender.send_text(f'{{"type":"ping","op":"{op}"}}'.encode())
    [data] = sender.data_to_send()
    return data


def ping_in_fragments(op: str) -> tuple[bytes, bytes]:
    sender = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN)
    sender.send_text(b'{"type":"ping",', fin=False)
    sender.send_continuation(f'"op":"{op}"}}'.encode(), fin=True)
    first, last = sender.data_to_send()
    return first, last


async def acked(ends: Ends, pieces: list[bytes], *ops: str) -> None:
    """Has the server receive `pieces`, one after the other, which are messages with these ops."""
    client, transport = ends
    for piece in pieces:
        transport.data_received(piece)
    assert [(await client.expect("ack"))["op"] for _ in ops] == list(ops)


async def test_messages_are_received_however_they_are_cut(ends: Ends) -> None:
    one, two, three = ping("one"), ping("two"), ping("three")
    for cut in range(1, len(one)):
        await acked(ends, [one[:cut], one[cut:], two], "one", "two")
    await acked(ends, [one + two, three], "one", "two", "three")
    await acked(ends, [one + two[:5], two[5:] + three], "one", "two", "three")
    await acked(ends, [bytes([byte]) for byte in one], "one")


async def test_what_looks_like_a_message_inside_of_another_is_none(ends: Ends) -> None:
    inner = ping("inner")
    outer = client_frame(0x82, bytes([0x80 | len(inner)]), inner)
    await acked(ends, [outer[: -len(inner)], inner, ping("behind")], "behind")


async def test_a_message_in_fragments_is_received(ends: Ends) -> None:
    first, last = ping_in_fragments("whole")
    pong = client_frame(0x8A, b"\x80")
    await acked(ends, [ping("before"), first, pong, last, ping("behind")], "before", "whole", "behind")


async def test_a_message_between_the_fragments_of_another_is_an_error(ends: Ends) -> None:
    client, transport = ends
    transport.data_received(ping_in_fragments("never")[0])
    transport.data_received(ping("between"))
    assert await client.close_code() == websockets.CloseCode.PROTOCOL_ERROR


async def test_what_is_no_text_is_an_error(ends: Ends) -> None:
    client, transport = ends
    transport.data_received(client_frame(0x81, b"\x81", b"\x80"))
    assert await client.close_code() == websockets.CloseCode.INVALID_DATA


@on_both_loops
@pytest.mark.parametrize(("size", "ahead"), [(1, uvicorn_adapter.AHEAD), (uvicorn_adapter.SHORT + 1, 1)])
def test_a_client_is_not_read_far_ahead_of_the_application(loop: Loop, size: int, ahead: int) -> None:
    busy, received = asyncio.Event(), asyncio.Queue[str]()
    transports = asyncio.Queue[uvicorn_adapter.WebSocketProtocol]()

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            transport = uvicorn_adapter.transport_of(scope)
            assert transport is not None
            transports.put_nowait(transport)
            await busy.wait()
            while (event := await receive())["type"] == "websocket.receive":
                received.put_nowait(event["text"])

    async def test() -> None:
        async with sockets.serving(application) as address, websockets.connect(address.ws()) as client:
            sent = [str(n).ljust(size) for n in range(5 * ahead)]
            for text in sent[: ahead - 1]:
                await client.send(text)
                await asyncio.wait_for(await client.ping(), sockets.PATIENCE)
            transport = await transports.get()
            assert transport.transport.is_reading()
            await client.send(sent[ahead - 1])
            async with asyncio.timeout(sockets.PATIENCE):
                while transport.transport.is_reading():  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0)
            assert len(transport.inbox.items) == ahead
            for text in sent[ahead:]:
                await client.send(text)
            busy.set()
            assert [await asyncio.wait_for(received.get(), sockets.PATIENCE) for _ in sent] == sent
            assert transport.transport.is_reading()

    run(loop, test())
