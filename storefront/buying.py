"""The bag, and the way from here to the seller's shop: to nowhere but the pages that the catalogue names."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import identity as identities
from analytics import references
from analytics.models import Checkout
from realtime import errors
from rest import addresses, ids, links, throttling
from shopping import money
from shopping.bag_serializers import MAX_MS
from shopping.bag_views import shown
from shopping.models import BagLine, Product, Variant
from streams.models import Stream

NO_PAGE = "The shop has not said yet where this is sold. Ask the shop for it."


@never_cache
@require_safe
def bag(request: HttpRequest) -> HttpResponse:
    lines = BagLine.objects.of(identities.Identity.of_request(request))
    facts = {**shown(list(lines)), "digits": money.exponent(settings.SHOP_CURRENCY)}
    return render(request, "storefront/bag.html", {"facts": facts, "section": "bag"})


@never_cache
@require_safe
def buy(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Leads to the product's page in the seller's shop, unless its price is another than the one that was seen."""
    product = get_object_or_404(Product, pk=product_id)
    try:
        variant = product.find_variant(request.GET.get("variant") or None)
        product.check_may_add(variant, 1)
    except ValidationError as error:
        return _refused(request, product, error.messages[0], 400)
    except errors.RequestRefused as error:
        return _refused(request, product, error.message, 409)
    page, price = product.page(variant), product.unit_price(variant)
    if not re.match(links.WEB, page, re.IGNORECASE):
        return _refused(request, product, NO_PAGE, 409)
    if (seen := _number(request.GET.get("price", ""))) is not None and seen != price:
        return _repriced(request, product, seen, price)
    identity = identities.Identity.of_request(request)
    reference = _reference(request, identity, product, variant)
    return HttpResponseRedirect(references.leading_to(page, references.seal(reference)))


def _reference(
    request: HttpRequest, identity: identities.Identity, product: Product, variant: Variant | None
) -> references.Reference:
    """What goes along; the show's figures count who is led to the shop, each address only so often."""
    stream = _show(request, product)
    is_counted = stream is not None and request.method == "GET"
    rate = settings.REST_RATES["purchase"]
    if stream and is_counted and not throttling.take("purchase", addresses.of_request(request), rate):
        Checkout.objects.lead(stream, identity)
    return references.Reference(
        stream_id=None if stream is None else stream.pk,
        moment_ms=_moment(request, stream),
        product_id=product.pk,
        variant_id=None if variant is None else variant.pk,
        viewer=identity.key,
        at=timezone.now(),
    )


def _show(request: HttpRequest, product: Product) -> Stream | None:
    """The show that the page names, if it has the product."""
    key = ids.uuid_of(request.GET.get("show", ""))
    return Stream.objects.filter(pk=key, listings__product=product).first() if key else None


def _moment(request: HttpRequest, stream: Stream | None) -> int:
    """How far into the show they are, in milliseconds: what the page of a replay says, else now."""
    said = _number(request.GET.get("at", ""))
    if said is not None:
        return min(said, MAX_MS)
    if stream is None or not stream.is_on or stream.started_at is None:
        return 0
    return min(max((timezone.now() - stream.started_at) // timedelta(milliseconds=1), 0), MAX_MS)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None


def _refused(request: HttpRequest, product: Product, words: str, status: int) -> HttpResponse:
    return render(request, "storefront/buy.html", {"product": product, "problem": words}, status=status)


def _repriced(request: HttpRequest, product: Product, seen: int, price: int) -> HttpResponse:
    """Shows the price as it is now; whoever goes on has agreed to it."""
    asked = request.GET.copy()
    asked["price"] = str(price)
    context: dict[str, Any] = {
        "product": product,
        "before": money.to_decimal(seen, product.currency),
        "price": money.to_decimal(price, product.currency),
        "onwards": f"?{asked.urlencode()}",
    }
    return render(request, "storefront/buy.html", context, status=409)
