"""The whole shop at a glance, and who may look."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from analytics import rollups, shop
from analytics.models import Purchase, StreamView
from streams.models import ChatMessage, HeldMessage, Report, Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture
def creator() -> User:
    return factories.user("creator")


def read(days: str = "1", role: str = "staff") -> Any:
    shop.of.invalidate_all()
    return factories.client(factories.user(role)).get(f"/api/analytics/shop?days={days}")


SHOW = st.tuples(st.sampled_from(["live", "ended", "paused"]), st.integers(0, 40), st.integers(0, 3), st.booleans())
ORDER = st.tuples(st.sampled_from(["EUR", "JPY"]), st.integers(1, 99), st.integers(0, 40), st.booleans())


@given(shows=st.lists(SHOW, max_size=4), orders=st.lists(ORDER, max_size=4), counted=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shows_and_purchases_are_counted_as_documented(
    creator: User, shows: list[Any], orders: list[Any], counted: bool
) -> None:
    Stream.objects.all().delete()
    Purchase.objects.all().delete()
    noon = timezone.now()
    for status, ago, views, watching in shows:
        stream = factories.stream(creator, status)
        began = noon - timedelta(days=ago)
        for number in range(views):
            left = None if watching and status == "live" else began
            facts = {"viewer": f"visitor:{number}", "connection": "c", "role": "subscriber"}
            StreamView.objects.create(stream=stream, joined_at=began, left_at=left, **facts)
        ended = began if status == "ended" else None
        Stream.objects.filter(pk=stream.pk).update(started_at=began, ended_at=ended)
    for number, (currency, value, ago, sure) in enumerate(orders):
        at = noon - timedelta(days=ago)
        facts = {"currency": currency, "value": value}
        Purchase.objects.create(order_id=str(number), at=at, confirmed_at=at if sure else None, **facts)
    if counted:
        rollups.roll_up_ended()
    for days in shop.DAYS:
        found = read(str(days)).json()
        within = [each for each in shows if each[1] < days]
        bought = [each for each in orders if each[2] < days]
        assert found["shows"] == len(within)
        assert found["views"] == sum(views for _, _, views, _ in within)
        assert found["orders"] == sum(sure for *_, sure in bought)
        sums = {row["currency"]: row["value"] for row in found["currencies"]}
        assert sums == {
            currency: sum(value for other, value, _, sure in bought if other == currency and sure)
            for currency in {currency for currency, *_ in bought}
        }
        assert found["liveShows"] == len([1 for status, *_ in shows if status == "live"])
        assert found["watching"] == sum(views for status, _, views, watching in shows if status == "live" and watching)


def test_what_waits_is_counted(creator: User) -> None:
    stream = factories.stream(creator, "live", title="Tea")
    guest = factories.identity()
    line = ChatMessage.objects.post(stream.pk, guest, "Rude")
    ChatMessage.objects.post_or_hold(stream.pk, guest, "Hm", cause="hook")
    Report.objects.create(stream=stream, message=line, reporter="visitor:1", name="A")
    found = read().json()
    assert (found["held"], found["reports"], found["conversations"]["open"]) == (1, 1, 0)
    assert [(row["title"], row["watching"]) for row in found["live"]] == [("Tea", 0)]
    HeldMessage.objects.update(status="refused")
    Report.objects.update(status="dismissed")
    found = read().json()
    assert (found["held"], found["reports"]) == (0, 0)


def test_it_is_for_staff() -> None:
    assert factories.client().get("/api/analytics/shop").status_code == 401
    for role, status in (("viewer", 403), ("creator", 403), ("moderator", 403), ("staff", 200), ("admin", 200)):
        assert read(role=role).status_code == status, role


@pytest.mark.parametrize("days", ["0", "2", "-1", "one", "%00", "9" * 40])
def test_other_days_are_refused(days: str) -> None:
    assert read(days).status_code == 400
