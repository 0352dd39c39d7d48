"""What was said in a recording as text: written in the background where TRANSCRIBE is set, and tried again.

A task may be lost with its worker. So each try leases the row; where the lease is over and it is not done, a periodic
job enqueues it again.
"""

import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django_tasks import task

from realtime import event_log
from recordings import sealing, segments, transcribing
from recordings.models.audio import AudioTrack
from recordings.models.track_transcript import Passage, TrackTranscript

if TYPE_CHECKING:
    from recordings.models.recording import Recording

logger = logging.getLogger(__name__)

MAX_TRIES = 5  # then it has failed, until staff have it tried again
FIRST_RETRY = timedelta(minutes=2)
MARGIN = timedelta(minutes=5)  # by which a lease is longer than TRANSCRIBE_SECONDS
CHUNK = 200  # A periodic job takes care of so many at a time.


class Status(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@task()
def write(recording_id: str) -> None:
    """Has what was said in a recording written down, if that is due."""
    apps.get_model("recordings.Transcript").objects.write(recording_id)


class TranscriptQuerySet(models.QuerySet["Transcript"]):
    def due(self) -> Self:
        return self.filter(status=Status.WAITING, due_at__lte=Now(), recording__removed_at__isnull=True)

    @event_log.verb
    def ask(self, recording: "Recording") -> bool:
        """Has it written, or written anew; returns whether TRANSCRIBE is set and there is a track at all."""
        if not settings.TRANSCRIBE or not recording.tracks.exists():
            return False
        fresh = {"status": Status.WAITING, "due_at": Now(), "tries": 0, "error": ""}
        self.update_or_create(recording=recording, defaults=fresh)
        transaction.on_commit(partial(write.enqueue, recording.pk))
        return True

    def enqueue_due(self) -> int:
        """Enqueues those whose try failed, or whose worker died; returns how many."""
        if not settings.TRANSCRIBE:
            return 0
        due = list(self.due().values_list("recording", flat=True)[:CHUNK])
        for pk in due:
            write.enqueue(pk)
        return len(due)

    def write(self, recording_id: str) -> None:
        """One try, which nobody else makes meanwhile."""
        lease = timezone.now() + timedelta(seconds=settings.TRANSCRIBE_SECONDS) + MARGIN
        leased = self.due().filter(recording=recording_id).update(due_at=lease, tries=models.F("tries") + 1)
        if not leased:
            return
        transcript = self.select_related("recording").get(recording=recording_id)
        try:
            transcript.try_once()
        except (transcribing.Failed, sealing.Damaged, OSError) as error:
            logger.warning("what was said in %s could not be written down: %s", recording_id, error)
            transcript.fail(str(error))


class Transcript(models.Model):
    recording = models.OneToOneField(
        "recordings.Recording", models.CASCADE, primary_key=True, related_name="transcript"
    )
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    error = models.CharField(max_length=transcribing.MAX_ERROR, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    objects = TranscriptQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("due_at", condition=models.Q(status="waiting"), name="transcript_due")]

    def __str__(self) -> str:
        return self.status

    def try_once(self) -> None:
        """Raises what went wrong; then nothing has changed."""
        written = [self._written(track) for track in self.recording.tracks.all()]
        with transaction.atomic():
            mine = type(self).objects.select_for_update().filter(pk=self.pk, recording__removed_at__isnull=True)
            if mine.first() is None:  # The recording was deleted meanwhile.
                return
            self.recording.transcribed.all().delete()
            TrackTranscript.objects.bulk_create(written, batch_size=20)
            mine.update(status=Status.DONE, error="")

    def _written(self, track: AudioTrack) -> TrackTranscript:
        pieces = segments.read(self.recording.box, track.file, track.size, 0, track.size)
        audio = transcribing.Audio(f"{track.part}{track.suffix}", track.mime, track.size, pieces)
        said = transcribing.transcribe(audio)
        moved = [Passage(start + track.offset_ms, end + track.offset_ms, text) for start, end, text in said]
        return TrackTranscript.of(self.recording, track, moved)

    def fail(self, error: str) -> None:
        """Plans the next try, or gives up."""
        over = self.tries >= MAX_TRIES
        due = timezone.now() + FIRST_RETRY * 2 ** (self.tries - 1)
        status = Status.FAILED if over else Status.WAITING
        kept = error[: transcribing.MAX_ERROR]
        type(self).objects.filter(pk=self.pk).update(status=status, due_at=due, error=kept)
