"""`/api/sessions/<id>/products`: what is on a show, in which order, and what is featured."""

import uuid
from typing import Any

import pytest

from accounts.models import User
from shopping.models import Product
from streams.models import Listing, Stream
from tests import factories
from tests.streams.rest import refused

pytestmark = pytest.mark.django_db

LISTING = {"id", "sessionId", "productId", "featured", "displayOrder", "createdAt", "product"}


def url(stream: Stream, rest: object = "") -> str:
    return f"/api/sessions/{stream.pk}/products{rest}"


def test_products_are_listed_in_their_order(creator: User, stream: Stream) -> None:
    products = [factories.product(creator) for _ in range(3)]
    for product, order in zip(products, (5, 1, 5), strict=True):
        factories.listing(stream, product, display_order=order)
    body = factories.client().get(url(stream)).json()
    assert [row["productId"] for row in body["data"]] == [str(products[i].pk) for i in (1, 0, 2)]
    assert body["count"] == 3
    assert set(body["data"][0]) == LISTING
    assert body["data"][0]["product"]["id"] == body["data"][0]["productId"]


def test_featured_products_can_be_listed_alone(creator: User, stream: Stream) -> None:
    factories.listing(stream, factories.product(creator))
    featured = factories.listing(stream, factories.product(creator), featured=True)
    client = factories.client()
    rows = client.get(url(stream, "?featured=true")).json()["data"]
    assert [row["productId"] for row in rows] == [str(featured.product_id)]
    assert client.get(url(stream, "?featured=false")).json()["count"] == 2


def test_products_are_listed_in_two_queries(creator: User, stream: Stream, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        factories.listing(stream, factories.product(creator))
        with django_assert_num_queries(2):  # the show, and the listings with their products
            factories.client().get(url(stream))


# --- adding


def test_a_product_is_added_behind_the_others(creator: User, stream: Stream) -> None:
    client = factories.client(creator)
    for order in (0, 1):
        product = factories.product(creator)
        answer = client.post(url(stream), {"productId": str(product.pk)})
        body = answer.json()
        assert (answer.status_code, body["message"]) == (201, "Product added to session successfully")
        assert set(body["data"]) == LISTING
        assert body["data"] == body["data"] | {
            "sessionId": str(stream.pk),
            "productId": str(product.pk),
            "featured": False,
            "displayOrder": order,
        }


def test_a_product_is_added_where_and_how_it_is_wished(creator: User, stream: Stream, product: Product) -> None:
    body = {"productId": str(product.pk), "featured": True, "displayOrder": 7}
    data = factories.client(creator).post(url(stream), body).json()["data"]
    assert (data["featured"], data["displayOrder"]) == (True, 7)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Product ID is required"),
        ({"productId": None}, "Product ID is required"),
        ({"productId": "x"}, "Product not found"),
        ({"productId": str(uuid.UUID(int=1))}, "Product not found"),
    ],
    ids=str,
)
def test_a_product_must_be_named_and_known(creator: User, stream: Stream, body: dict[str, Any], message: str) -> None:
    assert refused(factories.client(creator).post(url(stream), body)) == (400, message)


def test_a_product_is_added_once(creator: User, stream: Stream, product: Product) -> None:
    client, body = factories.client(creator), {"productId": str(product.pk)}
    client.post(url(stream), body)
    assert refused(client.post(url(stream), body)) == (400, "Product already added to this session")


def test_someone_elses_product_is_not_added(creator: User, stream: Stream) -> None:
    foreign = factories.product(factories.user("creator"))
    answer = factories.client(creator).post(url(stream), {"productId": str(foreign.pk)})
    assert refused(answer) == (400, "Product not found")


def test_an_admin_adds_what_the_creator_sells(stream: Stream, product: Product) -> None:
    admin = factories.user("admin")
    client = factories.client(admin)
    assert client.post(url(stream), {"productId": str(product.pk)}).status_code == 201
    assert client.post(url(stream), {"productId": str(factories.product(admin).pk)}).status_code == 400


