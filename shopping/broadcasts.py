"""Who is told when something happens in a party. A verb calls these functions; each returns the event that it tells.

They take model instances and ask the database only through their related managers, so they stand below the models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from realtime import event_log
from shopping import bounds, events, wire
from shopping.wire import coshop

if TYPE_CHECKING:
    from realtime.event_log import PendingEvent
    from shopping.models import CartLine, Participant, Product, ShoppingSession


def participant_joined(participant: Participant) -> PendingEvent:
    joined = events.Joined(user_id=participant.user_id, name=participant.name)
    return event_log.tell(participant.room_key, joined, but=participant.address)


def participant_left(participant: Participant, reason: str = "") -> PendingEvent:
    """Tells the others; `reason` is for them."""
    left = events.Left(user_id=participant.user_id, reason=reason or None)
    return event_log.tell(participant.room_key, left, but=participant.address)


def participant_removed(participant: Participant) -> PendingEvent:
    """Tells the removed participant; the others are told that they have left."""
    sent_away = events.SentAway(session_id=participant.session_id, reason="removed")
    return event_log.tell(participant.room_key, sent_away, to=participant.address)


def host_changed(host: Participant) -> PendingEvent:
    return event_log.tell(host.room_key, events.HostChanged(user_id=host.user_id))


def synced(participant: Participant, payload: dict[str, Any], op: str | None) -> PendingEvent | None:
    """Tells the others what a participant sent; None where it is too long for the log, so that nobody can resume it."""
    if not bounds.is_logged(payload):
        relayed = events.Relayed(payload=payload, source_id=participant.user_id, at=coshop.now_ms())
        event_log.tell(participant.room_key, relayed, but=participant.address)
        return None
    sent = events.Synced(payload=payload, source_id=participant.user_id, at=coshop.now_ms())
    return event_log.tell(participant.room_key, sent, author=participant.identity, op=op, but=participant.address)


def cart_changed(session: ShoppingSession) -> PendingEvent:
    """Tells the whole cart, and takes back the event that told the one after the last operation."""
    former = session.operations.order_by("-seq").values_list("seq", flat=True).first() or 0
    return _tell_cart(session, session.lines.in_order(), former)


def cart_repriced(session: ShoppingSession) -> PendingEvent:
    """Tells the whole cart, in which a product has changed."""
    return _tell_cart(session, session.lines.in_order(), former=0)


def cart_without(session: ShoppingSession, **gone: Any) -> PendingEvent:
    """Tells the whole cart without the lines that are about to be deleted with their product or variant."""
    return _tell_cart(session, session.lines.in_order().exclude(**gone), former=0)


def _tell_cart(session: ShoppingSession, lines: Iterable[CartLine], former: int) -> PendingEvent:
    return event_log.tell(session.room_key, events.CartChanged(cart=wire.Cart.of(lines), former=former))


def voted(session: ShoppingSession, product: Product, tally: Mapping[str, int]) -> PendingEvent:
    """Tells the votes on `product`; `tally` counts them as `up` and `down`."""
    return event_log.tell(session.room_key, events.Voted(product_id=str(product.pk), **tally))


def session_ended(session: ShoppingSession, reason: str) -> PendingEvent:
    """Sends all participants away."""
    return event_log.tell(session.room_key, events.SentAway(session_id=session.pk, reason=reason))
