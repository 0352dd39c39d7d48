"""What the fast road assumes of uvicorn, websockets and the event loops, and how it serves."""

import asyncio
import contextlib
import importlib.util
import os
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import pytest
import uvicorn
import websockets
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.adapters import uvicorn_server
from realtime.delivery import outgoing
from realtime.endpoints import server
from tests import sockets
from tests.attack import plain
from tests.realtime.event_loops import Loop, on_both_loops, run

# --- what is assumed of the event loops


class Watched(asyncio.Protocol):
    """A server's end of a connection that notes what its transport does."""

    def __init__(self) -> None:
        self.made = asyncio.Event()
        self.lost = asyncio.Event()
        self.paused = False
        self.resumed_with: list[int] = []  # bytes that the transport kept when it resumed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.descriptor = transport.get_extra_info("socket").fileno()
        self.inode = os.fstat(self.descriptor).st_ino
        self.made.set()

    def is_open(self) -> bool:
        """Whether the descriptor is still this connection's own."""
        try:
            return os.fstat(self.descriptor).st_ino == self.inode
        except OSError:
            return False

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self.resumed_with.append(self.transport.get_write_buffer_size())

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_when_lost = self.is_open()
        self.lost.set()


async def watched() -> tuple[Watched, socket.socket, asyncio.Server]:
    """The server's end of a TCP connection, and the client's."""
    loop, end = asyncio.get_running_loop(), Watched()
    serving = await loop.create_server(lambda: end, "127.0.0.1", 0)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    await loop.sock_connect(client, serving.sockets[0].getsockname())
    await asyncio.wait_for(end.made.wait(), sockets.PATIENCE)
    return end, client, serving


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def lose_in_a_write(end: Watched, client: socket.socket) -> None:
    reset(client)
    for _ in range(3):
        end.transport.write(b"x" * 100_000)


@on_both_loops
@pytest.mark.parametrize(
    "lose",
    [
        pytest.param(lambda end, client: client.close(), id="the client closes"),
        pytest.param(lambda end, client: reset(client), id="the client resets"),
        pytest.param(lambda end, client: end.transport.close(), id="the server closes"),
        pytest.param(lambda end, client: end.transport.abort(), id="the server aborts"),
        pytest.param(lose_in_a_write, id="a write fails"),
    ],
)
def test_a_descriptor_is_closed_only_after_connection_lost_has_returned(
    loop: Loop, lose: Callable[[Watched, socket.socket], None]
) -> None:
    async def test() -> None:
        end, client, serving = await watched()
        lose(end, client)
        await asyncio.wait_for(end.lost.wait(), sockets.PATIENCE)
        assert end.open_when_lost
        async with asyncio.timeout(sockets.PATIENCE):
            while end.is_open():  # noqa: ASYNC110 - the loop tells nobody
                await asyncio.sleep(0)
        client.close()
        serving.close()

    run(loop, test())


@on_both_loops
def test_a_high_water_mark_of_zero_pauses_writing_exactly_while_the_transport_keeps_bytes(loop: Loop) -> None:
    async def test() -> None:
        end, client, serving = await watched()
        end.transport.set_write_buffer_limits(high=0)
        written = 0
        while not end.paused:
            end.transport.write(b"x" * 10_000)
            written += 10_000
            assert end.paused == (end.transport.get_write_buffer_size() > 0)
        read = 0
        while read < written:
            read += len(await asyncio.get_running_loop().sock_recv(client, 10_000))
            assert end.paused == (end.transport.get_write_buffer_size() > 0)
        assert end.resumed_with == [0]
        end.transport.abort()
        client.close()
        serving.close()

    run(loop, test())


# --- what is assumed of uvicorn


