"""How a show that is over may be watched again, and what is counted of it once and kept."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import identity as identities
from analytics import minutes
from realtime import database, event_log
from replays.models import filming
from streams.models import Stream

AT_ONCE = 100  # shows that one run of the job counts, and whose figures a process remembers
SETTLED = timedelta(minutes=1)  # after its end nothing of a show is counted any more
FRESH = 10.0  # seconds for which figures are believed that are not kept yet
MILLISECOND = timedelta(milliseconds=1)
MAX_MS = 2**31 - 1


class ReplayQuerySet(models.QuerySet["Replay"]):
    def of(self, stream: Stream) -> "Replay":
        """The replay of a show; one that nobody has touched is in no row."""
        return self.filter(stream=stream).select_related("stream").first() or Replay(stream=stream)

    def keep_ended(self) -> int:
        """Keeps the figures of the shows that have ended since the last time; returns of how many."""
        over = Stream.objects.listed().filter(ended_at__lt=timezone.now() - SETTLED, started_at__isnull=False)
        unkept = over.filter(Q(replay=None) | Q(replay__curve=None)).order_by("-ended_at")[:AT_ONCE]
        return len([self.of(stream).keep() for stream in unkept])


class Replay(models.Model):
    """What a show's creator has decided about its replay, and its figures minute by minute."""

    stream = models.OneToOneField(Stream, models.CASCADE, primary_key=True, related_name="replay")
    enabled = models.BooleanField(default=True)
    from_ms = models.PositiveIntegerField(default=0, help_text="so much of its beginning is cut off")
    until_ms = models.PositiveIntegerField(null=True, blank=True, help_text="from there on its end is cut off")
    curve = models.JSONField(null=True, editable=False, help_text="viewers by minute, and reactions by kind")

    objects = ReplayQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Replay of {self.stream_id}"

    @property
    def start(self) -> datetime:
        """Raises ValidationError for a show that has not begun."""
        if self.stream.started_at is None:
            raise ValidationError("Stream has not started", params={"currentStatus": self.stream.status})
        return self.stream.started_at

    @property
    def duration_ms(self) -> int:
        return self.ms_of(self.stream.ended_at or timezone.now())

    def ms_of(self, moment: datetime) -> int:
        """A moment by the show's time: milliseconds since its start."""
        return (moment - self.start) // MILLISECOND

    def at(self, ms: int) -> datetime:
        return self.start + ms * MILLISECOND

    def check_may_see(self, identity: identities.Identity) -> bool:
        """Whether this person runs the show, so that they see it as far as it goes, and all of it.

        Raises ValidationError before its start, and PermissionDenied for those who may not see it.
        """
        runs = self.stream.is_controlled_by(identity)
        if self.stream.started_at is None:
            raise ValidationError("Stream has not started", params={"currentStatus": self.stream.status})
        if runs:
            return True
        if self.stream.ended_at is None:
            raise PermissionDenied("The replay begins when the show is over")
        if not self.enabled:
            raise PermissionDenied("This show has no replay")
        self.stream.check_admits(identity)
        return False

    def span(self, whole: bool = False) -> tuple[int, int]:
        """From where to where it plays; the end is that of the show or the cut, and is itself played."""
        end = self.duration_ms
        if whole:
            return 0, end
        until = end if self.until_ms is None else min(self.until_ms, end)
        return min(self.from_ms, until), until

    @event_log.verb
    def revise(self, **facts: Any) -> None:
        """Changes the given facts; raises ValidationError where nothing would be left to play."""
        for name, value in facts.items():
            setattr(self, name, value)
        if self.until_ms is not None and self.until_ms <= self.from_ms:
            raise ValidationError("The end must come after the beginning")
        Replay.objects.update_or_create(stream=self.stream, defaults=facts)
        if {"from_ms", "until_ms"} & facts.keys() and self.stream.video_parts.exists():
            transaction.on_commit(partial(filming.trim.enqueue, str(self.stream.pk)))

    def figures(self) -> dict[str, Any]:
        """Viewers and reactions by the minute: as they were kept or, until then, as they were some seconds ago."""
        return dict(self.curve if self.curve is not None else counted(self.stream.pk))

    def keep(self) -> dict[str, Any]:
        """Counts the figures of a show that is over, and keeps them beyond the facts that they are counted from."""
        self.curve = count(self)
        Replay.objects.update_or_create(stream=self.stream, defaults={"curve": self.curve})
        return dict(self.curve)


def count(replay: Replay) -> dict[str, Any]:
    viewers = [[max(0, replay.ms_of(minute)), number] for minute, number in minutes.curve(replay.stream)]
    reactions = [[max(0, replay.ms_of(minute)), counts] for minute, counts in minutes.reactions(replay.stream)]
    return {"viewers": viewers, "reactions": reactions}


@database.cached(seconds=FRESH, max_entries=AT_ONCE)
def counted(stream_id: uuid.UUID) -> dict[str, Any]:
    """The figures of a show whose own are not kept yet; all who watched may ask for them at once when it ends."""
    return count(Replay.objects.of(Stream.objects.get(pk=stream_id)))
