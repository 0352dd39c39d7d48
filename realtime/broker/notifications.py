"""How a commit in any thread reaches the hubs of all processes: at most once, for the log heals what is lost."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import InterfaceError, OperationalError

from realtime.delivery import throttle
from realtime.runtime import threads

logger = logging.getLogger(__name__)

Bell = dict[str, Any]
Kind = tuple[str, str]  # a room, and what of it is told
Take = Callable[[], Bell]  # reads how something stands

MAX_WAITING = 10_000  # bells not yet published by this process; beyond it the oldest is left to the healing
FAREWELL = 2.0  # seconds that the end of a process waits for its last bells
RETRY = 1.0  # seconds after which a gauge that could not be read is read again
AWAY = (OperationalError, InterfaceError, TimeoutError)  # how it shows that the database cannot be asked at present


def group(room: str) -> str:
    """The channel-layer group of a room's key; group names know no colon."""
    return room.replace(":", ".")


def _kind(bell: Bell) -> Kind:
    return bell["room"], bell.get("fact", "")


class Doorbell:
    """Has this process hear its bells at once, and publishes them to the others, in the order of their ringing."""

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str, hear: Callable[[Bell], None]) -> None:
        self.loop, self.name, self.hear = loop, name, hear
        self.waiting: deque[Bell] = deque(maxlen=MAX_WAITING)
        self.task: asyncio.Task[None] | None = None
        self.gauges: dict[Kind, Take | None] = {}  # None: one was just told and nothing has changed
        self.taking: dict[Kind, asyncio.Task[None]] = {}
        self.pace: throttle.Pace[Bell] = throttle.Pace(loop, lambda bell: self._put([bell]))

    def ring(self, bells: list[Bell]) -> None:
        self._put([bell for bell in bells if not self.pace.holds(_kind(bell), bell.get("pace", 0.0), bell)])

    def _put(self, bells: list[Bell]) -> None:
        for bell in bells:
            self.hear(bell)
            self.waiting.append({**bell, "by": self.name})
        if self.waiting and (self.task is None or self.task.done()):
            self.task = self.loop.create_task(self._publish())

    def gauge(self, takes: dict[Kind, Take]) -> None:
        for kind, take in takes.items():
            running = kind in self.gauges
            self.gauges[kind] = take
            if not running:
                self.taking[kind] = self.loop.create_task(self._tell_gauge(kind))

    async def _tell_gauge(self, kind: Kind) -> None:
        """Reads, tells and rests, as long as something changes meanwhile."""
        try:
            while (take := self.gauges[kind]) is not None:
                self.gauges[kind] = None
                await asyncio.sleep(await self._tell_reading(kind, take))
        finally:
            del self.gauges[kind], self.taking[kind]

    async def _tell_reading(self, kind: Kind, take: Take) -> float:
        """Returns for how long to rest."""
        try:
            bell = await threads.in_db(take)
        except Exception as error:
            logger.exception("%s of %s could not be read", kind[1], kind[0])
            if isinstance(error, AWAY) and kind in self.gauges:
                self.gauges[kind] = self.gauges[kind] or take
            return RETRY
        self._put([bell])
        return float(bell["pace"])

    async def finish(self) -> None:
        """Tells what still waits."""
        for kind, take in list(self.gauges.items()):
            if take is not None:
                self.gauges[kind] = None
                await self._tell_reading(kind, take)
        if self.task is not None:
            await self.task

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


def serve(loop: asyncio.AbstractEventLoop, name: str, hear: Callable[[Bell], None]) -> None:
    """From now on bells of this process are heard, and published in its name, on `loop`."""
    global _serving
    _serving = Doorbell(loop, name, hear)


def ring(bells: list[Bell]) -> None:
    """Has `bells` heard here and published soon, from whichever thread; a process without sockets publishes at once.

    Whoever hears them does so in a context of its own: in the ringer's, its verbs would believe to be part of the
    transaction that has just ended, and tell nobody.
    """
    if not bells:
        return
    if _serving is not None and _serving.loop.is_running():
        _serving.loop.call_soon_threadsafe(_serving.ring, bells, context=Context())
    else:
        async_to_sync(_publish_all)(bells)


def gauge(takes: dict[Kind, Take]) -> None:
    """Reads and publishes how things stand, each at its own pace, from whichever thread."""
    if _serving is not None and _serving.loop.is_running():
        _serving.loop.call_soon_threadsafe(_serving.gauge, takes, context=Context())
    else:
        ring([take() for take in takes.values()])


async def finish() -> None:
    """Waits until this process has told and published what it was about to, so that nothing of it ends with it."""
    if _serving is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await _serving.finish()
