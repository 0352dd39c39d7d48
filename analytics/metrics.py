"""The documented figures of shows, computed from rows; docs/metrics.md says what each of them means.

A show that is on and one that is over are read from the same tables, so a restart changes no figure. Everything is
counted in the database: a show may have had a hundred thousand viewers.
"""

import math
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django.db import connection
from django.db.models import Avg, Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncHour

from accounts.models import User
from analytics.models import ProductClick, StreamView
from streams.models import Stream

SUBSCRIBER = "subscriber"
MIN_WATCHED = 10  # seconds; shorter views are left out of the average
HOURS = 24 * 31  # of the timeline, so many at most

# Upper ends in seconds, as clients label them.
RANGES = [("0-30s", 30), ("30s-1m", 60), ("1m-5m", 300), ("5m-15m", 900), ("15m-30m", 1800), ("30m+", None)]


def duration(seconds: int) -> str:
    """Whole seconds as people read them: `42s`, `7m 0s`, `1h 5m`."""
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours}h {minutes}m"
    return f"{minutes}m {seconds % 60}s" if minutes else f"{seconds}s"


def percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


# --- one show


def viewers(stream: Stream) -> dict[str, Any]:
    views = stream.views.filter(role=SUBSCRIBER)
    found = views.aggregate(
        unique=Count("user", distinct=True),
        total=Count("pk"),
        average=Avg("watch_duration", filter=Q(watch_duration__gt=MIN_WATCHED)),
        watchTime=Coalesce(Sum("watch_duration"), 0),
    )
    average = int(found.pop("average") or 0)
    peak = peaks([stream.pk]).get(stream.pk, 0)
    return {**found, "peak": peak, "avgWatchTime": average, "avgWatchTimeFormatted": duration(average)}


