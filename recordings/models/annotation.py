"""What researchers add to a recording, sealed under its key."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from realtime import errors, event_log
from recordings.models.recording import Recording
from recordings.sealing import Box

MAX_NOTE = 2000  # characters
MAX_NOTES = 1000  # of a recording


class NoteQuerySet(models.QuerySet["Note"]):
    @event_log.verb
    def write(self, recording: Recording, by: User | None, at_ms: int, text: str) -> "Note":
        """Raises RequestRefused where the recording has as many notes as it may, or its key is gone."""
        Recording.objects.select_for_update(no_key=True).get(pk=recording.pk)
        if recording.notes.count() >= MAX_NOTES:
            raise errors.RequestRefused("full", f"A recording has at most {MAX_NOTES} notes")
        sealed = recording.box.seal(text.encode(), Note.place(recording.pk, at_ms))
        return self.create(recording=recording, by=by, at_ms=at_ms, data=sealed)


class Note(models.Model):
    """A remark at a moment of a recording."""

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="notes")
    at_ms = models.PositiveIntegerField(help_text="from the recording's start")
    data = models.BinaryField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="recording_notes")
    created_at = models.DateTimeField(db_default=Now())

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["at_ms", "pk"]

    def __str__(self) -> str:
        return f"note at {self.at_ms} ms"

    @staticmethod
    def place(recording_id: str, at_ms: int) -> str:
        return f"{recording_id}/notes/{at_ms}"

    def read(self, box: Box) -> str:
        """Raises sealing.Damaged."""
        return box.open(bytes(self.data), self.place(self.recording_id, self.at_ms)).decode()

    def may_be_removed_by(self, user: Any) -> bool:
        """Whoever wrote it may, and who may delete anybody's."""
        return bool(self.by_id == user.pk or user.has_perm("recordings.delete_note"))
