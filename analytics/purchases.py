"""What was bought because of shows: sums for each currency, in minor units; docs/metrics.md has the terms."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from analytics.models import Purchase
from shopping import money
from streams.models import Stream

SAID, SURE = Q(confirmed_at=None), Q(confirmed_at__isnull=False)
SUMS: dict[str, Any] = {
    "orders": Count("pk", filter=SURE),
    "paid": Sum("value", filter=SURE, default=0),
    "paid_back": Sum("refunded", filter=SURE, default=0),
    "reported": Count("pk", filter=SAID),
    "reported_value": Sum("value", filter=SAID, default=0),
}


def of(stream: Stream) -> list[dict[str, Any]]:
    """The sums of a show's purchases, each currency by itself: what the shop has confirmed, and what pages only say."""
    return summed(stream.purchases.all())


def summed(bought: QuerySet[Purchase]) -> list[dict[str, Any]]:
    """The sums of these purchases."""
    by_currency = bought.order_by("currency").values_list("currency").annotate(**SUMS)
    return [_row(currency, *map(int, sums)) for currency, *sums in by_currency]  # PostgreSQL sums them as decimals


def by_show(streams: Iterable[UUID]) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """The sums of each of these shows, one currency after the other."""
    bought = Purchase.objects.filter(stream__in=list(streams)).order_by("stream", "currency")
    for stream_id, currency, *sums in bought.values_list("stream", "currency").annotate(**SUMS):
        yield stream_id, _row(currency, *map(int, sums))


def _row(currency: str, orders: int, value: int, refunded: int, reported: int, reported_value: int) -> dict[str, Any]:
    return {
        "currency": currency,
        "exponent": money.exponent(currency),
        "orders": orders,
        "value": value,
        "refunded": refunded,
        "net": value - refunded,
        "reportedOrders": reported,
        "reportedValue": reported_value,
    }
