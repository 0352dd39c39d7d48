"""The outline of a recording, sealed like its events: it is read from them once, and goes on where more have come."""

import base64
import logging
from typing import TYPE_CHECKING, Any

import msgspec
from django.apps import apps
from django.db import models
from django.db.models.functions import Now
from django_tasks import task

from recordings import compression, listening, outlining, remuxing, sealing
from recordings.models.audio import AudioTrack
from recordings.models.recording_queryset import Status

if TYPE_CHECKING:
    from recordings.models.recording import Recording

logger = logging.getLogger(__name__)

READ = 1000  # batches that one request reads at most; the next request goes on
READ_BYTES = 64 * 1024 * 1024  # of them, sealed


MAX_ROUNDS = 100  # of reading in the background


@task()
def prepare(recording_id: str) -> None:
    """Makes the outline, so that the replay opens at once. If this is lost, opening the replay has it done again."""
    recording = apps.get_model("recordings.Recording").objects.kept().filter(pk=recording_id).first()
    if recording is None:
        return
    try:
        for _ in range(MAX_ROUNDS):
            if Outline.objects.read_on(recording)[1]:
                break
        Outline.objects.listen(recording)
    except sealing.Damaged:
        logger.warning("%s cannot be opened, so it has no outline", recording_id)


class Heard(msgspec.Struct):
    """What is known of a track beside its row: how loud it is, and when somebody speaks."""

    levels: bytes
    spoken: list[tuple[int, int]]


class OutlineQuerySet(models.QuerySet["Outline"]):
    def read_on(self, recording: "Recording") -> tuple[outlining.Outlined, bool]:
        """What is known of the recording's events, new ones read, and whether that is all of them. Raises Damaged."""
        box = recording.box
        row = self.filter(recording=recording).first()
        blank = outlining.Outlined(start=recording.first_ms or 0)
        known = (row.outlined(box) if row else None) or blank
        there = recording.batches.count()
        if row is None or there != len(known.batches):
            fresh = recording.batches.filter(number__gt=known.last_number)
            is_late = known.start != blank.start or fresh.count() + len(known.batches) != there
            if is_late:  # A batch came that is older than others, or one is gone.
                known, fresh = blank, recording.batches.all()
            self._read(known, fresh, box)
            sealed = _sealed(box, known, recording.pk, "events")
            self.update_or_create(recording=recording, defaults={"events": sealed})
        return known, len(known.batches) >= there

    def _read(self, known: outlining.Outlined, batches: Any, box: sealing.Box) -> None:
        size = 0
        for batch in batches.order_by("number")[:READ].iterator(chunk_size=50):
            size += len(batch.data)
            try:
                events = batch.read(box)
            except sealing.Damaged:
                events = b"[]"
            known.read(batch.number, batch.first_ms, batch.last_ms, events)
            if size > READ_BYTES:
                break

    def listen(self, recording: "Recording") -> None:
        """Measures all tracks. Raises Damaged."""
        box = recording.box
        heard: dict[str, Heard] = {}
        for track in recording.tracks.all():
            file = listening.TrackFile(box, track.file, track.size)
            try:
                levels = listening.levels(file, track.mime)
            except remuxing.Unreadable:
                levels = b""
            heard[str(track.part)] = Heard(levels, listening.passages(levels))
        sealed = _sealed(box, heard, recording.pk, "audio")
        self.update_or_create(recording=recording, defaults={"audio": sealed})

    def of(self, recording: "Recording") -> dict[str, Any]:
        """All that the replay needs before it asks for events. Raises Damaged."""
        known, complete = self.read_on(recording)
        heard = self.get(recording=recording).heard(recording.box)
        if recording.status == Status.FINISHED and any(
            str(track.part) not in heard for track in recording.tracks.all()
        ):
            prepare.enqueue(recording.pk)
        tracks = [_told(track, heard.get(str(track.part))) for track in recording.tracks.all()]
        spoken = [passage for track in tracks for passage in track["spoken"]]
        return known.told(recording.duration_ms, spoken) | {"tracks": tracks, "complete": complete}


class Outline(models.Model):
    recording = models.OneToOneField("recordings.Recording", models.CASCADE, primary_key=True, related_name="outline")
    events = models.BinaryField(default=b"")
    audio = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_default=Now())

    objects = OutlineQuerySet.as_manager()

    def __str__(self) -> str:
        return f"outline of {self.recording_id}"

    def outlined(self, box: sealing.Box) -> outlining.Outlined | None:
        plain = _plain(box, self.events, self.recording_id, "events")
        return msgspec.json.decode(plain, type=outlining.Outlined) if plain else None

    def heard(self, box: sealing.Box) -> dict[str, Heard]:
        plain = _plain(box, self.audio, self.recording_id, "audio")
        return msgspec.json.decode(plain, type=dict[str, Heard]) if plain else {}


def _place(recording_id: str, what: str) -> str:
    return f"{recording_id}/outline/{what}"


def _sealed(box: sealing.Box, value: Any, recording_id: str, what: str) -> bytes:
    return box.seal(compression.compress(msgspec.json.encode(value)), _place(recording_id, what))


def _plain(box: sealing.Box, sealed: bytes | memoryview, recording_id: str, what: str) -> bytes:
    return compression.decompress(box.open(bytes(sealed), _place(recording_id, what))) if sealed else b""


def _told(track: AudioTrack, heard: Heard | None) -> dict[str, Any]:
    spoken = heard.spoken if heard else []
    return {
        "part": track.part,
        "url": track.path,
        "mime": track.mime,
        "offset": track.offset_ms,
        "duration": track.duration_ms,
        "levels": base64.b64encode(heard.levels if heard else b"").decode(),
        "spoken": [(begin + track.offset_ms, end + track.offset_ms) for begin, end in spoken],
    }
