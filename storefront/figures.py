"""Pages of figures: a show's report, for its owner and for staff, and all shows of whoever presents."""

import uuid

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts import identity as identities
from storefront.views import presenting
from streams.models import Stream

MOST_COMPARED = 4  # shows side by side: as many as there are colours of lines


@require_safe
@login_required
def report(request: HttpRequest, stream_id: uuid.UUID) -> HttpResponse:
    """The page; its figures come by REST, as often as they are read."""
    stream = get_object_or_404(Stream.objects.complete(), pk=stream_id)
    identity = identities.Identity.of_request(request)
    if not (identity.has_role("staff", "admin") or identity.owns(stream.creator_id)):
        raise PermissionDenied("A show's report is for those who run it.")
    context = {
        "section": "studio",
        "stream": stream,
        "owns": identity.owns(stream.creator_id),
        "facts": {"id": str(stream.pk), "title": stream.title},
    }
    return render(request, "storefront/report.html", context)


@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """All own shows beside each other."""
    presenter = presenting(request)
    context = {"section": "studio", "facts": {"creator": presenter.pk}, "most": MOST_COMPARED}
    return render(request, "storefront/overview.html", context)
