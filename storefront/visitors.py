"""The admin's pages on which staff look a visitor up and read what that person did."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import identity as identities
from accounts.models import User
from analytics import visitors
from analytics.visitor_views import read_moment

WORDS = {
    "watched": "Watched",
    "looked": "Looked at",
    "looked_in_replay": "Looked, in a replay, at",
    "put_into_cart": "Put into a cart",
    "began_checkout": "Began to pay",
    "bought": "Bought",
    "reported_purchase": "Bought, as their page says",
    "was_refunded": "Was paid back",
    "shopped_together": "Shopped together",
    "called_shop": "Called the shop",
    "called": "Call",
    "wrote_to_support": "Wrote to support",
    "was_recorded": "Was recorded",
    "agreed_to_recording": "Agreed to be recorded",
    "declined_recording": "Declined to be recorded",
}
# The admin's page about a fact, by what its id is of.
PAGES = {
    "bought": "analytics_purchase_change",
    "reported_purchase": "analytics_purchase_change",
    "was_refunded": "analytics_purchase_change",
    "shopped_together": "shopping_shoppingsession_change",
    "called_shop": "streams_shopcall_change",
    "called": "signaling_call_change",
    "was_recorded": "recordings_recording_replay",
}


@require_safe
@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """Leads to whom `?who=` means, a username or a key."""
    _reader(request)
    who, trouble = request.GET.get("who", "").strip(), ""
    if who:
        try:
            return redirect("admin:visitor", key=identities.key_of(who))
        except User.DoesNotExist:
            trouble = "There is no such account, and this is no visitor's key."
    context = admin.site.each_context(request) | {"title": "Visitors", "who": who, "trouble": trouble}
    return render(request, "storefront/visitors.html", context)


@require_safe
@never_cache
def visitor(request: HttpRequest, key: str) -> HttpResponse:
    """What somebody did, a page of it; the first page is noted as read."""
    reader = _reader(request)
    if not identities.KEY.fullmatch(key):
        raise Http404
    try:
        before = read_moment(request.GET.get("before"))
    except ValidationError:
        raise Http404 from None
    found = visitors.read(key, reader, before)
    for event in found["events"]:
        event["words"], event["href"] = WORDS[event["kind"]], _href(event)
    older = found["before"] and "?" + urlencode({"before": found["before"].isoformat()})
    context = admin.site.each_context(request) | {"title": "What a visitor did", **found, "older": older}
    context["user_of"] = found["user"]  # the template knows the reader as `user`
    context["user"] = reader
    return render(request, "storefront/visitor.html", context)


def _reader(request: HttpRequest) -> User:
    identity = identities.Identity.of_request(request)
    if identity.user is None or not identity.has_role("staff", "admin"):
        raise PermissionDenied("What visitors did is for the shop's staff.")
    return identity.user


def _href(event: dict[str, Any]) -> str:
    if event["kind"] == "wrote_to_support":
        return f"{reverse('admin:support_inbox')}#{event['id']}"
    if (page := PAGES.get(event["kind"])) is not None:
        return reverse(f"admin:{page}", args=[event["id"]])
    return reverse("report", args=[event["sessionId"]]) if event["sessionId"] else ""
