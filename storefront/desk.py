"""The desk in the admin at which staff answer customers; the scripts speak to support over its socket and REST."""

from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import identity as identities
from accounts.models import User
from storefront import customers
from support.models import Conversation, Sender
from support.models.attachment import MAX_BYTES
from support.rights import AGENTS
from support.wire.conversations import MAX_ATTACHED, MAX_LENGTH

MAX_AGENTS = 500  # of the staff among whom a conversation can be given to somebody
FILTERS = {
    "mine": "Mine",
    "unassigned": "Unassigned",
    "overdue": "Overdue",
    "snoozed": "Snoozed",
    "all": "All",
    "resolved": "Resolved",
}


@require_safe
@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    """The page; the admin's site lets only those in who may see the admin at all."""
    sender = Sender(identities.Identity.of_request(request))
    if not sender.is_agent or sender.identity.user is None:
        raise PermissionDenied("Customers are answered by the shop's staff.")
    agents = User.objects.active().filter(role__in=AGENTS).order_by("username")[:MAX_AGENTS]
    context = admin.site.each_context(request) | {
        "title": "Support inbox",
        "is_fullwidth": "1",
        "filters": FILTERS,
        "max_length": MAX_LENGTH,
        "facts": {
            "me": {"id": sender.user_id, "name": sender.identity.name},
            "agents": [{"id": agent.pk, "name": agent.username} for agent in agents],
            "maxFiles": MAX_ATTACHED,
            "maxBytes": MAX_BYTES,
        },
    }
    return render(request, "storefront/desk.html", context)


@require_safe
@never_cache
def customer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is known of the customer of a conversation, as JSON. To others than agents there is nothing here."""
    sender = Sender(identities.Identity.of_request(request))
    found = Conversation.objects.filter(pk=pk).select_related("user", "show", "product").first()
    if not sender.is_agent or found is None:
        raise Http404
    return JsonResponse(customers.known_of(found, sender.identity))
