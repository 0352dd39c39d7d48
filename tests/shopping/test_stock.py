"""`/api/products/stock`: the shop's server says by a signed message how many there are."""

import json
import time
from typing import Any

import pytest

from accounts.models import User
from rest import signatures
from shopping.models import Product
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]
SECRET = "whsec_" + "A" * 32


@pytest.fixture(autouse=True)
def secret(settings: Any) -> None:
    settings.PURCHASES = settings.PURCHASES._replace(catalogue_secrets=[SECRET])


def say(*items: Any, id: str = "msg_1", body: Any = None, **headers: Any) -> Any:
    body = json.dumps({"items": list(items)}).encode() if body is None else body
    signed = dict(signatures.headers([signatures.key_of(SECRET)], id, body)) | headers
    return factories.client().generic("POST", "/api/products/stock", body.decode(), "application/json", headers=signed)


def test_stock_and_price_come_by_sku_and_are_told_at_once(seller: User) -> None:
    mug = factories.product(seller, sku="mug", stock=5)
    shirt = factories.product(seller, variants=[{"options": [("Size", "S")], "sku": "shirt-s", "stock": 2}])
    show = factories.stream(seller, "live")
    factories.listing(show, mug)
    answer = say(
        {"sku": "mug", "stock": 0, "price": "8.00"}, {"sku": "shirt-s", "stock": 7}, {"sku": "none", "stock": 1}
    )
    assert answer.status_code == 200
    assert answer.json()["data"] == {"updated": 2, "unknown": ["none"]}
    mug.refresh_from_db()
    assert (mug.stock, mug.price_minor, mug.is_available) == (0, 800, False)
    assert shirt.forms[0].stock == 7
    (told,) = [fact for fact in factories.told(show.room_key) if fact["fact"] == "product-revised"]
    assert (told["product"]["price"], told["product"]["inStock"]) == ("8.00", False)


def test_the_same_message_is_taken_once(seller: User) -> None:
    factories.product(seller, sku="mug", stock=5)
    say({"sku": "mug", "stock": 3})
    again = say({"sku": "mug", "stock": 9})
    assert (again.status_code, again.json()["data"]["updated"]) == (200, 0)
    assert Product.objects.get().stock == 3
    assert say({"sku": "mug", "stock": None}, id="msg_2").json()["data"]["updated"] == 1
    assert Product.objects.get().stock is None


def test_one_bad_item_and_nothing_is_taken(seller: User) -> None:
    factories.product(seller, sku="mug", stock=5)
    for bad in (
        {"sku": "mug", "stock": -1},
        {"sku": "mug", "price": "x"},
        {"stock": 1},
        {"sku": "mug", "stock": 2**40},
        7,
    ):
        assert say({"sku": "mug", "stock": 3}, bad).status_code == 400
    assert say(body=b"{").status_code == 400
    assert say().status_code == 400
    assert say(*({"sku": str(number)} for number in range(501))).status_code == 400
    assert Product.objects.get().stock == 5
    assert say({"sku": "mug", "stock": 3}).json()["data"]["updated"] == 1  # a refused message may come again


def test_who_does_not_sign_is_not_believed(seller: User, settings: Any) -> None:
    factories.product(seller, sku="mug", stock=5)
    item = {"sku": "mug", "stock": 3}
    old = str(int(time.time()) - 3600)
    for wrong in ({"webhook-signature": "v1,AAAA"}, {"webhook-id": "other"}, {"webhook-timestamp": old}):
        assert say(item, **wrong).status_code == 403
    settings.PURCHASES = settings.PURCHASES._replace(catalogue_secrets=[])
    assert say(item).status_code == 403
    assert Product.objects.get().stock == 5
