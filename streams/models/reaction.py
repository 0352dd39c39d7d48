"""How viewers liked a show."""

from django.db import models

MAX_KINDS = 50  # kinds of reactions that one show counts


class ReactionTotal(models.Model):
    """How often viewers of a show reacted in one way."""

    stream = models.ForeignKey("streams.Stream", models.CASCADE, related_name="reactions", db_index=False)
    kind = models.CharField(max_length=20)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "kind"], name="reaction_total_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.count}"
