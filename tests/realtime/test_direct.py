"""The short way out: frames written straight into uvicorn's transport, and nothing behind a close."""

import asyncio
from collections.abc import Callable

import pytest
import uvicorn
import websockets
from uvicorn.protocols.websockets import websockets_sansio_impl
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.uri import parse_uri

from realtime import control, direct, framing, transport
from tests import sockets


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536, 200_000])
def test_a_frame_is_what_a_websocket_library_reads(length: int) -> None:
    client = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN, max_size=None)
    client.receive_data(framing.Frame(b"x" * length).framed)
    [read] = client.events_received()
    assert isinstance(read, websockets.Frame)
    assert (read.opcode, read.fin, bytes(read.data)) == (websockets.Opcode.TEXT, True, b"x" * length)


def test_a_burst_is_its_frames_in_one_piece() -> None:
    frames = [framing.Frame(b"one"), framing.Frame(b"two")]
    burst = framing.Burst(frames)
    assert burst.framed == frames[0].framed + frames[1].framed
    assert (burst.size, burst.personal) == (6, False)


def test_another_release_of_the_server_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert direct.known_uvicorn() == []
    monkeypatch.setattr(uvicorn, "__version__", "1.0.0")
    [error] = direct.known_uvicorn()
    assert error.id == "realtime.E001"


def test_a_server_method_that_is_gone_is_noticed_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(websockets_sansio_impl.WebSocketsSansIOProtocol, "keepalive_timeout")
    assert [error.id for error in direct.known_uvicorn()] == ["realtime.E001"]


@sockets.STRAIGHT
async def test_sockets_of_this_server_take_the_short_way(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        assert isinstance((await sockets.taken_up(client)).outlet.line, direct.Protocol)


async def test_nothing_is_written_once_it_is_being_closed(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        connection = await sockets.taken_up(client)
        outlet = connection.outlet
        await connection.hang_up(control.UNAUTHORIZED)
        outlet.write([framing.Frame(b'{"type":"late"}')])
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


def outlet_into(write: Callable[[bytes], None]) -> transport.Outlet:
    class Line(direct.Protocol):
        def __init__(self) -> None:
            self.put = write
            self.socket = -1
            self.transport = Sink(write)  # type: ignore[assignment]
            self.writable = asyncio.Event()
            self.writable.set()

    line = Line()
    outlet = transport.Outlet(line.send)
    outlet.begin()
    outlet.go_straight(line)
    return outlet


async def test_a_lost_transport_only_shuts_its_own_outlet() -> None:
    def lost(data: bytes) -> None:
        raise RuntimeError("the handler is closed")  # as uvloop says it

    outlet = outlet_into(lost)
    outlet.write([framing.Frame(b"{}")])
    assert not outlet.open


async def test_a_large_burst_does_not_cut_a_client_that_reads() -> None:
    written: list[bytes] = []
    outlet = outlet_into(written.append)
    outlet.write([framing.Frame(b"x" * (transport.MAX_WAITING + 1))])
    assert outlet.open
    assert len(written) == 1


async def test_the_short_way_is_open_only_while_nothing_is_in_it() -> None:
    def is_open() -> bool:
        return outlet.straight is not None

    outlet = outlet_into(lambda data: None)
    assert is_open()
    outlet.jam()
    assert not is_open()
    outlet.ease()
    assert is_open()
    outlet.shut()
    outlet.ease()
    assert not is_open()
