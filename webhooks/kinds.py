"""The kinds of events that an endpoint may be sent. docs/webhooks.md has an example of each."""

from django.db import models


class Kind(models.TextChoices):
    """A kind's value is its name on the wire, and must not change."""

    SHOW_STARTED = "show.started", "A show has gone live"
    SHOW_ENDED = "show.ended", "A show is over"
    SHOW_SUMMARY = "show.summary", "The figures of a show that is over"
    MESSAGE_HELD = "message.held", "A chat message waits for a moderator"
    CONVERSATION_OPENED = "conversation.opened", "A customer has begun a conversation with support"
    CONVERSATION_MESSAGE = "conversation.message", "A customer or the staff have written in a conversation"
    CONVERSATION_CLOSED = "conversation.closed", "A conversation with support was resolved"
    RECORDING_FINISHED = "recording.finished", "A recording can be played"
    PURCHASE_REPORTED = "purchase.reported", "A buyer's page has reported a purchase"
    PURCHASE_CONFIRMED = "purchase.confirmed", "The shop has confirmed a purchase"
    PURCHASE_REFUNDED = "purchase.refunded", "The shop has paid back a purchase, or a part of it"
    PRODUCT_CLICKED = "product.clicked", "A viewer has looked at a product (one event for each look)"
    CART_FILLED = "cart.filled", "Somebody has put a product into a shared cart"


TEST = "webhook.test"  # sent by hand, to any endpoint
