"""What one connection records: it finds the recording, gathers single events, and gives everything to the intake.

An old client sends every event by itself and waits for no answer. Such events are gathered for a moment, so that a
commit stores many; a client that wants an answer gets it after the commit.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import msgspec

from accounts import identity as identities
from realtime import database, errors, event_log, intake
from recordings import ingest, redaction
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
    Outcome.INVALID: ("validation", "A number is out of bounds"),
}

_intake = intake.declare(ingest.store, lambda item: len(item.data))

Told = Callable[[errors.RequestRefused], None]


@event_log.verb
def begin(participant: Participant, identity: identities.Identity, url: str) -> tuple[str, int]:
    """The recording that goes on or begins now, and which of its connections this is."""
    consent = Consent.objects.given(identity)
    recording = Recording.objects.go_on_or_start(participant, identity, url, consent)
    return recording.pk, recording.connect()


@event_log.verb
def end(participant: Participant) -> None:
    for recording in Recording.objects.running().filter(participant=participant):
        recording.end()


def name_page(recording: str, url: str) -> None:
    Recording.objects.filter(pk=recording, url="").update(url=redaction.address(url)[:MAX_URL])


class Feed:
    """The way from one connection, once it is known whose visit it is, to what is stored."""

    def __init__(self, participant: Participant, identity: Callable[[], identities.Identity], tell: Told) -> None:
        """`tell` is called for what has been refused after nobody waited for it any more."""
        self.participant, self.identity, self.tell = participant, identity, tell
        self.recording, self.part, self.url = "", 0, ""
        self.gathered: list[bytes] = []
        self.kinds: dict[str, None] = {}
        self.size, self.first_ms, self.last_ms = 0, 0, 0
        self.turn = asyncio.Lock()  # One batch of a connection is stored at a time, in order.
        self.timer: asyncio.TimerHandle | None = None
        self.flushing: asyncio.Task[None] | None = None
        self.refusal: errors.RequestRefused | None = None
        self.refused_until = 0.0

    # --- the recording

    async def begin(self) -> str:
        """Returns the recording that this connection feeds; raises RequestRefused where nothing may be recorded."""
        if self.recording:
            return self.recording
        if self.refusal is not None and time.monotonic() < self.refused_until:
            raise errors.RequestRefused(self.refusal.code, self.refusal.message, self.refusal.retry_after)
        try:
            self.recording, self.part = await database.in_db(begin, self.participant, self.identity(), self.url)
        except errors.RequestRefused as refusal:
            self.refusal, self.refused_until = refusal, time.monotonic() + REFUSED_SECONDS
            raise
        return self.recording

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
        await self.flush()
        self.recording = ""
        await database.in_db(end, self.participant)

    def reconsider(self, declined: bool) -> None:
        """Asks anew whether anything may be recorded, now that its visitor has agreed, or declined."""
        self.refusal = None
        if declined:
            self.recording = ""
            self._take()

    # --- what is recorded

    async def add(self, kind: str, data: Any, wait: bool) -> None:
        """Records one event of now; `wait` says whether to return only after the commit."""
        await self.begin()
        now = int(time.time() * 1000)
        piece = _encoded({"event": kind, "data": data, "timestamp": now})
        if self.gathered and self.size + len(piece) > GATHERED:
            await self.flush()
        self.first_ms = self.first_ms if self.gathered else now
        self.last_ms = now
        self.gathered.append(piece)
        self.kinds[kind] = None
        self.size += len(piece)
        if wait or self.size > GATHERED:
            await self.flush()
        elif self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._flush_later)

    async def flush(self) -> None:
        """Stores what has been gathered, and whatever is being stored already."""
        async with self.turn:
            if (item := self._take()) is not None:
                await self._store_patiently(item)

    async def store(self, **fields: Any) -> None:
        """Stores a batch of events, or a piece of audio, that its client has numbered."""
        await self._store(Item("", **fields))

    async def store_audio(self, data: bytes, part: int | None, at_ms: int) -> None:
        """Stores a piece of audio that has no number."""
        await self.begin()
        part = self.part if part is None else part
        async with self.turn:
            await self._store_patiently(Item("", "audio", data, at_ms, at_ms, part=part))

    async def close(self) -> None:
        """Stores what is left, once the connection is gone."""
        if self.flushing is not None:
            await self.flushing
        await self._flush_quietly()

    # --- inside

    def _take(self) -> Item | None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if not self.gathered:
            return None
        data, count, kinds = b"[" + b",".join(self.gathered) + b"]", len(self.gathered), tuple(self.kinds)
        self.gathered, self.kinds, self.size = [], {}, 0
        return Item("", "events", data, self.first_ms, self.last_ms, count=count, kinds=kinds)

    def _flush_later(self) -> None:
        self.timer = None
        self.flushing = asyncio.ensure_future(self._flush_quietly())

    async def _flush_quietly(self) -> None:
        """Stores what nobody waits for; who sent it is told if that fails."""
        try:
            await self.flush()
        except Exception as error:
            self.tell(errors.of(error, f"what was recorded of {self.participant.pk}"))

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
            outcome = await self._put(msgspec.structs.replace(item, recording_id=recording))
            if outcome in (Outcome.STORED, Outcome.ALREADY):
                return
            if outcome in REFUSED:
                raise errors.RequestRefused(*REFUSED[outcome])
            if outcome is Outcome.FULL:
                await database.in_db(end, self.participant)
            if self.recording == recording:
                self.recording = ""
        raise errors.RequestRefused("busy", errors.BUSY, retry_after=1.0)

    async def _put(self, item: Item) -> Outcome:
        try:
            return await _intake().put(item)
        except msgspec.DecodeError:  # Only when it was looked through for secrets did it show that it is no JSON.
            raise errors.RequestRefused("validation", errors.UNTELLABLE) from None


def _encoded(event: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(event)
    except (UnicodeEncodeError, RecursionError):
        raise errors.RequestRefused("validation", errors.UNTELLABLE) from None
