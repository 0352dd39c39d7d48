"""Who went to pay after they had looked at a product in a show."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts import identity as identities
from analytics.models.purchase import last_look
from realtime import database
from streams.models import Stream


class CheckoutQuerySet(models.QuerySet["Checkout"]):
    def begin(self, identity: identities.Identity, product_ids: Collection[UUID]) -> "Checkout | None":
        """Counts that somebody begins to pay; None for one who has looked at nothing of it in a show lately."""
        viewers = [identity.key, identities.visitor_key(identity.visitor)]
        look = last_look(viewers, product_ids, timezone.now())
        if look is None:
            return None
        return self.create(stream=look.stream, viewer=look.viewer, user_id=look.user_id)

    def lead(self, stream: Stream, identity: identities.Identity) -> "Checkout":
        """Counts that somebody goes from a show to the seller's shop."""
        return self.create(stream=stream, viewer=identity.key, user_id=identity.user_id)

    def forget(self, age: timedelta) -> int:
        """Deletes those that are older than `age`; returns how many."""
        return database.delete(self.filter(at__lt=Now() - age))


class Checkout(models.Model):
    """One person began to pay, as the shop's page says."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="checkouts", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    viewer = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    at = models.DateTimeField(db_default=Now())

    objects = CheckoutQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["stream", "at"])]

    def __str__(self) -> str:
        return f"Checkout at {self.at:%Y-%m-%d %H:%M}"
