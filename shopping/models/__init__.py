"""What is sold, and the sessions in which people look at it together."""

from shopping.models.bag import BagLine
from shopping.models.cart import CartLine, CartOperation
from shopping.models.importing import Feed, Import
from shopping.models.participant import Admission, JoinRequest, Participant
from shopping.models.product import Product, ProductQuerySet, read_variants, shop_currency
from shopping.models.restocking import StockMessage
from shopping.models.session import ShoppingSession
from shopping.models.variant import Variant
from shopping.models.vote import Vote

__all__ = [
    "Admission",
    "BagLine",
    "CartLine",
    "CartOperation",
    "Feed",
    "Import",
    "JoinRequest",
    "Participant",
    "Product",
    "ProductQuerySet",
    "ShoppingSession",
    "StockMessage",
    "Variant",
    "Vote",
    "read_variants",
    "shop_currency",
]
