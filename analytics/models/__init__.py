"""Rows to count: what people did in shows, and when."""

from analytics.models.cart_add import CartAdd
from analytics.models.checkout import Checkout
from analytics.models.click import ProductClick, ReplayClick
from analytics.models.purchase import Purchase, Refund
from analytics.models.reaction_minute import ReactionMinute
from analytics.models.rollup import Rollup
from analytics.models.showcase_change import ShowcaseChange
from analytics.models.ticker import Ticker
from analytics.models.view import StreamView

__all__ = [
    "CartAdd",
    "Checkout",
    "ProductClick",
    "Purchase",
    "ReactionMinute",
    "Refund",
    "ReplayClick",
    "Rollup",
    "ShowcaseChange",
    "StreamView",
    "Ticker",
]
