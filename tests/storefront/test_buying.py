"""The way from a show to the seller's shop, and how the order comes back to the show."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from analytics import references
from analytics.models import Checkout, Purchase
from analytics.models.purchase import Order
from shopping.models import Product
from streams.models import Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]
WINDOW = timedelta(days=30)


@pytest.fixture
def creator() -> User:
    return factories.user("creator")


@pytest.fixture
def mug(creator: User) -> Product:
    return factories.product(creator, url="https://shop.example/mug?lang=en&vitrine_ref=old#size")


@pytest.fixture
def show(creator: User, mug: Product) -> Stream:
    show = factories.stream(creator, "live")
    factories.listing(show, mug)
    return show


def buy(client: Client, product: Product, **asked: Any) -> Any:
    return client.get(f"/buy/{product.pk}/", asked)


def reference(answer: Any) -> references.Reference:
    (token,) = parse_qs(urlsplit(answer["Location"]).query)["vitrine_ref"]
    assert len(token) <= references.MAX_LENGTH
    found = references.read(token, WINDOW)
    assert found is not None
    return found


def test_buying_leads_to_the_shop_with_a_reference(client: Client, mug: Product, show: Stream) -> None:
    answer = buy(client, mug, show=show.pk, at=61_000)
    assert answer.status_code == 302
    assert answer["Location"].startswith("https://shop.example/mug?lang=en&vitrine_ref=")
    assert answer["Location"].endswith("#size")
    assert "old" not in answer["Location"]
    found = reference(answer)
    assert (found.stream_id, found.moment_ms, found.product_id, found.variant_id) == (show.pk, 61_000, mug.pk, None)
    assert found.viewer == f"visitor:{identities.read_visitor({'visitor': client.cookies['visitor'].value})}"
    checkout = Checkout.objects.get()
    assert (checkout.stream, checkout.viewer) == (show, found.viewer)


def test_the_reference_tells_the_shop_nothing_of_the_visitor(client: Client, mug: Product) -> None:
    client.force_login(user := factories.user())
    answer = buy(client, mug)
    assert reference(answer).viewer == f"user:{user.pk}"
    assert user.username not in answer["Location"]
    assert buy(client, mug)["Location"] != answer["Location"]


def test_a_variant_has_a_page_of_its_own(client: Client, creator: User) -> None:
    rows = [{"options": [("Size", "S")], "url": "http://shop.example/s"}, {"options": [("Size", "M")], "stock": 0}]
    shirt = factories.product(creator, url="https://shop.example/shirt", variants=rows)
    small, medium = shirt.forms
    answer = buy(client, shirt, variant=small.pk)
    assert answer["Location"].startswith("http://shop.example/s?vitrine_ref=")
    assert reference(answer).variant_id == small.pk
    assert buy(client, shirt, variant=medium.pk).status_code == 409
    for none in ("", uuid4(), "x"):
        assert buy(client, shirt, variant=none).status_code == 400


def test_a_price_that_was_not_seen_is_shown_first(client: Client, mug: Product) -> None:
    mug.revise(price=Decimal("12.00"))
    answer = buy(client, mug, price=950, show=uuid4())
    words = answer.content.decode()
    assert answer.status_code == 409
    assert "9.50" in words
    assert "12.00" in words
    assert "price=1200" in words
    assert buy(client, mug, price=1200).status_code == 302


def test_what_is_sold_out_or_has_no_page_is_not_bought(client: Client, creator: User, mug: Product) -> None:
    mug.revise(stock=0)
    answer = buy(client, mug)
    assert answer.status_code == 409
    assert "Sold out" in answer.content.decode()
    assert buy(client, factories.product(creator)).status_code == 409
    assert client.get(f"/buy/{uuid4()}/").status_code == 404


@pytest.mark.parametrize(
    "page",
    ["javascript:alert(1)", "//evil.example", "https:/\\evil.example", "ftp://evil.example/", "/admin/", "https://a b"],
)
def test_an_address_that_got_past_the_forms_leads_nowhere(client: Client, mug: Product, page: str) -> None:
    Product.objects.filter(pk=mug.pk).update(url=page)
    assert buy(client, mug).status_code == 409


@pytest.mark.parametrize("next", ["https://evil.example", "//evil.example"])
def test_no_parameter_leads_elsewhere(client: Client, mug: Product, next: str) -> None:
    named = ("url", "next", "to", "redirect", "show", "at", "price")
    answer = buy(client, mug, **dict.fromkeys(named, next))
    assert urlsplit(answer["Location"]).hostname == "shop.example"


def test_a_show_that_does_not_have_it_gets_nothing(client: Client, creator: User, mug: Product) -> None:
    other = factories.stream(creator, "live")
    assert reference(buy(client, mug, show=other.pk)).stream_id is None
    assert not Checkout.objects.exists()


def test_so_many_of_one_address_are_counted_and_all_are_led_on(
    client: Client, mug: Product, show: Stream, settings: Any
) -> None:
    settings.REST_RATES = {**settings.REST_RATES, "purchase": "1/hour"}
    assert [buy(client, mug, show=show.pk).status_code for _ in range(3)] == [302, 302, 302]
    assert Checkout.objects.count() == 1


def test_the_order_is_put_down_to_the_moment_that_led_to_it(client: Client, mug: Product, show: Stream) -> None:
    found = reference(buy(client, mug, show=show.pk, at=61_000))
    order = Order("A-1", "USD", 950, [], reference=found)
    purchase = Purchase.objects.confirm(order, ["visitor:" + "0" * 32])
    assert (purchase.stream, purchase.product, purchase.viewer, purchase.seconds) == (show, mug, found.viewer, 61)


def test_a_buyers_page_reports_it(client: Client, mug: Product, show: Stream) -> None:
    token = parse_qs(urlsplit(buy(client, mug, show=show.pk)["Location"]).query)["vitrine_ref"][0]
    order = {"orderId": "A-2", "currency": "USD", "value": 950}
    path = "/api/purchases/reports"
    answer = Client().post(path, order | {"vitrineRef": token}, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert Purchase.objects.get().stream == show


@pytest.mark.parametrize("change", ["first", "last", "short", "long", "other", "none"])
def test_a_reference_that_was_changed_says_nothing(mug: Product, change: str) -> None:
    made = references.Reference(None, 0, mug.pk, None, "user:1", timezone.now())
    token = references.seal(made)
    wrong = {
        "first": ("A" if token[0] != "A" else "B") + token[1:],
        "last": token[:-4] + "AAAA",
        "short": token[:20],
        "long": token * 3,
        "other": "é" * 20,
        "none": "",
    }[change]
    assert references.read(token, WINDOW) is not None
    assert references.read(wrong, WINDOW) is None


def test_an_old_reference_says_nothing(mug: Product) -> None:
    made = references.Reference(None, 0, mug.pk, None, "user:1", timezone.now() - WINDOW - timedelta(seconds=5))
    assert references.read(references.seal(made), WINDOW) is None


def test_another_secret_reads_it_only_as_a_former_one(mug: Product, settings: Any) -> None:
    token = references.seal(references.Reference(None, 0, mug.pk, None, "user:1", timezone.now()))
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "another" * 10
    assert references.read(token, WINDOW) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert references.read(token, WINDOW) is not None
