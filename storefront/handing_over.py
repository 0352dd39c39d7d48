"""Goods of a show that go into a shop's own cart, or are bought on its page: what the page there is handed."""

import re
import uuid
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import identity as identities
from analytics import references
from analytics.models import CartAdd, Checkout
from realtime import errors
from rest import ids, links
from shopping.models import Product, Variant
from storefront import buying
from streams.models import Stream

MAX_QUANTITY = 99  # of one product that are handed over at once


@never_cache
@require_safe
def goods(request: HttpRequest, stream_id: uuid.UUID) -> HttpResponse:
    """The reference by which the shop knows the show again, and the page where it is sold with the reference in it.

    For the guest whose token comes with the request. `product`, `variant`, `qty` and the `price` that was seen, in
    minor units, are what they have chosen; with `to=cart` it goes into the shop's cart, else to its page.
    """
    request.user = AnonymousUser()
    stream = get_object_or_404(Stream.objects.listed(), pk=stream_id)
    product = get_object_or_404(
        Product.objects.filter(listings__stream=stream), pk=ids.uuid_of(request.GET.get("product", ""))
    )
    qty = buying.number(request.GET.get("qty", "1")) or 0
    try:
        if not 0 < qty <= MAX_QUANTITY:
            raise ValidationError(f"The quantity is a number from 1 to {MAX_QUANTITY}")
        variant = product.find_variant(request.GET.get("variant") or None)
        product.check_may_add(variant, qty)
    except ValidationError as error:
        return _refused(error.messages[0], 400)
    except errors.RequestRefused as error:
        return _refused(error.message, 409)
    if buying.number(request.GET.get("price", "")) not in (None, product.unit_price(variant)):
        return _refused("The price has just changed. Please look at it again.", 409)
    return JsonResponse(_handed_over(request, stream, product, variant, qty))


def _handed_over(
    request: HttpRequest, stream: Stream, product: Product, variant: Variant | None, qty: int
) -> dict[str, Any]:
    identity = identities.Identity.of_request(request)
    reference = references.seal(buying.reference_of(request, identity, product, variant, stream))
    if buying.is_counted(request):
        if request.GET.get("to") == "cart":
            CartAdd.objects.hand_over(stream, identity, product, qty)
        else:
            Checkout.objects.lead(stream, identity)
    page = product.page(variant)
    is_web = re.match(links.WEB, page, re.IGNORECASE)
    return {"reference": reference, "url": references.leading_to(page, reference) if is_web else ""}


def _refused(words: str, status: int) -> JsonResponse:
    return JsonResponse({"error": words}, status=status)
