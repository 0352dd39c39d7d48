"""What was said in a track as text, sealed under its recording's key."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from django.db import models

from recordings import compression
from recordings.models.audio import AudioTrack
from recordings.sealing import Box

if TYPE_CHECKING:
    from recordings.models.recording import Recording


class Passage(NamedTuple):
    """Something that was said, in ms from the recording's start."""

    start_ms: int
    end_ms: int
    text: str


class TrackTranscript(models.Model):
    track = models.OneToOneField(AudioTrack, models.CASCADE, primary_key=True, related_name="transcript")
    recording = models.ForeignKey("recordings.Recording", models.CASCADE, related_name="transcribed")
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"what was said in {self.track_id}"

    @classmethod
    def of(cls, recording: "Recording", track: AudioTrack, passages: Iterable[Passage]) -> "TrackTranscript":
        """Raises sealing.Damaged."""
        plain = compression.compress(msgspec.json.encode(list(passages)))
        return cls(
            recording=recording, track=track, data=recording.box.seal(plain, cls.place(recording.pk, track.part))
        )

    @staticmethod
    def place(recording_id: str, part: int) -> str:
        return f"{recording_id}/transcript/{part}"

    def read(self, box: Box) -> list[Passage]:
        """Raises sealing.Damaged. Takes the track with the row, or there is a query for it."""
        plain = box.open(bytes(self.data), self.place(self.recording_id, self.track.part))
        return msgspec.json.decode(compression.decompress(plain), type=list[Passage])


def passages(recording: "Recording") -> list[tuple[int, Passage]]:
    """All that was said, in its order, each with the part that it was said in. Raises sealing.Damaged."""
    box, rows = recording.box, recording.transcribed.select_related("track")
    said = [(row.track.part, passage) for row in rows for passage in row.read(box)]
    return sorted(said, key=lambda each: (each[1].start_ms, each[0]))
