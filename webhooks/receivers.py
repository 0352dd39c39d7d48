"""Turns what other apps report into events for endpoints, in the transactions of those apps."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from accounts import identity as identities
from analytics import signals as analytics_signals
from analytics.models import Purchase, Refund
from drops import signals as drops_signals
from drops.models import Claim, Drop
from recordings import signals as recordings_signals
from recordings.models import Recording
from shopping import signals as shopping_signals
from shopping.models import Participant, Product
from streams import signals as streams_signals
from streams.models import HeldMessage, Stream
from support import signals as support_signals
from support.models import Conversation, SupportMessage
from webhooks import outbox, payloads
from webhooks.kinds import Kind


@receiver(streams_signals.stream_started)
def show_started(sender: object, stream: Stream, **_: Any) -> None:
    outbox.add(Kind.SHOW_STARTED, f"show:{stream.pk}", payloads.show(stream))


@receiver(streams_signals.stream_ended)
def show_ended(sender: object, stream: Stream, **_: Any) -> None:
    outbox.add(Kind.SHOW_ENDED, f"show:{stream.pk}", payloads.show(stream))


@receiver(analytics_signals.show_counted)
def show_counted(sender: object, stream: Stream, figures: dict[str, Any], **_: Any) -> None:
    outbox.add(Kind.SHOW_SUMMARY, f"show:{stream.pk}", payloads.summary(stream, figures))


@receiver(streams_signals.message_held)
def message_held(sender: object, held: HeldMessage, **_: Any) -> None:
    outbox.add(Kind.MESSAGE_HELD, f"show:{held.stream_id}", payloads.held_message(held), held.author)


@receiver(support_signals.message_said)
def message_said(sender: object, message: SupportMessage, **_: Any) -> None:
    """The first message also opens its conversation, which has no name before."""
    about = message.conversation
    subject = f"conversation:{about.pk}"
    if outbox.is_wanted(Kind.CONVERSATION_OPENED) and not about.messages.exclude(pk=message.pk).exists():
        outbox.add(Kind.CONVERSATION_OPENED, subject, payloads.conversation(about), about.customer)
    outbox.add(Kind.CONVERSATION_MESSAGE, subject, payloads.support_message(message), about.customer)


@receiver(support_signals.conversation_resolved)
def conversation_resolved(sender: object, conversation: Conversation, **_: Any) -> None:
    subject = f"conversation:{conversation.pk}"
    outbox.add(Kind.CONVERSATION_CLOSED, subject, payloads.conversation(conversation), conversation.customer)


@receiver(recordings_signals.recording_finished)
def recording_finished(sender: object, recording: Recording, **_: Any) -> None:
    author = recording.participant.identity if recording.participant is not None else ""
    outbox.add(Kind.RECORDING_FINISHED, f"recording:{recording.pk}", payloads.recording(recording), author)


@receiver(analytics_signals.purchase_reported)
def purchase_reported(sender: object, purchase: Purchase, **_: Any) -> None:
    outbox.add(Kind.PURCHASE_REPORTED, f"order:{purchase.order_id}", payloads.purchase(purchase), purchase.viewer)


@receiver(analytics_signals.purchase_confirmed)
def purchase_confirmed(sender: object, purchase: Purchase, **_: Any) -> None:
    outbox.add(Kind.PURCHASE_CONFIRMED, f"order:{purchase.order_id}", payloads.purchase(purchase), purchase.viewer)


@receiver(analytics_signals.purchase_refunded)
def purchase_refunded(sender: object, purchase: Purchase, refund: Refund, **_: Any) -> None:
    subject = f"order:{purchase.order_id}"
    outbox.add(Kind.PURCHASE_REFUNDED, subject, payloads.refund(purchase, refund), purchase.viewer)


@receiver(streams_signals.product_clicked)
def product_clicked(sender: object, stream: Stream, product_id: UUID, identity: identities.Identity, **_: Any) -> None:
    about = {"sessionId": str(stream.pk), "productId": str(product_id), "viewer": identity.key}
    outbox.add(Kind.PRODUCT_CLICKED, f"viewer:{identity.key}", about, identity.key)


@receiver(shopping_signals.cart_filled)
def cart_filled(sender: object, participant: Participant, product: Product, quantity: int, **_: Any) -> None:
    about = {
        "partyId": str(participant.session_id),
        "productId": str(product.pk),
        "quantity": quantity,
        "viewer": participant.identity,
    }
    outbox.add(Kind.CART_FILLED, f"party:{participant.session_id}", about, participant.identity)


@receiver(drops_signals.drop_changed)
def drop_changed(sender: object, drop: Drop, status: str, **_: Any) -> None:
    kinds = {
        "announced": Kind.DROP_ANNOUNCED,
        "open": Kind.DROP_OPENED,
        "sold_out": Kind.DROP_SOLD_OUT,
        "closed": Kind.DROP_CLOSED,
    }
    outbox.add(kinds[status], f"drop:{drop.pk}", payloads.drop(drop))


@receiver(drops_signals.claims_changed)
def claims_changed(sender: object, drop: Drop, claims: Sequence[Claim], **_: Any) -> None:
    if outbox.is_wanted(Kind.CLAIM_CHANGED):
        for claim in claims:
            outbox.add(Kind.CLAIM_CHANGED, f"claim:{claim.pk}", payloads.claim(claim, drop), claim.owner)
