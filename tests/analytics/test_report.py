"""A show's report in one answer: what its pages read, live and afterwards, and who it is for."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from analytics import goods, minutes, report, rollups
from analytics.models import CartAdd, ProductClick, Purchase, StreamView
from shopping.models import Product
from streams.models import ChatMessage, Like, Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture
def creator() -> User:
    return factories.user("creator")


@pytest.fixture
def show(creator: User) -> Stream:
    """A show that is on, with one viewer who has looked, written, liked and bought."""
    stream = factories.stream(creator, "live")
    mug = factories.listing(stream, factories.product(creator, name="Mug")).product
    viewer = factories.user(name="ann")
    who = factories.identity(viewer)
    StreamView.objects.create(stream=stream, viewer=who.key, connection="c", role="subscriber", user=viewer)
    stream.showcase(mug.pk)
    stream.click(mug.pk, who)
    ChatMessage.objects.post(stream.pk, who, "Lovely")
    Like.objects.toggle(stream, who.key)
    facts = {"currency": "EUR", "value": 1990, "viewer": who.key, "confirmed_at": timezone.now()}
    Purchase.objects.create(stream=stream, order_id="o1", product=mug, **facts)
    return stream


def dashboard(of: Stream, by: User) -> Any:
    return factories.client(by).get(f"/api/sessions/{of.pk}/analytics/dashboard")


def read(of: Stream) -> Any:
    report.counted.invalidate_all()
    report.counted_again.invalidate_all()
    answer = dashboard(of, of.creator)
    assert answer.status_code == 200
    return answer.json()


def test_it_has_all_figures_of_the_show_live_and_when_it_is_over(show: Stream) -> None:
    live = read(show)
    assert (live["viewers"]["total"], live["chat"], live["likes"]) == (1, {"messages": 1, "authors": 1}, 1)
    assert live["minutes"][-1]["productName"] == "Mug" or live["minutes"][0]["productName"] == "Mug"
    assert [step["events"] for step in live["funnel"]] == [1, 1, 0, 0, 1]
    assert live["currencies"][0] | {"orders": 1, "net": 1990, "exponent": 2} == live["currencies"][0]
    assert live["products"] == [
        {
            "productId": str(show.clicks.get().product_id),
            "productName": "Mug",
            "uniqueClicks": 1,
            "totalClicks": 1,
            "clickThroughRate": 100.0,
            "carts": 0,
            "orders": 1,
        }
    ]
    show.end()
    over = [read(show) for _ in range(2)]
    for name in ("chat", "likes", "funnel", "currencies", "products", "totalClicks", "reactions"):
        assert over[0][name] == over[1][name] == live[name]
    assert over[1]["session"]["status"] == "ended"
    assert over[1]["minutes"][-1]["viewers"] == 0


def test_of_a_show_that_is_on_it_is_counted_once_for_all_who_look(show: Stream) -> None:
    first = read(show)
    StreamView.objects.create(stream=show, viewer="visitor:b", connection="d", role="subscriber")
    again = dashboard(show, show.creator).json()
    assert (again["countedAt"], again["viewers"]) == (first["countedAt"], first["viewers"])
    assert read(show)["viewers"]["total"] == 2


def test_of_a_show_that_is_watched_again_too_and_what_is_kept_is_told_at_once(show: Stream) -> None:
    show.end()
    facts = {"role": "subscriber", "joined_at": minutes.end_of(show)}
    later = StreamView.objects.create(stream=show, viewer="visitor:b", connection="d", **facts)
    first = read(show)
    assert (first["viewers"]["total"], first["audience"]["replay"]["people"]) == (2, 1)
    StreamView.objects.create(stream=show, viewer="visitor:c", connection="e", **facts)
    assert dashboard(show, show.creator).json()["countedAt"] == first["countedAt"]
    StreamView.objects.filter(left_at=None).close(later.joined_at)
    rollups.roll_up(show)
    assert dashboard(show, show.creator).json()["viewers"]["total"] == 3


def test_a_show_that_has_not_begun_has_an_empty_one(creator: User) -> None:
    found = read(factories.stream(creator))
    assert (found["minutes"], found["products"], found["currencies"], found["startedAt"]) == ([], [], [], None)


@pytest.mark.parametrize("path", ["dashboard", "people"])
def test_it_is_for_the_owner_and_for_staff(show: Stream, path: str) -> None:
    address = f"/api/sessions/{show.pk}/analytics/{path}"
    assert factories.client().get(address).status_code == 401
    for role, status in (("viewer", 403), ("creator", 403), ("moderator", 403), ("staff", 200), ("admin", 200)):
        assert factories.client(factories.user(role)).get(address).status_code == status, role
    missing = f"/api/sessions/{uuid.uuid4()}/analytics/{path}"
    assert factories.client(show.creator).get(missing).status_code == 404


def test_who_liked_and_who_wrote_are_people(show: Stream) -> None:
    guest = factories.identity()
    for number in range(2):
        ChatMessage.objects.post(show.pk, guest, f"Hello {number}", name="Bea")
    Like.objects.toggle(show, guest.key)
    ChatMessage.objects.filter(text="Lovely").update(created_at=timezone.now() - timedelta(minutes=1))
    found = factories.client(show.creator).get(f"/api/sessions/{show.pk}/analytics/people").json()
    ann = show.messages.get(text="Lovely").user_id
    assert found["wrote"]["people"] == 2
    assert [(each["name"], each["userId"], each["lines"]) for each in found["wrote"]["list"]] == [
        ("Bea", None, 2),
        ("ann", ann, 1),
    ]
    assert found["liked"]["people"] == 2
    assert {(each["name"], each["userId"]) for each in found["liked"]["list"]} == {("", None), ("ann", ann)}
    page = factories.client(show.creator).get(f"/api/sessions/{show.pk}/analytics/people?limit=1&offset=1").json()
    assert ([each["name"] for each in page["wrote"]["list"]], page["wrote"]["people"]) == (["ann"], 2)
    refused = factories.client(show.creator).get(f"/api/sessions/{show.pk}/analytics/people?limit=0")
    assert refused.status_code == 400


WHO = st.sampled_from([None, None, 0, 1])
ACT = st.tuples(WHO, st.integers(0, 2))


@given(looks=st.lists(ACT, max_size=12), carts=st.lists(ACT, max_size=8), orders=st.lists(ACT, max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_products_are_counted_as_documented(
    creator: User, looks: list[Any], carts: list[Any], orders: list[Any]
) -> None:
    Product.objects.all().delete()
    Purchase.objects.all().delete()
    show = factories.stream(creator, "live")
    products = [factories.product(creator, name=f"Mug {n}") for n in range(3)]
    people = [factories.user() for _ in range(2)]
    for number, (who, what) in enumerate(looks):
        user = None if who is None else people[who]
        ProductClick.objects.create(stream=show, product=products[what], user=user, viewer=str(number))
    for who, what in carts:
        CartAdd.objects.create(stream=show, product=products[what], viewer=str(who), quantity=3)
    for number, (who, what) in enumerate(orders):
        confirmed = None if who is None else timezone.now()
        facts = {"currency": "EUR", "value": 1, "confirmed_at": confirmed}
        Purchase.objects.create(stream=show, order_id=str(number), product=products[what], **facts)
    expected = []
    for number, product in enumerate(products):
        whose = [who for who, what in looks if what == number]
        unique = len({who for who in whose if who is not None}) + whose.count(None)
        filled = sum(what == number for _, what in carts)
        bought = sum(what == number and who is not None for who, what in orders)
        if whose or filled or bought:
            expected.append((str(product.pk), unique, len(whose), filled, bought))
    found = [tuple(row) for row in goods.packed(show)]
    assert sorted(found) == sorted(expected)
    ranks = [(row[4], row[3], row[1], row[2]) for row in found]
    assert ranks == sorted(ranks, reverse=True)
    named = goods.unpacked(goods.packed(show), 8)
    assert [row["productName"] for row in named] == [
        next(product.name for product in products if str(product.pk) == row[0]) for row in found
    ]
