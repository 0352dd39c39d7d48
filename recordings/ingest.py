"""What clients send is stored: many events and pieces of audio, of many recordings, in one transaction.

A client's number makes it idempotent: the same content under the same number is stored once, other content is refused.
What has no number is numbered here, and what came of one recording at a time is joined, so old clients that send every
event by itself cost no row for each.
"""

import enum
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import msgspec
from django.db import connection, transaction
from django.db.models import Max

from realtime import database
from recordings import compression, redaction, sealing, space
from recordings.models import AudioChunk, EventBatch, Recording, Status
from recordings.models.event_batch import join, lines
from recordings.models.recording import MAX_BYTES

logger = logging.getLogger(__name__)

JOINED = 256 * 1024  # bytes: what has no number is joined up to this
MAX_NUMBER = 1_000_000  # of batches of a recording, and of pieces of a part
MAX_EVENTS = 5_000_000  # of a recording
MAX_PARTS = 500  # of a recording
MAX_MS = 2**45  # Unix time in milliseconds: a thousand years

BATCH = ("recording", "number", "digest", "data", "count", "first_ms", "last_ms", "kinds")
GROWING = ("event_count", "byte_count", "next_number", "first_ms", "duration_ms")  # of a recording
CHUNK = ("recording", "part", "number", "digest", "data", "size", "at_ms")

OPEN = (Status.RECORDING, Status.FINISHING)  # What arrives while a recording is being finished still belongs to it.


class Item(msgspec.Struct, frozen=True):
    """One thing that a client sent. `data` is a JSON array of `{event, data, timestamp}`, or a piece of audio.

    `number` is the client's, or None. `part` is the number of the MediaRecorder. `first_ms` and `last_ms` are Unix
    times of the first and the last event; of audio `first_ms` is when its sound began.
    """

    recording_id: str
    kind: Literal["events", "audio"]
    data: bytes
    first_ms: int
    last_ms: int
    number: int | None = None
    part: int = 0
    count: int = 1
    kinds: tuple[str, ...] = ()


class Outcome(enum.StrEnum):
    STORED = "stored"
    ALREADY = "already"  # The same was stored before.
    CONFLICT = "conflict"  # Something else was stored under this number.
    FINISHED = "finished"  # The recording is over: the caller begins another and stores it there.
    GONE = "gone"  # The recording was deleted: the same.
    FULL = "full"  # The recording is as large as one may be: the caller ends it and begins another.
    DAMAGED = "damaged"  # Its key cannot be opened: the same, and the log has an error.
    INVALID = "invalid"  # A number of it is out of bounds, or it is no JSON array of events, or too deeply nested.


Groups = dict[str, "_Group | Outcome"]


def store(items: Sequence[Item]) -> list[Outcome]:
    """Stores what can be stored; the outcomes are in the order of the items. It is durable when this returns.

    Raises RequestRefused where nothing can be recorded now; then none of it was stored.
    """
    space.check()
    with transaction.atomic():
        groups = _lock(items)
        _look_up(items, groups)
        outcomes = [_take(item, groups) for item in items]
        kept = [group for group in groups.values() if isinstance(group, _Group)]
        for group in kept:
            group.join()
        database.insert_many(EventBatch, BATCH, [row for group in kept for row in group.batches])
        database.insert_many(AudioChunk, CHUNK, [row for group in kept for row in group.chunks])
        _count([group.recording for group in kept if group.batches or group.chunks])
    return outcomes


class _Group:
    """What is about to be stored of one recording."""

    def __init__(self, recording: Recording) -> None:
        self.recording, self.box = recording, recording.box
        self.known: dict[tuple[str, int, int], bytes] = {}  # digests by kind, part and number
        self.loose: dict[tuple[str, int], list[Item]] = defaultdict(list)  # what has no number, by kind and part
        self.next_chunk: dict[int, int] = defaultdict(int)  # the server's own numbers of audio, by part
        self.batches: list[tuple[Any, ...]] = []  # rows of BATCH
        self.chunks: list[tuple[Any, ...]] = []  # rows of CHUNK

    def take(self, item: Item) -> Outcome:
        if not _is_sane(item):
            return Outcome.INVALID
        digest = b""
        if item.number is not None:
            key = (item.kind, item.part if item.kind == "audio" else 0, item.number)
            digest = self.box.digest(item.data)
            if key in self.known:
                return Outcome.ALREADY if self.known[key] == digest else Outcome.CONFLICT
        if self.recording.status not in OPEN:
            return Outcome.FINISHED
        if self._is_full(item):
            return Outcome.FULL
        try:
            item = _redacted(item)
        except (msgspec.DecodeError, RecursionError):
            return Outcome.INVALID
        self.recording.byte_count += len(item.data)
        self.recording.event_count += item.count if item.kind == "events" else 0
        self._extend(item)
        if item.number is None:
            self.loose[item.kind, item.part].append(item)
        else:
            self.known[key] = digest
            self._add(item, item.number, digest)
        return Outcome.STORED

    def join(self) -> None:
        """Makes as few rows as it can of what has no number."""
        for (kind, part), items in self.loose.items():
            for joined in _joined(items):
                number = self.recording.next_number if kind == "events" else self.next_chunk[part]
                self._add(joined, number, b"")

    def _add(self, item: Item, number: int, digest: bytes) -> None:
        recording = self.recording
        if item.kind == "audio":
            self.next_chunk[item.part] = max(self.next_chunk[item.part], number + 1)
            sealed = self.box.seal(item.data, AudioChunk.place(recording.pk, item.part, number))
            size = len(item.data)
            self.chunks.append((recording.pk, item.part, number, digest, sealed, size, item.first_ms))
            return
        recording.next_number = max(recording.next_number, number + 1)
        sealed = self.box.seal(compression.compress(item.data), EventBatch.place(recording.pk, number))
        kinds = lines(item.kinds)
        row = (recording.pk, number, digest, sealed, item.count, item.first_ms, item.last_ms, kinds)
        self.batches.append(row)

    def _is_full(self, item: Item) -> bool:
        recording = self.recording
        return (
            recording.byte_count + len(item.data) > MAX_BYTES
            or recording.event_count + item.count > MAX_EVENTS
            or max(recording.next_number, self.next_chunk[item.part]) >= MAX_NUMBER
            or item.part >= MAX_PARTS
        )

    def _extend(self, item: Item) -> None:
        """The recording lasts from its first sign to its last, whatever order they come in."""
        recording = self.recording
        first = item.first_ms if recording.first_ms is None else min(recording.first_ms, item.first_ms)
        last = max((recording.first_ms or first) + recording.duration_ms, item.last_ms)
        recording.first_ms, recording.duration_ms = first, last - first


