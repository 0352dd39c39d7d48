"""What researchers add to a recording, and what was said in it as text."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from realtime import errors, event_log
from recordings.models.audio import AudioTrack
from recordings.models.recording import Recording

MAX_NOTE = 2000  # characters
MAX_NOTES = 1000  # of a recording
MAX_PASSAGE = 5000  # characters


class NoteQuerySet(models.QuerySet["Note"]):
    @event_log.verb
    def write(self, recording: Recording, by: User, at_ms: int, text: str) -> "Note":
        """Raises RequestRefused where the recording has as many notes as it may."""
        Recording.objects.select_for_update(no_key=True).get(pk=recording.pk)
        if recording.notes.count() >= MAX_NOTES:
            raise errors.RequestRefused("full", f"A recording has at most {MAX_NOTES} notes")
        return self.create(recording=recording, by=by, at_ms=at_ms, text=text)


class Note(models.Model):
    """A remark at a moment of a recording."""

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="notes")
    at_ms = models.PositiveIntegerField(help_text="from the recording's start")
    text = models.CharField(max_length=MAX_NOTE)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="recording_notes")
    created_at = models.DateTimeField(db_default=Now())

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["at_ms", "pk"]

    def __str__(self) -> str:
        return self.text[:40]

    def may_be_removed_by(self, user: Any) -> bool:
        """Whoever wrote it may, and who may delete anybody's."""
        return bool(self.by_id == user.pk or user.has_perm("recordings.delete_note"))


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
