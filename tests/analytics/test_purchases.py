"""Purchases are believed from the shop alone, counted once, and put down to the show in which they were looked at."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import guests, tokens
from accounts.models import User
from analytics import purchases
from analytics.models import Checkout, Purchase
from config import checks
from config.purchases import Purchases
from rest import signatures
from shopping.models import Product
from streams.models import Stream
from tests import factories
from tests.analytics.purchases import SECRET, Visitor, confirms, order, refunds, signed, stored

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture(autouse=True)
def shop(settings: Any) -> None:
    settings.PURCHASES = Purchases([SECRET], timedelta(days=30))


@pytest.fixture
def show() -> Stream:
    stream = factories.stream(factories.user("creator"), "live")
    Stream.objects.filter(pk=stream.pk).update(started_at=timezone.now() - timedelta(days=50))
    stream.refresh_from_db()
    return stream


@pytest.fixture
def mug(show: Stream) -> Product:
    return factories.product(show.creator)


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


def test_a_page_reports_and_the_shop_confirms(show: Stream, mug: Product) -> None:
    visitor = Visitor()
    look = visitor.looks(show, mug)
    answer = visitor.reports("1001", items=[{"productId": str(mug.pk), "quantity": 2, "price": 995}])
    assert (answer.status_code, answer.json()["data"]) == (201, {"orderId": "1001", "confirmed": False})
    assert purchases.of(show)[0] | {"exponent": 2} == {
        "currency": "EUR",
        "exponent": 2,
        "orders": 0,
        "value": 0,
        "refunded": 0,
        "net": 0,
        "reportedOrders": 1,
        "reportedValue": 1990,
    }
    confirmed = confirms("1001", value=1995, items=[{"productId": str(mug.pk)}]).json()["data"]
    assert (confirmed["confirmed"], confirmed["value"], confirmed["sessionId"]) == (True, 1995, str(show.pk))
    assert (confirmed["productId"], confirmed["seconds"]) == (str(mug.pk), 50 * 24 * 3600)
    kept = stored("1001")
    assert (kept.viewer, kept.clicked_at) == (visitor.identity.key, look.at)
    [sums] = purchases.of(show)
    assert (sums["orders"], sums["value"], sums["reportedOrders"]) == (1, 1995, 0)


def test_an_order_counts_once_whoever_reports_it_how_often() -> None:
    first, second = Visitor(), Visitor()
    first.reports("1001")
    assert second.reports("1001", value=1).status_code == 201
    assert (stored("1001").value, stored("1001").viewer) == (1990, first.identity.key)
    for _ in range(2):
        assert confirms("1001", value=500).status_code == 201
    first.reports("1001", value=7)
    assert (Purchase.objects.count(), stored("1001").value) == (1, 500)
    assert refused(confirms("1001", value=501)) == (409, "This order has been confirmed with another value")
    assert refused(confirms("1001", value=500, currency="USD"))[0] == 409


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
        {"webhook-timestamp": "1600000000"},
        {"webhook-id": "another"},
    ],
)
def test_what_is_not_signed_by_the_shop_is_refused(headers: dict[str, str]) -> None:
    for path in ("/api/purchases", "/api/purchases/refunds"):
        assert refused(signed(path, order("1001"), **headers))[0] == 403
    assert refused(signed("/api/purchases", order("1001"), signatures.new_secret()))[0] == 403
    assert not Purchase.objects.exists()


def test_without_a_secret_nothing_is_signed_and_with_two_both_are_good(settings: Any) -> None:
    other = signatures.new_secret()
    settings.PURCHASES = Purchases([other, SECRET], timedelta(days=30))
    assert confirms("1001").status_code == signed("/api/purchases", order("1002"), other).status_code == 201
    settings.PURCHASES = Purchases([], timedelta(days=30))
    assert confirms("1003").status_code == 403
    settings.PURCHASES = Purchases(["whsec_short"], timedelta(days=30))
    assert "config.E040" in [str(problem.id) for problem in checks.chat_hook()]


def test_the_last_look_at_what_was_bought_decides_within_the_window(show: Stream, mug: Product) -> None:
    other, bowl = factories.stream(show.creator, "live"), factories.product(show.creator, name="Bowl")
    visitor = Visitor()
    visitor.looks(show, mug, days=29)
    visitor.looks(other, mug, days=31)
    visitor.looks(other, bowl, days=1)
    Visitor().looks(other, mug)
    visitor.reports("mug", items=[{"productId": str(mug.pk)}])
    visitor.reports("either")
    visitor.reports("neither", items=[{"productId": str(factories.product(show.creator).pk)}])
    visitor.reports("foreign", items=[{"itemId": "SKU-1", "name": "A thing of theirs"}])
    assert stored("mug").stream == show
    assert stored("either").stream == stored("foreign").stream == other
    assert (stored("neither").stream, stored("neither").viewer) == (None, visitor.identity.key)
    confirms("before", guest=guests.issue(visitor.identity.visitor)[0], purchasedAt=_days_ago(2))
    assert stored("before").stream == show


def test_the_buyer_is_the_one_who_looked_before_they_logged_in(show: Stream, mug: Product) -> None:
    guest, user = Visitor(), factories.user()
    guest.looks(show, mug)
    guest.client.credentials(HTTP_AUTHORIZATION=_bearer(user))
    guest.reports("1001")
    assert (stored("1001").viewer, stored("1001").stream) == (guest.identity.key, show)


def test_the_shop_may_name_the_buyer_by_account_or_guest_token(show: Stream, mug: Product) -> None:
    user = factories.user()
    Visitor(user).looks(show, mug)
    confirms("account", userId=user.pk)
    assert (stored("account").stream, stored("account").user) == (show, user)
    guest = Visitor()
    guest.looks(show, mug)
    confirms("guest", guest=guests.issue(guest.identity.visitor)[0])
    assert (stored("guest").stream, stored("guest").viewer) == (show, guest.identity.key)
    assert confirms("nobody").status_code == 201
    assert (stored("nobody").stream, stored("nobody").viewer) == (None, "")
    assert confirms("forged", guest="forged").status_code == confirms("x", userId=2**31 - 1).status_code == 400


def test_refunds_are_partial_counted_once_and_never_more_than_was_paid(show: Stream, mug: Product) -> None:
    visitor = Visitor()
    visitor.looks(show, mug)
    visitor.reports("1001")
    assert refused(refunds("1001", "a")) == (409, "This order has not been confirmed")
    assert refused(refunds("2002", "a")) == (404, "Order not found")
    confirms("1001")
    for _ in range(2):
        assert refunds("1001", "a", value=990).json()["data"]["net"] == 1000
    assert refused(refunds("1001", "a", value=991))[0] == 409
    assert refused(refunds("1001", "b", value=1001))[0] == 400
    assert refused(refunds("1001", "b", value=0))[0] == 400
    assert refunds("1001", "b").json()["data"]["net"] == 0
    assert refused(refunds("1001", "c"))[0] == 400
    assert refunds("1001", "b").status_code == 201
    [sums] = purchases.of(show)
    assert (sums["value"], sums["refunded"], sums["net"]) == (1990, 1990, 0)


@pytest.mark.parametrize(("currency", "exponent"), [("JPY", 0), ("EUR", 2), ("KWD", 3), ("XYZ", 2)])
def test_amounts_are_minor_units_of_any_currency(show: Stream, mug: Product, currency: str, exponent: int) -> None:
    visitor = Visitor()
    visitor.looks(show, mug)
    visitor.reports("1001", currency=currency, value=2**53 - 1)
    visitor.reports("1002", currency=currency, value=2**53 - 1)
    confirms("1001", currency=currency, value=2**53 - 1)
    confirms("1002", currency=currency, value=2**53 - 1)
    [sums] = purchases.of(show)
    assert (sums["exponent"], sums["value"]) == (exponent, 2 * (2**53 - 1))


@pytest.mark.parametrize(
    "change",
    [
        {"orderId": ""},
        {"orderId": "x" * 101},
        {"orderId": "a\0b"},
        {"orderId": None},
        {"orderId": ["a"]},
        {"currency": "euro"},
        {"currency": "eur"},
        {"currency": "€"},
        {"value": -1},
        {"value": 9.95},
        {"value": 10.0},
        {"value": "995"},
        {"value": True},
        {"value": 2**53},
        {"value": None},
        {"items": [{}] * 201},
        {"items": [{"name": "x" * 100, "itemId": "y" * 100}] * 200},
        {"items": [{"quantity": 0}]},
        {"items": [{"quantity": 10**9}]},
        {"items": [{"productId": "mug"}]},
        {"items": [{"price": 1.5}]},
        {"items": [{"name": "a\0"}]},
        {"items": {"a": 1}},
        {"items": ["a"]},
    ],
)
def test_what_is_no_order_is_refused(change: dict[str, Any]) -> None:
    body = order("1001") | change
    assert Visitor().client.post("/api/purchases/reports", body).status_code == 400
    assert signed("/api/purchases", body).status_code == 400
    assert not Purchase.objects.exists()


@pytest.mark.parametrize("body", ["[]", "3", "null", "{", '"a"'])
def test_what_is_no_object_is_refused(body: str) -> None:
    for path in ("reports", "checkouts"):
        answer = Visitor().client.post(f"/api/purchases/{path}", body, content_type="application/json")
        assert answer.status_code == 400


def test_a_purchase_is_not_in_the_future() -> None:
    assert confirms("1001", purchasedAt=_days_ago(-1)).status_code == 400
    assert confirms("1001", purchasedAt="9999-12-31T23:59:59+14:00").status_code == 400
    confirms("1001", purchasedAt=_days_ago(3))
    assert timezone.now() - stored("1001").at > timedelta(days=2)


def test_pages_are_bounded_by_address(settings: Any) -> None:
    settings.REST_RATES = {**settings.REST_RATES, "purchase": "2/day"}
    visitor = Visitor()
    answers = [visitor.client.post("/api/purchases/checkouts", {}).status_code, visitor.reports().status_code]
    assert [*answers, visitor.reports().status_code] == [201, 201, 429]


def test_a_checkout_counts_for_the_show_in_which_its_goods_were_looked_at(show: Stream, mug: Product) -> None:
    visitor = Visitor()
    body = {"items": [{"productId": str(mug.pk)}]}
    visitor.client.post("/api/purchases/checkouts", body)
    assert not Checkout.objects.exists()
    visitor.looks(show, mug)
    visitor.client.post("/api/purchases/checkouts", body)
    noted = Checkout.objects.get()
    assert (noted.stream, noted.viewer) == (show, visitor.identity.key)


def test_a_show_s_purchases_are_read_by_its_owner_and_staff(show: Stream, mug: Product) -> None:
    visitor = Visitor()
    visitor.looks(show, mug)
    for number in range(3):
        confirms(str(number), guest=guests.issue(visitor.identity.visitor)[0], purchasedAt=_days_ago(0.0))
        visitor.reports(f"said-{number}", currency="JPY")
    path = f"/api/sessions/{show.pk}/analytics/purchases"
    for reader in (show.creator, factories.user("staff")):
        found = factories.client(reader).get(path, {"limit": 2}).json()
        assert (found["sessionId"], found["total"], len(found["purchases"])) == (str(show.pk), 6, 2)
        assert [(sums["currency"], sums["orders"], sums["reportedOrders"]) for sums in found["currencies"]] == [
            ("EUR", 3, 0),
            ("JPY", 0, 3),
        ]
        assert "viewer" not in found["purchases"][0]
    assert factories.client(factories.user()).get(path).status_code == 403
    assert factories.client().get(path).status_code == 401


def test_what_is_old_is_forgotten_with_its_refunds(settings: Any) -> None:
    confirms("old", purchasedAt=_days_ago(401))
    refunds("old", "a")
    confirms("new")
    assert Purchase.objects.forget(timedelta(days=400)) >= 1
    assert list(Purchase.objects.values_list("order_id", flat=True)) == ["new"]


def _days_ago(days: float) -> str:
    return (timezone.now() - timedelta(days=days)).isoformat()


def _bearer(user: User) -> str:
    return f"Bearer {tokens.access_token(user)}"
