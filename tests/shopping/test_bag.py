"""`/api/bag`: what one person means to buy, a guest as well."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from rest_framework.test import APIClient

from accounts import identity as identities
from accounts.models import User
from shopping.models import BagLine, Product
from shopping.models import bag as bags
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture
def guest() -> APIClient:
    client = APIClient()
    client.cookies[identities.COOKIE] = identities.new_visitor()[1]
    return client


def put(client: Any, product: Product, **facts: Any) -> Any:
    return client.post("/api/bag", {"productId": str(product.pk), **facts}, format="json")


def items(client: Any) -> Any:
    return client.get("/api/bag").json()["data"]["items"]


def test_a_guest_fills_a_bag_of_their_own(guest: APIClient, seller: User) -> None:
    show, page = factories.stream(seller, "live"), "https://shop.example/mug"
    product = factories.product(seller, url=page)
    assert put(guest, product, qty=2, sessionId=str(show.pk), atMs=61_000).status_code == 201
    bag = put(guest, product).json()["data"]
    (item,) = bag["items"]
    assert (bag["total"], bag["currency"], bag["count"]) == (2850, "USD", 3)
    assert item == {
        "id": item["id"],
        "productId": str(product.pk),
        "variantId": None,
        "name": "Mug",
        "variantName": None,
        "imageUrl": None,
        "qty": 3,
        "unitPrice": 950,
        "lineTotal": 2850,
        "priceBefore": None,
        "inStock": True,
        "sessionId": str(show.pk),
        "buyUrl": f"/buy/{product.pk}/?price=950&show={show.pk}&at=61000",
    }
    assert items(factories.client()) == []  # nobody else sees it


def test_a_guest_who_logs_in_keeps_it(guest: APIClient, product: Product) -> None:
    put(guest, product)
    guest.force_login(factories.user())
    assert [item["qty"] for item in items(guest)] == [1]
    assert [item["qty"] for item in put(guest, product).json()["data"]["items"]] == [2]


def test_lines_are_changed_and_taken_out(guest: APIClient, product: Product) -> None:
    line = put(guest, product).json()["data"]["items"][0]["id"]
    assert guest.patch(f"/api/bag/{line}", {"qty": 5}).json()["data"]["count"] == 5
    assert factories.client().patch(f"/api/bag/{line}", {"qty": 1}).status_code == 404
    assert factories.client().delete(f"/api/bag/{line}").status_code == 404
    assert guest.patch(f"/api/bag/{line}", {"qty": 0}).json()["data"]["items"] == []
    assert guest.patch(f"/api/bag/{line}", {"qty": 1}).status_code == 404
    line = put(guest, product).json()["data"]["items"][0]["id"]
    assert guest.delete(f"/api/bag/{line}").json()["data"]["items"] == []
    put(guest, product)
    assert guest.delete("/api/bag").json()["data"]["items"] == []


def test_what_is_sold_out_is_refused_and_what_is_there_is_marked(guest: APIClient, seller: User) -> None:
    product = factories.product(seller, stock=2, url="https://shop.example/mug")
    line = put(guest, product, qty=2).json()["data"]["items"][0]["id"]
    more = guest.patch(f"/api/bag/{line}", {"qty": 3})
    assert (more.status_code, more.json()["message"], more.json()["left"]) == (409, "Only 2 left", 2)
    product.revise(stock=0)
    refused = put(guest, product)
    assert (refused.status_code, refused.json()["message"]) == (409, "Sold out")
    (item,) = items(guest)
    assert (item["inStock"], item["qty"], item["buyUrl"]) == (False, 2, None)
    assert guest.patch(f"/api/bag/{line}", {"qty": 1}).status_code == 200


def test_a_price_that_changes_is_confirmed_before_anything_is_bought(guest: APIClient, seller: User) -> None:
    product = factories.product(seller, url="https://shop.example/mug")
    line = put(guest, product).json()["data"]["items"][0]["id"]
    product.revise(price=Decimal("12.00"))
    (item,) = items(guest)
    assert (item["unitPrice"], item["priceBefore"], item["buyUrl"]) == (1200, 950, None)
    assert guest.patch(f"/api/bag/{line}", {"price": 950}).status_code == 400
    (item,) = guest.patch(f"/api/bag/{line}", {"price": 1200}).json()["data"]["items"]
    assert (item["priceBefore"], item["buyUrl"]) == (None, f"/buy/{product.pk}/?price=1200")


def test_a_product_with_variants_is_taken_in_one_of_them(guest: APIClient, seller: User) -> None:
    rows = [{"options": [("Size", size)], "price": Decimal(price)} for size, price in (("S", "7"), ("M", "8"))]
    product = factories.product(seller, variants=rows)
    assert put(guest, product).json()["message"] == "Choose a variant"
    for variant in product.forms:
        put(guest, product, variantId=str(variant.pk))
    assert [(item["variantName"], item["unitPrice"]) for item in items(guest)] == [("S", 700), ("M", 800)]
    assert put(guest, factories.product(seller), variantId=str(variant.pk)).json()["message"] == "Unknown variant"


def test_a_bag_is_bounded(guest: APIClient, seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bags, "MAX_LINES", 1)
    first, second = factories.product(seller), factories.product(seller)
    assert put(guest, first, qty=99).status_code == 201
    assert put(guest, first).json()["message"] == "Invalid quantity"
    assert put(guest, second).json()["message"] == "The bag is full"


@pytest.mark.parametrize(
    "facts",
    [
        {"productId": "x"},
        {"productId": None},
        {"qty": 0},
        {"qty": 10**30},
        {"qty": "many"},
        {"variantId": 7},
        {"sessionId": "x"},
        {"atMs": -1},
        {"atMs": 2**60},
    ],
)
def test_nonsense_is_refused(guest: APIClient, product: Product, facts: Any) -> None:
    assert put(guest, product, **facts).status_code == 400
    assert not BagLine.objects.exists()


def test_nobody_puts_so_much_a_minute(guest: APIClient, product: Product, settings: Any) -> None:
    settings.REST_RATES = {**settings.REST_RATES, "bag": "1/hour"}
    assert [put(guest, product).status_code for _ in range(2)] == [201, 429]
    assert guest.get("/api/bag").status_code == 200


def test_what_nobody_has_touched_for_long_is_forgotten(guest: APIClient, seller: User) -> None:
    old, new = factories.product(seller), factories.product(seller)
    put(guest, old)
    BagLine.objects.update(changed_at=F("changed_at") - bags.KEPT - timedelta(hours=1))
    put(guest, new)
    assert BagLine.objects.forget() == 1
    assert BagLine.objects.get().product == new
