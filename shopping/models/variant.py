"""What a product is sold as: its sizes and colours, each with its own stock and, where it differs, its own price."""

import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models

from rest import links
from shopping import money, signals

if TYPE_CHECKING:
    from shopping.models.product import Product

MAX_VARIANTS = 100  # of one product
MAX_VARIANTS_BYTES = 32 * 1024  # of all variants of a product, as JSON: every record of the product carries them
MAX_OPTIONS = 3  # of one variant, such as size, colour and material
MAX_OPTION = 40  # characters of an option's name
MAX_VALUE = 80  # characters of its value
MAX_NAME = MAX_OPTIONS * (MAX_VALUE + 3)
MAX_SKU = 100  # characters
MAX_STOCK = 1_000_000
MAX_URL = 1000  # characters
SEPARATOR = " / "  # between the values in a variant's name

SKU_TAKEN = "This SKU is taken"

Options = Sequence[tuple[str, str]]


class Stocked(models.Model):
    """What has a stock keeping unit, a number of pieces and a page of its own in the seller's shop."""

    sku = models.CharField("SKU", max_length=MAX_SKU, blank=True, default="")
    stock = models.PositiveIntegerField(null=True, blank=True, help_text="empty: not counted")
    url = models.CharField(
        "address in the shop", max_length=MAX_URL, blank=True, default="", validators=[links.validate_web]
    )

    class Meta:
        abstract = True

    @property
    def is_used_up(self) -> bool:
        return self.stock == 0


def name_of(options: Options) -> str:
    """The words by which people know a variant, such as `M / Blue`."""
    return SEPARATOR.join(value for _, value in options)


class VariantQuerySet(models.QuerySet["Variant"]):
    def replace(self, product: "Product", rows: Sequence[Mapping[str, Any]]) -> None:
        """Makes these the variants of a product, in this order; the caller holds its lock.

        A row is the fields of a variant, and `id` where it is one that there is already; without an id it is the one
        of the same options. Raises ValidationError.
        """
        check(rows)
        known = {variant.pk: variant for variant in self.filter(product=product)}
        named = {variant.name: variant for variant in known.values()}
        chosen = [
            known.get(row.get("id", uuid.UUID(int=0))) or named.get(name_of(row["options"])) or Variant(product=product)
            for row in rows
        ]
        if len({variant.pk for variant in chosen}) < len(chosen):
            raise ValidationError("Two variants have the same id")
        self.check_skus(product, [row["sku"] for row in rows if row.get("sku")])
        if gone := known.keys() - {variant.pk for variant in chosen}:
            signals.variants_removed.send(Variant, product=product, variant_ids=gone)
            self.filter(pk__in=gone).delete()
        self._make_way(variant for variant in chosen if variant.pk in known)
        for place, (variant, row) in enumerate(zip(chosen, rows, strict=True)):
            variant.take(place, row)
            try:
                variant.save()
            except IntegrityError:  # Another product's has taken the same SKU at the same time.
                raise ValidationError(SKU_TAKEN) from None

    def check_skus(self, product: "Product", skus: Collection[str]) -> None:
        """Raises ValidationError where another product, or this one itself, has one of these."""
        if self.exclude(product=product.pk).filter(sku__in=skus).exists():
            raise ValidationError(SKU_TAKEN)
        if product.sku in skus or type(product).objects.filter(sku__in=skus).exclude(pk=product.pk).exists():
            raise ValidationError(SKU_TAKEN)

    def _make_way(self, variants: Iterable["Variant"]) -> None:
        """Frees their names and SKUs, which may go from one to another."""
        for variant in variants:
            self.filter(pk=variant.pk).update(name=variant.pk.hex, sku="")


class Variant(Stocked):
    """One of the forms in which a product is sold. What it does not say for itself, its product says."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey("shopping.Product", models.CASCADE, related_name="variants", db_index=False)
    place = models.PositiveSmallIntegerField(default=0)
    options = models.JSONField(default=list, help_text="pairs of a name and a value, in order")
    name = models.CharField(max_length=MAX_NAME, editable=False)
    price_minor = models.PositiveBigIntegerField(null=True, blank=True, help_text="empty: the product's")
    in_stock = models.BooleanField("on sale", default=True)
    image_url = models.CharField(max_length=MAX_URL, blank=True, default="", validators=[links.validate_picture])

    objects = VariantQuerySet.as_manager()

    class Meta:
        ordering = ["place", "name"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="variant_once"),
            models.UniqueConstraint(
                fields=["sku"],
                condition=~models.Q(sku=""),
                name="variant_sku",
                violation_error_message=SKU_TAKEN,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_available(self) -> bool:
        """Whether there is any of it, as far as it alone can say."""
        return self.in_stock and not self.is_used_up

    @property
    def price(self) -> Decimal | None:
        """Its own price; None where it is the product's."""
        return None if self.price_minor is None else money.to_decimal(self.price_minor, self.product.currency)

    @price.setter
    def price(self, amount: Decimal | None) -> None:
        self.price_minor = None if amount is None else money.to_minor(amount, self.product.currency)

    def take(self, place: int, row: Mapping[str, Any]) -> None:
        """Takes over what `replace` was given; what a row leaves out stays as it is."""
        for field in ("price", "price_minor", "sku", "stock", "in_stock", "url", "image_url"):
            if field in row:
                setattr(self, field, row[field])
        self.place, self.options = place, [list(pair) for pair in row["options"]]
        self.name = name_of(row["options"])


def check(rows: Collection[Mapping[str, Any]]) -> None:
    """Raises ValidationError for variants that cannot be told apart, or that are too many or too long."""
    if len(rows) > MAX_VARIANTS:
        raise ValidationError(f"A product has at most {MAX_VARIANTS} variants")
    for row in rows:
        check_options(row["options"])
    if len({name_of(row["options"]) for row in rows}) < len(rows):
        raise ValidationError("Two variants have the same options")
    if len({tuple(name for name, _ in row["options"]) for row in rows}) > 1:
        raise ValidationError("All variants of a product have the same options in the same order")
    skus = [row["sku"] for row in rows if row.get("sku")]
    if len(set(skus)) < len(skus):
        raise ValidationError("Two variants have the same SKU")
    if len(json.dumps([dict(row) for row in rows], default=str)) > MAX_VARIANTS_BYTES:
        raise ValidationError(f"The variants of a product have at most {MAX_VARIANTS_BYTES // 1024} KiB")


def check_options(options: Options) -> None:
    if not 1 <= len(options) <= MAX_OPTIONS:
        raise ValidationError(f"A variant has one to {MAX_OPTIONS} options, such as a size and a colour")
    if len({name for name, _ in options}) < len(options):
        raise ValidationError("An option is named twice")
    for name, value in options:
        if not (0 < len(name) <= MAX_OPTION and 0 < len(value) <= MAX_VALUE):
            raise ValidationError(
                f"An option has a name of up to {MAX_OPTION} and a value of up to {MAX_VALUE} characters"
            )
