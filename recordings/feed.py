"""What one connection records: it finds the recording, gathers single events, and gives everything to the intake.

An old client sends every event by itself and waits for no answer. Such events are gathered for a moment, so that a
commit stores many. Who wants an answer gets it after the commit, and is read on meanwhile: what they send then is the
next batch. What has a number goes into the intake at once.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from accounts import identity as identities
from realtime import database, errors, event_log, intake
from recordings import ingest, redaction
from recordings.gathering import Batch, Gathered, Kind
from recordings.ingest import Item, Outcome
from recordings.models import Consent, Participant, Recording
from recordings.models.recording_queryset import MAX_URL

logger = logging.getLogger(__name__)

GATHERED = 32 * 1024  # bytes that are gathered, beside as many that are being stored: 64 KiB of a connection
GATHER_SECONDS = 0.1
PATIENCE = 30.0  # seconds for which what nobody can send again is kept while the database is away
REFUSED_SECONDS = 5.0  # for which a refusal holds, so that a client that floods on asks nobody
TRIES = 3  # recordings that are begun where each has ended at that very moment

REFUSED = {
    Outcome.CONFLICT: ("conflict", "Something else was stored under this number"),
    Outcome.INVALID: ("validation", "A number is out of bounds, or this is no list of events"),
}

STORED = (Outcome.STORED, Outcome.ALREADY)

_intake = intake.declare(ingest.store, lambda item: len(item.data))

Told = Callable[[errors.RequestRefused], None]


@event_log.verb
def begin(participant: Participant, identity: identities.Identity, url: str) -> tuple[str, int]:
    """The recording that goes on or begins now, and which of its connections this is."""
    consent = Consent.objects.given(identity)
    recording = Recording.objects.go_on_or_start(participant, identity, url, consent)
    return recording.pk, recording.connect()


@event_log.verb
def end(**which: Any) -> None:
    for recording in Recording.objects.running().filter(**which):
        recording.end()


def name_page(recording: str, url: str) -> None:
    Recording.objects.filter(pk=recording, url="").update(url=redaction.address(url)[:MAX_URL])


class Feed:
    """The way from one connection, once it is known whose visit it is, to what is stored."""

    def __init__(self, participant: Participant, identity: Callable[[], identities.Identity], tell: Told) -> None:
        """`tell` is called for what has been refused and nobody waits for."""
        self.participant, self.identity, self.tell = participant, identity, tell
        self.recording, self.part, self.url = "", 0, ""
        self.gathered = Gathered()
        self.beginning = asyncio.Lock()
        self.turn = asyncio.Lock()  # Of what has no number one lot is stored at a time, in order.
        self.timer: asyncio.TimerHandle | None = None
        self.draining: asyncio.Task[None] | None = None
        self.numbered: set[asyncio.Future[None]] = set()  # what is being stored under numbers of the client's
        self.again: set[asyncio.Task[None]] = set()  # those of it that go into another recording
        self.refusal: errors.RequestRefused | None = None
        self.refused_until = 0.0

    # --- the recording

    async def begin(self) -> str:
        """Returns the recording that this connection feeds; raises RequestRefused where nothing may be recorded."""
        if not self.recording:
            async with self.beginning:
                await self._begin()
        return self.recording

    async def _begin(self) -> None:
        if self.recording:  # Somebody else has begun it while this one waited.
            return
        if self.refusal is not None and time.monotonic() < self.refused_until:
            raise errors.RequestRefused(self.refusal.code, self.refusal.message, self.refusal.retry_after)
        try:
            self.recording, self.part = await database.in_db(begin, self.participant, self.identity(), self.url)
        except errors.RequestRefused as refusal:
            self.refusal, self.refused_until = refusal, time.monotonic() + REFUSED_SECONDS
            raise

    def is_expected(self) -> bool:
        """Whether a recording goes on, or is to begin at once because its visitor has agreed to it."""
        is_running = Recording.objects.current(self.participant) is not None
        return is_running or Consent.objects.given(self.identity()) is not None

    async def see_page(self, url: str) -> None:
        """Notes the first page of the visit, which may be known only after the recording has begun."""
        if url and not self.url:
            self.url = url
            if self.recording:
                await database.in_db(name_page, self.recording, url)

    async def end(self) -> None:
        """Ends the recording; what comes later begins another one."""
        await self.settle()
        self.recording = ""
        await database.in_db(end, participant=self.participant)

    def reconsider(self, declined: bool) -> None:
        """Asks anew whether anything may be recorded, now that its visitor has agreed, or declined."""
        self.refusal = None
        if declined:
            self.recording = ""

    # --- what is recorded

    async def add(self, kind: str, data: bytes | msgspec.Raw, wait: bool) -> "asyncio.Future[None] | None":
        """Records one event of now, whose `data` is JSON. With `wait`, returns what is done once it is stored."""
        if not self.recording:
            await self.begin()
        now = int(time.time() * 1000)
        name = msgspec.json.encode(kind)
        piece = b"".join((b'{"event":', name, b',"data":', data, b',"timestamp":%d}' % now))
        return await self._gather("events", 0, piece, now, kind, wait)

    async def hear(self, data: bytes, part: int, at_ms: int) -> "asyncio.Future[None]":
        """Records a piece of audio that has no number; what it returns is done once it is stored."""
        stored = await self._gather("audio", part, data, at_ms, "", True)
        assert stored is not None
        return stored

    async def store(self, **fields: Any) -> "asyncio.Future[None]":
        """Records a batch of events, or a piece of audio, that its client has numbered.

        Returns when the intake has taken it; what it returns is done once it is stored.
        """
        item = Item(self.recording or await self.begin(), **fields)
        outcome = await _intake().offer(item)
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.numbered.add(stored)
        stored.add_done_callback(self.numbered.discard)
        outcome.add_done_callback(partial(self._stored, item, stored))
        return stored

    async def settle(self, forget: bool = False) -> None:
        """Waits until all of it is stored, or refused; with `forget` what is only gathered is thrown away."""
        if forget:
            self._stop_timer()
            self.gathered.forget()
        await self._drain()
        if self.numbered:
            await asyncio.wait(set(self.numbered))

    async def close(self) -> None:
        """Stores what is left, once the connection is gone."""
        await self.settle()

    # --- what has no number

    async def _gather(
        self, kind: Kind, part: int, piece: bytes, at_ms: int, name: str, wait: bool
    ) -> "asyncio.Future[None] | None":
        while self.gathered.size and self.gathered.size + len(piece) > GATHERED:
            self._drain_soon()
            await self.gathered.taken()
        batch = self.gathered.add(kind, part, piece, at_ms, name)
        is_large = self.gathered.size > GATHERED
        batch.is_awaited |= wait or is_large
        if wait or is_large:
            self._drain_soon()
        elif self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._drain_soon)
        if is_large:  # Its turn among large messages ends when this returns.
            await asyncio.shield(batch.done)
        return batch.done if wait else None

    def _drain_soon(self) -> None:
        self._stop_timer()
        if self.draining is None or self.draining.done():
            self.draining = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        """Stores what is gathered, and what is gathered meanwhile."""
        async with self.turn:
            while self.gathered.size:
                self._stop_timer()
                for (kind, part), batch in self.gathered.take():
                    await self._store_batch(batch, batch.item(kind, part))

    async def _store_batch(self, batch: Batch, item: Item) -> None:
        """Tells whoever waits for it what has become of it; where nobody does, only if it fails."""
        try:
            await self._store_patiently(item)
        except Exception as error:
            if batch.is_awaited:
                batch.done.set_exception(error)
            else:
                self.tell(errors.of(error, f"what was recorded of {self.participant.pk}"))
        else:
            batch.done.set_result(None)

    def _stop_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    # --- storing

    def _stored(self, item: Item, stored: "asyncio.Future[None]", outcome: "asyncio.Future[Outcome]") -> None:
        """What has a number is nearly always stored at once; else it takes a task."""
        if outcome.exception() is None and outcome.result() in STORED:
            stored.set_result(None)
        else:
            task = asyncio.create_task(self._store_elsewhere(item, stored, outcome))
            self.again.add(task)
            task.add_done_callback(self.again.discard)

    async def _store_elsewhere(
        self, item: Item, stored: "asyncio.Future[None]", outcome: "asyncio.Future[Outcome]"
    ) -> None:
        try:
            if not await self._is_stored(item.recording_id, outcome.result()):
                await self._store(item)
        except Exception as error:
            stored.set_exception(error)
        else:
            stored.set_result(None)

    async def _store_patiently(self, item: Item) -> None:
        """Stores what its client cannot send again, and waits for a database that is away."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                await self._store(item)
            except Exception as error:
                refusal = errors.as_busy(error)
                if refusal is None or time.monotonic() > until:
                    raise
                await asyncio.sleep(refusal.retry_after or 1.0)
            else:
                return

    async def _store(self, item: Item) -> None:
        """Stores an item in the recording that goes on; in the next one, where that has ended meanwhile."""
        for _ in range(TRIES):
            recording = await self.begin()
            outcome = await _intake().put(msgspec.structs.replace(item, recording_id=recording))
            if await self._is_stored(recording, outcome):
                return
        raise errors.RequestRefused("busy", errors.BUSY, retry_after=1.0)

    async def _is_stored(self, recording: str, outcome: Outcome) -> bool:
        """False where another recording is to be begun for it. Raises RequestRefused for what is never stored."""
        if outcome in STORED:
            return True
        if outcome in REFUSED:
            raise errors.RequestRefused(*REFUSED[outcome])
        if outcome is Outcome.FULL:
            await database.in_db(end, pk=recording)
        if self.recording == recording:
            self.recording = ""
        return False


def encoded(value: Any) -> bytes:
    """What was said as JSON; raises RequestRefused for what cannot be told."""
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, RecursionError):
        raise errors.RequestRefused("validation", errors.UNTELLABLE) from None
