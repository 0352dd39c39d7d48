"""Words are looked for in what is sealed: notes and transcripts are opened, one recording after the other.

An index of words would tell whoever has the database what was said, however its words were hashed: they are few enough
to be tried, and how often each one comes gives it away. So there is none, and one search opens a bounded amount.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from recordings import sealing
from recordings.models.annotation import Note
from recordings.models.recording import Recording
from recordings.models.track_transcript import TrackTranscript

MAX_RECORDINGS = 5_000  # that one search looks through
MAX_BYTES = 16 * 1024 * 1024  # of them, sealed and compressed
MAX_FOUND = 1_000
AT_ONCE = 50  # recordings whose rows are read together


class Found(NamedTuple):
    ids: list[str]
    since: datetime | None  # Recordings that began before were not looked through; None where all were.


def search(recordings: QuerySet[Recording], words: str) -> Found:
    """Which of `recordings` have a note, or a passage of what was said, with these words; the newest are looked at
    first. What cannot be opened any more has none.
    """
    sought, here = _plain(words), OuterRef("pk")
    annotated = Q(Exists(Note.objects.filter(recording=here))) | Q(
        Exists(TrackTranscript.objects.filter(recording=here))
    )
    candidates = recordings.filter(annotated).order_by("-created_at", "-pk")
    keys = list(candidates.values_list("pk", "created_at", "wrapped_key")[: MAX_RECORDINGS + 1])
    found: list[str] = []
    size = looked = 0
    before: datetime | None = None
    for begin in range(0, len(keys), AT_ONCE):
        some = keys[begin : begin + AT_ONCE]
        texts = _Texts([pk for pk, _, _ in some])
        for pk, created_at, wrapped_key in some:
            if looked == MAX_RECORDINGS or size > MAX_BYTES or len(found) == MAX_FOUND:
                return Found(found, before)
            looked, size, before = looked + 1, size + texts.size(pk), created_at
            try:
                box = Recording(pk=pk, wrapped_key=wrapped_key).box
                if any(sought in _plain(text) for text in texts.read(pk, box)):
                    found.append(pk)
            except sealing.Damaged:
                continue
    return Found(found, None)


class _Texts:
    """What is to be looked through of some recordings."""

    def __init__(self, pks: list[str]) -> None:
        self.rows: dict[str, list[Note | TrackTranscript]] = {pk: [] for pk in pks}
        both: Iterable[Any] = (
            Note.objects.filter(recording__in=pks),
            TrackTranscript.objects.filter(recording__in=pks).select_related("track"),
        )
        for rows in both:
            for row in rows:
                self.rows[row.recording_id].append(row)

    def size(self, pk: str) -> int:
        return sum(len(row.data) for row in self.rows[pk])

    def read(self, pk: str, box: sealing.Box) -> Iterator[str]:
        for row in self.rows[pk]:
            if isinstance(row, Note):
                yield row.read(box)
            else:
                yield from (passage.text for passage in row.read(box))


def _plain(text: str) -> str:
    """As people compare texts: whatever the case, and whatever is between the words."""
    return " ".join(text.split()).casefold()
