"""What the templates need and Django does not have: drawn icons, and a colour that stays with its thing."""

import uuid
from typing import Any

import regex
from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import identity as identities
from accounts.models import Role, User
from support.models import Conversation, Sender
from support.rights import AGENTS

register = template.Library()

TINTS = 6  # as many as tokens.css has


@register.simple_tag
def icon(name: str) -> SafeString:
    """A symbol of icons.svg; the words beside it say what it means."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("storefront/icons.svg"), name
    )


@register.filter
def tint(identifier: uuid.UUID) -> str:
    """The class of one of the tints; dom.js chooses by the same sum."""
    return f"tint-{identifier.int % TINTS}"


@register.filter
def initial(name: str) -> str:
    """The first letter of a name as people see it, which may be many characters; dom.js finds the same one."""
    found = regex.match(r"\X", name.strip())
    return found.group().upper() if found else "?"


@register.filter
def clock(seconds: int) -> str:
    """A moment of a show: `1:02:03`, or `2:03` within its first hour."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


@register.filter
def presents(user: User) -> bool:
    """Whether the studio is for them."""
    return user.role in (Role.CREATOR, Role.ADMIN)


@register.filter
def takes_calls(user: User) -> bool:
    """Whether the page on which calls to the shop are taken is for them."""
    return user.role in (Role.STAFF, Role.ADMIN)


@register.inclusion_tag("storefront/support.html", takes_context=True)
def support_widget(context: Any, show_id: object = "", party_id: object = "", button: bool = True) -> dict[str, Any]:
    """The window in which the reader writes to the shop; without its `button` where a page has one of its own."""
    request = context["request"]
    identity = identities.Identity.of_request(request)
    is_customer = not identity.has_role(*AGENTS)
    is_new = identity.is_guest and bool(getattr(request, "visitor_cookie", None))
    is_known = is_customer and not is_new
    return {
        "is_customer": is_customer,
        "reader": identity.user_id or "",
        "begun": is_known and Conversation.objects.present_of(Sender(identity)) is not None,
        "show_id": show_id or "",
        "party_id": party_id or "",
        "button": button,
    }


@register.simple_tag
def currency() -> str:
    shop: str = settings.SHOP_CURRENCY
    return shop


@register.simple_tag(takes_context=True)
def absolute(context: Any, name: str, *args: object) -> str:
    """The whole address of a page of ours, for those who read it elsewhere."""
    address: str = context["request"].build_absolute_uri(reverse(name, args=args))
    return address
