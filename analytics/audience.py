"""Who watched a show, counted as people and not as views, live and afterwards apart; docs/metrics.md has the terms.

Views are read one after the other, sorted by person, so that counting takes the same memory however many there are.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from analytics.metrics import SUBSCRIBER
from analytics.models import StreamView
from streams.models import Stream

VISIT_GAP = timedelta(minutes=30)  # Who was away for so long begins another visit.
CHUNK = 2000  # views in memory at once
EVER = datetime(9999, 1, 1, tzinfo=UTC)

View = tuple[str, datetime, datetime | None]


def of(stream: Stream) -> dict[str, Any]:
    """The audience between a show's start and its end, and that after its end. Before its start nobody watches it."""
    start, end = stream.started_at or EVER, stream.ended_at or EVER
    return {"live": _between(stream, start, end), "replay": _between(stream, end, EVER)}


def _between(stream: Stream, begin: datetime, end: datetime) -> dict[str, int]:
    if begin == EVER:
        return {**_summed([], begin, end), "peak": 0}
    views = stream.views.filter(role=SUBSCRIBER, joined_at__lt=end).exclude(left_at__lt=begin)
    by_person = views.order_by("viewer", "joined_at").values_list("viewer", "joined_at", "left_at")
    return {**_summed(by_person.iterator(CHUNK), begin, end), "peak": _peak(stream, begin, end)}


def _summed(views: Iterable[View], begin: datetime, end: datetime) -> dict[str, int]:
    now = timezone.now()
    people = visits = 0
    watched = timedelta()
    person, until = "", begin
    for viewer, joined, left in views:
        came, went = max(joined, begin), min(left or max(now, joined), end)
        if went <= begin and joined < begin:
            continue
        if viewer != person:
            people += 1
            visits += 1
            person, until = viewer, came
        elif came - until >= VISIT_GAP:
            visits += 1
        watched += max(went - max(came, until), timedelta())
        until = max(until, went)
    seconds = int(watched.total_seconds())
    average = seconds // people if people else 0
    return {"people": people, "visits": visits, "watchTime": seconds, "averageWatchTime": average}


def _peak(stream: Stream, begin: datetime, end: datetime) -> int:
    """The most views at one moment of this time. A person has one at a time, for a second one ends the first."""
    fields: dict[str, Any] = {name: StreamView._meta.get_field(name) for name in ("stream", "joined_at")}
    key = fields["stream"].get_db_prep_value(stream.pk, connection)
    first, last = (fields["joined_at"].get_db_prep_value(moment, connection) for moment in (begin, end))
    views = f"FROM analytics_streamview WHERE role = '{SUBSCRIBER}' AND stream_id = %s"
    sql = f"""
        SELECT MAX(present) FROM (
            SELECT SUM(step) OVER (ORDER BY at, step ROWS UNBOUNDED PRECEDING) AS present FROM (
                SELECT CASE WHEN joined_at < %s THEN %s ELSE joined_at END AS at, 1 AS step {views}
                    AND joined_at < %s AND (joined_at >= %s OR left_at IS NULL OR left_at > %s)
                UNION ALL SELECT left_at, -1 {views} AND left_at < %s AND (joined_at >= %s OR left_at > %s)
            ) AS steps
        ) AS counted
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [first, first, key, last, first, first, key, last, first, first])
        most = cursor.fetchone()[0]
    return max(int(most or 0), 0)
