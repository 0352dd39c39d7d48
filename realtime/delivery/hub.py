"""One hub per room and process: it delivers the room's log, in order and without a gap, to the subscribers here."""

import asyncio
import logging
import time
from collections.abc import Callable

from realtime import events, metrics, wire
from realtime.broker import publisher, throttle
from realtime.delivery import outgoing, tail, write_schedule
from realtime.delivery.delivery import Delivery
from realtime.delivery.fanout import Subscribers
from realtime.delivery.subscriptions import Subscription
from realtime.models import Room
from realtime.runtime import threads

logger = logging.getLogger(__name__)

# An event waits so many seconds for a missing one before it; then the gap is read from the log.
GAP_WAIT = 0.02
# A latest value that seems older by more seconds was read after a clock was set back.
MAX_READING_SKEW = 10.0
GAP_BATCH = 500  # events read from the log at a time

Received = tuple[publisher.TransientEvent, bool]  # The second says whether it comes from another process.


class Hub:
    """The subscribers of one room in this process, and how far events have been delivered to them.

    Notifications may be lost, doubled or overtaken, and the hub puts that right: it delivers event after event by
    their numbers, and reads from the log what has not come within GAP_WAIT. The last event, which no later one gives
    away, is found by `Hubs.check`.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.epoch = ""
        self.position = -1  # This is the last event delivered, or -1 until the log was asked.
        self.known = -1  # This is the last event that exists, as far as this process knows.
        self.ahead: dict[int, Delivery] = {}  # These events came before one that precedes them.
        self.tail = tail.Tail(key, 0)
        self.subscribers = Subscribers()
        self.listeners: list[Callable[[events.BaseEvent], None]] = []
        self.pending: list[Delivery] = []  # delivered, but not written yet
        self.loop = asyncio.get_running_loop()
        self.schedule = write_schedule.WriteSchedule(self.loop, self._write)
        self.throttle: throttle.Throttle[Received] = throttle.Throttle(self.loop, self._tell_transient)
        # The moment in which the latest-value event of each kind that was told last was read stands here.
        self.readings: dict[str, float] = {}
        self.gap_timer: asyncio.TimerHandle | None = None
        self.gap_reading: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Takes the log's position. The room's channel is subscribed to already, so no event falls between."""
        position, self.epoch = await threads.in_db(Room.objects.position, self.key)
        self.position = position
        self.ahead = {seq: delivery for seq, delivery in self.ahead.items() if seq > position}
        self.tail = tail.Tail(self.key, position)
        self._advance()

    async def reopen(self) -> None:
        """Begins again with another log, after a backup was restored.

        Subscribers are disconnected: their clients come back, find that the epoch is another one, and load the room's
        state anew.
        """
        logger.error("the log of %s was replaced", self.key)
        self.position = self.known = -1
        self.ahead.clear()
        if self.gap_reading is not None:
            self.gap_reading.cancel()
        closing = [subscription.send_queue.close(outgoing.COME_BACK) for subscription in self.subscribers.subscriptions]
        await asyncio.gather(*closing, return_exceptions=True)
        await self.open()

    @property
    def idle(self) -> bool:
        return not self.subscribers and not self.listeners

    # --- what comes in

    def receive(self, notification: publisher.Notification) -> None:
        """Takes a notification of this process."""
        self._receive(notification, is_remote=False)

    def receive_remote(self, notification: publisher.Notification) -> None:
        """Takes a notification of another process."""
        self.schedule.remote_published()
        self._receive(notification, is_remote=True)

    def _receive(self, notification: publisher.Notification, is_remote: bool) -> None:
        if isinstance(notification, publisher.TransientEvent):
            self._receive_transient(notification, is_remote)
            return
        stored = notification.events or []
        for seq, event in enumerate(stored, start=notification.upto - len(stored) + 1):
            if seq > self.position:
                self.ahead[seq] = Delivery.notified(seq, *event)
        self.exists(notification.upto)

    def _receive_transient(self, notification: publisher.TransientEvent, is_remote: bool) -> None:
        """Throttles once more what each process has throttled, so that people see no more of several than of one."""
        kind, read_at = notification.kind, notification.read_at
        if 0 < self.readings.get(kind, 0.0) - read_at < MAX_READING_SKEW:
            return  # Another process has read a newer value, or this one has waited there.
        if read_at:
            self.readings[kind] = read_at
        if not self.throttle.delays(kind, notification.min_interval, (notification, is_remote)):
            self._tell_transient((notification, is_remote))

    def _tell_transient(self, received: Received) -> None:
        notification, is_remote = received
        delivery = Delivery.notified(0, notification.body, notification.to, notification.but)
        if is_remote and isinstance(delivery.event, events.Transient):
            delivery = delivery._replace(event=delivery.event.capped(self.key))
        self._deliver(delivery, max_delay=write_schedule.LATEST_DELAY if notification.read_at else 0.0)

    def exists(self, seq: int) -> None:
        """Takes note that the log goes up to `seq`."""
        self.known = max(self.known, seq)
        self._advance()

    def _advance(self) -> None:
        """Delivers the events that are next, and sees to it that missing ones are read."""
        if self.position < 0:
            return
        while self.position + 1 in self.ahead:
            self.position += 1
            delivery = self.ahead.pop(self.position)
            self.tail.append(delivery)
            self._deliver(delivery)
        if self.position < self.known and self.gap_timer is None and self.gap_reading is None:
            self.gap_timer = self.loop.call_later(GAP_WAIT, self._end_gap_wait)

    def _end_gap_wait(self) -> None:
        self.gap_timer = None
        if self.position < self.known:
            self.gap_reading = self.loop.create_task(self._read_gap())

    async def _read_gap(self) -> None:
        try:
            after, upto = self.position, min(self.known, self.position + GAP_BATCH)
            found = {event.seq: event for event in await threads.in_db(tail.read, self.key, after, upto)}
            for seq in range(self.position + 1, upto + 1):
                self._fill(seq, found.get(seq))
        except Exception:
            logger.exception("the gap after %d of %s could not be read", self.position, self.key)
            await asyncio.sleep(1)
        finally:
            self.gap_reading = None
            self._advance()

    def _fill(self, seq: int, delivery: Delivery | None) -> None:
        """Takes event `seq` as the log has it. One that is no longer there must not stop those after it."""
        if delivery is None and seq not in self.ahead:
            self.tail.bottom = seq
            delivery = Delivery(seq, 0.0, None)
        if delivery is not None:
            self.ahead[seq] = delivery

    # --- what goes out

    def _deliver(self, delivery: Delivery, max_delay: float = 0.0) -> None:
        if delivery.event is None:
            return
        for listener in self.listeners:
            try:
                listener(delivery.event)
            except Exception:
                logger.exception("a listener of %s failed", self.key)
        if not self.subscribers:
            return
        self.pending.append(delivery)
        self.schedule.request(max_delay)

    def _write(self) -> int:
        deliveries, self.pending = self.pending, []
        if deliveries:
            metrics.delivery_seconds.add(max(0.0, time.time() - deliveries[0].at))
            self.subscribers.tell(deliveries, self.key, self.epoch)
        return len(deliveries)

    def add(self, subscription: Subscription) -> wire.Position:
        """Adds a subscription that buffers until it is released; what it must know of the past ends at the answer."""
        self.subscribers.add(subscription)
        return self.rejoin(subscription)

    def rejoin(self, subscription: Subscription) -> wire.Position:
        """Has a subscription buffer again, as if it had been added now."""
        self.schedule.flush()
        subscription.buffer()
        return wire.Position(self.key, self.position, self.epoch)

    async def reaches(self, seq: int) -> bool:
        """Whether the log goes as far as `seq`; returns only when this hub has delivered up to it too.

        No notification may have told of `seq`. Raises TimeoutError if it cannot be read from the log either.
        """
        last, _ = await threads.in_db(Room.objects.position, self.key)
        if last < seq:
            return False
        self.exists(last)
        async with asyncio.timeout(threads.DEADLINE):
            while self.position < seq:  # noqa: ASYNC110 - It comes in a notification or is read, perhaps again.
                await asyncio.sleep(GAP_WAIT)
        return True
