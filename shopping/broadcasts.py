"""Who is told when something happens in a party."""

from collections.abc import Iterator
from typing import Any

from django.dispatch import receiver

from realtime.events import BaseEvent
from shopping import events, signals, wire
from shopping.models import CartLine, CartOperation, Participant, Product, ShoppingSession, Vote
from shopping.models.participant import Told
from shopping.rooms import ShoppingRoom, cart_of

MOST_REPRICED = 500  # parties that hear of a changed product at once; the others hear of it with their next operation


def tell(session_id: str, event: BaseEvent, **how: Any) -> None:
    ShoppingRoom(session_id).tell(event, **how)


@receiver(signals.participant_joined)
def tell_joined(sender: object, participant: Participant, **_: Any) -> None:
    joined = events.Joined(user_id=participant.user_id, name=participant.name)
    tell(participant.session_id, joined, but=participant.address, row=participant, field="joined_seq")


@receiver(signals.participant_left)
def tell_left(sender: object, participant: Participant, reason: str, **_: Any) -> None:
    left = events.Left(user_id=participant.user_id, reason=reason or None)
    tell(participant.session_id, left, but=participant.address)


@receiver(signals.participant_removed)
def tell_removed(sender: object, participant: Participant, **_: Any) -> None:
    sent_away = events.SentAway(session_id=participant.session_id, reason="removed")
    tell(participant.session_id, sent_away, to=participant.address)


@receiver(signals.host_changed)
def tell_host(sender: object, participant: Participant, **_: Any) -> None:
    tell(participant.session_id, events.HostChanged(user_id=participant.user_id))


@receiver(signals.synced)
def tell_did(
    sender: object, participant: Participant, payload: dict[str, Any], op: str | None, told: Told, **_: Any
) -> None:
    did = events.Did(payload=payload, source_id=participant.user_id, at=wire.now_ms())
    tell(participant.session_id, did, author=participant.identity, op=op, but=participant.address, row=told)


@receiver(signals.cart_changed)
def tell_cart(sender: object, session: ShoppingSession, operation: CartOperation | None, **_: Any) -> None:
    former = session.operations.order_by("-seq").values_list("seq", flat=True).first() or 0
    changed = events.CartChanged(cart=cart_of(CartLine.objects.of(session)), former=former)
    tell(session.pk, changed, row=operation)


@receiver(signals.voted)
def tell_votes(sender: object, session: ShoppingSession, product: Product, **_: Any) -> None:
    tally = Vote.objects.tally(session, product)
    tell(session.pk, events.Voted(product_id=str(product.pk), **tally))


@receiver(signals.session_ended)
def tell_ended(sender: object, session: ShoppingSession, reason: str, **_: Any) -> None:
    tell(session.pk, events.SentAway(session_id=session.pk, reason=reason))


@receiver(signals.product_changed)
def tell_repriced(sender: object, product: Product, **_: Any) -> None:
    """A cart that is being looked at must not show an old price."""
    for session in carrying(product):
        tell(session.pk, events.CartChanged(cart=cart_of(CartLine.objects.of(session)), former=0))


@receiver(signals.product_removed)
def tell_sold_out(sender: object, product: Product, **_: Any) -> None:
    for session in carrying(product):
        left = CartLine.objects.of(session).exclude(product=product)
        tell(session.pk, events.CartChanged(cart=cart_of(left), former=0))


def carrying(product: Product) -> Iterator[ShoppingSession]:
    """The parties that have it in their cart, each locked: the cart that is told last must be the one there is."""
    going_on = ShoppingSession.objects.going_on().filter(lines__product=product).distinct()
    for session in sorted(going_on.order_by("-expires_at")[:MOST_REPRICED], key=lambda session: session.pk):
        session.lock()
        yield session