@pytest.mark.parametrize(
    "name",
    [
        "connection_made",
        "connection_lost",
        "handle_connect",
        "handle_close",
        "handle_cont",
        "handle_parser_exception",
        "keepalive_timeout",
        "shutdown",
        "send",
        "send_receive_event_to_app",
        "pause_writing",
        "resume_writing",
    ],
)
def test_each_overridden_method_exists(name: str) -> None:
    assert callable(getattr(WebSocketsSansIOProtocol, name))
    assert name in vars(uvicorn_adapter.WebSocketProtocol)


def test_the_server_has_the_method_that_says_goodbye() -> None:
    assert callable(uvicorn.Server.shutdown)


def test_the_adapter_can_be_imported_without_the_class_that_it_extends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, WebSocketsSansIOProtocol.__module__, None)
    spec = importlib.util.spec_from_file_location("of_another_release", uvicorn_adapter.__file__)
    assert spec is not None
    assert spec.loader is not None
    adapter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(adapter)
    assert adapter.transport_of({}) is None


# --- which road is taken


async def test_the_plain_road_is_uvicorns_own_protocol(settings: Any) -> None:
    settings.PLAIN_ADAPTERS = ["uvicorn"]
    transports = asyncio.Queue[Any]()

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            transports.put_nowait(uvicorn_adapter.transport_of(scope))
            await send({"type": "websocket.send", "text": "hello"})
            await receive()

    async with sockets.serving(application) as address, websockets.connect(address.ws()) as client:
        assert await asyncio.wait_for(client.recv(), sockets.PATIENCE) == "hello"
        assert await transports.get() is None


@sockets.FAST
async def test_sockets_of_this_server_take_the_fast_road(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        transport = (await sockets.taken_up(client)).send_queue.transport
        assert isinstance(transport, uvicorn_adapter.WebSocketProtocol)
        assert list(transport.request.headers.raw_items()) == []  # The handshake is forgotten.


@sockets.FAST
async def test_a_message_in_too_many_fragments_ends_the_connection(server: sockets.Address) -> None:
    """Empty ones count as no bytes, so that a message of them would never be too long."""
    async with await sockets.connect(server) as client:
        await client.connection.send(['{"type":', *([""] * 500), '"ping"}'])
        await client.expect("pong")
        with contextlib.suppress(websockets.ConnectionClosed):
            await client.connection.send(["", *([""] * uvicorn_adapter.MAX_FRAGMENTS), ""])
        assert await client.close_code() == 1009


@sockets.FAST
async def test_nobody_writes_into_a_connection_that_was_lost_before_they_were_attached(server: sockets.Address) -> None:
    """Its descriptor may be another's by then. A message that was read ahead may open a send queue so late."""
    client = await sockets.connect(server)
    transport = (await sockets.taken_up(client)).send_queue.transport
    assert isinstance(transport, uvicorn_adapter.WebSocketProtocol)
    lost = asyncio.Event()
    listener = cast(outgoing.SendQueue, transport.listener)
    listener.stop = lost.set  # type: ignore[method-assign]
    client.abandon()
    await asyncio.wait_for(lost.wait(), sockets.PATIENCE)
    late = outgoing.SendQueue(never)
    late.start()
    late.use_transport(transport)
    assert (late.descriptor, late.is_open) == (None, False)


async def never(message: dict[str, Any]) -> None:
    raise AssertionError("the fast road does not lead here")


@sockets.FAST
async def test_text_that_is_no_utf8_may_come_with_a_close_frame_behind_it(
    server: sockets.Address, caplog: pytest.LogCaptureFixture
) -> None:
    client = await plain.WebSocket.open(server)
    assert await client.shake("/ws/streams/")
    await client.send(plain.frame(b"\xff") + plain.frame(b"", plain.CLOSE))
    assert await client.is_closed()
    client.abandon()
    assert not [record for record in caplog.records if record.name == "asyncio"]


class Server(uvicorn_server.Server):
    """The adapter's server inside a test run, whose signals it leaves alone."""

    def __init__(self, config: uvicorn.Config, goodbye: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config, goodbye)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


async def test_clients_are_told_goodbye_while_they_are_still_connected() -> None:
    answered = asyncio.Event()

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    async def goodbye() -> None:
        await asyncio.wait_for(await client.ping(), sockets.PATIENCE)
        answered.set()

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        serving = Server(uvicorn.Config(application, lifespan="off", log_config=None), goodbye)
        task = asyncio.create_task(serving.serve([listener]))
        await asyncio.wait_for(serving.ready.wait(), sockets.PATIENCE)
        async with websockets.connect(sockets.Address(listener.getsockname()[1]).ws()) as client:
            serving.should_exit = True
            await asyncio.wait_for(client.wait_closed(), sockets.PATIENCE)
            assert answered.is_set()
            assert client.close_code == websockets.CloseCode.SERVICE_RESTART
        await task


REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    """How a request on an open connection ends."""
    try:
        writer.write(REQUEST)
        answer = await reader.read()
    except ConnectionResetError:
        return "reset"
    finally:
        writer.close()
    return "served" if answer.endswith(b"hello") and b"connection: close" in answer.lower() else f"cut {answer!r}"


async def asked(port: int) -> str:
    """How a request on a connection of its own ends."""
    try:
        ends = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), sockets.PATIENCE)
    except ConnectionRefusedError:
        return "refused"
    return await asyncio.wait_for(answered(*ends), sockets.PATIENCE)


