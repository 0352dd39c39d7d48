"""Reactions to shows are shown at once to everyone who watches, and counted a few times a second in one statement.

A process that is killed loses the count of what it showed during the last `shows.STATS_INTERVAL`. A process that stops
in good order counts it first, and one whose database is away keeps it until the database is back.
"""

import asyncio
import threading
import time
from collections import Counter, OrderedDict
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.utils import timezone

from accounts import identity as identities
from realtime import database, lifecycle, wire
from realtime.models.restriction import Restraints, is_restrained, restraints_in
from streams.events import shows
from streams.models import ReactionTotal, Stream
from streams.rooms import ShowRoom

RECHECK_AFTER = 1.0  # seconds; a show is asked again whether it is over when the last answer is older than this
MAX_BUFFERS = 1000  # shows that a process remembers; the one longest without a reaction is forgotten first


class ReactionBuffer:
    """The reactions to one show that came through this process and are not shown or not counted yet."""

    def __init__(self, stream_id: UUID) -> None:
        self.stream_id = stream_id
        self.room = ShowRoom(stream_id)
        self.check_again_at = 0.0  # a time of the monotonic clock
        self.stream: Stream | None = None  # as it was when it was asked for last
        self.restraints: Restraints = ()
        self.to_show: list[str] = []
        self.to_count: Counter[str] = Counter()
        self.lock = threading.Lock()  # guards `to_count`, which a database thread empties

    @property
    def is_checked(self) -> bool:
        """Whether the show was found to be on so recently that it need not be asked again."""
        return time.monotonic() < self.check_again_at

    async def check(self) -> None:
        """Raises ObjectDoesNotExist where there is no such show, ValidationError where it is over."""
        stream, self.restraints = await database.in_db(self._read)
        stream.check_is_open()
        self.stream = stream
        self.check_again_at = time.monotonic() + RECHECK_AFTER

    def _read(self) -> tuple[Stream, Restraints]:
        return Stream.objects.find(self.stream_id), restraints_in(self.room.key)

    async def admits(self, identity: identities.Identity, kind: str) -> bool:
        """Whether others are to see a reaction: of someone who is shadowed they are not.

        Raises ValidationError for a kind that the show has not, PermissionDenied for who may not be noticed. Whom what
        was remembered refuses is looked up, as for a message.
        """
        assert self.stream is not None
        self.stream.check_has_reaction(kind)
        if self.stream.rehearsal:
            await database.in_db(self.stream.check_is_seen_by, identity)
        try:
            self.stream.check_admits_account(identity)
        except PermissionDenied:
            await database.in_db(self.stream.check_may_be_noticed, identity)
        if not is_restrained(identity, self.restraints):
            return True
        await database.in_db(self.stream.check_may_be_noticed, identity)
        return not await database.in_db(self.stream.is_shadowed, identity)

    def add(self, kind: str) -> None:
        if not self.to_show:
            asyncio.get_running_loop().call_soon(self._show)
        self.to_show.append(kind)
        with self.lock:
            first = not self.to_count
            self.to_count[kind] += 1
        if first:
            self.room.tell_latest("reactions", self._totals, store=self._count)

    def _show(self) -> None:
        """Tells together all the reactions that came in one turn of the event loop."""
        kinds, self.to_show = self.to_show, []
        shown = shows.Reacted(kinds=kinds, at=wire.iso(timezone.now())).capped(self.room.key)
        if shown:
            self.room.tell(shown)

    def _count(self) -> None:
        with self.lock:
            counts, self.to_count = self.to_count, Counter()
        try:
            ReactionTotal.objects.add(self.stream_id, counts)
        except IntegrityError:
            pass  # the show was deleted, and its totals with it
        except Exception:
            with self.lock:
                self.to_count += counts
            raise

    def _totals(self) -> shows.ReactionsCounted:
        counts = ReactionTotal.objects.of(self.stream_id)
        return shows.ReactionsCounted(stream_id=str(self.stream_id), counts=counts)


class ReactionBuffers:
    """The buffers of all shows; there is one such object per event loop."""

    def __init__(self) -> None:
        self.buffers: OrderedDict[UUID, ReactionBuffer] = OrderedDict()

    async def react(self, stream_id: UUID, kind: str, identity: identities.Identity) -> None:
        buffer = self.buffers.get(stream_id)
        if buffer is None or not buffer.is_checked:
            buffer = buffer or ReactionBuffer(stream_id)
            await buffer.check()
            buffer = self._keep(buffer)
        if await buffer.admits(identity, kind):
            buffer.add(kind)

    def _keep(self, buffer: ReactionBuffer) -> ReactionBuffer:
        """Keeps the buffer of a show, and returns it, or another one that was kept while this one was checked."""
        kept = self.buffers.setdefault(buffer.stream_id, buffer)
        self.buffers.move_to_end(buffer.stream_id)
        oldest = next(iter(self.buffers.values()))
        if len(self.buffers) > MAX_BUFFERS and not oldest.to_count:
            del self.buffers[oldest.stream_id]
        return kept


_buffers = lifecycle.per_loop(ReactionBuffers)


async def react(stream_id: UUID, kind: str, identity: identities.Identity) -> None:
    """Shows a reaction and counts it.

    Raises ObjectDoesNotExist for no show, ValidationError for one that is over or has no such reaction, and
    PermissionDenied for someone who may not be noticed in it.
    """
    await _buffers().react(stream_id, kind, identity)
