"""The last events of a room, kept in memory: a thousand clients that come back at once cost one read of the log."""

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

SLACK = 200  # So many more are kept than may be recovered, for what is told while a client is coming back.


def read(key: str, after: int, upto: int) -> list[Delivery]:
    """The events `after` < seq <= `upto` of a room, in order."""
    return [Delivery.logged(row) for row in RoomEvent.objects.between(key, after, upto)]


class Tail:
    """The newest events of one room without a gap, as its hub delivered them: all that may be recovered.

    It begins empty. The first client that asks for something older has the log read once, as far back as the tail may
    reach, for everyone.
    """

    def __init__(self, key: str, position: int) -> None:
        self.key = key
        self.capacity = settings.RECOVERY_EVENTS + SLACK
        self.kept: deque[Delivery] = deque(maxlen=self.capacity)
        self.last = position  # This is the newest event kept, or where the hub began.
        self.bottom = 0  # Events up to this one are no longer in the log.
        self.redacted: set[int] = set()  # These were redacted while they may be among those being read.
        self.filling: asyncio.Task[None] | None = None
        # The frames of events that clients who came back were told within the last seconds.
        self.packed: defaultdict[Encoding, dict[int, list[Frame]]] = defaultdict(dict)

    @property
    def before(self) -> int:
        """The last event that is not kept; all after it are."""
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
        """Forgets the content of a redacted event, which keeps its place."""
        for packed in self.packed.values():
            packed.pop(seq, None)
        index = seq - self.before - 1
        if 0 <= index < len(self.kept):
            self.kept[index] = self.kept[index]._replace(event=None)
        elif self.filling is not None:
            self.redacted.add(seq)

    async def between(self, after: int, upto: int) -> list[Delivery] | None:
        """The events `after` < seq <= `upto`; None if they are too many, too old or no longer all in the log."""
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
        """The frames that tell `deliveries` to `subscription`, packed once for all of its encoding for some seconds."""
        packed = self.packed[subscription.encoding]
        for delivery in deliveries:
            if delivery.event is not None and subscription.is_addressed(delivery):
                if delivery.seq not in packed:
                    packed[delivery.seq] = subscription.pack(delivery, self.key, epoch)
                yield from packed[delivery.seq]

    def forget_packed(self) -> None:
        """Frees the frames that are kept for the next client to come back; hubs call it every few seconds."""
        self.packed.clear()

    async def _fill(self) -> None:
        """Reads older events, as many as the tail may keep; everyone who asks meanwhile waits for the same read."""
        if self.filling is None:
            if len(self.kept) == self.capacity:
                return
            self.filling = asyncio.create_task(self._read_back())
        await asyncio.shield(self.filling)

    async def _read_back(self) -> None:
        try:
            upto = self.before
            older = await threads.in_db(read, self.key, max(0, upto - self.capacity), upto)
            while older and older[-1].seq == self.before and len(self.kept) < self.capacity:
                delivery = older.pop()
                is_redacted = delivery.seq in self.redacted
                self.kept.appendleft(delivery._replace(event=None) if is_redacted else delivery)
            if len(self.kept) < self.capacity:
                self.bottom = max(self.bottom, self.before)
        finally:
            self.filling = None
            self.redacted.clear()
