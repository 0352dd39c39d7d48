"""The products on a show."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from realtime import event_log
from shopping.models import Product

if TYPE_CHECKING:
    from streams.models.stream import Stream

MOST = 100  # products on one show; its public record carries them all
LAST_PLACE = 10_000  # display orders go up to it


class ListingQuerySet(models.QuerySet["Listing"]):
    def in_order(self) -> Self:
        return self.order_by("display_order", "created_at", "pk")

    def find(self, product_id: uuid.UUID) -> "Listing":
        listing = self.filter(product=product_id).select_related("product", "stream").first()
        if listing is None:
            raise Listing.DoesNotExist("Product not found in this session")
        return listing

    @event_log.verb
    def place(
        self, stream: "Stream", product_id: uuid.UUID, featured: bool = False, display_order: int | None = None
    ) -> "Listing":
        """Puts one of its creator's products on the show, behind the others unless `display_order` says where."""
        stream.lock()
        product = Product.objects.filter(seller=stream.creator_id, pk=product_id).first()
        if product is None:
            raise ValidationError("Product not found")
        listings = self.filter(stream=stream)
        if listings.filter(product=product).exists():
            raise ValidationError("Product already added to this session")
        count, last = listings.aggregate(n=models.Count("pk"), last=models.Max("display_order")).values()
        if count >= MOST:
            raise ValidationError(f"A session has at most {MOST} products")
        if display_order is None:
            display_order = 0 if last is None else min(last + 1, LAST_PLACE)
        return self.create(stream=stream, product=product, featured=featured, display_order=display_order)

    @event_log.verb
    def fill(self, stream: "Stream", product_ids: Sequence[uuid.UUID]) -> None:
        """Puts these products on a new show, in this order."""
        ids = list(dict.fromkeys(product_ids))
        if Product.objects.filter(seller=stream.creator_id, pk__in=ids).count() != len(ids):
            raise ValidationError("Product not found")
        self.bulk_create(Listing(stream=stream, product_id=pk, display_order=place) for place, pk in enumerate(ids))

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

    def move(self, display_order: int) -> None:
        self.display_order = display_order
        self.save(update_fields=["display_order"])

    @event_log.verb
    def withdraw(self) -> None:
        """Takes the product off the show, and off the screen if it is the one that is shown."""
        self.stream.lock()
        self.delete()
        if self.stream.active_product_id == self.product_id and self.stream.is_on:
            self.stream.showcase(None)
