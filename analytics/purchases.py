"""What was bought because of a show: sums for each currency, in minor units; docs/metrics.md has the terms."""

from typing import Any

from django.db.models import Count, Q, Sum

from shopping import money
from streams.models import Stream


def of(stream: Stream) -> list[dict[str, Any]]:
    """The sums of a show's purchases, each currency by itself: what the shop has confirmed, and what pages only say."""
    said, sure = Q(confirmed_at=None), Q(confirmed_at__isnull=False)
    by_currency = (
        stream.purchases.order_by("currency")
        .values_list("currency")
        .annotate(
            orders=Count("pk", filter=sure),
            paid=Sum("value", filter=sure, default=0),
            paid_back=Sum("refunded", filter=sure, default=0),
            reported=Count("pk", filter=said),
            reported_value=Sum("value", filter=said, default=0),
        )
    )
    return [_row(currency, *map(int, sums)) for currency, *sums in by_currency]  # PostgreSQL sums them as decimals


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
