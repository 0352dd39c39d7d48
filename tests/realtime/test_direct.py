"""The short way out: frames written straight into uvicorn's transport, and nothing behind a close."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import Any

import pytest
import uvicorn
import websockets
from uvicorn.protocols.websockets import websockets_sansio_impl
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.uri import parse_uri

from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.connections import control
from realtime.delivery import outgoing
from realtime.protocol import framing
from tests import sockets


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536, 200_000])
def test_a_frame_is_what_a_websocket_library_reads(length: int) -> None:
    client = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN, max_size=None)
    client.receive_data(framing.Frame(b"x" * length).framed)
    [read] = client.events_received()
    assert isinstance(read, websockets.Frame)
    assert (read.opcode, read.fin, bytes(read.data)) == (websockets.Opcode.TEXT, True, b"x" * length)


def client_frame(head: int, length: bytes, payload: bytes = b"") -> bytes:
    return bytes([head]) + length + b"mask" + payload


def test_a_burst_is_its_frames_in_one_piece() -> None:
    frames = [framing.Frame(b"one"), framing.Frame(b"two")]
    batch = framing.FrameBatch(frames)
    assert batch.framed == frames[0].framed + frames[1].framed
    assert (batch.size, batch.personal) == (6, False)


@pytest.mark.parametrize("package", [uvicorn, websockets], ids=lambda package: package.__name__)
def test_another_release_of_the_server_is_refused_at_start(
    package: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert uvicorn_adapter.known_server() == []
    monkeypatch.setattr(package, "__version__", "1.0.0")
    [error] = uvicorn_adapter.known_server()
    assert error.id == "realtime.E001"
    assert f"{package.__name__} 1.0.0" in error.msg


def test_a_server_method_that_is_gone_is_noticed_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(websockets_sansio_impl.WebSocketsSansIOProtocol, "keepalive_timeout")
    assert [error.id for error in uvicorn_adapter.known_server()] == ["realtime.E001"]


@sockets.STRAIGHT
async def test_sockets_of_this_server_take_the_short_way(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        assert isinstance((await sockets.taken_up(client)).send_queue.transport, uvicorn_adapter.Protocol)


@pytest.fixture
async def line(
    server: sockets.Address, settings: Any
) -> AsyncIterator[tuple[sockets.Client, uvicorn_adapter.Protocol]]:
    """A client, and the server's end of its connection."""
    settings.LIMITS = {}
    async with await sockets.connect(server) as client:
        line = (await sockets.taken_up(client)).send_queue.transport
        assert isinstance(line, uvicorn_adapter.Protocol)
        yield client, line


def said(name: str) -> bytes:
    sender = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN)
    sender.send_text(f'{{"type":"ping","op":"{name}"}}'.encode())
    [data] = sender.data_to_send()
    return data


def fragments(name: str) -> tuple[bytes, bytes]:
    sender = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN)
    sender.send_text(b'{"type":"ping",', fin=False)
    sender.send_continuation(f'"op":"{name}"}}'.encode(), fin=True)
    first, last = sender.data_to_send()
    return first, last


async def heard(client: sockets.Client, line: uvicorn_adapter.Protocol, pieces: list[bytes], *names: str) -> None:
    """Has the server receive `pieces`, one after the other, which are messages with these names."""
    for piece in pieces:
        line.data_received(piece)
    assert [(await client.expect("ack"))["op"] for _ in names] == list(names)


@sockets.STRAIGHT
async def test_messages_are_heard_however_they_are_cut(line: tuple[sockets.Client, uvicorn_adapter.Protocol]) -> None:
    one, two, three = said("one"), said("two"), said("three")
    for cut in range(1, len(one)):
        await heard(*line, [one[:cut], one[cut:], two], "one", "two")
    await heard(*line, [one + two, three], "one", "two", "three")
    await heard(*line, [one + two[:5], two[5:] + three], "one", "two", "three")
    await heard(*line, [bytes([byte]) for byte in one], "one")


@sockets.STRAIGHT
async def test_what_looks_like_a_message_inside_of_another_is_none(
    line: tuple[sockets.Client, uvicorn_adapter.Protocol],
) -> None:
    inner = said("inner")
    outer = client_frame(0x82, bytes([0x80 | len(inner)]), inner)
    await heard(*line, [outer[: -len(inner)], inner, said("behind")], "behind")


@sockets.STRAIGHT
async def test_a_message_in_fragments_is_heard(line: tuple[sockets.Client, uvicorn_adapter.Protocol]) -> None:
    first, last = fragments("whole")
    pong = client_frame(0x8A, b"\x80")
    await heard(*line, [said("before"), first, pong, last, said("behind")], "before", "whole", "behind")


@sockets.STRAIGHT
async def test_a_message_between_the_fragments_of_another_is_an_error(
    line: tuple[sockets.Client, uvicorn_adapter.Protocol],
) -> None:
    client, end = line
    end.data_received(fragments("never")[0])
    end.data_received(said("between"))
    assert await client.close_code() == websockets.CloseCode.PROTOCOL_ERROR


@sockets.STRAIGHT
async def test_what_is_no_text_is_an_error(line: tuple[sockets.Client, uvicorn_adapter.Protocol]) -> None:
    client, end = line
    end.data_received(client_frame(0x81, b"\x81", b"\x80"))
    assert await client.close_code() == websockets.CloseCode.INVALID_DATA


async def test_nothing_is_written_once_it_is_being_closed(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        connection = await sockets.taken_up(client)
        send_queue = connection.send_queue
        await connection.close(control.UNAUTHORIZED)
        send_queue.write([framing.Frame(b'{"type":"late"}')])
        assert await client.close_code() == control.UNAUTHORIZED
        assert "late" not in [frame["type"] for frame in client.passed]


class Sink:
    """A transport of which a test says what it does."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self.write = write

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


def outlet_into(write: Callable[[bytes], None]) -> outgoing.SendQueue:
    class Line(uvicorn_adapter.Protocol):
        def __init__(self) -> None:
            self.put = write
            self.descriptor = -1
            self.transport = Sink(write)  # type: ignore[assignment]
            self.writable = asyncio.Event()
            self.writable.set()

    line = Line()
    send_queue = outgoing.SendQueue(line.send)
    send_queue.start()
    send_queue.use_transport(line)
    return send_queue


async def test_a_lost_transport_only_shuts_its_own_outlet() -> None:
    def lost(data: bytes) -> None:
        raise RuntimeError("the handler is closed")  # as uvloop says it

    send_queue = outlet_into(lost)
    send_queue.write([framing.Frame(b"{}")])
    assert not send_queue.is_open


async def test_a_large_burst_does_not_cut_a_client_that_reads() -> None:
    written: list[bytes] = []
    send_queue = outlet_into(written.append)
    send_queue.write([framing.Frame(b"x" * (outgoing.MAX_WAITING + 1))])
    assert send_queue.is_open
    assert len(written) == 1


async def test_the_short_way_is_open_only_while_nothing_is_in_it() -> None:
    def is_open() -> bool:
        return send_queue.descriptor is not None

    send_queue = outlet_into(lambda data: None)
    assert is_open()
    send_queue.pause_writing()
    assert not is_open()
    send_queue.resume_writing()
    assert is_open()
    send_queue.stop()
    send_queue.resume_writing()
    assert not is_open()
