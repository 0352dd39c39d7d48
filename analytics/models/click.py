"""Who looked at which product during a show."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from realtime import database
from shopping.models import Product
from streams.models import Stream


class ProductClickQuerySet(models.QuerySet["ProductClick"]):
    def forget(self, age: timedelta) -> int:
        """Deletes the clicks that are older than `age`; returns how many."""
        return database.delete(self.filter(at__lt=Now() - age))


class Look(models.Model):
    """Who looked at what, and when."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    viewer = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Click at {self.at:%Y-%m-%d %H:%M}"


class ProductClick(Look):
    """One person looked at a product during a show."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="clicks")
    product = models.ForeignKey(Product, models.CASCADE, related_name="clicks")

    objects = ProductClickQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["stream", "product"]),
            models.Index(fields=["viewer", "-at"]),  # what staff look up of one customer
        ]


class ReplayClickQuerySet(models.QuerySet["ReplayClick"]):
    def forget(self, age: timedelta) -> int:
        """Deletes the clicks that are older than `age`; returns how many."""
        return database.delete(self.filter(at__lt=Now() - age))


class ReplayClick(Look):
    """One person looked at a product while they watched a show that was over. No figure of the show itself has it."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="replay_clicks", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="replay_clicks")

    objects = ReplayClickQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["stream", "product"]),
            models.Index(fields=["viewer", "-at"], name="replay_click_viewer"),  # what staff look up of one visitor
        ]