def _lock(items: Iterable[Item]) -> Groups:
    """Locks the recordings, always in the same order. One that can take nothing has an outcome instead of a group."""
    groups: Groups = {}
    recordings = Recording.objects.kept().filter(pk__in={item.recording_id for item in items})
    for recording in recordings.select_for_update(no_key=True).order_by("pk"):
        try:
            groups[recording.pk] = _Group(recording)
        except sealing.Damaged as error:
            logger.error("nothing can be recorded: %s", error)
            groups[recording.pk] = Outcome.DAMAGED
    return groups


def _look_up(items: Iterable[Item], groups: Groups) -> None:
    """Finds what was stored before under the numbers of `items`, and where the server's own numbers go on."""
    numbered = [item for item in items if item.number is not None and _is_sane(item)]
    loose = {item.recording_id for item in items if item.kind == "audio" and item.number is None}
    found: list[tuple[str, str, int, int, bytes]] = []
    if events := [item for item in numbered if item.kind == "events"]:
        for pk, number, digest in _stored(EventBatch, events).values_list("recording", "number", "digest"):
            found.append((pk, "events", 0, number, digest))
    if audio := [item for item in numbered if item.kind == "audio"]:
        for pk, part, number, digest in _stored(AudioChunk, audio).values_list("recording", "part", "number", "digest"):
            found.append((pk, "audio", part, number, digest))
    for pk, kind, part, number, digest in found:
        if isinstance(group := groups.get(pk), _Group):
            group.known[kind, part, number] = bytes(digest)
    if loose:
        chunks = AudioChunk.objects.filter(recording__in=loose).values_list("recording", "part")
        for pk, part, last in chunks.annotate(Max("number")):
            if isinstance(group := groups.get(pk), _Group):
                group.next_chunk[part] = last + 1


def _stored(model: type[EventBatch] | type[AudioChunk], items: list[Item]) -> Any:
    """Selects what may stand under the numbers of these items, and more where recordings have different numbers."""
    return model._default_manager.filter(
        recording__in={item.recording_id for item in items}, number__in={item.number for item in items}
    )


def _is_sane(item: Item) -> bool:
    """Whether the database can take its numbers: one that it cannot would refuse all items of the transaction."""
    numbered = item.number is None or 0 <= item.number < MAX_NUMBER
    timed = 0 <= item.first_ms <= MAX_MS and 0 <= item.last_ms <= MAX_MS
    return numbered and timed and item.part >= 0 and 0 <= item.count <= MAX_EVENTS


def _redacted(item: Item) -> Item:
    """The item without secrets. Raises msgspec.DecodeError and RecursionError where it is not what it should be."""
    if item.kind == "audio" or (data := redaction.events(item.data, item.kinds)) is item.data:
        return item
    return msgspec.structs.replace(item, data=data)


def _take(item: Item, groups: Groups) -> Outcome:
    group = groups.get(item.recording_id, Outcome.GONE)
    return group.take(item) if isinstance(group, _Group) else group


def _joined(items: list[Item]) -> Iterator[Item]:
    """The same in fewer items: of events the arrays are put together, of audio the bytes."""
    waiting: list[Item] = []
    size = 0
    for item in items:
        if waiting and size + len(item.data) > JOINED:
            yield _merge(waiting)
            waiting, size = [], 0
        waiting.append(item)
        size += len(item.data)
    if waiting:
        yield _merge(waiting)


def _merge(items: list[Item]) -> Item:
    first = items[0]
    if len(items) == 1:
        return first
    if first.kind == "audio":
        return msgspec.structs.replace(first, data=b"".join(item.data for item in items))
    return msgspec.structs.replace(
        first,
        data=join(item.data for item in items),
        first_ms=min(item.first_ms for item in items),
        last_ms=max(item.last_ms for item in items),
        count=sum(item.count for item in items),
        kinds=tuple(dict.fromkeys(kind for item in items for kind in item.kinds)),
    )


def _count(recordings: list[Recording]) -> None:
    """Writes what has grown: the rows are locked, so nobody else has changed it since they were read."""
    if not recordings:
        return
    table = connection.ops.quote_name(Recording._meta.db_table)
    changes = [f"{name} = CAST(grown.column{at} AS bigint)" for at, name in enumerate(GROWING, start=2)]
    row = "(" + ", ".join(["%s"] * (len(GROWING) + 1)) + ")"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {', '.join(changes)}, last_at = CURRENT_TIMESTAMP, updated_at = CURRENT_TIMESTAMP"
            f" FROM (VALUES {', '.join([row] * len(recordings))}) AS grown WHERE id = grown.column1",
            [value for each in recordings for value in (each.pk, *(getattr(each, name) for name in GROWING))],
        )
