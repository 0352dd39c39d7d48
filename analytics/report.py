"""All that a show's report says, in one answer: of a show that is over from its roll-up, else as it was seconds ago."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from analytics import goods, metrics, minutes, purchases, rollups
from realtime import database
from streams.models import Stream

FRESH = 5.0  # seconds for which the figures of a show that is on are believed, however many look at them
REMEMBERED = 100  # shows whose figures a process remembers for that long
PRODUCTS = 20  # the best of a show
SECTIONS = ("viewers", "retention", "audience", "chat", "minutes", "funnel", "goods")


def of(stream: Stream) -> dict[str, Any]:
    """The report of a show that was read with `complete()`."""
    found = counted(stream.pk) if stream.is_on else count(stream)
    clicks = sum(row["totalClicks"] for row in found["products"])
    return {
        "sessionId": stream.pk,
        "session": stream,
        "startedAt": stream.started_at,
        "endedAt": stream.ended_at,
        **found,
        "totalClicks": clicks,
    }


def count(stream: Stream) -> dict[str, Any]:
    figures = rollups.read(stream, *SECTIONS)
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
    return count(Stream.objects.get(pk=stream_id))
