"""What is kept of a show that is over equals what would be counted."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from analytics import audience, metrics, rollups
from analytics.models import Rollup, StreamView
from streams.models import Stream
from tests import factories
from tests.analytics.test_metrics import VIEW, expected, expected_retention, expected_timeline, store

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture
def people() -> list[User]:
    return [factories.user() for _ in range(3)]


@pytest.fixture
def show() -> Stream:
    return factories.stream(factories.user("creator"), "ended")


def viewers(stream: Stream) -> Any:
    return factories.client(stream.creator).get(f"/api/sessions/{stream.pk}/analytics").json()["viewers"]


@given(history=st.lists(VIEW, max_size=15), later=st.lists(VIEW, max_size=3))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_roll_up_says_what_would_be_counted(
    show: Stream, people: list[User], history: list[Any], later: list[Any]
) -> None:
    StreamView.objects.all().delete()
    Rollup.objects.all().delete()
    views: list[StreamView] = []
    for more in (history, later):
        views += store(show, people, more)
        for _ in range(2):
            assert rollups.read(show, "viewers", "viewerTimeline", "retention", "audience") == {
                "viewers": expected(views),
                "viewerTimeline": expected_timeline(views),
                "retention": expected_retention(views),
                "audience": audience.of(show),
            }


def test_a_show_that_is_over_is_counted_once(show: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = timezone.now()
    facts = {"joined_at": moment - timedelta(seconds=9), "left_at": moment}
    StreamView.objects.create(stream=show, viewer="v", connection="c", role="subscriber", **facts)
    assert rollups.roll_up_ended() == 1
    assert rollups.roll_up_ended() == 0
    monkeypatch.setattr(metrics, "peaks", None)  # counting would fail
    assert viewers(show)["peak"] == 1


def test_who_comes_or_goes_after_the_end_is_counted(show: Stream) -> None:
    assert viewers(show)["total"] == 0
    assert Rollup.objects.get().views == 0
    StreamView.objects.create(stream=show, viewer="v", connection="c", role="subscriber")
    assert viewers(show) == {**viewers(show), "total": 1, "watchTime": 0}
    StreamView.objects.update(left_at=timezone.now(), watch_duration=90)
    assert viewers(show) == {**viewers(show), "total": 1, "watchTime": 90}
    assert Rollup.objects.get().views == 1


def test_a_show_that_somebody_looks_at_is_left_for_later(show: Stream) -> None:
    StreamView.objects.create(stream=show, viewer="v", connection="c", role="subscriber")
    assert rollups.roll_up_ended() == 0
    StreamView.objects.update(left_at=timezone.now())
    assert rollups.roll_up_ended() == 1


def test_a_show_that_is_on_is_not_kept() -> None:
    stream = factories.stream(factories.user("creator"), "live")
    viewers(stream)
    assert rollups.roll_up_ended() == 0
    assert not Rollup.objects.exists()


def test_the_command_counts_what_was_not_counted_or_everything(show: Stream) -> None:
    for arguments, count in (([], 1), ([], 0), (["--all"], 1)):
        said = StringIO()
        call_command("roll_up", *arguments, stdout=said)
        assert said.getvalue() == f"{count} shows counted\n"
