"""The products on a show."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from realtime import event_log
from shopping.models import Product
from streams import broadcasts

if TYPE_CHECKING:
    from streams.models.stream import Stream

MAX_LISTINGS = 100  # products on one show, whose public record carries them all
MAX_DISPLAY_ORDER = 10_000


class ListingQuerySet(models.QuerySet["Listing"]):
    def in_order(self) -> Self:
        return self.order_by("display_order", "created_at", "pk")

    def find(self, product_id: uuid.UUID) -> "Listing":
        listing = self.filter(product=product_id).select_related("product", "stream").first()
        if listing is None:
            raise Listing.DoesNotExist("Product not found in this session")
        return listing

    def put(self, stream: "Stream", product_ids: Sequence[uuid.UUID]) -> None:
        """Puts these products of its creator on a new show, in this order."""
        ids = list(dict.fromkeys(product_ids))
        if Product.objects.filter(seller=stream.creator_id, pk__in=ids).count() != len(ids):
            raise ValidationError("Product not found")
        self.bulk_create(
            Listing(stream=stream, product_id=product_id, display_order=order) for order, product_id in enumerate(ids)
        )

    @event_log.verb
    def feature_only(self, product_ids: Sequence[uuid.UUID]) -> None:
        """Makes exactly these the featured ones among a show's products."""
        if self.filter(product__in=product_ids).count() != len(set(product_ids)):
            raise Listing.DoesNotExist("Product not found in this session")
        self.update(featured=models.Case(models.When(product__in=product_ids, then=True), default=False))


class Listing(models.Model):
    """A product on a show."""

    stream = models.ForeignKey("streams.Stream", models.CASCADE, related_name="listings")
    product = models.ForeignKey(Product, models.CASCADE, related_name="listings")
    featured = models.BooleanField(default=False)
    display_order = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    objects = ListingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "product"], name="listing_once")]

    def __str__(self) -> str:
        return f"{self.product} on {self.stream}"

    def feature(self, featured: bool) -> None:
        self.featured = featured
        self.save(update_fields=["featured"])

    @event_log.verb
    def move(self, display_order: int) -> None:
        self.stream.lock()
        self.display_order = display_order
        self.save(update_fields=["display_order"])
        broadcasts.lineup_changed(self.stream)

    @event_log.verb
    def withdraw(self) -> None:
        """Takes the product off the show, and off the screen if it is the one that is shown."""
        self.stream.lock()
        self.delete()
        broadcasts.lineup_changed(self.stream)
        if self.stream.active_product_id == self.product_id and self.stream.is_on:
            self.stream.showcase(None)
