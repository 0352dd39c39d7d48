"""Recordings of visits: what is known of one, when it is over, and how it is deleted."""

from functools import partial

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from realtime import event_log
from recordings import ids, sealing
from recordings.models import finishing
from recordings.models.consent import Consent
from recordings.models.participant import Participant
from recordings.models.recording_queryset import MAX_URL, RecordingQuerySet, Status

MAX_BYTES = 1024**3  # of events and audio of one recording, before they are compressed and sealed
MAX_ERROR = 500  # characters


class Recording(models.Model):
    """One visit of a participant, over all pages and connections of it."""

    id = models.CharField(max_length=ids.LENGTH, primary_key=True, default=ids.new, editable=False)
    participant = models.ForeignKey(Participant, models.PROTECT, null=True, related_name="recordings")
    consent = models.ForeignKey(Consent, models.SET_NULL, null=True, blank=True, related_name="recordings")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RECORDING)
    url = models.CharField("first page", max_length=MAX_URL, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField("last heard", db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    connections = models.PositiveIntegerField(default=0)
    first_ms = models.BigIntegerField(null=True, help_text="of its first event, as Unix time")
    duration_ms = models.BigIntegerField(default=0)
    event_count = models.BigIntegerField("events", default=0)
    byte_count = models.BigIntegerField("bytes", default=0, help_text="before they are compressed and sealed")
    next_number = models.BigIntegerField(default=0, help_text="of a batch that the server numbers")
    wrapped_key = models.BinaryField(null=True, help_text="none with encryption off, and once it is destroyed")
    pinned = models.BooleanField(default=False, help_text="it is kept for longer than others")
    expires_at = models.DateTimeField("kept until", null=True, blank=True)
    removed_at = models.DateTimeField(null=True, editable=False)
    finish_at = models.DateTimeField(null=True, editable=False, help_text="when its finishing is due, or due again")
    enqueued_at = models.DateTimeField(null=True, editable=False)
    finish_tries = models.PositiveIntegerField("tries", default=0, editable=False)
    last_error = models.CharField(max_length=MAX_ERROR, blank=True, default="", editable=False)

    objects = RecordingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index("created_at", name="recording_created"),
            models.Index("finish_at", condition=Q(status="finishing"), name="recording_due"),
            models.Index("last_at", condition=Q(status="recording"), name="recording_running"),
            models.Index("expires_at", name="recording_expires"),
            models.Index("removed_at", condition=Q(removed_at__isnull=False), name="recording_removed"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="recording_status"),
            models.UniqueConstraint(
                fields=["participant"],
                condition=Q(status="recording", removed_at__isnull=True),
                name="one_running_recording",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}, {self.pk}"

    @property
    def box(self) -> sealing.Box:
        """What opens its events and audio; raises sealing.Damaged, also once its key is destroyed."""
        if self.removed_at is not None:
            raise sealing.Damaged(f"{self.pk} was deleted")
        return sealing.Box(sealing.unwrap(bytes(self.wrapped_key), self.pk) if self.wrapped_key else b"")

    @property
    def audio_paths(self) -> list[str]:
        return [track.path for track in self.tracks.all()]

    @event_log.verb
    def connect(self) -> int:
        """Counts one more connection; returns its number, from 0: that of the part that its audio is."""
        Recording.objects.filter(pk=self.pk).update(connections=F("connections") + 1, last_at=Now())
        self.refresh_from_db(fields=["connections"])
        return self.connections - 1

    @event_log.verb
    def end(self, silent: bool = False) -> bool:
        """Says that the visit is over, and has its audio finished in the background; returns whether it was running.

        A `silent` one was over when something came for the last time.
        """
        running = Recording.objects.running().filter(pk=self.pk)
        ended_at = F("last_at") if silent else Now()
        ended = running.update(status=Status.FINISHING, ended_at=ended_at, finish_at=Now(), updated_at=Now())
        if ended:
            transaction.on_commit(partial(Recording.objects.enqueue, self.pk))
        return bool(ended)

    def finished(self, duration_ms: int) -> None:
        """Notes that all of its audio is in files."""
        self.status, self.duration_ms = Status.FINISHED, duration_ms
        changes = {"status": self.status, "duration_ms": duration_ms, "finish_at": None, "last_error": ""}
        Recording.objects.filter(pk=self.pk).update(**changes, updated_at=Now())

    def failed(self, error: Exception) -> None:
        """Notes what went wrong, and when it is tried again; after the last try staff have to look."""
        given_up = self.finish_tries >= finishing.MAX_TRIES
        unfinished = Recording.objects.kept().filter(pk=self.pk, status=Status.FINISHING)
        unfinished.update(
            status=Status.FAILED if given_up else Status.FINISHING,
            finish_at=None if given_up else Now() + finishing.pause(self.finish_tries),
            last_error=f"{type(error).__name__}: {error}"[:MAX_ERROR],
            updated_at=Now(),
        )

    @event_log.verb
    def retry(self) -> bool:
        """Has a recording that failed finished once more; returns whether it had failed."""
        failed = Recording.objects.kept().filter(pk=self.pk, status=Status.FAILED)
        changed = failed.update(status=Status.FINISHING, finish_at=Now(), finish_tries=0, updated_at=Now())
        if changed:
            transaction.on_commit(partial(Recording.objects.enqueue, self.pk))
        return bool(changed)

    def rewrap(self, dry_run: bool = False) -> bool:
        """Wraps its key with the operator's first key; returns whether another had. Raises sealing.Damaged."""
        if self.wrapped_key is None or sealing.is_current(bytes(self.wrapped_key)):
            return False
        wrapped = sealing.wrap(sealing.unwrap(bytes(self.wrapped_key), self.pk), self.pk)
        if not dry_run:
            Recording.objects.kept().filter(pk=self.pk).update(wrapped_key=wrapped)
        return True

    def pin(self, pinned: bool) -> None:
        """Keeps the recording for longer than others, or no longer."""
        Recording.objects.filter(pk=self.pk).update(pinned=pinned, updated_at=Now())
        self.pinned = pinned

    @event_log.verb
    def remove(self) -> bool:
        """Deletes the recording: its key first, then its files and rows; returns whether it was there.

        From the commit on, nobody can read what is still left of it.
        """
        kept = Recording.objects.kept().filter(pk=self.pk)
        removed = kept.update(removed_at=Now(), wrapped_key=None, updated_at=Now())
        if removed:
            transaction.on_commit(partial(Recording.objects.clear, self.pk))
        return bool(removed)
