"""The last events of a room, kept in memory: a thousand clients that come back at once are one read of the log."""

import asyncio
import time
from collections import deque
from itertools import islice

from django.conf import settings

from realtime import threads
from realtime.members import Delivery
from realtime.models import RoomEvent

KEPT = 300  # events of each room that has members here


def read(key: str, after: int, upto: int) -> list[Delivery]:
    """The events `after` < seq <= `upto` of a room, in order."""
    return [Delivery.logged(event) for event in RoomEvent.objects.between(key, after, upto)]


class Tail:
    """The newest events of one room without a gap, as its hub delivered them."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.kept: deque[Delivery] = deque(maxlen=KEPT)
        self.last = 0  # the newest event kept, or the position from which on events are kept
        self.bottom = 0  # what is not after this is no longer in the log
        self.redacted: set[int] = set()  # while older events are being read
        self.filling: asyncio.Task[None] | None = None

    def begin(self, position: int) -> None:
        self.last = position

    @property
    def before(self) -> int:
        """Everything after this event is kept."""
        return self.last - len(self.kept)

    def append(self, delivery: Delivery) -> None:
        assert delivery.seq == self.last + 1, "a tail has no gap"
        if delivery.record is not None and (seq := delivery.record.redacts()) is not None:
            self.evict(seq)
        self.kept.append(delivery)
        self.last += 1

    def evict(self, seq: int) -> None:
        """Forgets what a redacted event said."""
        self.redacted.add(seq)
        index = seq - self.before - 1
        if 0 <= index < len(self.kept):
            self.kept[index] = self.kept[index]._replace(record=None)

    async def between(self, after: int, upto: int) -> list[Delivery] | None:
        """The events `after` < seq <= `upto`; None if they are too many, too old or no longer all there."""
        if not self.bottom <= after <= upto or upto - after > settings.RECOVERY_EVENTS:
            return None
        if after < self.before:
            await self._fill()
        older = []
        if after < self.before:
            older = await threads.in_db(read, self.key, after, min(self.before, upto))
        first = max(after - self.before, 0)
        if after < self.bottom:
            return None
        found = older + list(islice(self.kept, first, first + upto - after - len(older)))
        whole = [delivery.seq for delivery in found] == list(range(after + 1, upto + 1))
        fresh = not found or found[0].at > time.time() - settings.RECOVERY_SECONDS
        return found if whole and fresh else None

    async def _fill(self) -> None:
        """Reads backwards what the tail may keep; everyone who asks meanwhile waits for the same read."""
        if self.filling is None or self.filling.done():
            if len(self.kept) == KEPT:
                return
            self.filling = asyncio.create_task(self._read_back())
        await asyncio.shield(self.filling)

    async def _read_back(self) -> None:
        self.redacted.clear()
        upto = self.before
        older = await threads.in_db(read, self.key, max(0, upto - KEPT), upto)
        if len(older) < min(upto, KEPT):
            self.bottom = upto - len(older)
        for delivery in reversed(older):
            if len(self.kept) == KEPT:
                return
            blank = delivery.seq in self.redacted
            self.kept.appendleft(delivery._replace(record=None) if blank else delivery)
