"""Drops in tests, who claims, and what must hold whatever happens."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.db.models import F, Sum
from django.db.models.functions import Now

from accounts import identity as identities
from drops.models import Claim, Drop, State
from drops.models.deciding import ask as wish
from drops.models.states import LIVE
from shopping.models import Product
from streams.models import Stream
from tests import factories


def announce(stream: Stream, product: Product, opened: bool = True, **facts: Any) -> Drop:
    """A drop of the show's creator, open at once if not said otherwise."""
    rules: dict[str, Any] = {"quantity": 2, "hold_seconds": 60} | facts
    drop = Drop.objects.announce(stream, identities.Identity(stream.creator, ""), product.pk, **rules)
    if opened:
        drop.open()
    return drop


def ask(drop: Drop, by: identities.Identity | None = None, pieces: int = 1, op: str = "", **how: Any) -> Claim:
    return wish(drop.stream_id, drop.pk, by or factories.identity(), pieces, op, **how).settled()


def pass_time(drop: Drop, seconds: float) -> None:
    """All clocks of a drop are set back: for it, so much time has passed."""
    ago = timedelta(seconds=seconds)
    drop.claims.filter(held_until__isnull=False).update(held_until=F("held_until") - ago)
    for name in ("opens_at", "closes_at"):
        Drop.objects.filter(pk=drop.pk, **{f"{name}__isnull": False}).update(**{name: F(name) - ago})


def states(drop: Drop) -> list[str]:
    """How its claims stand, in the order in which they were made."""
    return list(drop.claims.order_by("number").values_list("state", flat=True))


def check(drop: Drop) -> None:
    """What must hold of a drop at any time."""
    drop.refresh_from_db()
    total = drop.claims.order_by().values_list("state").annotate(n=Sum("pieces"))
    pieces: Counter[str] = Counter(dict(total))
    assert drop.held == pieces[State.HELD]
    assert drop.paid == pieces[State.PAID]
    assert drop.held + drop.paid <= drop.quantity
    line = list(drop.claims.filter(state=State.WAITING).order_by("line").values_list("number", flat=True))
    assert line == sorted(line)
    assert drop.waiting == len(line)
    assert not (line and drop.left), "somebody waits although there is a piece"
    by_person: Counter[str] = Counter()
    for each in drop.claims.filter(state__in=LIVE):
        by_person[each.owner] += each.pieces or each.wanted
    assert all(count <= drop.per_person for count in by_person.values())
    assert not drop.claims.filter(state=State.HELD, held_until__lte=Now() - timedelta(hours=2)).exists()
