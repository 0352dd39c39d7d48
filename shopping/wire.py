"""What the shop says on sockets, and hears: Shop with Friends' words."""

import msgspec

from realtime import wire
from shopping import models


class Product(msgspec.Struct, rename="camel", kw_only=True):
    """A product as every protocol's clients read it, over REST too. Decimals are strings, as documented for reads."""

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

    @classmethod
    def of(cls, product: models.Product) -> "Product":
        return cls(
            id=str(product.pk),
            name=product.name,
            description=product.description,
            price=str(product.price),
            original_price=None if product.original_price is None else str(product.original_price),
            currency=product.currency,
            category=product.category,
            in_stock=product.in_stock,
            image_url=product.image_url,
            seller_id=product.seller_id,
            created_at=wire.iso(product.created_at),
            updated_at=wire.iso(product.updated_at),
        )


class ClientId(wire.Said, tag="CLIENT_ID"):
    """The first frame of every raw connection: who the client is to others."""

    client_id: str


class Error(wire.Said, tag="ERROR"):
    message: str
