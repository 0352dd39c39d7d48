"""One hub per room and process: what the log says, in order and without a hole, to every member that is here."""

import asyncio
import logging
import time
from collections.abc import Callable

from realtime import events, wire
from realtime.broker import publisher
from realtime.delivery import outgoing, tail, throttle
from realtime.delivery.delivery import Delivery
from realtime.delivery.fanout import Subscribers
from realtime.delivery.subscriptions import Subscription
from realtime.models import Room
from realtime.runtime import threads

logger = logging.getLogger(__name__)

HOLD = 0.02  # seconds that an event may wait for one before it, until the gap is read from the log
WAVE = 0.001  # seconds after a write in which is heard what came meanwhile; then more will come, and a rest pays
APART = 0.02  # seconds between two writes of a room that others speak in too: what they tell shares no commit
ALONE = 1.0  # seconds without a word of another process after which a room is no such any more
RIDE = 0.15  # seconds that a gauge waits for another fact to go out with
STALE = 10.0  # seconds that a reading may be on its way; one that seems older comes after a clock was set back
READ = 500  # events read from the log at a time


class Hub:
    """The members of one room in this process, and how far they have been told."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.epoch = ""
        self.position = -1  # the last event delivered; -1 until the log was asked
        self.known = -1  # the last event that exists, as far as is known here
        self.ahead: dict[int, Delivery] = {}  # later than the next
        self.tail = tail.Tail(key, 0)
        self.subscribers = Subscribers()
        self.listeners: list[Callable[[events.BaseEvent], None]] = []
        self.pending: list[Delivery] = []
        self.wrote = 0.0  # when it was written last,
        self.rested = 0.0  # when it will have rested from that as long as it took for each fact,
        self.due = 0.0  # when it will be written next,
        self.flushing: asyncio.TimerHandle | None = None  # and by what
        self.alone_from = 0.0  # when it is some time since another process spoke in it
        self.loop = asyncio.get_running_loop()
        self.throttle: throttle.Throttle[publisher.Notification] = throttle.Throttle(self.loop, self._pass_on)
        self.readings: dict[str, float] = {}  # when each gauge was read that was told last
        self.timer: asyncio.TimerHandle | None = None
        self.healing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Takes the log's position; called once the bells of this room are heard, so that nothing falls between."""
        position, self.epoch = await threads.in_db(Room.objects.position, self.key)
        self.position = position
        self.ahead = {seq: delivery for seq, delivery in self.ahead.items() if seq > position}
        self.tail = tail.Tail(self.key, position)
        self._advance()

    async def reopen(self) -> None:
        """Begins again with another log, after a backup was restored; members come back and hear how things are now."""
        logger.error("the log of %s was replaced", self.key)
        self.position = self.known = -1
        self.ahead.clear()
        if self.healing is not None:
            self.healing.cancel()
        closing = [subscription.send_queue.close(outgoing.COME_BACK) for subscription in self.subscribers.subscriptions]
        await asyncio.gather(*closing, return_exceptions=True)
        await self.open()

    @property
    def idle(self) -> bool:
        return not self.subscribers and not self.listeners

    # --- what comes in

    def hear_other(self, notification: publisher.Notification) -> None:
        """Hears a bell of another process."""
        self.alone_from = time.perf_counter() + ALONE
        self.hear(notification)

    def hear(self, notification: publisher.Notification) -> None:
        if notification.get("transient"):
            self._hear_passing(notification)
            return
        told = notification["events"] or []
        for seq, event in enumerate(told, start=notification["upto"] - len(told) + 1):
            if seq > self.position:
                self.ahead[seq] = Delivery.told(seq, *event)
        self.exists(notification["upto"])

    def _hear_passing(self, notification: publisher.Notification) -> None:
        """Each process keeps its pace; of what all of them say, people hear no more than of one."""
        fact, read_at = notification.get("fact", ""), notification.get("read_at", 0.0)
        if 0 < self.readings.get(fact, 0.0) - read_at < STALE:
            return  # an older reading of another process, or one that has waited there
        if read_at:
            self.readings[fact] = read_at
        if not self.throttle.delays(fact, notification.get("min_interval", 0.0), notification):
            self._pass_on(notification)

    def _pass_on(self, notification: publisher.Notification) -> None:
        delivery = Delivery.told(0, *notification["transient"])
        if "by" in notification and isinstance(delivery.event, events.Transient):  # another process said it
            delivery = delivery._replace(event=delivery.event.capped(self.key))
        self._emit(delivery, within=RIDE if notification.get("read_at") else 0.0)

    def exists(self, seq: int) -> None:
        """Hears that the log goes up to `seq`."""
        self.known = max(self.known, seq)
        self._advance()

    def _advance(self) -> None:
        """Delivers what is next, and sees to what is missing."""
        if self.position < 0:
            return
        while self.position + 1 in self.ahead:
            self.position += 1
            delivery = self.ahead.pop(self.position)
            self.tail.append(delivery)
            self._emit(delivery)
        if self.position < self.known and self.timer is None and self.healing is None:
            self.timer = self.loop.call_later(HOLD, self._heal)

    def _heal(self) -> None:
        self.timer = None
        if self.position < self.known:
            self.healing = self.loop.create_task(self._read_gap())

    async def _read_gap(self) -> None:
        try:
            after, upto = self.position, min(self.known, self.position + READ)
            found = {event.seq: event for event in await threads.in_db(tail.read, self.key, after, upto)}
            for seq in range(self.position + 1, upto + 1):
                self._fill(seq, found.get(seq))
        except Exception:
            logger.exception("the gap after %d of %s could not be read", self.position, self.key)
            await asyncio.sleep(1)
        finally:
            self.healing = None
            self._advance()

    def _fill(self, seq: int, delivery: Delivery | None) -> None:
        """Takes event `seq` as the log has it; one that is there no longer must not stop those after it."""
        if delivery is None and seq not in self.ahead:
            self.tail.bottom = seq
            delivery = Delivery(seq, 0.0, None)
        if delivery is not None:
            self.ahead[seq] = delivery

    # --- what goes out

    def _emit(self, delivery: Delivery, within: float = 0.0) -> None:
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
        self._flush_within(within)

    def _flush_within(self, seconds: float) -> None:
        now = time.perf_counter()
        due = now + seconds
        if now < self.wrote + WAVE:
            due = max(due, self.rested)
        if now < self.alone_from:
            due = max(due, self.wrote + APART)
        if self.flushing is not None:
            if self.due <= due:
                return
            self.flushing.cancel()
        self.due, self.flushing = due, self.loop.call_later(due - now, self.flush)

    def flush(self) -> None:
        """Writes all that came since the last time."""
        if self.flushing is not None:
            self.flushing.cancel()
            self.flushing = None
        deliveries, self.pending = self.pending, []
        if deliveries:
            began = time.perf_counter()
            self.subscribers.tell(deliveries, self.key, self.epoch)
            ended = time.perf_counter()
            self.wrote, self.rested = ended, ended + (ended - began) / len(deliveries)

    def add(self, subscription: Subscription) -> wire.Position:
        """Adds a member that is held until released; what it must know of the past ends at the answer."""
        self.subscribers.add(subscription)
        return self.rejoin(subscription)

    def rejoin(self, subscription: Subscription) -> wire.Position:
        """Holds a member again, as if it had been added now."""
        self.flush()
        subscription.buffer()
        return wire.Position(self.key, self.position, self.epoch)

    async def reaches(self, seq: int) -> bool:
        """Whether the log goes as far as `seq`, of which no bell may have told; once it does, so does this hub."""
        last, _ = await threads.in_db(Room.objects.position, self.key)
        if last < seq:
            return False
        self.exists(last)
        async with asyncio.timeout(threads.DEADLINE):
            while self.position < seq:  # noqa: ASYNC110 - told by bells or read as a gap, and perhaps read again
                await asyncio.sleep(HOLD)
        return True
