"""From a piece that somebody holds to the checkout of the seller's shop."""

import re
from datetime import timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import identity as identities
from analytics import references
from drops.models import Claim, State
from rest import links
from shopping.bag_serializers import MAX_MS

NO_PAGE = "The shop has not said yet where this is sold. Ask the shop for it."
OVER = "This is not kept for you any longer."


@never_cache
@require_safe
def checkout(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Leads to the product's page in the seller's shop, with a reference that is good for as long as the hold.

    `vitrine_until` is when that ends, in seconds since 1970, and `vitrine_drop` whose price it is.
    """
    identity = identities.Identity.of_request(request)
    claims = Claim.objects.select_related("drop__product", "drop__variant", "drop__stream")
    claim = get_object_or_404(claims, pk=claim_id)
    if not claim.is_of(identity) and not claim.is_opened_by(request.GET.get("key", "")):
        raise Http404
    drop = claim.drop
    page = drop.product.page(drop.variant) if drop.product is not None else ""
    if not re.match(links.WEB, page, re.IGNORECASE):
        return _refused(request, claim, NO_PAGE)
    claim.begin_checkout()
    if claim.state != State.HELD or claim.held_until is None:
        return _refused(request, claim, OVER)
    stream, now = drop.stream, timezone.now()
    since = (now - stream.started_at) // timedelta(milliseconds=1) if stream.started_at is not None else 0
    reference = references.Reference(
        stream_id=stream.pk,
        moment_ms=min(max(since, 0), MAX_MS),
        product_id=drop.product_id or references.NOTHING,
        variant_id=drop.variant_id,
        viewer=claim.owner,
        at=now,
        claim_id=claim.pk,
    )
    until = str(int(claim.held_until.timestamp()))
    return HttpResponseRedirect(references.leading_to(page, references.seal(reference), until=until, drop=str(drop.pk)))


def _refused(request: HttpRequest, claim: Claim, words: str) -> HttpResponse:
    product = claim.drop.product or {"id": claim.drop_id, "name": str(claim.drop)}
    return render(request, "storefront/buy.html", {"product": product, "problem": words}, status=409)
