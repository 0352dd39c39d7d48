"""Recordings of visits: when one begins, when it is over, and how it is deleted."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts import identity as identities
from realtime import database, errors, event_log
from recordings import ids, redaction, sealing, space, storage
from recordings.models import consent as consents
from recordings.models import finishing
from recordings.models.consent import Consent
from recordings.models.participant import Participant

if TYPE_CHECKING:
    from django.db.models.manager import RelatedManager

    from recordings.models.annotation import Note, TranscriptPassage
    from recordings.models.audio import AudioChunk, AudioTrack
    from recordings.models.event_batch import EventBatch

IDLE = timedelta(minutes=30)  # A recording to which nothing has come for so long is over.
MAX_BYTES = 1024**3  # of events and audio of one recording, before they are compressed and sealed
MAX_LENGTH = timedelta(hours=12)  # of one recording; who stays longer begins another
MAX_URL = 2000  # characters
MAX_ERROR = 500  # characters
CHUNK = 500  # A job takes care of so many recordings at a time.


class Status(models.TextChoices):
    RECORDING = "recording"
    FINISHING = "finishing"  # It is over, and its audio is made into files.
    FINISHED = "finished"
    FAILED = "failed"  # Its audio could not be made into files; the pieces are kept as they came.


class RecordingQuerySet(models.QuerySet["Recording"]):
    def kept(self) -> Self:
        """Selects those that have not been deleted; a deleted one's row goes after its files."""
        return self.filter(removed_at__isnull=True)

    def running(self) -> Self:
        return self.kept().filter(status=Status.RECORDING)

    def stale(self) -> Self:
        """Selects running ones to which nothing has come for IDLE, and those that are too long."""
        moment = timezone.now()
        return self.running().filter(Q(last_at__lte=moment - IDLE) | Q(created_at__lte=moment - MAX_LENGTH))

    def due(self) -> Self:
        """Selects those whose audio is to be made into files now."""
        return self.kept().filter(status=Status.FINISHING, finish_at__lte=Now())

    def expired(self) -> Self:
        return self.kept().filter(pinned=False, expires_at__lte=Now())

    def removed(self) -> Self:
        """Selects deleted ones of which something is left."""
        return self.filter(removed_at__isnull=False)

    def current(self, participant: Participant) -> "Recording | None":
        """The recording that this participant's visit goes on in; after IDLE without a sign of life it is another."""
        since = timezone.now()
        running = self.running().filter(participant=participant)
        return running.filter(last_at__gt=since - IDLE, created_at__gt=since - MAX_LENGTH).first()

    @event_log.verb
    def start(
        self,
        participant: Participant,
        identity: identities.Identity,
        url: str = "",
        consent: Consent | None = None,
    ) -> "Recording":
        """Begins a recording; one that is running is over then.

        Raises RequestRefused without a consent where one is required, for somebody else's participant, without a key
        to seal it with, and where the disk is nearly full.
        """
        consents.check(consent)
        if not participant.belongs_to(identity):
            raise errors.RequestRefused("forbidden", "This participant is somebody else")
        space.check()
        Participant.objects.select_for_update(no_key=True).filter(pk=participant.pk).first()
        for running in self.running().filter(participant=participant):
            running.end()
        pk, kept = ids.new(), settings.RECORDINGS_RETENTION
        return self.create(
            pk=pk,
            participant=participant,
            url=redaction.address(url)[:MAX_URL],
            consent=consent,
            wrapped_key=sealing.new_wrapped(pk),
            expires_at=timezone.now() + kept if kept else None,
        )

    @event_log.verb
    def go_on_or_start(
        self,
        participant: Participant,
        identity: identities.Identity,
        url: str = "",
        consent: Consent | None = None,
    ) -> "Recording":
        """The recording that is going on, or a new one. Raises what `start` raises."""
        Participant.objects.select_for_update(no_key=True).filter(pk=participant.pk).first()
        return self.current(participant) or self.start(participant, identity, url, consent)

    def finish_stale(self) -> int:
        """Ends recordings to which nothing has come for IDLE, and those that are too long; returns how many."""
        return sum(recording.end() for recording in self.stale()[:CHUNK])

    def finish(self, pk: str) -> bool:
        """Makes files of what was said, if that is due; returns whether it was.

        Raises what went wrong. That is noted in the row too, and tried again later.
        """
        if not self.due().filter(pk=pk).update(finish_at=Now() + finishing.LEASE, finish_tries=F("finish_tries") + 1):
            return False
        recording = self.get(pk=pk)
        try:
            finishing.complete(recording)
        except Exception as error:
            recording.failed(error)
            raise
        return True

    def finish_due(self) -> int:
        """Enqueues the finishing of recordings whose task failed, or whose worker died; returns how many."""
        found = list(self.due().values_list("pk", flat=True)[:CHUNK])
        for pk in found:
            finishing.enqueue(pk)
        return len(found)

    def expire(self) -> int:
        """Deletes what has been kept for as long as it may be and is not pinned; returns how many."""
        return sum(recording.remove() for recording in self.expired()[:CHUNK])

    def purge(self) -> int:
        """Deletes what is left of deleted recordings, of which a process may have died; returns how many."""
        removed = list(self.removed().values_list("pk", flat=True)[:CHUNK])
        for pk in removed:
            purge(pk)
        return len(removed)


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
    finish_tries = models.PositiveIntegerField("tries", default=0, editable=False)
    last_error = models.CharField(max_length=MAX_ERROR, blank=True, default="", editable=False)

    batches: "RelatedManager[EventBatch]"
    chunks: "RelatedManager[AudioChunk]"
    tracks: "RelatedManager[AudioTrack]"
    notes: "RelatedManager[Note]"
    passages: "RelatedManager[TranscriptPassage]"

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
        return sealing.Box(sealing.unwrap(self.wrapped_key, self.pk) if self.wrapped_key else b"")

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
    def end(self) -> bool:
        """Says that the visit is over, and has its audio finished in the background; returns whether it was running."""
        running = Recording.objects.running().filter(pk=self.pk)
        ended = running.update(status=Status.FINISHING, ended_at=Now(), finish_at=Now(), updated_at=Now())
        if ended:
            transaction.on_commit(partial(finishing.enqueue, self.pk))
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
            transaction.on_commit(partial(finishing.enqueue, self.pk))
        return bool(changed)

    def rewrap(self, dry_run: bool = False) -> bool:
        """Wraps its key with the operator's first key; returns whether another had. Raises sealing.Damaged."""
        if self.wrapped_key is None or sealing.is_current(self.wrapped_key):
            return False
        wrapped = sealing.wrap(sealing.unwrap(self.wrapped_key, self.pk), self.pk)
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
            transaction.on_commit(partial(purge, self.pk))
        return bool(removed)


def purge(pk: str) -> None:
    """Deletes the files and rows of a recording whose key is destroyed. Doing it again does no harm."""
    storage.delete_folder(pk)
    recording: Any = Recording.objects.filter(pk=pk, removed_at__isnull=False).first()
    if recording is not None:
        database.delete(recording.batches.all())
        database.delete(recording.chunks.all())
        recording.delete()
