"""How a commit in any thread reaches the hubs of all processes, at most once: what is lost is read from the log."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextvars import Context

import msgspec
from asgiref.sync import async_to_sync
from django.db import InterfaceError, OperationalError

from realtime.broker import brokers, throttle
from realtime.runtime import threads

logger = logging.getLogger(__name__)


class StoredEvents(msgspec.Struct, tag="stored", omit_defaults=True):
    """The log of `room` now goes up to event number `upto`."""

    room: str
    upto: int
    # The last events up to `upto`, each as body, `to` and `but`; None if they are too large and must be read.
    events: list[tuple[str, str, str]] | None = None


class TransientEvent(msgspec.Struct, tag="transient", omit_defaults=True):
    """Subscribers of `room` are told an event that is not in its log."""

    room: str
    body: str  # as realtime.events.encode makes it
    to: str = ""
    but: str = ""
    kind: str = ""  # the event's tag
    min_interval: float = 0.0  # seconds between two of its kind in its room
    # A latest-value event was read then, in seconds since 1970 by the database's clock; any other has 0.
    read_at: float = 0.0


Notification = StoredEvents | TransientEvent
Topic = tuple[str, str]  # the room and the name of a latest value
ReadLatest = Callable[[], TransientEvent]  # It reads a latest value, in a database thread.

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Notification).decode  # It raises msgspec.DecodeError for what another version wrote.

FLUSH_TIMEOUT = 2.0  # The end of a process waits so many seconds for its last notifications.
RETRY_DELAY = 1.0  # A latest value that could not be read is read again after so many seconds.
UNAVAILABLE = (OperationalError, InterfaceError, TimeoutError)  # The database cannot be asked at present.


class Publisher:
    """Hands notifications to the hubs of this process at once, and publishes them to the other processes, in order.

    Its own hubs do not wait for the broker: that would cost two more turns of the event loop behind writes to
    thousands of subscribers.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, broker: brokers.Broker, receive: Callable[[Notification], None]
    ) -> None:
        self.loop, self.broker, self.receive = loop, broker, receive
        # The latest values whose interval runs, each with how to read it if it has changed meanwhile.
        self.latest: dict[Topic, ReadLatest | None] = {}
        self.telling: dict[Topic, asyncio.Task[None]] = {}
        self.throttle: throttle.Throttle[Notification] = throttle.Throttle(loop, self._publish_now)

    def start(self) -> None:
        """From now on `publish` and `publish_latest` of this module, called in any thread, come here."""
        global _current
        _current = self

    async def stop(self) -> None:
        """Publishes what waits; afterwards this process publishes without a publisher, as a management command does."""
        global _current
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_TIMEOUT):
                await self.flush()
        for telling in list(self.telling.values()):
            telling.cancel()
        if _current is self:
            _current = None

    def publish(self, notifications: list[Notification]) -> None:
        for notification in notifications:
            if isinstance(notification, TransientEvent):
                topic = notification.room, notification.kind
                if self.throttle.delays(topic, notification.min_interval, notification):
                    continue
            self._publish_now(notification)

    def _publish_now(self, notification: Notification) -> None:
        self.receive(notification)
        self.broker.publish(notification.room, encode(notification))

    def publish_latest(self, reads: dict[Topic, ReadLatest]) -> None:
        for topic, read in reads.items():
            is_running = topic in self.latest
            self.latest[topic] = read
            if not is_running:
                self.telling[topic] = self.loop.create_task(self._tell_latest(topic))

    async def _tell_latest(self, topic: Topic) -> None:
        """Reads and publishes a value, and again after its interval as long as it changes meanwhile."""
        try:
            while (read := self.latest[topic]) is not None:
                self.latest[topic] = None
                await asyncio.sleep(await self._tell_value(topic, read))
        finally:
            del self.latest[topic], self.telling[topic]

    async def _tell_value(self, topic: Topic, read: ReadLatest) -> float:
        """Returns the seconds until the value may be told again."""
        try:
            notification = await threads.in_db(read)
        except Exception as error:
            logger.exception("%s of %s could not be read", topic[1], topic[0])
            if isinstance(error, UNAVAILABLE) and topic in self.latest:
                self.latest[topic] = self.latest[topic] or read
            return RETRY_DELAY
        self._publish_now(notification)
        return notification.min_interval

    async def flush(self) -> None:
        """Tells latest values whose turn has not come, and waits until the broker has published everything."""
        for topic, read in list(self.latest.items()):
            if read is not None:
                self.latest[topic] = None
                await self._tell_value(topic, read)
        await self.broker.flush()


_current: Publisher | None = None


def current() -> Publisher | None:
    """The publisher of this process; a process without sockets has none."""
    return _current if _current is not None and _current.loop.is_running() else None


def publish(notifications: list[Notification]) -> None:
    """Delivers `notifications` here and publishes them soon, from any thread; a process without sockets at once.

    They are received in a context of their own: in the publisher's, its verbs would believe to be part of the
    transaction that has just ended, and tell nobody.
    """
    if not notifications:
        return
    if (publisher := current()) is not None:
        publisher.loop.call_soon_threadsafe(publisher.publish, notifications, context=Context())
    else:
        async_to_sync(_publish_once)(notifications)


async def _publish_once(notifications: list[Notification]) -> None:
    broker = brokers.create(lambda message: None)
    try:
        for notification in notifications:
            broker.publish(notification.room, encode(notification))
        await broker.flush()
    finally:
        await broker.stop()


def publish_latest(reads: dict[Topic, ReadLatest]) -> None:
    """Reads latest values after this transaction and publishes them, each no more often than its interval allows."""
    if (publisher := current()) is not None:
        publisher.loop.call_soon_threadsafe(publisher.publish_latest, reads, context=Context())
    else:
        publish([read() for read in reads.values()])


async def flush() -> None:
    """Waits until this process has published what it was about to, so that nothing of it ends with the process."""
    if _current is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_TIMEOUT):
                await _current.flush()
