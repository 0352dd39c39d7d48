"""Who put what into a cart during a show."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts import identity as identities
from realtime import database
from shopping.models import Product
from streams.models import Stream


class CartAddQuerySet(models.QuerySet["CartAdd"]):
    def hand_over(self, stream: Stream, identity: identities.Identity, product: Product, quantity: int) -> "CartAdd":
        """Counts what somebody who watches a show puts into the seller's own cart."""
        who = {"viewer": identity.key, "user_id": identity.user_id}
        return self.create(stream=stream, product=product, quantity=quantity, **who)

    def forget(self, age: timedelta) -> int:
        """Deletes what was put into carts longer ago than `age`; returns how many."""
        return database.delete(self.filter(at__lt=Now() - age))


class CartAdd(models.Model):
    """One person put a product of a show into a party's cart, or the seller's. What was taken out stays counted."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="cart_adds", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    viewer = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    quantity = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())

    objects = CartAddQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["stream", "at"]),
            models.Index(fields=["viewer", "-at"], name="cart_add_viewer"),  # what staff look up of one visitor
        ]

    def __str__(self) -> str:
        return f"Cart at {self.at:%Y-%m-%d %H:%M}"
