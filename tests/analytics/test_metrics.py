"""The figures of a show equal those of a slow and obvious computation, whatever has happened in it."""

import math
import statistics
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from analytics import metrics
from analytics.models import ProductClick, StreamView
from shopping.models import Product
from streams.models import Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

BEGIN = datetime(2030, 1, 31, 22, 59, 30, tzinfo=UTC)

VIEW = st.tuples(
    st.sampled_from([None, None, 0, 1, 2]),  # who, as a number; None is a guest
    st.sampled_from(["subscriber", "subscriber", "publisher"]),
    st.integers(0, 400),  # seconds after the beginning at which they come
    st.none() | st.sampled_from([0, 1, 9, 10, 11, 29, 30, 59, 60, 299, 300, 4000]),  # seconds for which they stay
)
CLICK = st.tuples(st.sampled_from([None, None, 0, 1, 2]), st.sampled_from([0, 1]))


@pytest.fixture
def people() -> list[User]:
    return [factories.user() for _ in range(3)]


@pytest.fixture
def show(creator: User) -> Stream:
    return factories.stream(creator, "live")


@pytest.fixture
def creator() -> User:
    return factories.user("creator")


@pytest.fixture
def products(creator: User) -> list[Product]:
    return [factories.product(creator) for _ in range(2)]


def store(stream: Stream, people: list[User], history: list[Any]) -> list[StreamView]:
    views = []
    for number, (who, role, after, stayed) in enumerate(history):
        joined = BEGIN + timedelta(seconds=after)
        view = StreamView(stream=stream, viewer=str(number), connection=str(number), role=role, joined_at=joined)
        view.user = None if who is None else people[who]
        if stayed is not None:
            view.left_at, view.watch_duration = joined + timedelta(seconds=stayed), stayed
        views.append(view)
    return StreamView.objects.bulk_create(views)


def expected(views: list[StreamView]) -> dict[str, Any]:
    """The documented formulas, written down once more as plainly as can be."""
    subscribers = [view for view in views if view.role == "subscriber"]
    moments = [view.joined_at for view in subscribers]
    present = [sum(v.joined_at <= at and (v.left_at is None or at < v.left_at) for v in subscribers) for at in moments]
    long = [v.watch_duration for v in subscribers if v.watch_duration is not None and v.watch_duration > 10]
    average = int(statistics.fmean(long)) if long else 0
    return {
        "unique": len({view.user_id for view in subscribers if view.user_id is not None}),
        "total": len(subscribers),
        "peak": max(present, default=0),
        "avgWatchTime": average,
        "avgWatchTimeFormatted": metrics.duration(average),
        "watchTime": sum(view.watch_duration or 0 for view in subscribers),
    }


def expected_retention(views: list[StreamView]) -> dict[str, Any]:
    stayed = sorted(view.watch_duration for view in views if view.watch_duration)
    edges = [("0-30s", 0, 30), ("30s-1m", 30, 60), ("1m-5m", 60, 300), ("5m-15m", 300, 900), ("15m-30m", 900, 1800)]
    ranges = [(label, sum(low <= s < high for s in stayed)) for label, low, high in edges]
    ranges.append(("30m+", sum(s >= 1800 for s in stayed)))
    found: dict[str, Any] = {"ranges": [{"label": label, "count": count} for label, count in ranges]}
    for name, share in (("median", 0.5), ("p75", 0.75), ("p90", 0.9)):
        seconds = stayed[math.floor(len(stayed) * share)] if stayed else 0
        found |= {name: seconds, f"{name}Formatted": metrics.duration(seconds)}
    return found


def expected_timeline(views: list[StreamView]) -> list[dict[str, Any]]:
    joins = Counter(view.joined_at.strftime("%Y-%m-%dT%H:00:00") for view in views)
    leaves = Counter(view.left_at.strftime("%Y-%m-%dT%H:00:00") for view in views if view.left_at)
    hours = sorted(joins.keys() | leaves.keys())
    return [{"timestamp": hour, "joins": joins[hour], "leaves": leaves[hour]} for hour in hours]


@given(history=st.lists(VIEW, max_size=25))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_views_are_counted_as_documented(show: Stream, people: list[User], history: list[Any]) -> None:
    StreamView.objects.all().delete()
    views = store(show, people, history)
    assert metrics.viewers(show) == expected(views)
    assert metrics.retention(show) == expected_retention(views)
    assert metrics.timeline(show) == expected_timeline(views)


@given(history=st.lists(CLICK, max_size=20), watched=st.integers(0, 7))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_looks_at_products_are_counted_as_documented(
    show: Stream, people: list[User], products: list[Product], history: list[Any], watched: int
) -> None:
    StreamView.objects.all().delete()
    ProductClick.objects.all().delete()
    store(show, people, [(None, "subscriber", 0, 20)] * watched + [(0, "publisher", 0, 20)])
    for who, what in history:
        ProductClick.objects.create(stream=show, product=products[what], user=None if who is None else people[who])
    found = {row["productId"]: row for row in metrics.clicks(show)}
    for number, product in enumerate(products):
        looks = [who for who, what in history if what == number]
        if not looks:
            assert product.pk not in found
            continue
        unique = len({who for who in looks if who is not None}) + looks.count(None)
        row = found[product.pk]
        assert (row["uniqueClicks"], row["totalClicks"]) == (unique, len(looks))
        assert row["clickThroughRate"] == (round(100 * unique / watched, 2) if watched else 0)


@given(histories=st.lists(st.lists(VIEW, max_size=8), max_size=4))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_creators_figures_are_those_of_their_shows(
    creator: User, people: list[User], histories: list[list[Any]]
) -> None:
    Stream.objects.all().delete()
    shows = [factories.stream(creator) for _ in histories]
    stored = [store(show, people, history) for show, history in zip(shows, histories, strict=True)]
    found = metrics.creator(creator)
    everybody = {v.user_id for views in stored for v in views if v.role == "subscriber" and v.user_id is not None}
    count = len(histories)
    assert found["sessions"] == {
        "total": count,
        "byStatus": {"live": 0, "ended": 0, "scheduled": count, "paused": 0},
    }
    assert found["viewers"] == {
        "totalUnique": len(everybody),
        "averagePerSession": math.floor(len(everybody) / count + 0.5) if count else 0,
        "peakConcurrent": max((expected(views)["peak"] for views in stored), default=0),
    }


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0s"), (42, "42s"), (60, "1m 0s"), (420, "7m 0s"), (3599, "59m 59s"), (3900, "1h 5m")]
)
def test_durations_are_written_for_people(seconds: int, words: str) -> None:
    assert metrics.duration(seconds) == words


def test_reading_the_figures_of_a_show_takes_no_more_queries_as_it_fills(
    show: Stream, people: list[User], django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    StreamView.objects.bulk_create(
        StreamView(stream=show, viewer=str(n), connection=str(n), role="subscriber", joined_at=now) for n in range(200)
    )
    with django_assert_max_num_queries(16):
        report = factories.client(show.creator).get(f"/api/sessions/{show.pk}/analytics").json()
    assert report["viewers"]["total"] == 200
