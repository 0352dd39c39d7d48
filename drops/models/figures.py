"""What became of a show's drops, in figures."""

from typing import Any

from django.db.models import Count, Q, Sum

from drops.models.claim import Claim
from drops.models.drop import Drop
from drops.models.states import State
from streams.models import Stream

LOST = (State.EXPIRED, State.RETURNED, State.PASSED, State.CANCELLED, State.REFUSED)  # after it was held


def of(drop: Drop, counts: dict[str, Any]) -> dict[str, Any]:
    """`held` are claims that were ever given pieces, `lost` those of them that nothing was paid for."""
    seconds = None
    if drop.opened_at is not None and drop.sold_out_at is not None:
        seconds = round((drop.sold_out_at - drop.opened_at).total_seconds(), 1)
    return {
        "dropId": str(drop.pk),
        "title": str(drop),
        "status": drop.status,
        "outcome": drop.outcome,
        "quantity": drop.quantity,
        "claims": counts.get("claims", 0),
        "people": counts.get("people", 0),
        "held": counts.get("granted", 0),
        "lost": counts.get("lost", 0),
        "paid": counts.get("bought", 0),
        "paidPieces": drop.paid,
        "value": drop.paid * drop.price_minor,
        "currency": drop.currency,
        "secondsToSoldOut": seconds,
    }


def of_show(stream: Stream) -> list[dict[str, Any]]:
    """The figures of each drop of a show, in the order in which they were announced, in two queries."""
    was_held = Q(pieces__gt=0)
    counted = (
        Claim.objects.filter(drop__stream=stream)
        .order_by()
        .values("drop")
        .annotate(
            claims=Count("pk"),
            people=Count("owner", distinct=True),
            granted=Count("pk", filter=was_held),
            lost=Count("pk", filter=was_held & Q(state__in=LOST)),
            bought=Count("pk", filter=Q(state=State.PAID)),
            sold=Sum("pieces", filter=Q(state=State.PAID)),
        )
    )
    by_drop: dict[Any, dict[str, Any]] = {row["drop"]: dict(row) for row in counted}
    return [of(drop, by_drop.get(drop.pk, {})) for drop in stream.drops.order_by("created_at", "pk")]
