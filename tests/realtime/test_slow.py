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
from realtime.runtime import threads
from streams.events import products
from tests import sockets
from tests.realtime import sample_protocol

pytestmark = pytest.mark.usefixtures("live_db")

LARGE = 60_000  # bytes of one frame
FRAMES = 200  # more than the kernel's own buffers take


@pytest.fixture
async def door() -> AsyncIterator[sockets.Address]:
    """A server of the test protocol alone."""

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await sample_protocol.Endpoint()({**scope, "visitor": os.urandom(8).hex()}, receive, send)

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
        event_log.tell(key, sample_protocol.Loud(n=n, text="x" * LARGE))


async def test_a_socket_io_client_that_does_not_read_is_cut_too(
    server: sockets.Address, show: sockets.Show, small_bounds: None
) -> None:
    def tell(n: int) -> None:
        with event_log.transaction():
            event_log.tell(show.key, products.Cleared(stream_id=str(n) + "x" * LARGE))

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
