"""The audience of a show as people equals a slow and obvious computation, second by second, on random histories."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import audience
from analytics.models import StreamView
from streams.models import Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

BEGIN = datetime(2020, 1, 31, 22, 59, 30, tzinfo=UTC)
STEP = timedelta(minutes=5)  # everything happens on a grid of such steps
LENGTH = 24  # steps from the start to the end
LATEST = 60
GAP = 6  # steps: half an hour

# For each person the moments at which they came and went in turn; they never have two views at once.
MOMENTS = st.lists(st.integers(-10, LATEST), max_size=12).map(sorted)
HISTORY = st.lists(MOMENTS, max_size=4)


@pytest.fixture
def show() -> Stream:
    stream = factories.stream(factories.user("creator"), "ended")
    Stream.objects.filter(pk=stream.pk).update(started_at=BEGIN, ended_at=BEGIN + LENGTH * STEP)
    stream.refresh_from_db()
    return stream


def views_of(moments: list[int]) -> list[tuple[int, int]]:
    return list(zip(moments[::2], moments[1::2], strict=False))


def store(stream: Stream, history: list[list[int]]) -> None:
    StreamView.objects.all().delete()
    facts = {"stream": stream, "connection": "c", "role": "subscriber"}
    for number, moments in enumerate(history):
        for came, went in views_of(moments):
            joined, left = BEGIN + came * STEP, BEGIN + went * STEP
            StreamView.objects.create(viewer=f"visitor:{number}", joined_at=joined, left_at=left, **facts)
    StreamView.objects.create(viewer="user:1", joined_at=BEGIN, left_at=BEGIN + STEP, **facts | {"role": "publisher"})


def expected(history: list[list[int]], begin: int, end: int) -> dict[str, int]:
    people = visits = steps = 0
    for moments in history:
        there = [
            (max(came, begin), min(went, end))
            for came, went in views_of(moments)
            if came < end and (came >= begin or went > begin)
        ]
        people += bool(there)
        visits += bool(there) + sum(later[0] - earlier[1] >= GAP for earlier, later in pairwise(there))
        steps += sum(any(came <= step < went for came, went in there) for step in range(begin, end))
    present = [
        sum(any(came <= step < went for came, went in views_of(moments)) for moments in history)
        for step in range(begin, end)
    ]
    seconds = int((steps * STEP).total_seconds())
    return {
        "people": people,
        "visits": visits,
        "watchTime": seconds,
        "averageWatchTime": seconds // people if people else 0,
        "peak": max(present, default=0),
    }


@given(history=HISTORY)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_people_are_counted_as_documented(show: Stream, history: list[list[int]]) -> None:
    store(show, history)
    assert audience.of(show) == {
        "live": expected(history, 0, LENGTH),
        "replay": expected(history, LENGTH, LATEST + 1),
    }


def test_of_two_views_at_once_the_time_counts_once(show: Stream) -> None:
    facts: dict[str, Any] = {"stream": show, "connection": "c", "role": "subscriber", "viewer": "visitor:a"}
    for came, went in ((1, 4), (2, 3), (3, 5)):
        StreamView.objects.create(joined_at=BEGIN + came * STEP, left_at=BEGIN + went * STEP, **facts)
    assert audience.of(show)["live"] == {
        "people": 1,
        "visits": 1,
        "watchTime": 1200,
        "averageWatchTime": 1200,
        "peak": 2,
    }


def test_who_is_there_still_counts_up_to_now(show: Stream) -> None:
    facts: dict[str, Any] = {"stream": show, "connection": "c", "role": "subscriber", "viewer": "visitor:a"}
    StreamView.objects.create(joined_at=BEGIN, **facts)
    found = audience.of(show)
    assert found["live"]["watchTime"] == (LENGTH * STEP).total_seconds()
    assert found["replay"]["watchTime"] > (365 * timedelta(days=1)).total_seconds()


def test_before_the_start_there_is_no_audience() -> None:
    stream = factories.stream(factories.user("creator"))
    StreamView.objects.create(stream=stream, connection="c", role="subscriber", viewer="visitor:a")
    nobody = {"people": 0, "visits": 0, "watchTime": 0, "averageWatchTime": 0, "peak": 0}
    assert audience.of(stream) == {"live": nobody, "replay": nobody}
