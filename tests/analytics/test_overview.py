"""A creator's shows beside each other: each figure is that of the show's own report, and the sums are theirs."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from analytics import metrics, overview, rollups
from analytics.models import CartAdd, ProductClick, Purchase, StreamView
from streams.models import Like, Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

BEGIN = datetime(2020, 1, 31, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    overview.counted.invalidate_all()


@pytest.fixture
def creator() -> User:
    return factories.user("creator")


def show(creator: User, day: int, status: str = "ended") -> Stream:
    stream = factories.stream(creator, status, title=f"Day {day}")
    began = BEGIN + timedelta(days=day)
    ended = began + timedelta(hours=1) if status == "ended" else None
    Stream.objects.filter(pk=stream.pk).update(started_at=began, ended_at=ended)
    stream.refresh_from_db()
    return stream


def read(creator: User, query: str = "?from=2020-01-01&to=2020-12-31", by: User | None = None) -> Any:
    return factories.client(by or creator).get(f"/api/analytics/creator/{creator.pk}/shows{query}")


VIEW = st.tuples(st.integers(0, 3000), st.none() | st.integers(0, 900))
HISTORY = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["ended", "ended", "live"]),
        "views": st.lists(VIEW, max_size=5),
        "looks": st.integers(0, 3),
        "carts": st.integers(0, 2),
        "orders": st.lists(st.tuples(st.sampled_from(["EUR", "JPY"]), st.integers(1, 99), st.booleans()), max_size=3),
        "likes": st.integers(0, 2),
    }
)


def happen(stream: Stream, history: dict[str, Any]) -> None:
    product = factories.product(stream.creator)
    for number, (came, stayed) in enumerate(history["views"]):
        joined = stream.started_at + timedelta(seconds=came) if stream.started_at else BEGIN
        facts: dict[str, Any] = {"viewer": f"visitor:{number}", "connection": "c", "role": "subscriber"}
        if stayed is not None or history["status"] == "ended":
            facts |= {"left_at": joined + timedelta(seconds=stayed or 0), "watch_duration": stayed or 0}
        StreamView.objects.create(stream=stream, joined_at=joined, **facts)
    for number in range(history["looks"]):
        ProductClick.objects.create(stream=stream, product=product, viewer=str(number))
    for number in range(history["carts"]):
        CartAdd.objects.create(stream=stream, product=product, viewer=str(number), quantity=1)
    for number, (currency, value, sure) in enumerate(history["orders"]):
        confirmed = timezone.now() if sure else None
        facts = {"currency": currency, "value": value, "confirmed_at": confirmed}
        Purchase.objects.create(stream=stream, order_id=f"{stream.pk} {number}", **facts)
    for number in range(history["likes"]):
        Like.objects.create(stream=stream, liker=str(number))


def plainly(stream: Stream, history: dict[str, Any]) -> dict[str, Any]:
    """The same figures, one show after the other and without anything kept."""
    viewers = metrics.viewers(stream)
    sums: dict[str, list[int]] = {}
    for currency, value, sure in history["orders"]:
        row = sums.setdefault(currency, [0, 0, 0])
        row[0] += sure
        row[1] += value * sure
        row[2] += not sure
    return {
        "title": stream.title,
        "status": history["status"],
        "views": len(history["views"]),
        "peak": viewers["peak"],
        "watchTime": sum(stayed or 0 for _, stayed in history["views"]),
        "averageWatchTime": viewers["avgWatchTime"],
        "clicks": history["looks"],
        "carts": history["carts"],
        "orders": sum(sure for _, _, sure in history["orders"]),
        "likes": history["likes"],
        "sums": {currency: tuple(row) for currency, row in sums.items()},
    }


@given(histories=st.lists(HISTORY, max_size=3), counted=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shows_and_their_sums_are_counted_as_documented(
    creator: User, histories: list[dict[str, Any]], counted: bool
) -> None:
    Stream.objects.all().delete()
    Purchase.objects.all().delete()
    expected: list[dict[str, Any]] = []
    for number, history in enumerate(histories):
        stream = show(creator, number, history["status"])
        happen(stream, history)
        if counted:
            rollups.roll_up_ended()
        expected.insert(0, plainly(stream, history))
    found = read(creator).json()
    for row in found["shows"]:
        row["sums"] = {
            sums["currency"]: (sums["orders"], sums["value"], sums["reportedOrders"]) for sums in row["currencies"]
        }
    assert [{name: row[name] for name in expected[0]} for row in found["shows"]] == expected
    for name in ("views", "watchTime", "clicks", "carts", "orders", "likes"):
        assert found["totals"][name] == sum(row[name] for row in expected)
    assert found["totals"]["peak"] == max((row["peak"] for row in expected), default=0)
    total = {sums["currency"]: sums["value"] for sums in found["totals"]["currencies"]}
    for currency in {"EUR", "JPY"} & total.keys():
        assert total[currency] == sum(row["sums"].get(currency, (0, 0, 0))[1] for row in expected)


def test_only_the_shows_of_the_time_are_there_and_planned_ones_by_when_they_were_planned(creator: User) -> None:
    for day in (0, 1, 2):
        show(creator, day)
    factories.stream(creator, title="Planned")
    others = factories.user("creator")
    show(others, 1)

    def titles(query: str) -> list[str]:
        return [row["title"] for row in read(creator, query).json()["shows"]]

    assert titles("?from=2020-02-01&to=2020-02-01") == ["Day 1"]
    assert titles("?from=2020-01-31&to=2020-02-02") == ["Day 2", "Day 1", "Day 0"]
    assert titles("") == ["Planned"]


def test_who_watches_a_replay_later_is_counted(creator: User) -> None:
    stream = show(creator, 0)
    rollups.roll_up_ended()
    assert read(creator).json()["totals"]["views"] == 0
    facts = {"joined_at": timezone.now(), "left_at": timezone.now(), "watch_duration": 0}
    StreamView.objects.create(stream=stream, viewer="v", connection="c", role="subscriber", **facts)
    overview.counted.invalidate_all()
    assert read(creator).json()["totals"]["views"] == 1


def test_many_shows_take_as_many_queries_as_one(
    creator: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for day in range(5):
        happen(
            show(creator, day),
            {"status": "ended", "views": [(0, 60)], "looks": 1, "carts": 1, "orders": [], "likes": 1},
        )
    rollups.roll_up_ended()
    with django_assert_max_num_queries(12):
        assert len(read(creator).json()["shows"]) == 5


def test_it_is_for_the_creator_and_for_staff(creator: User) -> None:
    address = f"/api/analytics/creator/{creator.pk}/shows"
    assert factories.client().get(address).status_code == 401
    for role, status in (("viewer", 403), ("creator", 403), ("moderator", 403), ("staff", 200), ("admin", 200)):
        assert read(creator, by=factories.user(role)).status_code == status, role


@pytest.mark.parametrize("query", ["?from=1.1.2020", "?to=9999-12-31", "?from=2020-02-02&to=2020-02-01", "?to=%00"])
def test_what_is_no_time_is_refused(creator: User, query: str) -> None:
    assert read(creator, query).status_code == 400


def test_the_first_day_there_is_is_one(creator: User) -> None:
    assert read(creator, f"?to={date.min.isoformat()}").status_code == 200
