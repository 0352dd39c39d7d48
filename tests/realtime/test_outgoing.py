"""A send queue by itself: in order, bounded, and ended with its client."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from realtime.connections import control
from realtime.delivery import outgoing
from realtime.protocol import framing
from tests import sockets

LARGE = 60_000  # bytes of one frame


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "SLOW", 4 * LARGE)
    monkeypatch.setattr(outgoing, "MAX_WAITING", 16 * LARGE)
    monkeypatch.setattr(outgoing, "SLOW_SECONDS", 0.3)


def frame(size: int = 10) -> framing.Frame:
    return framing.Frame(b"x" * size)


# --- through ASGI's `send`


class Wire:
    """An ASGI `send` that a test can stop and let go."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.flowing = asyncio.Event()
        self.flowing.set()

    async def send(self, event: dict[str, Any]) -> None:
        await self.flowing.wait()
        self.sent.append(event)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def send_queue(wire: Wire) -> outgoing.SendQueue:
    send_queue = outgoing.SendQueue(wire.send)
    send_queue.start()
    return send_queue


async def test_frames_leave_in_the_order_they_were_written(wire: Wire, send_queue: outgoing.SendQueue) -> None:
    send_queue.write([framing.Frame(b"1"), framing.Frame(b"2")])
    send_queue.write([framing.Frame(b"3")])
    assert send_queue.task is not None
    await send_queue.task
    assert [event["text"] for event in wire.sent] == ["1", "2", "3"]
    assert send_queue.size == 0


async def test_nothing_is_written_before_it_is_open_or_after_it_has_stopped(
    wire: Wire, send_queue: outgoing.SendQueue
) -> None:
    send_queue.is_open = False
    send_queue.write([frame()])
    send_queue.start()
    send_queue.stop()
    send_queue.write([frame()])
    assert send_queue.task is None
    assert not send_queue.waiting


async def test_a_short_stall_is_forgiven(wire: Wire, send_queue: outgoing.SendQueue, small_bounds: None) -> None:
    wire.flowing.clear()
    for _ in range(8):
        send_queue.write([frame(LARGE)])
    wire.flowing.set()
    assert send_queue.task is not None
    await send_queue.task
    assert len(wire.sent) == 8
    assert send_queue.slow_since == 0.0


