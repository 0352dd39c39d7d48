"""How a commit in any thread reaches the hubs of all processes: at most once, for the log heals what is lost."""

import asyncio
import logging
from collections import deque
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from realtime import pace

logger = logging.getLogger(__name__)

Bell = dict[str, Any]

MAX_WAITING = 10_000  # bells not yet published by this process; beyond it the oldest is left to the healing
FAREWELL = 2.0  # seconds that the end of a process waits for its last bells


def group(room: str) -> str:
    """The channel-layer group of a room's key; group names know no colon."""
    return room.replace(":", ".")


def _kind(bell: Bell) -> tuple[str, str]:
    return bell["room"], bell.get("fact", "")


class Doorbell:
    """Publishes this process's bells one after the other, in the order in which they were rung."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: deque[Bell] = deque(maxlen=MAX_WAITING)
        self.task: asyncio.Task[None] | None = None
        self.pace: pace.Pace[Bell] = pace.Pace(loop, lambda bell: self._put([bell]))

    def ring(self, bells: list[Bell]) -> None:
        self._put([bell for bell in bells if not self.pace.holds(_kind(bell), bell.get("pace", 0.0), bell)])

    def _put(self, bells: list[Bell]) -> None:
        self.waiting.extend(bells)
        if self.waiting and (self.task is None or self.task.done()):
            self.task = self.loop.create_task(self._publish())

    async def _publish(self) -> None:
        while self.waiting:
            await publish(self.waiting.popleft())


async def publish(bell: Bell) -> None:
    try:
        await get_channel_layer().group_send(group(bell["room"]), bell)
    except Exception:
        logger.exception("no bell for %s", bell["room"])


async def _publish_all(bells: list[Bell]) -> None:
    for bell in bells:
        await publish(bell)


_serving: Doorbell | None = None


def serve(loop: asyncio.AbstractEventLoop) -> None:
    """From now on bells of this process are published on `loop`."""
    global _serving
    _serving = Doorbell(loop)


def ring(bells: list[Bell]) -> None:
    """Publishes `bells` soon, from whichever thread; a process that serves no sockets does it at once."""
    if not bells:
        return
    if _serving is not None and _serving.loop.is_running():
        _serving.loop.call_soon_threadsafe(_serving.ring, bells)
    else:
        async_to_sync(_publish_all)(bells)


async def publish_all() -> None:
    """Waits until what was rung in this process has been published, so that a process does not end with it."""
    if _serving is not None and _serving.task is not None:
        await asyncio.wait({_serving.task}, timeout=FAREWELL)
