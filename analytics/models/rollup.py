"""What is counted once for a show that is over."""

from django.db import models
from django.db.models.functions import Now

from streams.models import Stream


class Rollup(models.Model):
    """Figures of a show as they were counted over so many views; over any other number of them they are void."""

    stream = models.OneToOneField(Stream, models.CASCADE, primary_key=True, related_name="rollup")
    views = models.PositiveIntegerField()
    figures = models.JSONField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"Figures of {self.stream_id}"
