"""What a show had in view, and from when on. Unlike the log of its room, and unlike figures, it stays with the show."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from streams.models import Stream

MAX_MOMENTS = 20_000  # of a show; later ones are not noted, but for its status


class Kind(models.TextChoices):
    STATUS = "status"
    SHOWCASE = "showcase"
    PINS = "pins"
    PINNED_MESSAGE = "message"


class MomentQuerySet(models.QuerySet["Moment"]):
    def note(self, stream: Stream, kind: Kind, value: Any, at: datetime | None = None) -> None:
        """Notes what has changed, unless it is as it was."""
        moments = self.filter(stream=stream)
        last = moments.before(kind)
        if last is not None and last.value == value:
            return
        if kind == Kind.STATUS or moments.count() < MAX_MOMENTS:
            self.create(stream=stream, kind=kind, value=value, at=at or timezone.now())

    def before(self, kind: Kind, at: datetime | None = None) -> "Moment | None":
        """The last one of a kind, of those before `at`."""
        found = self.filter(kind=kind, **({"at__lt": at} if at else {}))
        return found.order_by("-at", "-pk").first()


class Moment(models.Model):
    """From then on a show had another status, product on screen, list of pins, or message in view."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="moments", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = models.JSONField(null=True, help_text="a status, the id of a product or a message, or the ids of products")
    at = models.DateTimeField()

    objects = MomentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["stream", "at"])]
        constraints = [models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="moment_kind")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M:%S}"