async def test_requests_that_come_as_a_server_stops_are_served_or_refused() -> None:
    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"hello"})

    async def goodbye() -> None:
        pass

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        serving = Server(uvicorn.Config(application, lifespan="off", **server.options()), goodbye)
        task = asyncio.create_task(serving.serve([listener]))
        await asyncio.wait_for(serving.ready.wait(), sockets.PATIENCE)
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        serving.should_exit = True
        while not task.done() and b"connection" not in dict(serving.server_state.default_headers):  # noqa: ASYNC110 - it stops when uvicorn's clock ticks
            await asyncio.sleep(0)
        late = [asyncio.create_task(answered(*ends)) for ends in idle]
        asking = []
        while not task.done():
            asking.append(asyncio.create_task(asked(port)))
            await asyncio.sleep(0.005)
        assert set(await asyncio.gather(*late)) == {"served"}
        assert set(await asyncio.gather(*asking)) <= {"served", "refused"}


async def test_who_opens_a_websocket_as_a_server_stops_is_told_to_come_back() -> None:
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"type": "websocket", "extensions": {"websocket.http.response": {}}}
    await uvicorn_server._stopping(None, scope, receive, send)
    assert said[0]["status"] == 503


async def test_clients_are_asked_to_come_back_one_after_the_other_and_within_the_time_to_drain(settings: Any) -> None:
    settings.DRAIN_SECONDS = 0.5
    told: list[str] = []

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    async def goodbye() -> None:
        told.append("goodbye")

    async def release() -> None:
        told.append(await asked(port))

    async def closed(client: websockets.ClientConnection) -> float:
        await asyncio.wait_for(client.wait_closed(), sockets.PATIENCE)
        assert client.close_code == websockets.CloseCode.SERVICE_RESTART
        return asyncio.get_running_loop().time()

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(application, lifespan="off", log_config=None, **uvicorn_server.implementations())
        serving = Server(config, goodbye)
        serving.release = release
        task = asyncio.create_task(serving.serve([listener]))
        await asyncio.wait_for(serving.ready.wait(), sockets.PATIENCE)
        clients = [await websockets.connect(sockets.Address(port).ws()) for _ in range(60)]
        serving.should_exit = True
        times = await asyncio.gather(*map(closed, clients))
        await task
    assert told == ["goodbye", "refused"]
    assert len({round(time, 2) for time in times}) >= 4  # 10 at a time, 50 ms apart
    assert max(times) - min(times) >= 0.2
