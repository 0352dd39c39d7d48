"""All shows of a creator within some time, each with its key figures, and their sums.

What is kept of a show that is over is read for all of them at once; only those are counted that nobody has counted yet,
or that somebody has watched since.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from accounts.models import User
from analytics import purchases, rollups
from analytics.models import Purchase, Rollup, StreamView
from realtime import database
from streams.models import Stream
from streams.models.like import Like

MOST = 200  # shows of one answer, the latest
FRESH = 60.0  # seconds for which the figures are believed of a show that is on, or is watched again
REMEMBERED = 400  # shows whose figures a process remembers for that long
KEPT = ("viewers", "chat", "goods")

Figures = dict[str, Any]
SUMMED = ("views", "watchTime", "messages", "reactions", "likes", "clicks", "carts", "orders")


def of(creator: User, begin: datetime, end: datetime) -> dict[str, Any]:
    """The shows that were on between these moments or, if they have not begun, were planned then; the latest first."""
    began = Q(started_at__gte=begin, started_at__lt=end) | Q(started_at=None, created_at__gte=begin, created_at__lt=end)
    found = creator.streams.filter(began)
    streams = list(found.order_by(F("started_at").desc(nulls_first=True), "-created_at", "-pk")[:MOST])
    shows = _rows(streams)
    totals = {name: sum(show[name] for show in shows) for name in SUMMED}
    return {
        "begin": begin,
        "end": end,
        "total": found.count(),
        "shows": shows,
        "totals": {
            "shows": len(shows),
            "peak": max((show["peak"] for show in shows), default=0),
            **totals,
            "currencies": purchases.summed(Purchase.objects.filter(stream__in=streams)),
        },
    }


def _rows(streams: Sequence[Stream]) -> list[Figures]:
    keys = [stream.pk for stream in streams]
    kept = _kept(keys)
    reactions = dict(
        Stream.objects.filter(pk__in=keys).values_list("pk").annotate(n=Sum("reactions__count", default=0))
    )
    likes = dict(Like.objects.filter(stream__in=keys).order_by().values_list("stream").annotate(n=Count("pk")))
    sums: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for stream_id, row in purchases.by_show(keys):
        sums[stream_id].append(row)
    rows = []
    for stream in streams:
        figures = kept.get(stream.pk) or (counted(stream.pk) if stream.started_at else NOTHING)
        viewers, goods = figures["viewers"], figures["goods"]
        rows.append(
            {
                "sessionId": stream.pk,
                "title": stream.title,
                "status": stream.status,
                "startedAt": stream.started_at,
                "endedAt": stream.ended_at,
                "views": viewers["total"],
                "unique": viewers["unique"],
                "peak": viewers["peak"],
                "watchTime": viewers["watchTime"],
                "averageWatchTime": viewers["avgWatchTime"],
                "messages": figures["chat"]["messages"],
                "authors": figures["chat"]["authors"],
                "reactions": int(reactions.get(stream.pk, 0)),
                "likes": likes.get(stream.pk, 0),
                "clicks": sum(row[2] for row in goods),
                "carts": sum(row[3] for row in goods),
                "orders": sum(row["orders"] for row in sums[stream.pk]),
                "currencies": sums[stream.pk],
            }
        )
    return rows


NOTHING: Figures = {
    "viewers": dict.fromkeys(("total", "unique", "peak", "watchTime", "avgWatchTime"), 0),
    "chat": {"messages": 0, "authors": 0},
    "goods": [],
}


def _kept(streams: Iterable[UUID]) -> dict[UUID, Figures]:
    """What is kept of those that nobody has come to since it was counted."""
    later = StreamView.objects.filter(stream=OuterRef("stream"), joined_at__gt=OuterRef("at"))
    rows = Rollup.objects.filter(~Exists(later), stream__in=list(streams), told=True, marks__has_keys=KEPT)
    columns = rows.values_list("stream", *(f"figures__{name}" for name in KEPT))
    return {stream: dict(zip(KEPT, figures, strict=True)) for stream, *figures in columns}


@database.cached(seconds=FRESH, max_entries=REMEMBERED)
def counted(stream_id: UUID) -> Figures:
    return rollups.read(Stream.objects.get(pk=stream_id), *KEPT)
