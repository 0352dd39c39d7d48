"""What researchers add to a recording, and what was said in it as text."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from recordings.models.audio import AudioTrack
from recordings.models.recording import Recording

MAX_NOTE = 2000  # characters
MAX_PASSAGE = 5000  # characters


class Note(models.Model):
    """A remark at a moment of a recording."""

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="notes")
    at_ms = models.PositiveIntegerField(help_text="from the recording's start")
    text = models.CharField(max_length=MAX_NOTE)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="recording_notes")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["at_ms", "pk"]

    def __str__(self) -> str:
        return self.text[:40]


class TranscriptPassage(models.Model):
    """A passage of what was said in a track."""

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="passages")
    track = models.ForeignKey(AudioTrack, models.CASCADE, related_name="passages")
    start_ms = models.PositiveIntegerField(help_text="from the recording's start")
    end_ms = models.PositiveIntegerField()
    text = models.CharField(max_length=MAX_PASSAGE)

    class Meta:
        ordering = ["start_ms", "pk"]

    def __str__(self) -> str:
        return self.text[:40]
