"""What is counted once for a show that is over."""

from django.db import models
from django.db.models.functions import Now

from streams.models import Stream


class Rollup(models.Model):
    """Figures of a show by section, and the marks of what each was counted over; with any other marks it is void."""

    stream = models.OneToOneField(Stream, models.CASCADE, primary_key=True, related_name="rollup")
    marks = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    told = models.BooleanField(default=False, help_text="others were told the show's summary")
    at = models.DateTimeField(db_default=Now(), help_text="what the views say is as of then")

    def __str__(self) -> str:
        return f"Figures of {self.stream_id}"
