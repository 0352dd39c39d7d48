"""The page of what was found. Without scripts its box is a plain form; with them it suggests while one types."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import identity as identities
from accounts.models import Role, User
from search import creators, finding, lines
from search.postgres import Found
from storefront import views
from streams.models import Listing, Switchboard

SHOWS, PRODUCTS, CREATORS, LINES = 12, 24, 8, 8  # on one page
NOTHING = Found([], 0)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What has the words of `?q=`, or the shows of `?creator=`."""
    text = request.GET.get("q", "").replace("\0", " ").strip()
    creator = _creator(request.GET.get("creator", ""))
    found: dict[str, Any] = dict.fromkeys(("shows", "products", "people", "said"), NOTHING)
    problem = ""
    try:
        if creator is not None:
            found["shows"] = finding.shows(text, slice(0, SHOWS), creator=creator.pk)
        elif text:
            found = _everything(text)
    except ValidationError as error:
        problem = error.messages[0]
    listings = Listing.objects.in_order().select_related("product")  # which the shows' windows are drawn with
    prefetch_related_objects(found["shows"].rows, Prefetch("listings", listings))
    context = {
        "text": text,
        "creator": creator,
        "problem": problem,
        "total": sum(page.total for page in found.values()),
        "moments": [(line, lines.moment(line)) for line in found["said"].rows],
        "product_facts": views.facts_of(found["products"].rows),
        "reader_name": views.name_of(identities.Identity.of_request(request)),
        "shop_available": Switchboard.objects.is_open(),
    }
    return render(request, "storefront/search.html", found | context)


def _everything(text: str) -> dict[str, Found]:
    return {
        "shows": finding.shows(text, slice(0, SHOWS)),
        "products": finding.products(text, slice(0, PRODUCTS)),
        "people": creators.find(text, slice(0, CREATORS)),
        "said": lines.find(text, slice(0, LINES)),
    }


def _creator(pk: str) -> User | None:
    if not (pk.isascii() and pk.isdecimal() and len(pk) < 10):
        return None
    return User.objects.active().filter(role=Role.CREATOR, pk=int(pk)).first()
