"""The page of a party, and its invitation as a picture that a phone's camera reads."""

import io
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import identity as identities
from shopping import money
from shopping.models import Product, ShoppingSession
from shopping.wire import coshop
from storefront import views
from streams.models import Stream

REACTIONS = [
    ("heart", "Love it", "heart"),
    ("fire", "Fire", "fire"),
    ("laugh", "Funny", "laugh"),
    ("shock", "Wow", "wow"),
    ("clap", "Applause", "clap"),
]  # as the protocol calls it, in words, and its icon
BORDER = 2  # blank modules around a QR code; the page leaves the others


@require_safe
def open_party(request: HttpRequest) -> HttpResponse:
    """There is none yet: it begins once its host has said a name."""
    return render(request, "storefront/party.html", about(request, None))


@require_safe
def party(request: HttpRequest, session_id: str) -> HttpResponse:
    session = ShoppingSession.objects.going_on().filter(pk=session_id).first()
    if session is None:
        return render(request, "storefront/party_over.html", status=404)
    if session.has_removed(identities.Identity.of_request(request)):
        return render(request, "storefront/party_over.html", {"removed": True}, status=403)
    return render(request, "storefront/party.html", about(request, session))


@require_safe
def invitation(request: HttpRequest, session_id: str) -> HttpResponse:
    session = get_object_or_404(ShoppingSession.objects.going_on(), pk=session_id)
    picture = io.BytesIO()
    segno.make_qr(invite_link(request, session)).save(picture, kind="svg", border=BORDER, omitsize=True)
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


def about(request: HttpRequest, session: ShoppingSession | None) -> dict[str, Any]:
    """What the page needs, before there is a party and in one."""
    identity = identities.Identity.of_request(request)
    show = Stream.objects.complete().filter(pk=session.show_id).first() if session and session.show_id else None
    products = on_show(show)
    return {
        "session": session,
        "show": show,
        "show_facts": show and views.about(request, show)["facts"],
        "products": products,
        "product_facts": views.facts_of(products),
        "reactions": REACTIONS,
        "reader_name": identity.user.username if identity.user else "",
        "facts": {
            "sessionId": session and session.pk,
            "inviteLink": session and invite_link(request, session),
            "home": reverse("open-party"),
            "digits": money.exponent(settings.SHOP_CURRENCY),
        },
    }


def on_show(show: Stream | None) -> list[Product]:
    """The catalogue, the goods of the show that the party watches first."""
    shown = show.products if show else []
    rest = Product.objects.exclude(pk__in=[product.pk for product in shown]).newest()
    return [*shown, *rest[: views.PRODUCTS]]


def invite_link(request: HttpRequest, session: ShoppingSession) -> str:
    return coshop.SessionCreated.of(session, request.build_absolute_uri("/").rstrip("/")).invite_link
