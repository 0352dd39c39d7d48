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

Notification = dict[str, Any]
Topic = tuple[str, str]  # a room, and what of it is told
ReadLatest = Callable[[], Notification]  # reads how something stands

MAX_WAITING = 10_000  # notifications not yet published by this process; beyond it the oldest is left to the healing
FAREWELL = 2.0  # seconds that the end of a process waits for its last notifications
RETRY = 1.0  # seconds after which a gauge that could not be read is read again
AWAY = (OperationalError, InterfaceError, TimeoutError)  # how it shows that the database cannot be asked at present


def group(room: str) -> str:
    """The channel-layer group of a room's key; group names know no colon."""
    return room.replace(":", ".")


def _topic(notification: Notification) -> Topic:
    return notification["room"], notification.get("fact", "")


class Publisher:
    """Has this process hear its notifications at once, and publishes them to the others, in order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str, hear: Callable[[Notification], None]) -> None:
        self.loop, self.name, self.hear = loop, name, hear
        self.waiting: deque[Notification] = deque(maxlen=MAX_WAITING)
        self.task: asyncio.Task[None] | None = None
        self.latest: dict[Topic, ReadLatest | None] = {}  # None: one was just told and nothing has changed
        self.reading: dict[Topic, asyncio.Task[None]] = {}
        self.throttle: throttle.Throttle[Notification] = throttle.Throttle(
            loop, lambda notification: self._put([notification])
        )

    def publish(self, notifications: list[Notification]) -> None:
        due = [
            each
            for each in notifications
            if not self.throttle.delays(_topic(each), each.get("min_interval", 0.0), each)
        ]
        self._put(due)

    def _put(self, notifications: list[Notification]) -> None:
        for notification in notifications:
            self.hear(notification)
            self.waiting.append({**notification, "by": self.name})
        if self.waiting and (self.task is None or self.task.done()):
            self.task = self.loop.create_task(self._send_waiting())

    def publish_latest(self, reads: dict[Topic, ReadLatest]) -> None:
        for topic, read in reads.items():
            running = topic in self.latest
            self.latest[topic] = read
            if not running:
                self.reading[topic] = self.loop.create_task(self._tell_latest(topic))

    async def _tell_latest(self, topic: Topic) -> None:
        """Reads, tells and rests, as long as something changes meanwhile."""
        try:
            while (read := self.latest[topic]) is not None:
                self.latest[topic] = None
                await asyncio.sleep(await self._tell_reading(topic, read))
        finally:
            del self.latest[topic], self.reading[topic]

    async def _tell_reading(self, topic: Topic, read: ReadLatest) -> float:
        """Returns for how long to rest."""
        try:
            notification = await threads.in_db(read)
        except Exception as error:
            logger.exception("%s of %s could not be read", topic[1], topic[0])
            if isinstance(error, AWAY) and topic in self.latest:
                self.latest[topic] = self.latest[topic] or read
            return RETRY
        self._put([notification])
        return float(notification["min_interval"])

    async def flush(self) -> None:
        """Tells what still waits."""
        for topic, read in list(self.latest.items()):
            if read is not None:
                self.latest[topic] = None
                await self._tell_reading(topic, read)
        if self.task is not None:
            await self.task

    async def _send_waiting(self) -> None:
        while self.waiting:
            await send(self.waiting.popleft())


async def send(notification: Notification) -> None:
    try:
        await get_channel_layer().group_send(group(notification["room"]), notification)
    except Exception:
        logger.exception("no notification for %s", notification["room"])


async def _send_all(notifications: list[Notification]) -> None:
    for notification in notifications:
        await send(notification)


_current: Publisher | None = None


def start(loop: asyncio.AbstractEventLoop, name: str, hear: Callable[[Notification], None]) -> None:
    """From now on notifications of this process are heard, and published in its name, on `loop`."""
    global _current
    _current = Publisher(loop, name, hear)


def publish(notifications: list[Notification]) -> None:
    """Delivers `notifications` here and publishes them soon, from any thread; a process without sockets at once.

    They are received in a context of their own: in the publisher's, its verbs would believe to be part of the
    transaction that has just ended, and tell nobody.
    """
    if not notifications:
        return
    if _current is not None and _current.loop.is_running():
        _current.loop.call_soon_threadsafe(_current.publish, notifications, context=Context())
    else:
        async_to_sync(_send_all)(notifications)


def publish_latest(reads: dict[Topic, ReadLatest]) -> None:
    """Reads and publishes how things stand, each at its own pace, from whichever thread."""
    if _current is not None and _current.loop.is_running():
        _current.loop.call_soon_threadsafe(_current.publish_latest, reads, context=Context())
    else:
        publish([read() for read in reads.values()])


async def flush() -> None:
    """Waits until this process has told and published what it was about to, so that nothing of it ends with it."""
    if _current is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await _current.flush()
