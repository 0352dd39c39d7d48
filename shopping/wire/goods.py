"""Products and carts as clients of every protocol read them, on sockets and over REST."""

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings

from realtime import wire
from shopping import money

if TYPE_CHECKING:
    from shopping import models


class Option(msgspec.Struct):
    """One of the choices that make a variant, such as `{name: "Size", value: "M"}`."""

    name: str
    value: str


class Variant(msgspec.Struct, rename="camel", kw_only=True):
    """A form in which a product is sold. What is null is as its product says."""

    id: str
    name: str
    options: list[Option]
    sku: str | None
    price: str | None
    in_stock: bool
    stock: int | None
    url: str | None
    image_url: str | None

    @classmethod
    def of(cls, variant: "models.Variant", product: "models.Product") -> "Variant":
        own = variant.price_minor
        return cls(
            id=str(variant.pk),
            name=variant.name,
            options=[Option(name, value) for name, value in variant.options],
            sku=variant.sku or None,
            price=None if own is None else str(money.to_decimal(own, product.currency)),
            in_stock=product.in_stock and variant.is_available,
            stock=variant.stock,
            url=variant.url or None,
            image_url=variant.image_url or None,
        )


class Product(msgspec.Struct, rename="camel", kw_only=True, omit_defaults=True):
    """A product; its prices are decimals in text, as the protocols document them for reading.

    What has a default here is added to the documented product, and left out where it is not said.
    """

    id: str
    name: str
    description: str
    price: str
    original_price: str | None
    currency: str
    category: str
    in_stock: bool
    image_url: str | None
    seller_id: int | None
    created_at: str
    updated_at: str
    url: str | None = None
    sku: str | None = None
    stock: int | None = None
    variants: list[Variant] = []

    @classmethod
    def of(cls, product: "models.Product") -> "Product":
        return cls(
            id=str(product.pk),
            name=product.name,
            description=product.description,
            price=str(product.price),
            original_price=None if product.original_price is None else str(product.original_price),
            currency=product.currency,
            category=product.category,
            in_stock=product.is_available,
            image_url=product.image_url,
            seller_id=product.seller_id,
            created_at=wire.iso(product.created_at),
            updated_at=wire.iso(product.updated_at),
            url=product.url or None,
            sku=product.sku or None,
            stock=product.stock,
            variants=[Variant.of(variant, product) for variant in product.forms],
        )


class Share(msgspec.Struct, rename="camel"):
    """How many of a product one participant has put into the cart."""

    user_id: str
    user_name: str
    qty: int


class CartItem(msgspec.Struct, rename="camel"):
    """A product in a cart, in one form. Money is in minor units of the cart's currency.

    `unitPrice` is the price as it is now. `priceBefore` is what was agreed to, where the price has changed since: it
    has to be confirmed before the item is bought.
    """

    product_id: str
    name: str
    image_url: str | None
    qty: int
    unit_price: int
    line_total: int
    added_by: list[Share]
    in_stock: bool = True
    variant_id: str | None = None
    variant_name: str | None = None
    price_before: int | None = None

    @classmethod
    def of(cls, lines: "list[models.CartLine]") -> "CartItem":
        """The item that `lines` make together; they are all of one product in one form."""
        line, qty = lines[0], sum(line.qty for line in lines)
        product, variant = line.product, line.variant
        return cls(
            product_id=str(product.pk),
            name=product.name,
            image_url=(variant.image_url if variant else "") or product.image_url,
            qty=qty,
            unit_price=line.unit_price,
            line_total=qty * line.unit_price,
            added_by=[Share(line.adder.user_id, line.adder.name, line.qty) for line in lines],
            in_stock=line.is_available,
            variant_id=None if variant is None else str(variant.pk),
            variant_name=None if variant is None else variant.name,
            price_before=next((each.price_before for each in lines if each.price_before is not None), None),
        )


class Cart(msgspec.Struct):
    """A whole cart. Money is in minor units of `currency`."""

    items: list[CartItem]
    total: int
    currency: str
    count: int

    @classmethod
    def of(cls, lines: "Iterable[models.CartLine]") -> "Cart":
        """The cart that `lines` make; those of one product in one form follow each other, as `in_order()` has them."""
        forms = groupby(lines, key=lambda line: (line.product_id, line.variant_id))
        items = [CartItem.of(list(shares)) for _, shares in forms]
        return cls(
            items=items,
            total=sum(item.line_total for item in items),
            currency=settings.SHOP_CURRENCY,
            count=sum(item.qty for item in items),
        )
