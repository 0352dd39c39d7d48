"""What a show had on its screen, and when."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from realtime import database
from shopping.models import Product
from streams.models import Stream


class ShowcaseChangeQuerySet(models.QuerySet["ShowcaseChange"]):
    def forget(self, age: timedelta) -> int:
        """Deletes the changes that are older than `age`; returns how many."""
        return database.delete(self.filter(at__lt=Now() - age))


class ShowcaseChange(models.Model):
    """From then on a product was on the show's screen, or none. A product that is deleted leaves none behind."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="showcase_changes", db_index=False)
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = ShowcaseChangeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["stream", "at"])]

    def __str__(self) -> str:
        return f"Showcase at {self.at:%Y-%m-%d %H:%M}"
