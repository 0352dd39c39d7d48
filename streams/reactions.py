"""Reactions to shows: shown at once to everyone who watches, and counted a few times a second, many in one statement.

A process that is killed loses the count of what it showed last, of `records.STATS_PACE` at most. One that ends in good
order counts it first, and one whose database is away keeps it for when it is back.
"""

import asyncio
import threading
import time
from collections import Counter, OrderedDict
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone

from realtime import wire
from realtime.runtime import loops, threads
from streams import events
from streams.models import ReactionTotal, Stream
from streams.models.reaction import MAX_KINDS
from streams.rooms import ShowRoom

FRESH = 1.0  # seconds for which a show that was not over is taken not to be
MAX_TALLIES = 1000  # shows that a process remembers; the one longest not reacted to goes first


class Tally:
    """The reactions to one show that came through this process and are not counted yet."""

    def __init__(self, stream_id: UUID) -> None:
        self.stream_id = stream_id
        self.room = ShowRoom(stream_id)
        self.fresh_until = 0.0
        self.unshown: list[str] = []
        self.uncounted: Counter[str] = Counter()
        self.lock = threading.Lock()  # another thread takes away what is uncounted

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() < self.fresh_until

    async def check(self) -> None:
        """Raises ObjectDoesNotExist where there is no such show, ValidationError where it is over."""
        stream = await threads.in_db(Stream.objects.find, self.stream_id)
        stream.check_may_react()
        self.fresh_until = time.monotonic() + FRESH

    def add(self, kind: str) -> None:
        if not self.unshown:
            asyncio.get_running_loop().call_soon(self._show)
        self.unshown.append(kind)
        with self.lock:
            first = not self.uncounted
            if kind in self.uncounted or len(self.uncounted) < MAX_KINDS:
                self.uncounted[kind] += 1
        if first:
            self.room.tell_latest("reactions", self._totals, store=self._count)

    def _show(self) -> None:
        """Tells those of one turn of the loop together."""
        kinds, self.unshown = self.unshown, []
        shown = events.Reacted(kinds=kinds, at=wire.iso(timezone.now())).capped(self.room.key)
        if shown:
            self.room.tell(shown)

    def _count(self) -> None:
        with self.lock:
            counts, self.uncounted = self.uncounted, Counter()
        try:
            ReactionTotal.objects.add(self.stream_id, counts)
        except IntegrityError:
            pass  # the show was deleted, and its totals with it
        except Exception:
            with self.lock:
                self.uncounted += counts
            raise

    def _totals(self) -> events.ReactionsCounted:
        counts = ReactionTotal.objects.of(self.stream_id)
        return events.ReactionsCounted(stream_id=str(self.stream_id), counts=counts)


class Tallies:
    """One per event loop."""

    def __init__(self) -> None:
        self.shows: OrderedDict[UUID, Tally] = OrderedDict()

    async def react(self, stream_id: UUID, kind: str) -> None:
        tally = self.shows.get(stream_id)
        if tally is None or not tally.is_fresh:
            tally = tally or Tally(stream_id)
            await tally.check()
            tally = self._keep(tally)
        tally.add(kind)

    def _keep(self, tally: Tally) -> Tally:
        """The one that is kept of this show: somebody else's who came at the same moment, perhaps."""
        kept = self.shows.setdefault(tally.stream_id, tally)
        self.shows.move_to_end(tally.stream_id)
        oldest = next(iter(self.shows.values()))
        if len(self.shows) > MAX_TALLIES and not oldest.uncounted:
            del self.shows[oldest.stream_id]
        return kept


_tallies = loops.one_each(Tallies)


async def react(stream_id: UUID, kind: str) -> None:
    """Shows a reaction and counts it; raises ObjectDoesNotExist for no show, ValidationError for one that is over."""
    await _tallies().react(stream_id, kind)
