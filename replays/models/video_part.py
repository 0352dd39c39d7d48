"""The video of a show, in parts: one is what a MediaRecorder of the broadcaster made without a break.

It comes in slices, which are sealed and stored as they come, and is made into a file once it is over.
"""

import secrets
import uuid
from datetime import timedelta
from functools import partial
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Now
from django.utils import timezone

from realtime import errors, event_log
from recordings import sealing, space, storage
from replays.models import filming
from replays.models.replay import Replay
from streams.models import Stream

MAX_PARTS = 200  # of a show
MAX_SLICE = 4 * 1024**2  # bytes
MAX_SLICES = 20_000  # of a part
MAX_BYTES = 16 * 1024**3  # of all parts of a show
IDLE = timedelta(minutes=3)  # A part to which nothing has come for so long is over.
CHUNK = 100  # A job takes care of so many parts at a time.
MAX_ERROR = 500  # characters


class PartStatus(models.TextChoices):
    RECORDING = "recording"
    FINISHING = "finishing"
    FINISHED = "finished"
    FAILED = "failed"  # No file could be made of it; the slices are kept as they came.


class VideoPartQuerySet(models.QuerySet["VideoPart"]):
    def finished(self) -> Self:
        return self.filter(status=PartStatus.FINISHED).order_by("at_ms", "number")

    @event_log.verb
    def begin(self, stream: Stream) -> "VideoPart":
        """A new part of a show that is live. Raises RequestRefused where nothing can be recorded now."""
        stream.lock()
        if not stream.is_live:
            raise ValidationError("Stream is not currently live", params={"currentStatus": stream.status})
        space.check()
        last = self.filter(stream=stream).aggregate(n=models.Max("number"))["n"]
        number = 0 if last is None else last + 1
        if number >= MAX_PARTS:
            raise ValidationError(f"The video of a show has at most {MAX_PARTS} parts")
        pk, at_ms = uuid.uuid4(), Replay(stream=stream).duration_ms
        wrapped = sealing.new_wrapped(str(pk))
        return self.create(pk=pk, stream=stream, number=number, at_ms=at_ms, wrapped_key=wrapped)

    def end_stale(self) -> int:
        """Ends the parts whose broadcaster has gone without saying so; returns how many."""
        stale = self.filter(status=PartStatus.RECORDING, last_at__lt=timezone.now() - IDLE)[:CHUNK]
        return sum(part.end() for part in stale)

    def finish_due(self) -> int:
        """Enqueues what is due and of which a task was lost or has failed; returns how many."""
        due = list(self.filter(status=PartStatus.FINISHING, finish_at__lte=Now()).values_list("pk", flat=True)[:CHUNK])
        for pk in due:
            filming.finish.enqueue(str(pk))
        return len(due)

    def expire(self) -> int:
        """Deletes the videos that have been kept for as long as they may be; returns how many parts."""
        kept = settings.SHOW_VIDEO_RETENTION
        old = self.filter(created_at__lt=timezone.now() - kept)[:CHUNK] if kept else []
        return len([part.delete() for part in old])

    def rewrap(self, dry_run: bool) -> tuple[int, int]:
        """Wraps all keys with the operator's first key; returns how many had another, and how many cannot be opened."""
        rewrapped = lost = 0
        for part in self.exclude(wrapped_key=None).iterator():
            try:
                rewrapped += part.rewrap(dry_run)
            except sealing.Damaged:
                lost += 1
        return rewrapped, lost


