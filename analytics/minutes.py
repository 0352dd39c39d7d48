"""A show minute by minute; docs/metrics.md says what each figure means.

Everything is grouped in the database, so that what is read grows with the minutes of a show and not with its audience.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMinute
from django.utils import timezone

from analytics.metrics import SUBSCRIBER
from realtime import wire
from shopping.models import Product
from streams.models import Stream

MINUTE = timedelta(minutes=1)
MAX_MINUTES = 24 * 60  # of one answer: the last of a show that is longer
MAX_CHANGES = 10_000  # of the showcase, that are looked at for them
HEART = "heart"


def of(stream: Stream) -> list[dict[str, Any]]:
    """Every minute from the show's start to its end or to now, those in which nothing happened included."""
    moments = _span(stream)
    if not moments:
        return []
    begin, end = moments[0], moments[-1] + MINUTE
    views = stream.views.filter(role=SUBSCRIBER)
    joins, leaves = _per_minute(views, "joined_at", begin, end), _per_minute(views, "left_at", begin, end)
    reactions = stream.reaction_minutes.filter(minute__gte=begin, minute__lt=end).values("minute")
    counts: dict[str, Counter[datetime]] = {
        "joins": joins,
        "leaves": leaves,
        "lines": _per_minute(stream.messages.visible(), "created_at", begin, end),
        "reactions": _counter(reactions.annotate(n=Sum("count")).values_list("minute", "n")),
        "hearts": _counter(reactions.filter(kind=HEART).annotate(n=Sum("count")).values_list("minute", "n")),
        "clicks": _per_minute(stream.clicks.all(), "at", begin, end),
        "carts": _per_minute(stream.cart_adds.all(), "at", begin, end),
    }
    present = _present(views, begin)
    shown = on_screen(stream, moments)
    found = []
    for moment in moments:
        present += joins[moment] - leaves[moment]
        product = shown.get(moment)
        found.append(
            {
                "minute": moment,
                "viewers": present,
                **{name: each[moment] for name, each in counts.items()},
                "productId": product and product[0],
                "productName": product and product[1],
            }
        )
    return found


COUNTS = ("viewers", "joins", "leaves", "lines", "reactions", "hearts", "clicks", "carts")


def packed(stream: Stream) -> dict[str, Any]:
    """The same as JSON keeps it: the first minute, and of each one its `COUNTS` and its product's id or null."""
    rows = of(stream)
    return {
        "begin": wire.iso(rows[0]["minute"]) if rows else None,
        "rows": [
            [*(row[name] for name in COUNTS), str(row["productId"]) if row["productId"] else None] for row in rows
        ],
    }


def unpacked(kept: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that `of` had, with the products' names as they are now."""
    if kept["begin"] is None:
        return []
    begin = datetime.fromisoformat(kept["begin"])
    ids = {UUID(row[-1]) for row in kept["rows"] if row[-1]}
    names = dict(Product.objects.filter(pk__in=ids).values_list("pk", "name"))
    found = []
    for number, (*counts, shown) in enumerate(kept["rows"]):
        product = UUID(shown) if shown else None
        found.append(
            {
                "minute": begin + number * MINUTE,
                **dict(zip(COUNTS, counts, strict=True)),
                "productId": product,
                "productName": names.get(product) if product else None,
            }
        )
    return found


def curve(stream: Stream) -> list[tuple[datetime, int]]:
    """How many viewers each of these minutes had at its end."""
    moments = _span(stream)
    if not moments:
        return []
    begin, end = moments[0], moments[-1] + MINUTE
    views = stream.views.filter(role=SUBSCRIBER)
    joins, leaves = _per_minute(views, "joined_at", begin, end), _per_minute(views, "left_at", begin, end)
    counts = accumulate((joins[at] - leaves[at] for at in moments), initial=_present(views, begin))
    next(counts)  # what it begins with
    return list(zip(moments, counts, strict=True))


def reactions(stream: Stream) -> list[tuple[datetime, dict[str, int]]]:
    """How often people reacted in each way, for the minutes in which they did."""
    moments = _span(stream)
    if not moments:
        return []
    within = stream.reaction_minutes.filter(minute__gte=moments[0], minute__lt=moments[-1] + MINUTE)
    found: dict[datetime, dict[str, int]] = defaultdict(dict)
    for minute, kind, count in within.order_by("minute", "kind").values_list("minute", "kind", "count"):
        found[minute][kind] = count
    return list(found.items())


def _present(views: QuerySet[Any], at: datetime) -> int:
    return views.filter(Q(left_at=None) | Q(left_at__gte=at), joined_at__lt=at).count()


def _span(stream: Stream) -> list[datetime]:
    if stream.started_at is None:
        return []
    last = _floor(stream.ended_at or timezone.now())
    first = max(_floor(stream.started_at), last - (MAX_MINUTES - 1) * MINUTE)
    return [first + number * MINUTE for number in range((last - first) // MINUTE + 1)]


def end_of(stream: Stream) -> datetime:
    """The end of the last minute of a show that is over, or until now."""
    return _floor(stream.ended_at or timezone.now()) + MINUTE


def _floor(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _per_minute(rows: QuerySet[Any], moment: str, begin: datetime, end: datetime) -> Counter[datetime]:
    within = rows.filter(**{f"{moment}__gte": begin, f"{moment}__lt": end})
    minutes = within.annotate(in_minute=TruncMinute(moment, tzinfo=UTC)).order_by().values("in_minute")
    return _counter(minutes.annotate(n=Count("pk")).values_list("in_minute", "n"))


def _counter(rows: Iterable[tuple[datetime, int]]) -> Counter[datetime]:
    return Counter(dict(rows))


# --- the product on screen


def on_screen(stream: Stream, moments: list[datetime]) -> dict[datetime, tuple[UUID, str | None]]:
    """The product that was on the show's screen for the longest part of each of these minutes, where there was one.

    Of two that were on it equally long it is the later one.
    """
    end = min(moments[-1] + MINUTE, stream.ended_at or timezone.now())
    changes = stream.showcase_changes.filter(at__lt=end).order_by("-at", "-pk")
    latest = list(changes.values_list("at", "product", "product__name")[:MAX_CHANGES])
    parts: dict[datetime, dict[tuple[UUID, str | None], timedelta]] = defaultdict(dict)
    for (at, product, name), (until, *_) in pairwise([*reversed(latest), (end, None, None)]):
        if product is None or at >= until:
            continue
        moment = max(_floor(at), moments[0])
        while moment < until:
            part = min(until, moment + MINUTE) - max(at, moment)
            sums = parts[moment]
            sums[product, name] = sums.pop((product, name), timedelta()) + part  # the later one comes last
            moment += MINUTE
    return {moment: max(reversed(sums.items()), key=lambda item: item[1])[0] for moment, sums in parts.items()}
