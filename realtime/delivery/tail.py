"""The last events of a room, kept in memory: a thousand clients that come back at once are one read of the log."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from itertools import islice

from django.conf import settings

from realtime import events
from realtime.delivery.delivery import Delivery
from realtime.delivery.subscriptions import Encoding, Subscription
from realtime.models import RoomEvent
from realtime.protocol.framing import Frame
from realtime.runtime import threads

SLACK = 200  # events kept beyond what may be recovered: told between a client's joining and its looking here


def read(key: str, after: int, upto: int) -> list[Delivery]:
    """The events `after` < seq <= `upto` of a room, in order."""
    return [Delivery.logged(row) for row in RoomEvent.objects.between(key, after, upto)]


class Tail:
    """The newest events of one room without a gap, as its hub delivered them: all that may be recovered."""

    def __init__(self, key: str, position: int) -> None:
        self.key = key
        self.room_for = settings.RECOVERY_EVENTS + SLACK
        self.kept: deque[Delivery] = deque(maxlen=self.room_for)
        self.last = position  # the newest event kept, or where the hub began
        self.bottom = 0  # what is not after this is no longer in the log
        self.redacted: set[int] = set()  # while older events are being read
        self.filling: asyncio.Task[None] | None = None
        self.packed: defaultdict[Encoding, dict[int, list[Frame]]] = defaultdict(dict)  # what was asked for lately

    @property
    def before(self) -> int:
        """Everything after this event is kept."""
        return self.last - len(self.kept)

    def append(self, delivery: Delivery) -> None:
        assert delivery.seq == self.last + 1, "a tail has no gap"
        for seq in delivery.event.redacts() if isinstance(delivery.event, events.Event) else ():
            self.evict(seq)
        self.kept.append(delivery)
        self.last += 1
        for packed in self.packed.values():
            packed.pop(self.before, None)

    def evict(self, seq: int) -> None:
        """Forgets what a redacted event said."""
        for packed in self.packed.values():
            packed.pop(seq, None)
        index = seq - self.before - 1
        if 0 <= index < len(self.kept):
            self.kept[index] = self.kept[index]._replace(event=None)
        elif self.filling is not None:
            self.redacted.add(seq)

    async def between(self, after: int, upto: int) -> list[Delivery] | None:
        """The events `after` < seq <= `upto`; None if they are too many, too old or no longer all there."""
        if not self.bottom <= after <= upto or upto - after > settings.RECOVERY_EVENTS:
            return None
        if after < self.before:
            await self._fill()
        if after < max(self.before, self.bottom):
            return None
        first = after - self.before
        found = list(islice(self.kept, first, first + upto - after))
        return found if not found or found[0].at > time.time() - settings.RECOVERY_SECONDS else None

    def frames(self, deliveries: Iterable[Delivery], subscription: Subscription, epoch: str) -> Iterator[Frame]:
        """What tells `deliveries` to `member`, packed once for all of its style who come back within seconds."""
        packed = self.packed[subscription.encoding]
        for delivery in deliveries:
            if delivery.event is not None and subscription.is_addressed(delivery):
                if delivery.seq not in packed:
                    packed[delivery.seq] = subscription.pack(delivery, self.key, epoch)
                yield from packed[delivery.seq]

    async def _fill(self) -> None:
        """Reads backwards what the tail may keep; everyone who asks meanwhile waits for the same read."""
        if self.filling is None:
            if len(self.kept) == self.room_for:
                return
            self.filling = asyncio.create_task(self._read_back())
        await asyncio.shield(self.filling)

    async def _read_back(self) -> None:
        try:
            upto = self.before
            older = await threads.in_db(read, self.key, max(0, upto - self.room_for), upto)
            while older and older[-1].seq == self.before and len(self.kept) < self.room_for:
                delivery = older.pop()
                blank = delivery.seq in self.redacted
                self.kept.appendleft(delivery._replace(event=None) if blank else delivery)
            if len(self.kept) < self.room_for:
                self.bottom = max(self.bottom, self.before)
        finally:
            self.filling = None
            self.redacted.clear()
