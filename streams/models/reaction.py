"""How often viewers have reacted to a show."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import connection, models, transaction

from realtime import database
from streams import signals
from streams.models.rehearsal import rehearses
from streams.models.rules import MAX_KINDS


@database.cached(seconds=60.0)
def kinds_of(stream_id: uuid.UUID) -> frozenset[str]:
    """Some of the kinds that a show counts already, and will always count. More may have been added since."""
    return frozenset(ReactionTotal.objects.of(stream_id))


def _key(stream_id: uuid.UUID) -> Any:
    """The show's id in the form that this database stores."""
    return ReactionTotal._meta.get_field("stream").get_db_prep_value(stream_id, connection)


class ReactionTotalQuerySet(models.QuerySet["ReactionTotal"]):
    def of(self, stream_id: uuid.UUID) -> dict[str, int]:
        sql = "SELECT kind, count FROM streams_reactiontotal WHERE stream_id = %s"
        with connection.cursor() as cursor:
            cursor.execute(sql, [_key(stream_id)])
            return dict(cursor.fetchall())

    def add(self, stream_id: uuid.UUID, counts: Mapping[str, int]) -> None:
        """Counts reactions of a show. A kind beyond MAX_KINDS is not counted."""
        # Rows are locked in one order, so that two transactions cannot cross. The ORM's update_conflicts cannot add.
        kinds = sorted(counts if counts.keys() <= kinds_of(stream_id) else self._countable(stream_id, counts))
        if kinds:
            key = _key(stream_id)
            sql = (
                "INSERT INTO streams_reactiontotal (stream_id, kind, count)"
                f" VALUES {', '.join(['(%s, %s, %s)'] * len(kinds))} ON CONFLICT (stream_id, kind)"
                " DO UPDATE SET count = streams_reactiontotal.count + excluded.count"
            )
            with transaction.atomic():  # both or neither: what raises is counted again
                with connection.cursor() as cursor:
                    cursor.execute(sql, [value for kind in kinds for value in (key, kind, counts[kind])])
                counted = {kind: counts[kind] for kind in kinds}
                if not rehearses(stream_id):
                    signals.reactions_counted.send(ReactionTotal, stream_id=stream_id, counts=counted)

    def _countable(self, stream_id: uuid.UUID, counts: Mapping[str, int]) -> list[str]:
        kinds_of.invalidate(stream_id)
        totals = self.of(stream_id)
        new = [kind for kind in counts if kind not in totals][: MAX_KINDS - len(totals)]
        return [*new, *(kind for kind in counts if kind in totals)]


class ReactionTotal(models.Model):
    """How often viewers of a show reacted in one way."""

    stream = models.ForeignKey("streams.Stream", models.CASCADE, related_name="reactions", db_index=False)
    kind = models.CharField(max_length=20)
    count = models.PositiveBigIntegerField(default=0)

    objects = ReactionTotalQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "kind"], name="reaction_total_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.count}"
