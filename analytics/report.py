"""All that a show's report says, in one answer: of a show that is over from its roll-up, else as it was a while ago."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from analytics import goods, metrics, minutes, purchases, rollups
from realtime import database
from streams.models import Stream

FRESH = 5.0  # seconds for which the figures of a show that is on are believed, however many look at them
WATCHED_AGAIN = 60.0  # seconds, for a show whose replay somebody watches: what that changes is not kept
REMEMBERED = 100  # shows of either kind whose figures a process remembers for that long
PRODUCTS = 20  # the best of a show
SECTIONS = ("viewers", "retention", "audience", "chat", "minutes", "funnel", "goods")


def of(stream: Stream) -> dict[str, Any]:
    """The report of a show that was read with `complete()`."""
    figures = rollups.kept(stream, *SECTIONS)
    if figures is not None:
        found = _written(stream, figures)
    else:
        found = counted(stream.pk) if stream.is_on else counted_again(stream.pk)
    clicks = sum(row["totalClicks"] for row in found["products"])
    return {
        "sessionId": stream.pk,
        "session": stream,
        "startedAt": stream.started_at,
        "endedAt": stream.ended_at,
        **found,
        "totalClicks": clicks,
    }


def _written(stream: Stream, figures: dict[str, Any]) -> dict[str, Any]:
    views = figures["viewers"]["total"]
    return {
        **{name: figures[name] for name in ("viewers", "retention", "audience", "chat", "funnel")},
        "reactions": metrics.reactions(stream),
        "likes": stream.likes.count(),
        "minutes": minutes.unpacked(figures["minutes"]),
        "currencies": purchases.of(stream),
        "products": goods.unpacked(figures["goods"], views)[:PRODUCTS],
        "countedAt": timezone.now(),
    }


@database.cached(seconds=FRESH, max_entries=REMEMBERED)
def counted(stream_id: UUID) -> dict[str, Any]:
    """The figures of a show that is on: counted once in so many seconds by each process."""
    return _counted(stream_id)


@database.cached(seconds=WATCHED_AGAIN, max_entries=REMEMBERED)
def counted_again(stream_id: UUID) -> dict[str, Any]:
    """Those of a show that is over and is watched again, or has only just ended."""
    return _counted(stream_id)


def _counted(stream_id: UUID) -> dict[str, Any]:
    stream = Stream.objects.get(pk=stream_id)
    return _written(stream, rollups.read(stream, *SECTIONS))
