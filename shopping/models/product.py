"""What is sold."""

import uuid
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models.functions import Now

from accounts import identity as identities
from accounts.models import User
from realtime import event_log
from rest import links
from shopping import money, signals

MAX_CATEGORIES = 500  # So many are listed at once.


def shop_currency() -> str:
    return str(settings.SHOP_CURRENCY)


class ProductQuerySet(models.QuerySet["Product"]):
    def find_controlled(self, id: uuid.UUID, identity: identities.Identity, refusal: str) -> "Product":
        """The product, if `identity` may change it; everyone may read it, so others get PermissionDenied(refusal)."""
        product = self.get(pk=id)
        if not product.is_controlled_by(identity):
            raise PermissionDenied(refusal)
        return product

    def newest(self) -> Self:
        return self.order_by("-created_at", "-id")

    def in_stock(self) -> Self:
        return self.filter(in_stock=True)

    def in_category(self, category: str) -> Self:
        return self.filter(category__iexact=category)

    def categories(self) -> list[str]:
        return list(self.order_by("category").values_list("category", flat=True).distinct()[:MAX_CATEGORIES])

    @event_log.verb
    def offer(self, seller: User, **fields: Any) -> "Product":
        """A new product of `seller`; raises accounts.models.QuotaReached."""
        seller.check_quota("products", "products", self.filter(seller=seller))
        product = self.model(seller=seller, **fields)
        product.publish()
        return product


class Product(models.Model):
    """Something that a seller offers. Prices are integers in minor units of `currency`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="products"
    )
    name = models.CharField(max_length=255)
    description = models.TextField(max_length=5000)
    price_minor = models.PositiveBigIntegerField()
    original_price_minor = models.PositiveBigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, default=shop_currency)
    category = models.CharField(max_length=100, blank=True, db_index=True)
    in_stock = models.BooleanField(default=True)
    image_url = models.CharField(  # noqa: DJ001 - the wire says null
        max_length=1000, null=True, blank=True, validators=[links.validate_picture]
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["seller", "-created_at"])]

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> Decimal:
        return money.to_decimal(self.price_minor, self.currency)

    @price.setter
    def price(self, amount: Decimal) -> None:
        self.price_minor = money.to_minor(amount, self.currency)

    @property
    def original_price(self) -> Decimal | None:
        if self.original_price_minor is None:
            return None
        return money.to_decimal(self.original_price_minor, self.currency)

    @original_price.setter
    def original_price(self, amount: Decimal | None) -> None:
        self.original_price_minor = None if amount is None else money.to_minor(amount, self.currency)

    def is_controlled_by(self, identity: identities.Identity) -> bool:
        return identity.has_role("admin") or identity.owns(self.seller_id)

    @event_log.verb
    def publish(self) -> None:
        """Stores a new product, and tells the apps that list what is in the shop."""
        self.save(force_insert=True)
        signals.product_offered.send(Product, product=self)

    @event_log.verb
    def revise(self, **fields: Any) -> None:
        """Changes the given fields, and tells the apps that show the product: it may be on a screen or in a cart."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.save()
        signals.product_changed.send(Product, product=self)

    @event_log.verb
    def remove(self) -> None:
        """Deletes the product once the apps that show it have taken it down."""
        signals.product_removed.send(Product, product=self)
        self.delete()
