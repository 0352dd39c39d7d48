"""Many recordings: which are running, over, due or expired, and how one begins."""

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts import identity as identities
from realtime import database, errors, event_log
from recordings import ids, redaction, sealing, space, storage
from recordings.models import consent as consents
from recordings.models import finishing
from recordings.models.consent import Consent
from recordings.models.participant import NOT_YOURS, Participant

if TYPE_CHECKING:
    from recordings.models.recording import Recording

IDLE = timedelta(minutes=30)  # A recording to which nothing has come for so long is over.
MAX_LENGTH = timedelta(hours=12)  # of one recording; who stays longer begins another
MAX_URL = 2000  # characters
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

    def overlooked(self) -> Self:
        """Selects due ones for which nothing is enqueued, as far as is known: without a worker, tasks would pile up."""
        known = Q(enqueued_at__gte=F("finish_at"), enqueued_at__gt=timezone.now() - finishing.FORGOTTEN)
        return self.due().exclude(known)

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
            raise errors.RequestRefused("forbidden", NOT_YOURS)
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
        return sum(recording.end(silent=True) for recording in self.stale()[:CHUNK])

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
        """Enqueues the finishing of recordings whose task failed, was lost or has a dead worker; returns how many."""
        found = list(self.overlooked().values_list("pk", flat=True)[:CHUNK])
        for pk in found:
            self.enqueue(pk)
        return len(found)

    def enqueue(self, pk: str) -> None:
        """Has a worker finish a recording."""
        self.filter(pk=pk).update(enqueued_at=Now())
        finishing.finish.enqueue(pk)

    def expire(self) -> int:
        """Deletes what has been kept for as long as it may be and is not pinned; returns how many."""
        return sum(recording.remove() for recording in self.expired()[:CHUNK])

    def purge(self) -> int:
        """Deletes what is left of deleted recordings, of which a process may have died; returns how many."""
        removed = list(self.removed().values_list("pk", flat=True)[:CHUNK])
        for pk in removed:
            self.clear(pk)
        return len(removed)

    def clear(self, pk: str) -> None:
        """Deletes the files and rows of a deleted recording. Doing it again does no harm."""
        storage.delete_folder(pk)
        recording = self.removed().filter(pk=pk).first()
        if recording is not None:
            database.delete(recording.batches.all())
            database.delete(recording.chunks.all())
            recording.delete()
