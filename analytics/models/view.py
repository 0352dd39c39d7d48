"""Who watched a show, and when."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from realtime import database
from streams.models import Stream


class StreamViewQuerySet(models.QuerySet["StreamView"]):
    def open(self) -> Self:
        return self.filter(left_at=None)

    def watching(self) -> Self:
        """The views of those who watch now, without the publisher."""
        return self.open().filter(role="subscriber")

    def forget(self, age: timedelta) -> int:
        """Deletes the views that ended longer ago than `age`; returns how many."""
        return database.delete(self.filter(left_at__lt=Now() - age))

    def close(self, at: datetime | None = None) -> None:
        """Ends the views that are still open, at the time `at` or now."""
        at = at or timezone.now()
        views = list(self.open())
        for view in views:
            view.left_at = max(at, view.joined_at)
            view.watch_duration = int((view.left_at - view.joined_at).total_seconds())
        self.bulk_update(views, ["left_at", "watch_duration"], batch_size=500)

    def begin(self, views: Iterable["StreamView"]) -> None:
        """Stores new views. An open view of the same person in the same show ends first."""
        views = list(views)
        again = models.Q(pk=None)  # starts with a condition that no view meets; every view would meet an empty one
        for view in views:
            again |= models.Q(stream=view.stream_id, viewer=view.viewer)
        self.filter(again).close()
        self.bulk_create(views)


class StreamView(models.Model):
    """One person watches a show, from joining to leaving."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="views")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    viewer = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    connection = models.CharField(max_length=32, db_index=True)
    role = models.CharField(max_length=20)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)
    watch_duration = models.PositiveIntegerField(null=True, blank=True, help_text="whole seconds")

    objects = StreamViewQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["stream", "viewer"], condition=models.Q(left_at=None), name="stream_view_open"),
            models.Index(fields=["stream", "joined_at"]),
            models.Index(fields=["viewer", "-joined_at"]),  # what staff look up of one customer
        ]

    def __str__(self) -> str:
        return f"View from {self.joined_at:%Y-%m-%d %H:%M}"
