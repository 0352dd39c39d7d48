"""Who is told when something happens to a drop: its show's room, and of a claim whoever has it.

The module stands below the models, as `streams.broadcasts` does.
"""

from typing import TYPE_CHECKING

from django.db.models import Min
from django.utils import timezone

from drops import events, wire
from realtime import event_log
from streams.broadcasts import room_key

if TYPE_CHECKING:
    from drops.models import Claim, Drop


def drop_told(drop: "Drop") -> None:
    """All that the drop says of itself is told anew."""
    told = events.DropTold(stream_id=str(drop.stream_id), drop=wire.Drop.of(drop, timezone.now()))
    event_log.tell(room_key(drop.stream_id), told)


def drop_turned(drop: "Drop", free: int) -> None:
    turned = events.DropTurned(
        stream_id=str(drop.stream_id), drop_id=str(drop.pk), status=drop.status, left=free, waiting=drop.waiting
    )
    event_log.tell(room_key(drop.stream_id), turned)


def drop_left(drop: "Drop") -> None:
    """Tells how many pieces are left once this transaction is over."""

    def read() -> events.LeftCounted:
        now = type(drop).objects.get(pk=drop.pk)
        first = now.claims.filter(state="waiting").aggregate(first=Min("line"))["first"] if now.waiting else None
        return events.LeftCounted(
            stream_id=str(now.stream_id),
            drop_id=str(now.pk),
            status=now.status,
            left=now.left,
            waiting=now.waiting,
            first=first,
        )

    event_log.tell_latest(room_key(drop.stream_id), f"drop:{drop.pk}", read)


def drop_closed(drop: "Drop") -> None:
    closed = events.DropClosed(
        stream_id=str(drop.stream_id), drop_id=str(drop.pk), outcome=drop.outcome, left=drop.left, paid=drop.paid
    )
    event_log.tell(room_key(drop.stream_id), closed)


def claim_changed(drop: "Drop", claim: "Claim") -> None:
    """Tells whoever has the claim, on all their pages; one that was erased is nobody's."""
    if claim.owner:
        claim.drop = drop
        told = events.ClaimTold(stream_id=str(drop.stream_id), claim=wire.Claim.of(claim, timezone.now()))
        event_log.tell(room_key(drop.stream_id), told, to=claim.owner)


def claim_refused(stream_id: object, address: str, code: str, message: str, drop_id: object = None) -> None:
    refused = events.ClaimRefused(
        stream_id=str(stream_id), drop_id=str(drop_id) if drop_id else None, code=code, message=message
    )
    event_log.tell(room_key(stream_id), refused, to=address)
