"""All hubs of a process: opened for whoever comes, compared with the log, closed when their rooms stay empty."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from weakref import WeakValueDictionary

import msgspec

from realtime import events, services, wire
from realtime.broker import brokers, publisher
from realtime.delivery.hub import Hub
from realtime.delivery.subscriptions import Subscription
from realtime.models import LogOrigin, Room
from realtime.runtime import background, threads

logger = logging.getLogger(__name__)

# All rooms are compared with the log every so many seconds, which heals a lost last notification.
CHECK_INTERVAL = 5.0
DEGRADED_INTERVAL = 1.0  # While the broker is away, only the log tells of other processes.
SUBSCRIBE_TIMEOUT = 2.0  # A room that waits so many seconds for its subscription is opened without one.
LINGER = 10.0  # seconds that the hub of an empty room is kept


class Hubs:
    """The hubs of this process by room, each fed by the room's channel of the broker and by this process's publisher.

    `start` and `stop` may be called more than once; `open`, `join` and `listen` start the hubs themselves.
    """

    def __init__(self) -> None:
        self.rooms: dict[str, Hub] = {}
        # By room, so that opening and closing take turns; a lock that nobody holds or waits for is forgotten.
        self.locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.broker = brokers.create(self._receive_message)
        self.publisher = publisher.Publisher(asyncio.get_running_loop(), self.broker, self.receive)
        self.unheard: set[str] = set()  # the open rooms whose channels could not be subscribed to
        self.starting = asyncio.Lock()
        self.checking: asyncio.Task[None] | None = None
        self.closing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        if self.checking is not None:
            return
        async with self.starting:
            if self.checking is None:
                await self._verify_origin()  # before anybody resumes in a log that was restored
                await self.broker.start()
                self.publisher.start()
                self.checking = asyncio.create_task(self._check_regularly())

    async def _verify_origin(self) -> None:
        if await threads.in_db(LogOrigin.objects.verify):
            logger.error("the logs were restored or have moved: they have a new epoch")

    async def stop(self) -> None:
        """Publishes what waits and receives nothing more; rooms stay open, and hear the others again after a start."""
        if self.checking is not None:
            self.checking.cancel()
            await asyncio.gather(self.checking, return_exceptions=True)
            await self.publisher.stop()
            await self.broker.stop()
            self.checking = None

    @property
    def is_degraded(self) -> bool:
        """Whether what other processes tell arrives late, through the log, and what is not logged is lost."""
        return self.checking is not None and (bool(self.unheard) or not self.broker.is_connected)

    async def open(self, key: str) -> Hub:
        """Opens a room, without the broker where it is away: what other processes store is found in the log then."""
        await self.start()
        async with self._lock(key):
            hub = self.rooms.get(key)
            if hub is None:
                hub = self.rooms[key] = Hub(key)
                try:
                    await self._subscribe(key)
                    await hub.open()
                except BaseException:
                    del self.rooms[key]
                    with contextlib.suppress(Exception):
                        await self._unsubscribe(key)
                    raise
            return hub

    async def _subscribe(self, key: str) -> bool:
        """Returns whether the room is heard now; else it counts as unheard, and is tried again."""
        try:
            async with asyncio.timeout(SUBSCRIBE_TIMEOUT):
                await self.broker.subscribe(key)
        except (ConnectionError, TimeoutError):
            self.unheard.add(key)
            return False
        self.unheard.discard(key)
        return True

    async def _unsubscribe(self, key: str) -> None:
        self.unheard.discard(key)
        await self.broker.unsubscribe(key)

    async def join(self, key: str, subscription: Subscription) -> wire.Position:
        hub = await self.open(key)
        return hub.add(subscription)

    def leave(self, key: str, subscription: Subscription) -> None:
        hub = self.rooms.get(key)
        if hub is None:
            return
        hub.subscribers.discard(subscription)
        if hub.idle:
            hub.loop.call_later(LINGER, lambda: background.spawn(self._close(hub), self.closing))

    async def listen(self, key: str, listener: Callable[[events.BaseEvent], None]) -> None:
        """Calls `listener` with each event that the room is told, as long as this process lives."""
        hub = await self.open(key)
        if listener not in hub.listeners:
            hub.listeners.append(listener)

    async def _close(self, hub: Hub) -> None:
        async with self._lock(hub.key):
            if hub.idle and self.rooms.get(hub.key) is hub:
                del self.rooms[hub.key]
                await self._unsubscribe(hub.key)

    def receive(self, notification: publisher.Notification) -> None:
        """Takes a notification of this process, which does not come through the broker."""
        if (hub := self.rooms.get(notification.room)) is not None:
            try:
                hub.receive(notification)
            except Exception:
                logger.exception("a notification for %s failed", notification.room)

    def _receive_message(self, message: bytes) -> None:
        """Takes a message of another process, which may run another version of the server."""
        try:
            notification = publisher.decode(message)
            if (hub := self.rooms.get(notification.room)) is not None:
                hub.receive_remote(notification)
        except msgspec.DecodeError as error:
            logger.warning("a notification of another version was passed over: %s", error)
        except Exception:
            logger.exception("a notification of another process failed")

    def _lock(self, key: str) -> asyncio.Lock:
        return self.locks.setdefault(key, asyncio.Lock())

    async def _check_regularly(self) -> None:
        while True:
            await self._rest()
            try:
                await self._subscribe_unheard()
                await self._verify_origin()
                await self.check()
            except Exception:
                logger.exception("rooms could not be compared with the log")

    async def _rest(self) -> None:
        """Until the next comparison, which comes sooner while the broker is away and when it has just come back."""
        loop = asyncio.get_running_loop()
        until, was_degraded = loop.time() + CHECK_INTERVAL, self.is_degraded
        while (left := until - loop.time()) > 0:
            await asyncio.sleep(min(left, DEGRADED_INTERVAL))
            if was_degraded or self.is_degraded:
                return

    async def _subscribe_unheard(self) -> None:
        for key in list(self.unheard):
            async with self._lock(key):  # It may be closing.
                if key in self.unheard and not await self._subscribe(key):
                    return

    async def check(self) -> None:
        """Compares all rooms with the log, in one query."""
        before = {key: (hub, hub.position) for key, hub in self.rooms.items()}
        for key, seq, epoch in await threads.in_db(Room.objects.positions, list(before)):
            hub, position = before[key]
            hub.tail.forget_packed()
            if epoch == hub.epoch and seq >= position >= 0:
                hub.exists(seq)
                continue
            async with self._lock(key):  # It may have been opening until now.
                if epoch != hub.epoch or seq < position or hub.position < 0:
                    await hub.reopen()


current = services.per_loop(Hubs, services.Stage.DELIVERY, Hubs.stop)
