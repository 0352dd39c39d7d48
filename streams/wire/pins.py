"""A pinned product, which is the same in every protocol."""

from typing import TYPE_CHECKING

import msgspec

from shopping.wire import Product

if TYPE_CHECKING:
    from streams import models


class Pin(msgspec.Struct, rename="camel"):
    """The flat fields that clients read, and the whole product beside them."""

    product_id: str
    name: str
    price: str
    image: str | None
    display_order: int
    product: Product

    @classmethod
    def of(cls, pin: "models.Pin") -> "Pin":
        product = Product.of(pin.product)
        return cls(
            product_id=product.id,
            name=product.name,
            price=product.price,
            image=product.image_url,
            display_order=pin.display_order,
            product=product,
        )
