"""The kinds of events that an endpoint may be sent. docs/webhooks.md has an example of each."""

from django.db import models


class Kind(models.TextChoices):
    """A kind's value is its name on the wire, and must not change."""

    SHOW_STARTED = "show.started", "it has gone live"
    SHOW_ENDED = "show.ended", "it is over"
    SHOW_SUMMARY = "show.summary", "its figures, once"
    MESSAGE_HELD = "message.held", "for a moderator"
    CONVERSATION_OPENED = "conversation.opened", "by a customer"
    CONVERSATION_MESSAGE = "conversation.message", "by either side"
    CONVERSATION_CLOSED = "conversation.closed", "it was resolved"
    RECORDING_FINISHED = "recording.finished", "it can be played"
    PURCHASE_REPORTED = "purchase.reported", "by a page"
    PURCHASE_CONFIRMED = "purchase.confirmed", "by the shop"
    PURCHASE_REFUNDED = "purchase.refunded", "or a part of it"
    DROP_ANNOUNCED = "drop.announced", "in a show"
    DROP_OPENED = "drop.opened", "or pieces have come back"
    DROP_SOLD_OUT = "drop.sold_out", "all pieces are held or paid for"
    DROP_CLOSED = "drop.closed", "for good"
    CLAIM_CHANGED = "claim.changed", "each claim, whenever it stands otherwise"
    PRODUCT_CLICKED = "product.clicked", "each look at one"
    CART_FILLED = "cart.filled", "in a party"


TEST = "webhook.test"  # sent by hand, to any endpoint
