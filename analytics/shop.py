"""The whole shop at a glance: what goes on and waits now, and what the shows of some days have come to."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from analytics import purchases
from analytics.models import Purchase, Rollup, StreamView
from realtime import database
from streams.models import HeldMessage, Report, Stream
from support.models import figures as support

DAYS = (1, 7, 30)  # today, and with so many days before it that there are that many
FRESH = 10.0  # seconds for which the figures are believed
LISTED = 20  # live shows


@database.cached(seconds=FRESH, max_entries=len(DAYS))
def of(days: int) -> dict[str, Any]:
    """What a process knows of the shop: counted anew once in so many seconds."""
    now = timezone.now()
    begin = datetime.combine(now.astimezone(UTC).date() - timedelta(days=days - 1), time(), UTC)
    shows = Stream.objects.filter(status__in=[*Stream.Status], started_at__gte=begin, started_at__lte=now)
    bought = Purchase.objects.filter(at__gte=begin, at__lte=now)
    currencies = purchases.summed(bought)
    return {
        "days": days,
        "begin": begin,
        "countedAt": now,
        "live": _live(),
        "liveShows": Stream.objects.filter(status=Stream.Status.LIVE).count(),
        "watching": StreamView.objects.watching().count(),
        "shows": shows.count(),
        "views": _views(shows),
        "orders": sum(row["orders"] for row in currencies),
        "currencies": currencies,
        "conversations": support.now(),
        "held": HeldMessage.objects.filter(status=HeldMessage.Status.WAITING).count(),
        "reports": Report.objects.filter(status=Report.Status.OPEN).count(),
    }


def _live() -> list[dict[str, Any]]:
    """The live shows, the latest first, and how many watch each."""
    streams = list(
        Stream.objects.filter(status=Stream.Status.LIVE).order_by("-started_at").select_related("creator")[:LISTED]
    )
    watching = StreamView.objects.watching().filter(stream__in=streams).order_by().values_list("stream")
    counts = dict(watching.annotate(n=Count("pk")))
    return [
        {
            "sessionId": stream.pk,
            "title": stream.title,
            "creator": stream.creator.username,
            "startedAt": stream.started_at,
            "watching": counts.get(stream.pk, 0),
        }
        for stream in streams
    ]


def _views(shows: Any) -> int:
    """Subscribers' views of these shows: from what is kept of those that are over, else counted."""
    kept = Rollup.objects.filter(stream__in=shows, told=True).values_list("stream", "figures__viewers__total")
    known: dict[Any, int] = dict(kept.iterator())
    others: int = StreamView.objects.filter(stream__in=shows.exclude(rollup__told=True), role="subscriber").count()
    return others + sum(known.values())
