"""A whole recording as a zip file: its facts, events, audio, notes and transcript. It is made while it is read."""

import io
import json
import zipfile
from collections.abc import Generator, Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from recordings import segments
from recordings.models import AudioChunk, AudioTrack, Note, Recording, track_transcript
from recordings.serializers.recordings import RecordingSerializer
from rest import rendering

PAGE = 50  # batches read at a time
ONE_LINE = bytes.maketrans(b"\n\r", b"  ")  # In JSON they stand only between things, as a client may send them.


class _Outlet(io.RawIOBase):
    """What the zip file is written to; what was written is taken away at once."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written.append(bytes(data))
        self.position += len(data)
        return len(data)

    def tell(self) -> int:
        return self.position

    def take(self) -> bytes:
        taken, self.written = b"".join(self.written), []
        return taken


def pieces(recording: Recording) -> Generator[bytes]:
    """The bytes of the zip file. Raises sealing.Damaged."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, method in _files(recording):
            entry = zipfile.ZipInfo(name, recording.created_at.timetuple()[:6])
            entry.compress_type = method
            with archive.open(entry, "w", force_zip64=True) as file:
                for piece in content:
                    file.write(piece)
                    if taken := outlet.take():
                        yield taken
    yield outlet.take()


def _files(recording: Recording) -> Iterator[tuple[str, Iterator[bytes], int]]:
    yield "recording.json", iter([rendering.JSONRenderer().render(RecordingSerializer(recording).data)]), DEFLATED
    yield "events.jsonl", _events(recording), DEFLATED
    for track in recording.tracks.all():
        yield f"audio/{track}", _track(recording, track), STORED
    for part in _raw_parts(recording):
        yield f"audio/pieces-of-{part}", _raw(recording, part), STORED
    yield (
        "notes.json",
        iter([_json([_note(recording, note) for note in recording.notes.select_related("by")])]),
        DEFLATED,
    )
    said = [{"part": part, **passage._asdict()} for part, passage in track_transcript.passages(recording)]
    yield "transcript.json", iter([_json(said)]), DEFLATED


STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def _note(recording: Recording, note: Note) -> dict[str, Any]:
    by = note.by.username if note.by else None
    return {"at_ms": note.at_ms, "text": note.read(recording.box), "by__username": by, "created_at": note.created_at}


def _json(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, indent=1).encode()


def _events(recording: Recording) -> Iterator[bytes]:
    """Every batch on a line of its own: an array of events."""
    box, last = recording.box, -1
    while batches := list(recording.batches.filter(number__gt=last).order_by("number")[:PAGE]):
        for batch in batches:
            yield batch.read(box).translate(ONE_LINE) + b"\n"
        last = batches[-1].number


def _track(recording: Recording, track: AudioTrack) -> Iterator[bytes]:
    return segments.read(recording.box, track.file, track.size, 0, track.size)


def _raw_parts(recording: Recording) -> list[int]:
    """The parts of which no file could be made, or none has been made yet."""
    parts = recording.chunks.exclude(part__in=recording.tracks.values("part"))
    return sorted(set(parts.values_list("part", flat=True)))


def _raw(recording: Recording, part: int) -> Iterator[bytes]:
    box = recording.box
    for pk in list(recording.chunks.filter(part=part).order_by("number").values_list("pk", flat=True)):
        yield AudioChunk.objects.get(pk=pk).read(box)
