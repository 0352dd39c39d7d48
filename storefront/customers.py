"""What the shop knows of a customer, put together from every app for the staff who answer them."""

from collections.abc import Callable
from typing import Any

from django.db.models import Count, Max, Sum
from django.urls import reverse

from accounts import identity as identities
from analytics.models import ProductClick, Purchase, StreamView
from realtime import wire
from recordings.models import Recording
from shopping import money
from shopping.models import CartLine, Product, ShoppingSession
from support.models import CannedReply, Conversation

SHOWN = 5  # of each kind, the newest
CART = 20  # products of a cart
CANNED = 200  # replies at hand

Facts = list[dict[str, Any]]


def known_of(conversation: Conversation, reader: identities.Identity) -> dict[str, Any]:
    """All that stands beside the conversation. What the reader may not see in the admin is left out."""
    customer, user = conversation.customer, reader.user
    allowed = {name: find(customer) for name, (right, find) in KINDS.items() if user and user.has_perm(right)}
    return {
        "email": conversation.email or (conversation.user.email if conversation.user else ""),
        "origin": _origin(conversation),
        "others": _others(conversation),
        "canned": [
            {"shortcut": reply.shortcut, "text": reply.filled_in(conversation, reader)}
            for reply in CannedReply.objects.in_order()[:CANNED]
        ],
        **allowed,
    }


def _origin(conversation: Conversation) -> Facts:
    """Where it came from, as links."""
    found = []
    if conversation.show is not None:
        found.append({"words": conversation.show.title, "url": reverse("watch", args=[conversation.show_id])})
    if conversation.product is not None:
        url = reverse("admin:shopping_product_change", args=[conversation.product_id])
        found.append({"words": conversation.product.name, "url": url})
    if conversation.party_id is not None:
        found.append({"words": "A party", "url": reverse("party", args=[conversation.party_id])})
    if conversation.call_id is not None:
        found.append({"words": "A call", "url": reverse("admin:signaling_call_change", args=[conversation.call_id])})
    return found


def _others(conversation: Conversation) -> Facts:
    """Other conversations of the same customer."""
    theirs = Conversation.objects.filter(customer=conversation.customer).exclude(pk=conversation.pk)
    return [
        {"id": str(other.pk), "status": other.status, "excerpt": other.excerpt, "at": wire.iso(other.last_message_at)}
        for other in theirs.order_by("-last_message_at")[:SHOWN]
    ]


def _shows(customer: str) -> Facts:
    views = StreamView.objects.filter(viewer=customer, role="subscriber").values("stream", "stream__title")
    seen = views.annotate(last=Max("joined_at"), seconds=Sum("watch_duration")).order_by("-last")[:SHOWN]
    return [
        {
            "words": view["stream__title"],
            "url": reverse("watch", args=[view["stream"]]),
            "at": wire.iso(view["last"]),
            "seconds": view["seconds"] or 0,
        }
        for view in seen
    ]


def _cart(customer: str) -> Facts:
    """What is in the cart that they share with others at the moment."""
    theirs = ShoppingSession.objects.going_on().filter(participants__identity=customer)
    newest = theirs.order_by("-created_at").first()
    lines = CartLine.objects.filter(session=newest, qty__gt=0).values("product").annotate(count=Sum("qty"))
    counts = {line["product"]: line["count"] for line in lines[:CART]}
    return [
        {"words": product.name, "count": counts[product.pk], "price": str(product.price), "currency": product.currency}
        for product in Product.objects.filter(pk__in=counts).order_by("name")
    ]


def _clicks(customer: str) -> Facts:
    clicks = ProductClick.objects.filter(viewer=customer).values("product", "product__name")
    found = clicks.annotate(last=Max("at"), times=Count("pk")).order_by("-last")[:SHOWN]
    return [
        {"words": click["product__name"], "count": click["times"], "at": wire.iso(click["last"])} for click in found
    ]


def _purchases(customer: str) -> Facts:
    bought = Purchase.objects.filter(viewer=customer).order_by("-at", "-pk")[:SHOWN]
    return [
        {
            "words": f"Order {purchase.order_id}",
            "url": reverse("admin:analytics_purchase_change", args=[purchase.pk]),
            "price": str(money.to_decimal(purchase.net, purchase.currency)),
            "currency": purchase.currency,
            "at": wire.iso(purchase.at),
        }
        for purchase in bought
    ]


def _recordings(customer: str) -> Facts:
    kept = Recording.objects.kept().filter(participant__identity=customer).order_by("-created_at")[:SHOWN]
    return [
        {
            "words": recording.url or "A visit",
            "url": reverse("admin:recordings_recording_replay", args=[recording.pk]),
            "at": wire.iso(recording.created_at),
            "seconds": round(recording.duration_ms / 1000),
        }
        for recording in kept
    ]


# What is shown of a customer, with the right that it takes in the admin.
KINDS: dict[str, tuple[str, Callable[[str], Facts]]] = {
    "shows": ("analytics.view_streamview", _shows),
    "cart": ("shopping.view_cartline", _cart),
    "clicks": ("analytics.view_productclick", _clicks),
    "purchases": ("analytics.view_purchase", _purchases),
    "recordings": ("recordings.view_recording", _recordings),
}