def peaks(streams: Iterable[Any]) -> dict[Any, int]:
    """How many watched each of these shows at once, at most: the largest overlap of their views [joined, left)."""
    field = StreamView._meta.get_field("stream")
    keys = [field.get_db_prep_value(key, connection) for key in streams]
    if not keys:
        return {}
    places = ", ".join(["%s"] * len(keys))
    views = f"FROM analytics_streamview WHERE role = '{SUBSCRIBER}' AND stream_id IN ({places})"
    # At one moment those who leave go before those who come: a view ends just before `left_at`.
    sql = f"""
        SELECT stream_id, MAX(present) FROM (
            SELECT stream_id, SUM(step) OVER (
                PARTITION BY stream_id ORDER BY at, step ROWS UNBOUNDED PRECEDING
            ) AS present FROM (
                SELECT stream_id, joined_at AS at, 1 AS step {views}
                UNION ALL SELECT stream_id, left_at, -1 {views} AND left_at IS NOT NULL
            ) AS steps
        ) AS counted GROUP BY stream_id
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [*keys, *keys])
        return {field.to_python(key): max(int(most), 0) for key, most in cursor.fetchall()}


def timeline(stream: Stream) -> list[dict[str, Any]]:
    """How many came and went in each hour of UTC in which somebody did, publishers included."""
    hours: dict[str, dict[str, int]] = {}
    for name, moment in (("joins", "joined_at"), ("leaves", "left_at")):
        views = stream.views.exclude(**{moment: None}).annotate(hour=TruncHour(moment, tzinfo=UTC))
        for hour, count in (
            views.values("hour").annotate(n=Count("pk")).order_by("hour").values_list("hour", "n")[:HOURS]
        ):
            hours.setdefault(f"{hour:%Y-%m-%dT%H:00:00}", {"joins": 0, "leaves": 0})[name] = count
    return [{"timestamp": hour, **steps} for hour, steps in sorted(hours.items())]


def retention(stream: Stream) -> dict[str, Any]:
    """How long people stayed, publishers included; who left at once is not counted."""
    views = stream.views.filter(watch_duration__gt=0)
    conditions, lower = {}, 0
    for label, upper in RANGES:
        within = Q(watch_duration__gte=lower) & (Q() if upper is None else Q(watch_duration__lt=upper))
        conditions[label], lower = Count("pk", filter=within), upper or 0
    counts = views.aggregate(**conditions)
    result: dict[str, Any] = {"ranges": [{"label": label, "count": counts[label]} for label, _ in RANGES]}
    total = sum(counts.values())
    ordered = views.order_by("watch_duration").values_list("watch_duration", flat=True)
    for name, share in (("median", 0.5), ("p75", 0.75), ("p90", 0.9)):
        at = math.floor(total * share)
        seconds = ordered[at] if total else 0
        result |= {name: seconds, f"{name}Formatted": duration(seconds)}
    return result


def reactions(stream: Stream) -> dict[str, Any]:
    breakdown = stream.reaction_counts
    return {"total": sum(breakdown.values()), "breakdown": breakdown}


def chat(stream: Stream) -> dict[str, int]:
    counts: dict[str, int] = stream.messages.visible().aggregate(
        messages=Count("pk"), authors=Count("author", distinct=True)
    )
    return counts


def views_of(stream: Stream) -> int:
    """What `totalViewers` means: it counts views, so it is never less than the people."""
    return stream.views.filter(role=SUBSCRIBER).count()


def clicks(stream: Stream) -> list[dict[str, Any]]:
    """Looks at each product, the most looked at first. Each look of a guest counts as a person of its own."""
    total = views_of(stream)
    rows = (
        stream.clicks.values("product", "product__name")
        .annotate(users=Count("user", distinct=True), guests=Count("pk", filter=Q(user=None)), total=Count("pk"))
        .annotate(unique=F("users") + F("guests"), first=Min("at"), last=Max("at"))
        .order_by("-unique", "-total", "product")
    )
    return [
        {
            "productId": row["product"],
            "productName": row["product__name"],
            "uniqueClicks": row["unique"],
            "totalClicks": row["total"],
            "clickThroughRate": percent(row["unique"], total),
            "createdAt": row["first"],
            "updatedAt": row["last"],
        }
        for row in rows
    ]


# --- all shows of a creator


def creator(user: User) -> dict[str, Any]:
    streams: QuerySet[Stream] = user.streams.filter(rehearsal=False)
    by_status = dict.fromkeys(("live", "ended", "scheduled", "paused"), 0)
    by_status |= dict(streams.values_list("status").annotate(n=Count("pk")))
    count = sum(by_status.values())
    unique = (
        StreamView.objects.filter(stream__in=streams, role=SUBSCRIBER).aggregate(n=Count("user", distinct=True))["n"]
        or 0
    )
    totals = streams.values_list("reactions__kind").annotate(n=Sum("reactions__count")).exclude(reactions__kind=None)
    breakdown = dict(totals)
    looked = _clicks_by_show(streams)
    rates = [rate for _, _, rates in looked for rate in rates]
    return {
        "sessions": {"total": count, "byStatus": by_status},
        "viewers": {
            "totalUnique": unique,
            "averagePerSession": math.floor(unique / count + 0.5) if count else 0,
            "peakConcurrent": max(peaks(streams.values_list("pk", flat=True)).values(), default=0),
        },
        "reactions": {"total": sum(breakdown.values()), "breakdown": breakdown},
        "products": {
            "totalClicks": sum(total for total, _, _ in looked),
            "uniqueUsers": sum(unique for _, unique, _ in looked),
            "averageCTR": round(sum(rates) / len(rates), 2) if rates else 0.0,
        },
    }


def _clicks_by_show(streams: QuerySet[Stream]) -> list[tuple[int, int, list[float]]]:
    """All looks, the people who looked, and the rate of each product, for each show in which anybody looked."""
    views = StreamView.objects.filter(stream__in=streams, role=SUBSCRIBER)
    viewed = dict(views.values_list("stream").annotate(n=Count("pk")))
    rows = (
        ProductClick.objects.filter(stream__in=streams)
        .values("stream", "product")
        .annotate(users=Count("user", distinct=True), guests=Count("pk", filter=Q(user=None)), total=Count("pk"))
        .order_by("stream", "product")
    )
    shows: dict[Any, tuple[int, int, list[float]]] = {}
    for row in rows.iterator():
        total, unique, rates = shows.get(row["stream"], (0, 0, []))
        people = row["users"] + row["guests"]
        rates = [*rates, percent(people, viewed.get(row["stream"], 0))]
        shows[row["stream"]] = (total + row["total"], unique + people, rates)
    return list(shows.values())
