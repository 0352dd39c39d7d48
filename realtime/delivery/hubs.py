"""All hubs of a process: opened for whoever comes, compared with the log, closed when their rooms stay empty."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from weakref import WeakValueDictionary

from channels.layers import get_channel_layer

from realtime import events, wire
from realtime.adapters.redis import RedisLayer
from realtime.broker import publisher
from realtime.delivery.hub import Hub
from realtime.delivery.subscriptions import Subscription
from realtime.models import Room
from realtime.runtime import loops, threads

logger = logging.getLogger(__name__)

CHECK = 5.0  # seconds between two comparisons of all rooms with the log: what heals a lost last bell
LINGER = 10.0  # seconds that the hub of an empty room is kept


class Hubs:
    """One channel of the channel layer, subscribed to each room that has members here."""

    def __init__(self) -> None:
        self.rooms: dict[str, Hub] = {}
        self.doors: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # opening and closing take turns
        self.channel = ""
        self.tasks: list[asyncio.Task[None]] = []
        self.closing: set[asyncio.Task[None]] = set()
        self.started = asyncio.Lock()

    async def start(self) -> None:
        async with self.started:
            if self.tasks:
                return
            layer = get_channel_layer()
            sinks = isinstance(layer, RedisLayer)
            self.channel = await (layer.sink(self._hear_other) if sinks else layer.new_channel())
            publisher.start(asyncio.get_running_loop(), self.channel, self.hear)
            self.tasks = [asyncio.create_task(self._check())]
            if not sinks:
                self.tasks.append(asyncio.create_task(self._listen()))

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self.tasks and isinstance(layer := get_channel_layer(), RedisLayer):
            await layer.unsink(self.channel)
        self.tasks = []

    async def open(self, key: str) -> Hub:
        await self.start()
        async with self._door(key):
            hub = self.rooms.get(key)
            if hub is None:
                hub = self.rooms[key] = Hub(key)
                try:
                    await get_channel_layer().group_add(publisher.group(key), self.channel)
                    await hub.open()
                except BaseException:
                    del self.rooms[key]
                    with contextlib.suppress(Exception):
                        await get_channel_layer().group_discard(publisher.group(key), self.channel)
                    raise
            return hub

    async def join(self, key: str, subscription: Subscription) -> wire.Position:
        hub = await self.open(key)
        return hub.add(subscription)

    def leave(self, key: str, subscription: Subscription) -> None:
        hub = self.rooms.get(key)
        if hub is None:
            return
        hub.subscribers.discard(subscription)
        if hub.idle:
            hub.loop.call_later(LINGER, lambda: loops.run(self._close(hub), kept=self.closing))

    async def listen(self, key: str, listener: Callable[[events.BaseEvent], None]) -> None:
        """Calls `listener` with each record that the room is told."""
        hub = await self.open(key)
        if listener not in hub.listeners:
            hub.listeners.append(listener)

    async def _close(self, hub: Hub) -> None:
        async with self._door(hub.key):
            if hub.idle and self.rooms.get(hub.key) is hub:
                del self.rooms[hub.key]
                await get_channel_layer().group_discard(publisher.group(hub.key), self.channel)

    def hear(self, notification: publisher.Notification) -> None:
        if (hub := self.rooms.get(notification["room"])) is not None:
            self._have_heard(hub.hear, notification)

    def _hear_other(self, notification: publisher.Notification) -> None:
        """Hears a bell of another process; one of this process was heard when it was rung."""
        if notification.get("by") != self.channel and (hub := self.rooms.get(notification["room"])) is not None:
            self._have_heard(hub.hear_other, notification)

    def _have_heard(self, hear: Callable[[publisher.Notification], None], notification: publisher.Notification) -> None:
        try:
            hear(notification)
        except Exception:
            logger.exception("a bell was not understood")

    def _door(self, key: str) -> asyncio.Lock:
        return self.doors.setdefault(key, asyncio.Lock())

    async def _listen(self) -> None:
        while True:
            try:
                notification = await get_channel_layer().receive(self.channel)
            except Exception:
                logger.exception("no bell could be received")
                await asyncio.sleep(0.1)
                continue
            self._hear_other(notification)

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK)
            try:
                await self.check()
            except Exception:
                logger.exception("rooms could not be compared with the log")

    async def check(self) -> None:
        """Compares all rooms with the log, in one query."""
        told = {key: (hub, hub.position) for key, hub in self.rooms.items()}
        for key, seq, epoch in await threads.in_db(Room.objects.positions, list(told)):
            hub, position = told[key]
            hub.tail.packed.clear()
            if epoch == hub.epoch and seq >= position >= 0:
                hub.exists(seq)
                continue
            async with self._door(key):  # it may just have been opening
                if epoch != hub.epoch or seq < position or hub.position < 0:
                    await hub.reopen()


current = loops.one_each(Hubs)
