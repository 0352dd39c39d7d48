"""What was said: the pieces as they came, and the files that are made of them when a recording is finished."""

from django.db import models
from django.db.models.functions import Now

from recordings.sealing import Box

SUFFIXES = {"audio/webm": ".webm", "audio/mp4": ".m4a"}


class AudioChunk(models.Model):
    """A piece of what one MediaRecorder made. A `part` is one MediaRecorder, and its pieces make one file."""

    recording = models.ForeignKey("recordings.Recording", models.CASCADE, related_name="chunks")
    part = models.PositiveIntegerField()
    number = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    data = models.BinaryField()
    size = models.PositiveIntegerField(help_text="bytes before sealing")
    at_ms = models.BigIntegerField(help_text="when it was said, as Unix time")
    stored_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recording", "part", "number"], name="one_chunk_of_a_number")]

    def __str__(self) -> str:
        return f"part {self.part}, {self.size} bytes"

    @staticmethod
    def place(recording_id: str, part: int, number: int) -> str:
        return f"{recording_id}/audio/{part}/{number}"

    def read(self, box: Box) -> bytes:
        """Raises sealing.Damaged."""
        return box.open(bytes(self.data), self.place(self.recording_id, self.part, self.number))


class AudioTrack(models.Model):
    """One part as a file that has a duration and can be sought in; `chunks` tells which pieces it was made of."""

    recording = models.ForeignKey("recordings.Recording", models.CASCADE, related_name="tracks")
    part = models.PositiveIntegerField()
    file = models.CharField(max_length=200, help_text="its name in the storage")
    mime = models.CharField(max_length=20, choices=[(mime, mime) for mime in SUFFIXES])
    duration_ms = models.PositiveIntegerField()
    size = models.BigIntegerField(help_text="bytes before sealing")
    offset_ms = models.PositiveIntegerField(help_text="from the recording's start")
    chunks = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["part"]
        constraints = [models.UniqueConstraint(fields=["recording", "part"], name="one_track_of_a_part")]

    def __str__(self) -> str:
        return f"{self.part}{self.suffix}"

    @property
    def suffix(self) -> str:
        return SUFFIXES[self.mime]

    @property
    def path(self) -> str:
        """Its address on this server; it stays the same, and only those with the right to listen are answered."""
        return f"/api/recordings/{self.recording_id}/audio/{self.part}{self.suffix}"
