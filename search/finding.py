"""Finds shows and products, by whichever way this database has for it; see docs/search.md."""

from typing import Any

from django.db import connection
from django.db.models import Count, prefetch_related_objects
from django.utils import timezone

from realtime.models import Presence
from search import postgres, scanning
from search.postgres import MAX_FOUND, Found
from search.sources import PRODUCTS, RELEVANCE, SHOWS, Filters, Source
from search.words import parse
from streams import broadcasts
from streams.models import Stream
from streams.rooms import SUBSCRIBER

HALF_LIFE = 6 * 3600.0  # seconds that a show has been on until its viewers count half
MAX_TRENDING = 1_000  # live shows that are compared, the newest of them
SUGGESTED = 200  # rows among which the best suggestions are chosen


def products(text: str | None, rows: slice, sort: str = "", **filters: Any) -> Found:
    return _find(PRODUCTS, text, filters, sort, rows)


def shows(text: str | None, rows: slice, sort: str = "", **filters: Any) -> Found:
    return _find(SHOWS, text, filters, sort, rows)


def suggest(source: Source, text: str, count: int) -> list[Any]:
    """The rows that somebody who types `text` may mean."""
    return _find(source, text, {}, RELEVANCE, slice(0, count), SUGGESTED).rows


def trending(rows: slice) -> Found:
    """The live shows that most people watch now. Those of a show count the less the longer it has been on."""
    live = list(Stream.objects.listed().live().values_list("pk", "started_at")[:MAX_TRENDING])
    here = Presence.objects.live().filter(role=SUBSCRIBER, room__in=[broadcasts.room_key(pk) for pk, _ in live])
    watching = dict(here.values_list("room").annotate(Count("identity", distinct=True)))
    now = timezone.now()

    def heat(show: tuple[Any, Any]) -> float:
        pk, started_at = show
        seconds = (now - started_at).total_seconds() if started_at else 0.0
        return float(watching.get(broadcasts.room_key(pk), 0) * 0.5 ** (seconds / HALF_LIFE))

    hottest = [pk for pk, _ in sorted(live, key=heat, reverse=True)]  # where nobody watches, the newest comes first
    found = Stream.objects.in_bulk(hottest[rows])
    page = [found[pk] for pk in hottest[rows] if pk in found]
    prefetch_related_objects(page, *SHOWS.related)
    return Found(page, len(hottest))


def _find(source: Source, text: str | None, filters: Filters, sort: str, rows: slice, most: int = MAX_FOUND) -> Found:
    query = parse(text) if text and text.strip() else None
    sort = sort or (RELEVANCE if query is not None else "newest")
    find = postgres.find if connection.vendor == "postgresql" else scanning.find
    found = find(source, query, source.always | filters, sort, rows, most)
    prefetch_related_objects(found.rows, *source.related)
    return found
