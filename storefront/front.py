"""What the admin's front page says of the shop, above its lists: to each of the staff what they may see."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Role, User
from analytics import shop
from shopping import money
from webhooks.models import Endpoint

WORDS = {1: "Today", 7: "7 days", 30: "30 days"}


class Tile(NamedTuple):
    """A figure, what it is of, and the list that has more of it; with `alarms` it wants to be looked at if not 0."""

    caption: str
    values: list[str]
    href: str = ""
    alarms: bool = False
    more: str = ""


def seen(request: HttpRequest) -> dict[str, Any]:
    """The context of the front page. Whoever may see no figures has none."""
    reader = request.user
    if not isinstance(reader, User) or not reader.is_staff:
        return {}
    days = next((each for each in shop.DAYS if str(each) == request.GET.get("days")), shop.DAYS[0])
    figures = shop.of(days)
    now = [tile for right, tile in _now(figures) if reader.has_perm(right)]
    lately = [tile for right, tile in _lately(figures) if reader.has_perm(right)]
    return {
        "days": days,
        "periods": WORDS,
        "now": now,
        "lately": lately,
        "live": figures["live"] if reader.has_perm("streams.view_stream") else [],
        "reads_reports": reader.role in (Role.STAFF, Role.ADMIN),
    }


def _list(model: str, query: str = "") -> str:
    return reverse(f"admin:{model}_changelist") + query


def _now(figures: dict[str, Any]) -> list[tuple[str, Tile]]:
    talks = figures["conversations"]
    failing = Endpoint.objects.filter(is_active=True, failing_since__isnull=False).count()
    failing += Endpoint.objects.exclude(notice="").count()
    shows = _list("streams_stream", "?status__exact=live")
    unanswered = f"{talks['waiting']:,} without a reply"
    return [
        ("streams.view_stream", Tile("Live now", [f"{figures['liveShows']:,}"], shows)),
        ("streams.view_stream", Tile("Watching now", [f"{figures['watching']:,}"], shows)),
        (
            "support.view_conversation",
            Tile("Open conversations", [f"{talks['open']:,}"], reverse("admin:support_inbox"), more=unanswered),
        ),
        (
            "streams.view_heldmessage",
            Tile(
                "Held messages", [f"{figures['held']:,}"], _list("streams_heldmessage", "?status__exact=waiting"), True
            ),
        ),
        (
            "streams.view_report",
            Tile("Reports waiting", [f"{figures['reports']:,}"], _list("streams_report", "?status__exact=open"), True),
        ),
        ("webhooks.view_endpoint", Tile("Webhooks failing", [f"{failing:,}"], _list("webhooks_endpoint"), True)),
    ]


def _lately(figures: dict[str, Any]) -> list[tuple[str, Tile]]:
    net = [
        f"{money.to_decimal(row['net'], row['currency']):,} {row['currency']}"
        for row in figures["currencies"]
        if row["orders"]
    ]
    bought = _list("analytics_purchase")
    return [
        ("streams.view_stream", Tile("Shows", [f"{figures['shows']:,}"], _list("streams_stream"))),
        ("analytics.view_streamview", Tile("Views of shows", [f"{figures['views']:,}"], _list("analytics_streamview"))),
        ("analytics.view_purchase", Tile("Purchases", [f"{figures['orders']:,}"], bought)),
        ("analytics.view_purchase", Tile("Revenue less refunds", net or ["-"], bought)),
    ]