class VideoPart(models.Model):
    """Where it stands in the show, and its file; where the show is cut within it, most see another file."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stream = models.ForeignKey(Stream, models.CASCADE, related_name="video_parts", db_index=False)
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=PartStatus.choices, default=PartStatus.RECORDING)
    at_ms = models.PositiveIntegerField(help_text="when it begins, by the show's time")
    byte_count = models.BigIntegerField("bytes", default=0, help_text="of its slices before sealing")
    wrapped_key = models.BinaryField(null=True, help_text="none with encryption off")
    created_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())
    file = models.CharField(max_length=200, blank=True, default="", help_text="its name in the storage")
    mime = models.CharField(max_length=20, blank=True, default="")
    size = models.BigIntegerField(default=0)
    duration_ms = models.PositiveIntegerField(default=0)
    cut = models.JSONField(null=True, help_text="the file of what the show's cut leaves of it, as filming.Cut says")
    finish_at = models.DateTimeField(null=True, editable=False, help_text="when its finishing is due, or due again")
    finish_tries = models.PositiveIntegerField(default=0, editable=False)
    last_error = models.CharField(max_length=MAX_ERROR, blank=True, default="", editable=False)

    objects = VideoPartQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("finish_at", condition=Q(status="finishing"), name="video_due"),
            models.Index("last_at", condition=Q(status="recording"), name="video_running"),
            models.Index("created_at", name="video_created"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=PartStatus.values), name="video_status"),
            models.UniqueConstraint(fields=["stream", "number"], name="one_video_part_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.stream_id}"

    @property
    def box(self) -> sealing.Box:
        """What opens it; raises sealing.Damaged."""
        return sealing.Box(sealing.unwrap(bytes(self.wrapped_key), str(self.pk)) if self.wrapped_key else b"")

    @property
    def folder(self) -> str:
        return f"{storage.SHOWS}/{self.pk}"

    @property
    def suffix(self) -> str:
        return "mp4" if self.mime.endswith("mp4") else "webm"

    def take(self, number: int, data: bytes, at_ms: int | None = None) -> bool:
        """Stores a slice; returns whether it is new. The first may say better when the part began: `at_ms`.

        Raises ValidationError, RequestRefused where nothing can be stored now or another slice has this number.
        """
        if not 0 < len(data) <= MAX_SLICE or not 0 <= number < MAX_SLICES:
            raise ValidationError(f"A slice has 1 to {MAX_SLICE} bytes, and a number below {MAX_SLICES}")
        digest = self.box.digest(data)
        if (known := self.slices.filter(number=number).first()) is not None:
            if bytes(known.digest) != digest:
                raise errors.RequestRefused("conflict", "Another slice was stored under this number")
            return False
        if self.status != PartStatus.RECORDING:
            raise ValidationError("This part of the video is over")
        space.check()
        taken = VideoPart.objects.filter(stream=self.stream_id).aggregate(n=Sum("byte_count"))["n"] or 0
        if taken + len(data) > MAX_BYTES:
            raise ValidationError("The video of this show is as long as one may be")
        name = f"{self.folder}/{number}-{secrets.token_hex(8)}"
        storage.save(name, ContentFile(self.box.seal(data, f"{self.pk}/{number}")), "application/octet-stream")
        try:
            self._note(VideoSlice(part=self, number=number, digest=digest, size=len(data), file=name), at_ms)
        except IntegrityError:  # The same came twice at once, or the show was deleted meanwhile.
            storage.delete(name)
            return False
        return True

    def _note(self, piece: "VideoSlice", at_ms: int | None) -> None:
        with transaction.atomic():
            piece.save(force_insert=True)
            changes: dict[str, Any] = {"byte_count": F("byte_count") + piece.size, "last_at": Now()}
            if piece.number == 0 and at_ms is not None and at_ms <= self.at_ms:
                changes["at_ms"] = at_ms
            VideoPart.objects.filter(pk=self.pk).update(**changes)

    @event_log.verb
    def end(self) -> bool:
        """Says that no more comes, and has its file made in the background; returns whether it was running."""
        running = VideoPart.objects.filter(pk=self.pk, status=PartStatus.RECORDING)
        ended = running.update(status=PartStatus.FINISHING, finish_at=Now())
        if ended:
            transaction.on_commit(partial(filming.finish.enqueue, str(self.pk)))
        return bool(ended)

    def rewrap(self, dry_run: bool = False) -> bool:
        """Wraps its key with the operator's first key; returns whether another had. Raises sealing.Damaged."""
        if self.wrapped_key is None or sealing.is_current(bytes(self.wrapped_key)):
            return False
        wrapped = sealing.wrap(sealing.unwrap(bytes(self.wrapped_key), str(self.pk)), str(self.pk))
        if not dry_run:
            VideoPart.objects.filter(pk=self.pk).update(wrapped_key=wrapped)
        return True


class VideoSlice(models.Model):
    """A slice of a part, until its file is made."""

    part = models.ForeignKey(VideoPart, models.CASCADE, related_name="slices", db_index=False)
    number = models.PositiveIntegerField()
    digest = models.BinaryField(max_length=32)
    size = models.PositiveIntegerField(help_text="bytes before sealing")
    file = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "number"], name="one_slice_of_a_number")]

    def __str__(self) -> str:
        return f"slice {self.number}"
