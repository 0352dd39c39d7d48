"""How each product of a show fared: looks at it, times that it went into a cart, and orders after a look at it."""

from collections import defaultdict
from typing import Any

from django.db.models import Count, F, Q

from analytics.metrics import percent
from shopping.models import Product
from streams.models import Stream

MOST = 500  # products of one show that are told
COLUMNS = ("uniqueClicks", "totalClicks", "carts", "orders")

Packed = list[list[Any]]


def packed(stream: Stream) -> Packed:
    """The best products first: an id as text, and the counts that `COLUMNS` name. A guest's look is a person's each."""
    counts: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COLUMNS, 0))
    looks = stream.clicks.order_by().values("product")
    looks = looks.annotate(
        users=Count("user", distinct=True), guests=Count("pk", filter=Q(user=None)), total=Count("pk")
    )
    for product, unique, total in looks.values_list("product", F("users") + F("guests"), "total"):
        counts[product] |= {"uniqueClicks": unique, "totalClicks": total}
    for product, times in stream.cart_adds.order_by().values_list("product").annotate(n=Count("pk")):
        counts[product]["carts"] = times
    bought = stream.purchases.confirmed().exclude(product=None).order_by().values_list("product")
    for product, orders in bought.annotate(n=Count("pk")):
        counts[product]["orders"] = orders
    rows: Packed = [[str(product), *(row[name] for name in COLUMNS)] for product, row in counts.items()]
    return sorted(rows, key=_rank)[:MOST]


def _rank(row: list[Any]) -> tuple[Any, ...]:
    product, unique, total, carts, orders = row
    return -orders, -carts, -unique, -total, product


def unpacked(rows: Packed, views: int) -> list[dict[str, Any]]:
    """The same with the products' names; one that was deleted since is left out. `views` are those of the show."""
    names = dict(Product.objects.filter(pk__in=[row[0] for row in rows]).values_list("pk", "name"))
    named = {str(product): name for product, name in names.items()}
    return [
        {
            "productId": row[0],
            "productName": named[row[0]],
            **dict(zip(COLUMNS, row[1:], strict=True)),
            "clickThroughRate": percent(row[1], views),
        }
        for row in rows
        if row[0] in named
    ]
