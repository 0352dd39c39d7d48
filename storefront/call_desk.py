"""The page on which staff take calls, and what the page of a call says of one that came to the shop."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import identity as identities
from streams.models import ShopCall
from support.models import Offer, Sender

MISSED = 20  # calls that nobody has taken, on the page


@require_safe
@login_required
def calls(request: HttpRequest) -> HttpResponse:
    identity = identities.Identity.of_request(request)
    if not identity.has_role("staff", "admin"):
        raise PermissionDenied("Calls to the shop are taken by its staff.")
    missed = ShopCall.objects.exclude(outcome__in=["", ShopCall.Outcome.ACCEPTED]).order_by("-placed_at")[:MISSED]
    return render(request, "storefront/calls.html", {"section": "calls", "missed": missed})


def seat(match: str, identity: identities.Identity) -> dict[str, Any] | None:
    """How the reader sits down at the match of an accepted offer, empty for anyone else; None at any other match.

    A customer who comes from a page of another site brings the same behind `#`.
    """
    offer = Offer.objects.filter(match__name=match, state=Offer.State.ACCEPTED).select_related("conversation").first()
    if offer is None:
        return None
    if identity.verified and offer.agent_id == identity.user_id:
        return {"userId": str(identity.user_id), "accepts": True}
    is_customer = Sender(identity).is_customer_of(offer.conversation)
    return {"userId": offer.handle, "talking": True} if is_customer else {}


def about(match: str, identity: identities.Identity) -> dict[str, Any]:
    """The call to the shop that goes on at this match, and whether the reader is the one who has taken it."""
    call = ShopCall.objects.filter(match__name=match).select_related("stream").first()
    if call is None:
        return {"shop_call": None, "takes": False}
    return {"shop_call": call, "takes": identity.verified and call.agent_id == identity.user_id}
