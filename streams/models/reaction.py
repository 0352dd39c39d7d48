"""How viewers liked a show."""

import uuid
from collections.abc import Mapping

from django.db import connection, models

MAX_KINDS = 50  # kinds of reactions that one show counts


class ReactionTotalQuerySet(models.QuerySet["ReactionTotal"]):
    def of(self, stream_id: uuid.UUID) -> dict[str, int]:
        return dict(self.filter(stream=stream_id).values_list("kind", "count"))

    def add(self, stream_id: uuid.UUID, counts: Mapping[str, int]) -> None:
        """Counts reactions of a show. A kind beyond MAX_KINDS is not counted."""
        totals = self.of(stream_id)
        new = [kind for kind in counts if kind not in totals][: MAX_KINDS - len(totals)]
        # In one order, so that two transactions cannot cross. The ORM's update_conflicts can replace, but not add.
        kinds = sorted([*new, *(kind for kind in counts if kind in totals)])
        if kinds:
            key = self.model._meta.get_field("stream").get_db_prep_value(stream_id, connection)
            values = [value for kind in kinds for value in (key, kind, counts[kind])]
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO streams_reactiontotal (stream_id, kind, count)"
                    f" VALUES {', '.join(['(%s, %s, %s)'] * len(kinds))} ON CONFLICT (stream_id, kind)"
                    " DO UPDATE SET count = streams_reactiontotal.count + excluded.count",
                    values,
                )


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