def test_a_session_has_a_bounded_number_of_products(
    creator: User, stream: Stream, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.models.stream.MAX_LISTINGS", 1)
    factories.listing(stream, factories.product(creator))
    answer = factories.client(creator).post(url(stream), {"productId": str(product.pk)})
    assert refused(answer) == (400, "A session has at most 1 products")


@pytest.mark.parametrize("order", [-1, 10_001, "first", 1.5, None, 10**30], ids=str)
def test_an_order_is_a_small_number(creator: User, stream: Stream, product: Product, order: Any) -> None:
    client = factories.client(creator)
    body = {"productId": str(product.pk), "displayOrder": order}
    assert client.post(url(stream), body).status_code == 400
    factories.listing(stream, product)
    assert client.patch(url(stream, f"/{product.pk}/order"), {"displayOrder": order}).status_code == 400


# --- changing


def test_a_product_is_featured_and_moved(creator: User, stream: Stream, product: Product) -> None:
    factories.listing(stream, product)
    client = factories.client(creator)
    answer = client.patch(url(stream, f"/{product.pk}/feature"), {"featured": True})
    assert (answer.status_code, answer.json()["data"]["featured"]) == (200, True)
    answer = client.patch(url(stream, f"/{product.pk}/order"), {"displayOrder": 3})
    assert (answer.status_code, answer.json()["data"]["displayOrder"]) == (200, 3)
    stored = Listing.objects.get()
    assert (stored.featured, stored.display_order) == (True, 3)


@pytest.mark.parametrize("body", [{}, {"featured": None}, {"featured": "maybe"}, {"featured": [True]}])
def test_whether_a_product_is_featured_is_said_in_a_word(
    stream: Stream, product: Product, body: dict[str, Any]
) -> None:
    stream.add_product(product.pk)
    answer = factories.client(stream.creator).patch(url(stream, f"/{product.pk}/feature"), body, format="json")
    assert (answer.status_code, answer.json()["message"]) == (400, "Featured must be a boolean value")


@pytest.mark.parametrize("path", ["feature", "order"])
def test_a_change_must_say_what(creator: User, stream: Stream, product: Product, path: str) -> None:
    factories.listing(stream, product)
    assert factories.client(creator).patch(url(stream, f"/{product.pk}/{path}"), {}).status_code == 400


def test_exactly_the_named_products_become_featured(creator: User, stream: Stream) -> None:
    products = [factories.product(creator) for _ in range(3)]
    for product, featured in zip(products, (True, False, False), strict=True):
        factories.listing(stream, product, featured=featured)
    client = factories.client(creator)
    for chosen in ([1, 2], [0], []):
        body = client.patch(url(stream), {"productIds": [str(products[i].pk) for i in chosen]}).json()
        assert [product["id"] for product in body["data"]] == [str(products[i].pk) for i in chosen]
        assert (body["success"], body["count"]) == (True, len(chosen))
        stored = Listing.objects.filter(featured=True).in_order().values_list("product", flat=True)
        assert list(stored) == [products[i].pk for i in chosen]


def test_products_that_are_not_on_the_session_are_not_featured(creator: User, stream: Stream, product: Product) -> None:
    factories.listing(stream, product, featured=True)
    foreign = factories.product(creator)
    answer = factories.client(creator).patch(url(stream), {"productIds": [str(foreign.pk)]})
    assert refused(answer) == (404, "Product not found in this session")
    assert Listing.objects.get().featured


@pytest.mark.parametrize("ids", [None, "x", ["x"], {}, [None]], ids=str)
def test_featured_products_are_a_list_of_ids(creator: User, stream: Stream, ids: Any) -> None:
    assert factories.client(creator).patch(url(stream), {"productIds": ids}).status_code == 400


def test_a_product_is_taken_off(creator: User, live: Stream, product: Product) -> None:
    factories.listing(live, product)
    live.showcase(product.pk)
    answer = factories.client(creator).delete(url(live, f"/{product.pk}"))
    assert answer.json() == {"success": True, "message": "Product removed from session successfully"}
    assert not Listing.objects.exists()
    assert Stream.objects.get().active_product is None
    assert Product.objects.get() == product


# --- who may not

CHANGES = [
    ("post", ""),
    ("patch", ""),
    ("delete", "/{}"),
    ("patch", "/{}/feature"),
    ("patch", "/{}/order"),
]


@pytest.mark.parametrize(("method", "path"), CHANGES[2:])
def test_a_product_that_is_not_on_the_session_is_not_found(
    creator: User, stream: Stream, product: Product, method: str, path: str
) -> None:
    factories.listing(factories.stream(creator), product)
    answer = getattr(factories.client(creator), method)(url(stream, path.format(product.pk)))
    assert refused(answer) == (404, "Product not found in this session")


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("role", ["viewer", "creator", "moderator", "staff"])
def test_nobody_else_changes_what_is_on_a_session(
    stream: Stream, product: Product, role: str, method: str, path: str
) -> None:
    factories.listing(stream, product)
    answer = getattr(factories.client(factories.user(role)), method)(url(stream, path.format(product.pk)))
    assert refused(answer) == (403, "You don't have permission to modify this session")
    assert Listing.objects.count() == 1


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_changes_need_a_token(stream: Stream, product: Product, method: str, path: str) -> None:
    answer = getattr(factories.client(), method)(url(stream, path.format(product.pk)))
    assert refused(answer) == (401, "No token provided. Authentication required.")


@pytest.mark.parametrize(("method", "path"), [("get", ""), *CHANGES])
def test_an_unknown_session_is_not_found(creator: User, method: str, path: str) -> None:
    unknown = Stream(id=uuid.uuid4())
    answer = getattr(factories.client(creator), method)(url(unknown, path.format(uuid.uuid4())))
    assert refused(answer) == (404, "Session not found")
