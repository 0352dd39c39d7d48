"""How often people reacted to a show in each minute."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.functions import Now
from django.utils import timezone

from realtime import database
from streams.models import Stream


class ReactionMinuteQuerySet(models.QuerySet["ReactionMinute"]):
    def forget(self, age: timedelta) -> int:
        """Deletes the minutes that are longer ago than `age`; returns how many."""
        return database.delete(self.filter(minute__lt=Now() - age))

    def add(self, stream_id: UUID, counts: Mapping[str, int]) -> None:
        """Counts reactions of a show in this minute."""
        minute = timezone.now().replace(second=0, microsecond=0)
        rows = [(stream_id, minute, kind, counts[kind]) for kind in sorted(counts)]
        # As for the totals: one statement, which locks rows in one order, and which the ORM could not write.
        sql = (
            "INSERT INTO analytics_reactionminute (stream_id, minute, kind, count)"
            f" VALUES {', '.join(['(%s, %s, %s, %s)'] * len(rows))} ON CONFLICT (stream_id, minute, kind)"
            " DO UPDATE SET count = analytics_reactionminute.count + excluded.count"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [value for row in rows for value in _stored(row)])


FIELDS = ("stream", "minute", "kind", "count")  # of a row, as the statement names them


def _stored(row: tuple[Any, ...]) -> list[Any]:
    """Values in the forms that this database stores."""
    fields: list[Any] = [ReactionMinute._meta.get_field(name) for name in FIELDS]
    return [field.get_db_prep_value(value, connection) for field, value in zip(fields, row, strict=True)]


class ReactionMinute(models.Model):
    """How often people reacted to a show in one way within one minute, by when it was counted."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="reaction_minutes", db_index=False)
    minute = models.DateTimeField()
    kind = models.CharField(max_length=20)
    count = models.PositiveBigIntegerField(default=0)

    objects = ReactionMinuteQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "minute", "kind"], name="reaction_minute_once")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.minute:%Y-%m-%d %H:%M}: {self.count}"
