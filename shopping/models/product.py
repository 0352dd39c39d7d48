"""What is sold."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models
from django.db.models.functions import Now

from accounts import identity as identities
from accounts.models import User
from realtime import errors, event_log
from rest import ids, links
from shopping import money, signals
from shopping.models.variant import SKU_TAKEN, Stocked, Variant

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
        return self.filter(in_stock=True, sold_out=False)

    def in_category(self, category: str) -> Self:
        return self.filter(category__iexact=category)

    def categories(self) -> list[str]:
        return list(self.order_by("category").values_list("category", flat=True).distinct()[:MAX_CATEGORIES])

    @event_log.verb
    def offer(self, seller: User, **fields: Any) -> "Product":
        """A new product of `seller`; raises accounts.models.QuotaReached."""
        seller.check_quota("products", "products", self.filter(seller=seller))
        variants = fields.pop("variants", ())
        product = self.model(seller=seller, **fields)
        product.publish(variants)
        return product


def read_variants(products: Iterable["Product"]) -> None:
    """Reads along the variants of these products, in one query where any of them has some."""
    models.prefetch_related_objects([product for product in products if product.variant_count], "variants")


class Product(Stocked):
    """Something that a seller offers. Prices are integers in minor units of `currency`.

    `in_stock` is what its seller says; `sold_out` is what the counted stock says, its own and its variants'.
    """

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
    sold_out = models.BooleanField(default=False, editable=False)
    variant_count = models.PositiveSmallIntegerField(default=0, editable=False)
    image_url = models.CharField(  # noqa: DJ001 - the wire says null
        max_length=1000, null=True, blank=True, validators=[links.validate_picture]
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["seller", "-created_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["sku"], condition=~models.Q(sku=""), name="product_sku", violation_error_message=SKU_TAKEN
            ),
        ]

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

    @property
    def is_available(self) -> bool:
        """Whether any of it can be bought."""
        return self.in_stock and not self.sold_out

    @property
    def forms(self) -> list[Variant]:
        """Its variants in order; `read_variants` reads those of many products at once."""
        return list(self.variants.all()) if self.variant_count else []

    def can_be_bought(self, variant: Variant | None) -> bool:
        """Whether there is any of it in this form."""
        return self.is_available and (variant is None or variant.is_available)

    def check_may_add(self, variant: Variant | None, qty: int) -> None:
        """Raises RequestRefused, code `sold_out`, where `qty` of it in this form cannot be had.

        Raises ValidationError where it has to be said in which form.
        """
        if variant is None and self.variant_count:
            raise ValidationError("Choose a variant")
        left = (variant or self).stock
        if not self.can_be_bought(variant):
            raise errors.RequestRefused("sold_out", "Sold out", inStock=False)
        if left is not None and qty > left:
            raise errors.RequestRefused("sold_out", f"Only {left} left", inStock=True, left=left)

    def find_variant(self, variant_id: Any) -> Variant | None:
        """The variant of this id; None where none is named. Raises ValidationError."""
        if variant_id is None:
            return None
        key = ids.uuid_of(str(variant_id))
        variant = self.variants.filter(pk=key).first() if key else None
        if variant is None:
            raise ValidationError("Unknown variant")
        return variant

    def unit_price(self, variant: Variant | None) -> int:
        """What one of it costs in this form, in minor units."""
        own = None if variant is None else variant.price_minor
        return self.price_minor if own is None else own

    def page(self, variant: Variant | None) -> str:
        """Where the seller's shop has it in this form; empty where it is not said."""
        return (variant.url if variant is not None else "") or self.url

    @event_log.verb
    def publish(self, variants: Sequence[Mapping[str, Any]] = ()) -> None:
        """Stores a new product, and tells the apps that list what is in the shop."""
        self._check_sku()
        self._store(force_insert=True)
        if variants:
            Variant.objects.replace(self, variants)
        self._settle()
        signals.product_offered.send(Product, product=self)

    @event_log.verb
    def revise(self, variants: Sequence[Mapping[str, Any]] | None = None, **fields: Any) -> None:
        """Changes the given fields, and tells the apps that show the product: it may be on a screen or in a cart.

        `variants` are all that there are from then on, as `VariantQuerySet.replace` takes them. Raises ValidationError.
        """
        locked = Product.objects.select_for_update(no_key=True)
        if fields or variants is not None:
            self.refresh_from_db(from_queryset=locked)
        else:  # The fields were set before.
            locked.get(pk=self.pk)
        for name, value in fields.items():
            setattr(self, name, value)
        self._check_sku()
        self._store(update_fields=[*map(_column, fields), "updated_at"] if fields or variants is not None else None)
        if variants is not None:
            Variant.objects.replace(self, variants)
        self._settle()
        signals.product_changed.send(Product, product=self)

    @event_log.verb
    def restock(self, said: Mapping[str, Mapping[str, Any]]) -> None:
        """Takes over what the shop says of its own SKU and its variants', and tells all that show it."""
        self.refresh_from_db(from_queryset=Product.objects.select_for_update(no_key=True))
        for thing in (self, *self.variants.filter(sku__in=said)):
            for name, value in said.get(thing.sku, {}).items() if thing.sku else ():
                setattr(thing, name, value)
            thing.save()
        self._settle()
        signals.product_changed.send(Product, product=self)

    @event_log.verb
    def remove(self) -> None:
        """Deletes the product once the apps that show it have taken it down."""
        signals.product_removed.send(Product, product=self)
        self.delete()

    def _check_sku(self) -> None:
        """Raises ValidationError, also where another product's variant has the SKU."""
        others = Product.objects.exclude(pk=self.pk)
        if self.sku and (others.filter(sku=self.sku).exists() or Variant.objects.filter(sku=self.sku).exists()):
            raise ValidationError({"sku": SKU_TAKEN})

    def _store(self, **how: Any) -> None:
        try:
            self.save(**how)
        except IntegrityError:  # Two have taken the same SKU at the same time.
            raise ValidationError({"sku": SKU_TAKEN}) from None

    def _settle(self) -> None:
        """Counts its variants, and whether anything is left of it."""
        getattr(self, "_prefetched_objects_cache", {}).pop("variants", None)
        before = (self.variant_count, self.sold_out)
        self.count_forms(list(self.variants.all()))
        if before != (self.variant_count, self.sold_out):
            Product.objects.filter(pk=self.pk).update(variant_count=self.variant_count, sold_out=self.sold_out)

    def count_forms(self, forms: Sequence[Variant]) -> None:
        """Notes, without storing it, how many forms there are of it, and whether anything is left of them."""
        left = any(variant.is_available for variant in forms) if forms else not self.is_used_up
        self.variant_count, self.sold_out = len(forms), not left


def _column(field: str) -> str:
    return {"price": "price_minor", "original_price": "original_price_minor"}.get(field, field)
