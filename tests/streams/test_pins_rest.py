"""Pins over REST: whoever runs the show sets them, everyone reads them."""

import uuid
from typing import Any

import pytest

from accounts.models import User
from shopping.models import Product
from streams.models import Pin, Stream
from tests import factories
from tests.streams.rest import refused


def url(stream: Stream, path: str = "") -> str:
    return f"/api/sessions/{stream.pk}/pins{path}"


def names(answer: Any) -> list[str]:
    return [pin["name"] for pin in answer.json()["data"]]


def test_everyone_reads_what_is_pinned(stream: Stream, products: list[Product]) -> None:
    Pin.objects.replace(stream, [products[1].pk, products[0].pk])
    body = factories.client().get(url(stream)).json()
    shown = factories.client().get(f"/api/products/{products[1].pk}").json()
    assert (body["success"], body["count"], len(body["data"])) == (True, 2, 2)
    assert body["data"][0] == {
        "productId": str(products[1].pk),
        "name": "Mug 1",
        "price": "9.50",
        "image": None,
        "displayOrder": 0,
        "product": shown,
    }


def test_a_show_without_pins_has_an_empty_list(stream: Stream) -> None:
    assert factories.client().get(url(stream)).json() == {"success": True, "data": [], "count": 0}


def test_the_creator_pins_moves_and_unpins(creator: User, stream: Stream, products: list[Product]) -> None:
    client = factories.client(creator)
    answer = client.post(url(stream), {"productId": str(products[0].pk)})
    assert (answer.status_code, answer.json()["message"]) == (201, "Product pinned successfully")
    answer = client.post(url(stream), {"productId": str(products[1].pk), "displayOrder": 5})
    assert names(answer) == ["Mug 0", "Mug 1"]
    answer = client.put(url(stream, "/order"), {"productIds": [str(products[1].pk), str(products[0].pk)]})
    assert (answer.status_code, answer.json()["message"]) == (200, "Pinned products reordered successfully")
    assert [(pin["name"], pin["displayOrder"]) for pin in answer.json()["data"]] == [("Mug 1", 0), ("Mug 0", 1)]
    answer = client.delete(url(stream, f"/{products[1].pk}"))
    assert (answer.status_code, answer.json()["message"]) == (200, "Product unpinned successfully")
    assert (names(answer), answer.json()["count"]) == (["Mug 0"], 1)


def test_a_fourth_is_refused(creator: User, stream: Stream, products: list[Product]) -> None:
    Pin.objects.replace(stream, [product.pk for product in products])
    answer = factories.client(creator).post(url(stream), {"productId": str(products[3].pk)})
    assert refused(answer) == (400, "At most 3 products can be pinned at once")


def test_an_admin_pins_on_any_show(stream: Stream, products: list[Product]) -> None:
    client = factories.client(factories.user("admin"))
    assert client.post(url(stream), {"productId": str(products[0].pk)}).status_code == 201


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Product ID is required"),
        ({"productId": None}, "Product ID is required"),
        ({"productId": "x"}, "Product not found"),
        ({"productId": "00000000-0000-4000-8000-000000000000"}, "Product not found"),
    ],
    ids=str,
)
def test_a_product_must_be_named_and_known(creator: User, stream: Stream, body: dict[str, Any], message: str) -> None:
    assert refused(factories.client(creator).post(url(stream), body)) == (400, message)


@pytest.mark.parametrize("order", [-1, 10_001, "first", 1.5, None], ids=str)
def test_an_order_is_a_small_number(creator: User, stream: Stream, products: list[Product], order: Any) -> None:
    body = {"productId": str(products[0].pk), "displayOrder": order}
    assert factories.client(creator).post(url(stream), body).status_code == 400


@pytest.mark.parametrize("ids", [None, "x", ["x"], {}, [None]], ids=str)
def test_an_order_of_pins_is_a_list_of_ids(creator: User, stream: Stream, ids: Any) -> None:
    assert factories.client(creator).put(url(stream, "/order"), {"productIds": ids}).status_code == 400


def test_what_is_not_pinned_is_neither_ordered_nor_unpinned(
    creator: User, stream: Stream, products: list[Product]
) -> None:
    client = factories.client(creator)
    answer = client.put(url(stream, "/order"), {"productIds": [str(products[0].pk)]})
    assert refused(answer) == (400, "Product is not pinned")
    assert refused(client.delete(url(stream, f"/{products[0].pk}"))) == (404, "Product is not pinned")


# --- who may not

CHANGES = [("post", ""), ("put", "/order"), ("delete", "/{}")]


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("role", ["viewer", "creator", "moderator", "staff"])
def test_nobody_else_changes_pins(stream: Stream, products: list[Product], role: str, method: str, path: str) -> None:
    Pin.objects.pin(stream, products[0].pk)
    client = factories.client(factories.user(role))
    answer = getattr(client, method)(url(stream, path.format(products[0].pk)))
    assert refused(answer) == (403, "You don't have permission to modify this session")
    assert Pin.objects.count() == 1


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_changes_need_a_token(stream: Stream, products: list[Product], method: str, path: str) -> None:
    answer = getattr(factories.client(), method)(url(stream, path.format(products[0].pk)))
    assert refused(answer) == (401, "No token provided. Authentication required.")


@pytest.mark.parametrize(("method", "path"), [("get", ""), *CHANGES])
def test_an_unknown_session_is_not_found(creator: User, method: str, path: str) -> None:
    unknown = Stream(id=uuid.uuid4())
    answer = getattr(factories.client(creator), method)(url(unknown, path.format(uuid.uuid4())))
    assert refused(answer) == (404, "Session not found")
