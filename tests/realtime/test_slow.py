"""A client that does not read is cut off, and costs nobody else a frame."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime import event_log
from realtime.delivery import outgoing
from realtime.presence import tracker
from realtime.protocol import framing
from realtime.runtime import threads
from streams.events import shows
from tests import sockets
from tests.realtime import words

pytestmark = pytest.mark.usefixtures("live_db")

LARGE = 60_000  # bytes of one frame
FRAMES = 200  # more than the kernel's own buffers take


@pytest.fixture
async def door() -> AsyncIterator[sockets.Address]:
    """A server of the test protocol alone."""

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await words.Door()({**scope, "visitor": os.urandom(8).hex()}, receive, send)

    async with sockets.serving(application) as address:
        yield address


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "SLOW", 4 * LARGE)
    monkeypatch.setattr(outgoing, "MAX_WAITING", 16 * LARGE)
    monkeypatch.setattr(outgoing, "SLOW_SECONDS", 0.3)


async def test_a_client_that_does_not_read_is_cut_and_the_others_hear_everything(
    door: sockets.Address, room_key: str, small_bounds: None, caplog: pytest.LogCaptureFixture
) -> None:
    room = room_key.partition(":")[2]
    gone = asyncio.Event()
    leave = tracker.Presences.leave

    async def watched(self: tracker.Presences, *arguments: Any) -> None:
        await leave(self, *arguments)
        gone.set()

    async with await sockets.connect(door, greeted=False) as healthy:
        await healthy.ask("enter", room=room)
        stalled = await sockets.stall(door, "/", json.dumps({"type": "enter", "room": room}))
        await healthy.expect("note", n=2)  # two are here
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tracker.Presences, "leave", watched)
            for n in range(FRAMES):
                await threads.in_db(_tell, room_key, n)
                await healthy.expect("note", n=n, text="x" * LARGE)
            try:
                await asyncio.wait_for(gone.wait(), sockets.PATIENCE)
            finally:
                stalled.close()
    assert "a client that did not read was cut off" in caplog.text


def _tell(key: str, n: int) -> None:
    with event_log.transaction():
        event_log.tell(key, words.Loud(n=n, text="x" * LARGE))


async def test_a_socket_io_client_that_does_not_read_is_cut_too(
    server: sockets.Address, show: sockets.Show, small_bounds: None
) -> None:
    def tell(n: int) -> None:
        with event_log.transaction():
            event_log.tell(show.key, shows.Cleared(stream_id=str(n) + "x" * LARGE))

    async with await sockets.connect(server) as healthy:
        await healthy.ask("join-session", sessionId=show.id)
        join = f'42["join-session","{show.id}"]'
        stalled = await sockets.stall(server, "/socket.io/?EIO=4&transport=websocket", "40", join)
        try:
            await healthy.expect("viewer-count", data=2)
            for n in range(FRAMES):
                await threads.in_db(tell, n)
                assert (await healthy.expect("showcase-cleared"))["sessionId"].startswith(str(n))
            if {"type": "viewer-count", "data": 1} not in healthy.passed:
                await healthy.expect("viewer-count", data=1)
        finally:
            stalled.close()


# --- the outlet by itself


class Wire:
    """An ASGI `send` that a test can stop and let go."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.flowing = asyncio.Event()
        self.flowing.set()

    async def send(self, event: dict[str, Any]) -> None:
        await self.flowing.wait()
        self.sent.append(event)


def frame(size: int = 10) -> framing.Frame:
    return framing.Frame(b"x" * size)


@pytest.fixture
def line() -> Wire:
    return Wire()


@pytest.fixture
async def send_queue(line: Wire) -> outgoing.SendQueue:
    send_queue = outgoing.SendQueue(line.send)
    send_queue.start()
    return send_queue


async def test_frames_leave_in_the_order_they_were_written(line: Wire, send_queue: outgoing.SendQueue) -> None:
    send_queue.write([framing.Frame(b"1"), framing.Frame(b"2")])
    send_queue.write([framing.Frame(b"3")])
    assert send_queue.task is not None
    await send_queue.task
    assert [event["text"] for event in line.sent] == ["1", "2", "3"]
    assert send_queue.size == 0


async def test_nothing_is_written_before_it_is_open_or_after_it_is_shut(
    line: Wire, send_queue: outgoing.SendQueue
) -> None:
    send_queue.is_open = False
    send_queue.write([frame()])
    send_queue.start()
    send_queue.stop()
    send_queue.write([frame()])
    assert send_queue.task is None
    assert not send_queue.waiting


async def test_a_short_stall_is_forgiven(
    line: Wire, send_queue: outgoing.SendQueue, small_bounds: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.flowing.clear()
    for _ in range(8):
        send_queue.write([frame(LARGE)])
    line.flowing.set()
    assert send_queue.task is not None
    await send_queue.task
    assert len(line.sent) == 8
    assert send_queue.slow_since == 0.0


async def test_one_that_stays_slow_is_cut(
    line: Wire, send_queue: outgoing.SendQueue, small_bounds: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("realtime.delivery.outgoing.time.monotonic", lambda: clock[0])
    line.flowing.clear()
    for _ in range(8):
        send_queue.write([frame(LARGE)])
    assert send_queue.task is not None
    assert not send_queue.task.done()
    clock[0] += outgoing.SLOW_SECONDS + 1
    send_queue.write([frame(1)])
    assert not send_queue.is_open
    line.flowing.set()
    await send_queue.task
    assert line.sent[-1] == {"type": "websocket.close", "code": 1013}


async def test_one_with_too_much_waiting_is_cut_at_once(
    line: Wire, send_queue: outgoing.SendQueue, small_bounds: None
) -> None:
    line.flowing.clear()
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


async def test_a_close_comes_after_what_was_written_before(line: Wire, send_queue: outgoing.SendQueue) -> None:
    send_queue.write([frame()])
    await send_queue.close(4401)
    assert [event["type"] for event in line.sent] == ["websocket.send", "websocket.close"]


async def test_shutting_ends_a_write_that_waits_for_a_client(line: Wire, send_queue: outgoing.SendQueue) -> None:
    line.flowing.clear()
    send_queue.write([frame()])
    await asyncio.sleep(0)
    send_queue.stop()
    assert send_queue.task is not None
    await asyncio.wait_for(asyncio.wait({send_queue.task}), sockets.PATIENCE)
    assert send_queue.task.done()
