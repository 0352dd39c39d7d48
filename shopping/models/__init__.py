"""What is sold, and looking at it together."""

from shopping.models.cart import CartLine, CartOperation
from shopping.models.participant import Newcomer, Participant
from shopping.models.product import Product, ProductQuerySet, shop_currency
from shopping.models.session import ShoppingSession
from shopping.models.vote import Vote

__all__ = [
    "CartLine",
    "CartOperation",
    "Newcomer",
    "Participant",
    "Product",
    "ProductQuerySet",
    "ShoppingSession",
    "Vote",
    "shop_currency",
]
