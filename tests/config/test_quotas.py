"""What one account may have at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from accounts.models import QuotaReached, Role, Ticket, User
from config import rate_limits
from shopping.models import Product
from streams.models import Stream
from tests import factories, sockets

RIVALS = 8  # who try at the same moment


@pytest.fixture(autouse=True)
def small_quotas(settings: Any) -> None:
    settings.QUOTAS = {"products": 3, "shows": 3, "tickets": 3}


@pytest.fixture
def creator(db: None) -> User:
    return factories.user("creator")


PRODUCT = {"name": "Teapot", "description": "A teapot", "price": "12.50", "category": "Table"}
DOORS = {
    "products": ("/api/products", PRODUCT, {"error": "An account may have at most 3 products"}),
    "shows": (
        "/api/sessions",
        {"title": "Tea time"},
        {
            "success": False,
            **dict.fromkeys(("message", "error"), "An account may have at most 3 shows that have not ended"),
        },
    ),
    "tickets": (
        "/api/auth/ticket",
        {},
        {"success": False, "message": "An account may have at most 3 unused tickets", "retryAfter": Ticket.SECONDS},
    ),
}


@pytest.mark.parametrize("what", DOORS)
def test_one_more_than_the_quota_is_refused_with_the_number(creator: User, what: str) -> None:
    path, body, refusal = DOORS[what]
    answers = [factories.client(creator).post(path, body) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [answers[0].status_code] * 3 + [403]
    assert answers[0].status_code in (200, 201)
    assert answers[3].json() == refusal
    assert factories.client(factories.user("creator")).post(path, body).status_code == answers[0].status_code


@pytest.mark.parametrize("what", DOORS)
def test_no_quota_is_no_limit(creator: User, what: str, settings: Any) -> None:
    settings.QUOTAS = {**settings.QUOTAS, what: 0}
    path, body, _ = DOORS[what]
    assert all(factories.client(creator).post(path, body).status_code < 300 for _ in range(5))


def test_a_show_that_has_ended_makes_room_for_another(creator: User) -> None:
    first, *_ = [Stream.objects.schedule(creator, title="Tea time") for _ in range(3)]
    first.start()
    with pytest.raises(QuotaReached):
        Stream.objects.schedule(creator, title="One more")
    first.end()
    Stream.objects.schedule(creator, title="One more")


def test_going_live_with_a_new_show_counts_too_and_the_same_op_again_does_not(db: None) -> None:
    staff = factories.identity(factories.user("staff"))
    shows = [Stream.objects.go_live(staff, None, op) for op in ("1", "2", "3")]
    with pytest.raises(QuotaReached):
        Stream.objects.go_live(staff, None, "4")
    assert Stream.objects.go_live(staff, None, "3") == shows[2]


def test_a_ticket_that_is_used_or_expired_makes_room_for_another(creator: User) -> None:
    first, *_ = [Ticket.objects.issue(creator) for _ in range(3)]
    Ticket.objects.redeem(first)
    Ticket.objects.issue(creator)
    with pytest.raises(QuotaReached):
        Ticket.objects.issue(creator)
    creator.tickets.update(expires_at=factories.ago(minutes=1))
    Ticket.objects.issue(creator)
    assert creator.tickets.count() == 1


def offer(user: User) -> object:
    return Product.objects.offer(user, name="Teapot", description="", price_minor=1, category="Table")


def schedule(user: User) -> object:
    return Stream.objects.schedule(user, title="Tea time")


@pytest.mark.usefixtures("live_db")
@pytest.mark.parametrize("add", [offer, schedule, Ticket.objects.issue], ids=["products", "shows", "tickets"])
def test_of_many_at_the_same_moment_no_more_pass_than_may(add: Callable[[User], object]) -> None:
    user, start = sockets.make_user(Role.CREATOR), Barrier(RIVALS)

    def rival(_: int) -> bool:
        start.wait(sockets.PATIENCE)
        try:
            add(user)
        except QuotaReached:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(RIVALS) as rivals:
        assert sorted(rivals.map(rival, range(RIVALS))) == [False] * (RIVALS - 3) + [True] * 3


def test_quotas_can_be_changed_one_by_one() -> None:
    assert rate_limits.quotas_changed({"shows": 0}) == {**rate_limits.QUOTAS, "shows": 0}
    for wrong in ({"show": 1}, {"shows": -1}, {"shows": "many"}):
        with pytest.raises(ImproperlyConfigured):
            rate_limits.quotas_changed(wrong)  # type: ignore[arg-type]
