"""The drops of a show that is over, by its own time: what there was, and how soon it was gone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from drops.bounds import MAX_DROPS
from drops.models import Drop, Outcome
from replays.models import Replay


def of(replay: Replay, begin: int, end: int) -> list[dict[str, Any]]:
    """Those that were open between `begin` and `end`; one that was undone is not spoken of."""
    opened = replay.stream.drops.filter(opened_at__lt=replay.at(end)).exclude(outcome=Outcome.UNDONE)
    return [*_within(replay, list(opened.order_by("opened_at", "pk")[:MAX_DROPS]), begin, end)]


def _within(replay: Replay, drops: list[Drop], begin: int, end: int) -> Iterator[dict[str, Any]]:
    for drop in drops:
        assert drop.opened_at is not None
        t = replay.ms_of(drop.opened_at)
        until = end if drop.closed_at is None else min(replay.ms_of(drop.closed_at), end)
        if until > begin:
            yield {
                "t": max(t, begin),
                "to": until,
                "dropId": drop.pk,
                "productId": drop.product_id,
                "title": drop.title,
                "form": drop.form,
                "price": str(drop.price),
                "currency": drop.currency,
                "quantity": drop.quantity,
                "soldOutAt": _ms(replay, drop.sold_out_at),
            }


def _ms(replay: Replay, moment: datetime | None) -> int | None:
    return None if moment is None else replay.ms_of(moment)
