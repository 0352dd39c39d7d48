"""What each kind of event says: ids and facts, by the names that REST has for them. docs/webhooks.md shows them."""

from datetime import datetime
from typing import Any

from analytics.models import Purchase, Refund
from drops.models import Claim, Drop
from realtime import wire
from recordings.models import Recording
from streams.models import HeldMessage, Stream
from support.models import Conversation, SupportMessage

Data = dict[str, Any]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else wire.iso(moment)


def show(stream: Stream) -> Data:
    return {
        "sessionId": str(stream.pk),
        "title": stream.title,
        "category": stream.category,
        "status": stream.status,
        "creatorId": stream.creator_id,
        "startedAt": _iso(stream.started_at),
        "endedAt": _iso(stream.ended_at),
    }


def summary(stream: Stream, figures: Data) -> Data:
    return {**show(stream), **figures}


def held_message(held: HeldMessage) -> Data:
    return {
        "messageId": str(held.pk),
        "sessionId": str(held.stream_id),
        "cause": held.cause,
        "author": held.author,
        "userName": held.name,
        "message": held.text,
        "createdAt": _iso(held.created_at),
    }


def conversation(about: Conversation) -> Data:
    return {
        "conversationId": str(about.pk),
        "customer": about.customer,
        "name": about.customer_name,
        "status": about.status,
        "priority": about.priority,
        "assigneeId": about.assignee_id,
        "team": about.team,
        "tags": about.tags,
        "showId": str(about.show_id) if about.show_id else None,
        "productId": str(about.product_id) if about.product_id else None,
        "createdAt": _iso(about.created_at),
        "resolvedAt": _iso(about.resolved_at),
    }


def support_message(message: SupportMessage) -> Data:
    said = {
        "messageId": str(message.pk),
        "by": message.kind,
        "userName": message.name,
        "message": message.text,
        "sentAt": _iso(message.created_at),
    }
    return {**conversation(message.conversation), **said}


def purchase(about: Purchase) -> Data:
    return {
        "orderId": about.order_id,
        "confirmed": about.is_confirmed,
        "currency": about.currency,
        "value": about.value,
        "refunded": about.refunded,
        "items": about.items,
        "viewer": about.viewer,
        "sessionId": str(about.stream_id) if about.stream_id else None,
        "productId": str(about.product_id) if about.product_id else None,
        "clickedAt": _iso(about.clicked_at),
        "seconds": about.seconds,
        "purchasedAt": _iso(about.at),
    }


def refund(about: Purchase, refund: Refund) -> Data:
    return {**purchase(about), "refundId": refund.refund_id, "refundValue": refund.value, "refundedAt": _iso(refund.at)}


def recording(about: Recording) -> Data:
    return {
        "recordingId": about.pk,
        "participantId": about.participant_id,
        "url": about.url,
        "durationMs": about.duration_ms,
        "eventCount": about.event_count,
        "byteCount": about.byte_count,
        "startedAt": _iso(about.created_at),
        "endedAt": _iso(about.ended_at),
    }


def drop(about: Drop) -> Data:
    return {
        "dropId": str(about.pk),
        "sessionId": str(about.stream_id),
        "productId": str(about.product_id) if about.product_id else None,
        "variantId": str(about.variant_id) if about.variant_id else None,
        "title": str(about),
        "currency": about.currency,
        "price": about.price_minor,
        "quantity": about.quantity,
        "held": about.held,
        "paid": about.paid,
        "waiting": about.waiting,
        "status": about.status,
        "outcome": about.outcome,
        "openedAt": _iso(about.opened_at),
        "closedAt": _iso(about.closed_at),
    }


def claim(about: Claim, of: Drop) -> Data:
    return {
        "claimId": str(about.pk),
        "dropId": str(of.pk),
        "sessionId": str(of.stream_id),
        "productId": str(of.product_id) if of.product_id else None,
        "variantId": str(of.variant_id) if of.variant_id else None,
        "owner": about.owner,
        "userName": about.name,
        "state": about.state,
        "pieces": about.pieces,
        "wanted": about.wanted,
        "heldUntil": _iso(about.held_until),
        "orderId": about.order_id,
        "createdAt": _iso(about.created_at),
    }