async def test_a_client_that_stays_slow_is_disconnected(
    wire: Wire, send_queue: outgoing.SendQueue, small_bounds: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("realtime.delivery.outgoing.time.monotonic", lambda: clock[0])
    wire.flowing.clear()
    for _ in range(8):
        send_queue.write([frame(LARGE)])
    assert send_queue.task is not None
    assert not send_queue.task.done()
    clock[0] += outgoing.SLOW_SECONDS + 1
    send_queue.write([frame(1)])
    assert not send_queue.is_open
    wire.flowing.set()
    await send_queue.task
    assert wire.sent[-1] == {"type": "websocket.close", "code": 1013}


async def test_a_client_with_too_much_waiting_is_disconnected_at_once(
    wire: Wire, send_queue: outgoing.SendQueue, small_bounds: None
) -> None:
    wire.flowing.clear()
    send_queue.write([frame(outgoing.MAX_WAITING + 1)])
    assert not send_queue.is_open


async def test_a_client_that_is_gone_ends_the_writing_quietly(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(event: dict[str, Any]) -> None:
        raise ConnectionError("gone")

    send_queue = outgoing.SendQueue(fail)
    send_queue.start()
    send_queue.write([frame(), frame()])
    assert send_queue.task is not None
    await send_queue.task
    assert not send_queue.is_open
    await send_queue.close(1000)
    assert not caplog.records


async def test_a_close_comes_after_what_was_written_before(wire: Wire, send_queue: outgoing.SendQueue) -> None:
    send_queue.write([frame()])
    await send_queue.close(4401)
    assert [event["type"] for event in wire.sent] == ["websocket.send", "websocket.close"]


async def test_stopping_ends_a_write_that_waits_for_a_client(wire: Wire, send_queue: outgoing.SendQueue) -> None:
    wire.flowing.clear()
    send_queue.write([frame()])
    await asyncio.sleep(0)
    send_queue.stop()
    assert send_queue.task is not None
    await asyncio.wait_for(asyncio.wait({send_queue.task}), sockets.PATIENCE)
    assert send_queue.task.done()


async def test_nothing_is_written_once_a_connection_is_being_closed(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        connection = await sockets.taken_up(client)
        send_queue = connection.send_queue
        await connection.close(control.UNAUTHORIZED)
        send_queue.write([framing.Frame(b'{"type":"late"}')])
        assert await client.close_code() == control.UNAUTHORIZED
        assert "late" not in [frame["type"] for frame in client.passed]


# --- into a transport


class Transport:
    """A transport that keeps as many bytes as a test says, and whose socket takes none."""

    descriptor: int | None = -1
    disconnected = False

    def __init__(self, put: Callable[[bytes], None] = lambda data: None) -> None:
        self.put = put
        self.kept = 0
        self.aborted = False

    def attach(self, listener: outgoing.SendQueue) -> None:
        self.listener = listener

    def waiting(self) -> int:
        return self.kept

    def allow_large(self) -> None:
        pass

    async def drained(self) -> None:
        await asyncio.sleep(0 if self.kept == 0 else sockets.PATIENCE)

    def abort(self) -> None:
        self.aborted = True


def into(transport: Transport) -> outgoing.SendQueue:
    async def send(event: dict[str, Any]) -> None:
        raise AssertionError("what can be put into a transport is not sent")

    send_queue = outgoing.SendQueue(send)
    send_queue.start()
    send_queue.use_transport(transport)
    return send_queue


async def test_what_waits_goes_into_a_transport_first() -> None:
    wire, written = Wire(), list[bytes]()
    wire.flowing.clear()
    send_queue = outgoing.SendQueue(wire.send)
    send_queue.start()
    send_queue.write([framing.Frame(b"1")])
    send_queue.use_transport(Transport(written.append))
    send_queue.write([framing.Frame(b"2")])
    assert written == [framing.framed(b"1"), framing.framed(b"2")]
    assert (send_queue.waiting, send_queue.size, wire.sent) == ([], 0, [])


async def test_a_lost_transport_stops_only_its_own_queue() -> None:
    def lost(data: bytes) -> None:
        raise RuntimeError("the handler is closed")  # as uvloop says it

    send_queue = into(Transport(lost))
    send_queue.write([framing.Frame(b"{}")])
    assert not send_queue.is_open


async def test_a_large_batch_does_not_disconnect_a_client_that_reads() -> None:
    written: list[bytes] = []
    send_queue = into(Transport(written.append))
    send_queue.write([framing.Frame(b"x" * (outgoing.MAX_WAITING + 1))])
    assert send_queue.is_open
    assert len(written) == 1


async def test_a_transport_that_keeps_too_much_is_aborted() -> None:
    transport = Transport()
    send_queue = into(transport)
    transport.kept = outgoing.MAX_WAITING + 1
    send_queue.write([frame()])
    assert transport.aborted
    assert not send_queue.is_open


async def test_a_client_that_takes_nothing_while_it_catches_up_is_aborted(small_bounds: None) -> None:
    transport = Transport()
    send_queue = into(transport)
    await send_queue.drain()
    assert not transport.aborted
    transport.kept = 1
    await send_queue.drain()
    assert transport.aborted


async def test_a_socket_is_written_into_only_while_its_transport_keeps_nothing() -> None:
    transport = Transport()
    send_queue = into(transport)

    def is_direct() -> bool:
        return send_queue.descriptor is not None

    assert is_direct()
    send_queue.pause_writing()
    assert not is_direct()
    transport.kept = 1
    send_queue.resume_writing()
    assert not is_direct()
    transport.kept = 0
    send_queue.resume_writing()
    assert is_direct()
    send_queue.stop()
    send_queue.resume_writing()
    assert not is_direct()
