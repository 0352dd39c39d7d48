"""Subscribers that keep what they are told, for tests of hubs without sockets."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from realtime import events
from realtime.broker import publisher
from realtime.delivery import hub, hubs, subscriptions
from realtime.protocol import framing
from tests import sockets
from tests.realtime import room_log, sample_protocol

Interception = Callable[[publisher.Notification], Sequence[publisher.Notification]]


class Recorder:
    """A send queue that keeps what is written to it."""

    descriptor: int | None = None

    def __init__(self) -> None:
        self.listeners: list[subscriptions.Subscription] = []
        self.frames: asyncio.Queue[framing.Frame] = asyncio.Queue()
        self.writes: list[int] = []  # frames in each write

    def write(self, frames: Sequence[framing.Frame]) -> None:
        self.writes.append(len(frames))
        for frame in frames:
            self.frames.put_nowait(frame)

    async def hears(self, *expected: int) -> None:
        for n in expected:
            frame = await asyncio.wait_for(self.frames.get(), sockets.PATIENCE)
            assert json.loads(frame.text)["n"] == n
        assert self.frames.empty()


async def join(
    local: hubs.Hubs, key: str, held: bool = False, **options: Any
) -> tuple[Recorder, subscriptions.Subscription]:
    subscriber = Recorder()
    subscription = subscriptions.Subscription(subscriber, "plain", framing.FLAT, **options)  # type: ignore[arg-type]
    await local.join(key, subscription)
    if not held:
        subscription.release()
    return subscriber, subscription


async def tell(key: str, *numbers: int, **how: Any) -> None:
    """Each in a transaction of its own."""
    for n in numbers:
        await tell_together(key, n, **how)


async def tell_together(key: str, *numbers: int, **how: Any) -> None:
    await room_log.tell(key, *(sample_protocol.Noted(n=n) for n in numbers), **how)


async def wait_for_position(room: hub.Hub, position: int) -> None:
    """Waits until the hub has delivered so much."""
    there = asyncio.Event()

    def look(_: events.BaseEvent | None = None) -> None:
        if room.position >= position:
            there.set()

    room.listeners.append(look)
    look()
    await asyncio.wait_for(there.wait(), sockets.PATIENCE)
    room.listeners.remove(look)
