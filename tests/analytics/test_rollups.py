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
from analytics import audience, funnel, goods, metrics, minutes, rollups
from analytics.models import Checkout, Purchase, Rollup, StreamView
from shopping.models import Product
from streams.models import Stream
from tests import factories
from tests.analytics import test_minutes
from tests.analytics.test_metrics import VIEW, expected, expected_retention, expected_timeline, store
from tests.analytics.test_minutes import HISTORY, after

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture
def people() -> list[User]:
    return [factories.user() for _ in range(3)]


@pytest.fixture
def creator() -> User:
    return factories.user("creator")


@pytest.fixture
def show(creator: User) -> Stream:
    return factories.stream(creator, "ended")


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
    assert Rollup.objects.get().marks["viewers"] == {"views": 0}
    StreamView.objects.create(stream=show, viewer="v", connection="c", role="subscriber")
    assert viewers(show) == {**viewers(show), "total": 1, "watchTime": 0}
    StreamView.objects.update(left_at=timezone.now(), watch_duration=90)
    assert viewers(show) == {**viewers(show), "total": 1, "watchTime": 90}
    assert Rollup.objects.get().marks["viewers"] == {"views": 1}


def test_of_a_show_whose_replay_is_watched_the_views_are_left_for_later(show: Stream) -> None:
    after = minutes.end_of(show)
    StreamView.objects.create(stream=show, viewer="v", connection="c", role="subscriber", joined_at=after)
    assert [rollups.roll_up_ended() for _ in range(2)] == [1, 0]
    kept = Rollup.objects.get()
    assert ("minutes" in kept.marks, "viewers" in kept.marks, kept.told) == (True, False, False)
    StreamView.objects.update(left_at=after)
    assert [rollups.roll_up_ended() for _ in range(2)] == [1, 0]
    assert Rollup.objects.get().told


def happen(show: Stream, product: Product, act: str, number: int) -> None:
    """What may still change the figures of a show that is over."""
    who, moment = f"visitor:{number % 3}", after(test_minutes.LENGTH + 90 + number)
    if act == "checkout":
        Checkout.objects.create(stream=show, viewer=who, at=moment)
    elif act == "purchase":
        facts = {"viewer": who, "product": product, "at": moment, "currency": "EUR", "value": 1}
        Purchase.objects.create(stream=show, order_id=f"later {number}", **facts)
    elif act == "confirmation":
        for order in show.purchases.filter(confirmed_at=None).order_by("pk")[:1]:
            order.confirmed_at, order.product, order.viewer = moment, product, who
            order.save()
    elif act == "removal":
        for line in show.messages.visible().order_by("pk")[:1]:
            line.deleted = True
            line.save()
    else:
        left = moment if act == "visit" else None
        facts = {"role": "subscriber", "joined_at": moment, "left_at": left}
        StreamView.objects.create(stream=show, viewer=who, connection="r", **facts)


LATER = st.lists(st.sampled_from(["checkout", "purchase", "confirmation", "removal", "visit", "stay"]), max_size=4)


@given(history=HISTORY, later=LATER)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_minutes_funnel_and_products_are_kept_as_they_would_be_counted(
    creator: User, history: dict[str, Any], later: list[str]
) -> None:
    show = factories.stream(creator, "ended")
    Stream.objects.filter(pk=show.pk).update(started_at=test_minutes.BEGIN, ended_at=after(test_minutes.LENGTH))
    show.refresh_from_db()
    products = [factories.product(creator, name=f"Mug {n}") for n in range(2)]
    test_minutes.store(show, products, history)
    for number, act in enumerate(["", *later]):
        if act:
            happen(show, products[number % 2], act, number)
        for _ in range(2):
            kept = rollups.read(show, "minutes", "funnel", "goods", "chat")
            assert minutes.unpacked(kept["minutes"]) == minutes.of(show)
            assert kept["funnel"] == funnel.of(show)
            assert kept["goods"] == goods.packed(show)
            assert kept["chat"] == metrics.chat(show)


def test_only_what_has_changed_is_counted_again(show: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    rollups.roll_up(show)
    counted: list[str] = []

    def noting(name: str, section: rollups.Section) -> rollups.Section:
        def count(stream: Stream) -> Any:
            counted.append(name)
            return section.count(stream)

        return section._replace(count=count)

    noted = {name: noting(name, section) for name, section in rollups.SECTIONS.items()}
    monkeypatch.setattr(rollups, "SECTIONS", noted)
    Checkout.objects.create(stream=show, viewer="visitor:a")
    for _ in range(2):
        rollups.read(show, *noted)
    assert counted == ["funnel"]


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
