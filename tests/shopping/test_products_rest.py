"""`/api/products`: a catalogue with bare bodies, in which sellers change their own products."""

import uuid
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from drf_spectacular.generators import SchemaGenerator

from accounts.models import User
from rest import pagination
from shopping import wire
from shopping.models import Product
from tests import factories

pytestmark = pytest.mark.django_db

MUG = {"name": "Mug", "description": "Holds tea.", "price": 9.5, "category": "Kitchen"}
FAILED = "Failed to create product"


def create(seller: User, **facts: Any) -> Any:
    return factories.client(seller).post("/api/products", MUG | facts)


def test_a_new_product_is_its_makers(seller: User) -> None:
    answer = create(seller, originalPrice="12.00", imageUrl="https://example.org/mug.jpg")
    product = Product.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "id": str(product.pk),
        "name": "Mug",
        "description": "Holds tea.",
        "price": "9.50",
        "originalPrice": "12.00",
        "currency": "USD",
        "category": "Kitchen",
        "inStock": True,
        "imageUrl": "https://example.org/mug.jpg",
        "sellerId": seller.pk,
        "createdAt": answer.json()["createdAt"],
        "updatedAt": answer.json()["updatedAt"],
    }
    assert answer.json()["createdAt"].endswith("Z")


def test_what_is_unset_is_null(seller: User) -> None:
    body = create(seller, imageUrl="").json()
    assert (body["originalPrice"], body["imageUrl"]) == (None, None)


def test_rest_and_sockets_write_the_same_product(product: Product) -> None:
    read = factories.client().get(f"/api/products/{product.pk}").json()
    assert read == msgspec.to_builtins(wire.Product.of(product))


def test_the_document_names_what_is_written() -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schemas = document["components"]["schemas"]
    assert list(schemas["Product"]["properties"]) == list(wire.Product.__struct_encode_fields__)
    writable = {"name", "description", "price", "originalPrice", "category", "inStock", "imageUrl"}
    writable |= {"url", "sku", "stock", "variants"}
    assert set(schemas["ProductRequest"]["properties"]) == writable


@pytest.mark.parametrize("missing", ["name", "description", "price", "category"])
def test_a_product_needs_these(seller: User, missing: str) -> None:
    answer = factories.client(seller).post("/api/products", {name: MUG[name] for name in MUG if name != missing})
    assert answer.status_code == 400
    assert answer.json()["error"] == FAILED
    assert list(answer.json()["details"]) == [missing]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    "price",
    [
        -1,
        "-0.01",
        "NaN",
        "sNaN",
        "Infinity",
        "1e400",
        "1e-400",
        10**10,
        "9" * 2000,
        "0.001",
        None,
        "",
        "a lot",
        True,
        [],
    ],
    ids=lambda price: str(price)[:20],
)
def test_a_price_is_an_amount_of_the_currency(seller: User, price: Any) -> None:
    answer = create(seller, price=price)
    assert (answer.status_code, answer.json()["error"]) == (400, FAILED)
    assert list(answer.json()["details"]) == ["price"]


@pytest.mark.parametrize(
    ("price", "written"), [(0, "0.00"), (19.99, "19.99"), ("19.9", "19.90"), ("9999999999.99", "9999999999.99")]
)
def test_a_price_may_be_a_number_or_a_text(seller: User, price: Any, written: str) -> None:
    assert create(seller, price=price).json()["price"] == written


def test_the_smallest_coin_decides_how_fine_a_price_is(seller: User, settings: Any) -> None:
    settings.SHOP_CURRENCY = "JPY"
    assert create(seller, price="9.5").status_code == 400
    assert create(seller, price=950).json()["price"] == "950"


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "x" * 256},
        {"name": " "},
        {"name": "a\0b"},
        {"description": "x" * 5001},
        {"category": "x" * 101},
        {"imageUrl": "javascript:alert(1)"},
        {"imageUrl": "java\tscript:alert(1)"},
        {"imageUrl": "https://" + "x" * 1000},
        {"inStock": "perhaps"},
        {"originalPrice": -1},
    ],
    ids=lambda facts: str(facts)[:40],
)
def test_a_malformed_product_is_refused(seller: User, facts: dict[str, Any]) -> None:
    assert create(seller, **facts).status_code == 400
    assert not Product.objects.exists()


@pytest.mark.parametrize("body", [[], "text", None, 3])
def test_a_body_that_is_no_object_is_refused(seller: User, body: Any) -> None:
    answer = factories.client(seller).post("/api/products", body, format="json")
    assert (answer.status_code, answer.json()["error"]) == (400, FAILED)


@pytest.mark.parametrize("forged", [{"sellerId": 1}, {"seller": 1}, {"seller_id": 1}, {"currency": "EUR"}, {"id": 1}])
def test_a_client_chooses_neither_seller_nor_currency(seller: User, product: Product, forged: dict[str, Any]) -> None:
    factories.user()
    created = factories.client(seller).post("/api/products", MUG | forged).json()
    changed = factories.client(seller).put(f"/api/products/{product.pk}", forged).json()
    for body in (created, changed):
        assert (body["sellerId"], body["currency"]) == (seller.pk, "USD")
    assert changed["id"] == str(product.pk)


def test_a_form_body_is_understood(seller: User) -> None:
    body = "name=Mug&description=Tea&price=9.5&category=Kitchen"
    answer = factories.client(seller).post("/api/products", body, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["price"], answer.json()["inStock"]) == (201, "9.50", True)


# --- lists


def test_sellers_see_their_own_newest_first(seller: User) -> None:
    old, new = (factories.product(seller, created_at=factories.ago(minutes)) for minutes in (2, 1))
    factories.product(factories.user("creator"))
    rows = factories.client(seller).get("/api/products").json()
    assert [row["id"] for row in rows] == [str(new.pk), str(old.pk)]


def test_lists_can_be_read_in_parts(seller: User) -> None:
    products = [factories.product(seller, created_at=factories.ago(minutes)) for minutes in range(3)]
    client = factories.client(seller)
    assert [row["id"] for row in client.get("/api/products?limit=1&offset=1").json()] == [str(products[1].pk)]
    answer = client.get("/api/products?limit=101")
    assert (answer.status_code, answer.json()) == (400, {"error": "Limit must be between 1 and 100"})


@pytest.mark.parametrize("path", ["", "/in-stock", "/category/Kitchen"])
def test_clients_that_know_no_limit_read_the_whole_list(
    seller: User, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(pagination.DEFAULT_LIMIT + 1):
        factories.product(seller)
    client = factories.client(seller)
    assert len(client.get(f"/api/products{path}").json()) == pagination.DEFAULT_LIMIT + 1
    monkeypatch.setattr(pagination, "UNPAGED_LIMIT", 7)
    assert len(client.get(f"/api/products{path}").json()) == 7


def test_what_is_sold_out_is_not_in_stock(seller: User) -> None:
    product = factories.product(seller)
    factories.product(seller, in_stock=False)
    factories.product(factories.user("creator"))
    rows = factories.client(seller).get("/api/products/in-stock").json()
    assert [row["id"] for row in rows] == [str(product.pk)]


@pytest.mark.parametrize("path", ["Bags%2FShoes", "bags/shoes"])
def test_a_category_is_found_whatever_its_case(seller: User, path: str) -> None:
    product = factories.product(seller, category="Bags/Shoes")
    factories.product(seller, category="Kitchen")
    factories.product(factories.user("creator"), category="Bags/Shoes")
    rows = factories.client(seller).get(f"/api/products/category/{path}").json()
    assert [row["id"] for row in rows] == [str(product.pk)]


def test_everyone_sees_the_categories_sorted_and_once(seller: User) -> None:
    for category in ("Kitchen", "Art", "Kitchen"):
        factories.product(seller, category=category)
    assert factories.client().get("/api/products/categories").json() == ["Art", "Kitchen"]


def test_a_longer_list_takes_no_more_queries(seller: User, django_assert_num_queries: Any) -> None:
    client = factories.client(seller)
    for _ in range(3):
        factories.product(seller)
        with django_assert_num_queries(2):  # who asks, and the list
            client.get("/api/products")


# --- one product


def test_everyone_may_look_at_a_product(product: Product) -> None:
    assert factories.client().get(f"/api/products/{product.pk}").json()["name"] == "Mug"


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_an_unknown_product_is_not_found(seller: User, method: str) -> None:
    answer = getattr(factories.client(seller), method)(f"/api/products/{uuid.uuid4()}")
    assert (answer.status_code, answer.json()) == (404, {"error": "Product not found"})


@pytest.mark.parametrize("pk", ["1", "x", "null", "undefined", "0" * 36, "%00"])
def test_what_is_no_id_is_not_found_either(seller: User, pk: str) -> None:
    for method in ("get", "put", "delete"):
        assert getattr(factories.client(seller), method)(f"/api/products/{pk}").status_code in (400, 404)


def test_a_price_before_is_above_the_price(seller: User, product: Product) -> None:
    client, path = factories.client(seller), f"/api/products/{product.pk}"
    assert client.post("/api/products", {**MUG, "originalPrice": "9.50"}).status_code == 400
    refused = client.put(path, {"originalPrice": "9.00"})
    assert (refused.status_code, refused.json()["details"]) == (
        400,
        {"originalPrice": ["The price before must be above the price"]},
    )
    assert client.put(path, {"originalPrice": "12.00"}).status_code == 200
    assert client.put(path, {"price": "12.00"}).status_code == 400
    assert client.put(path, {"price": "12.00", "originalPrice": None}).status_code == 200


def test_a_product_needs_no_category_and_may_have_a_long_name(seller: User) -> None:
    answer = factories.client(seller).post("/api/products", {**MUG, "category": "", "name": "x" * 255})
    assert (answer.status_code, answer.json()["category"]) == (201, "")


def test_sellers_change_what_they_name_and_nothing_else(seller: User, product: Product) -> None:
    body = factories.client(seller).put(f"/api/products/{product.pk}", {"price": "8.00", "inStock": False}).json()
    assert (body["price"], body["inStock"], body["name"]) == ("8.00", False, "Mug")
    stored = Product.objects.get(pk=product.pk)
    assert (stored.price, stored.in_stock, stored.category) == (Decimal("8.00"), False, "Kitchen")


def test_a_malformed_change_changes_nothing(seller: User, product: Product) -> None:
    answer = factories.client(seller).put(f"/api/products/{product.pk}", {"name": "Cup", "price": -1})
    assert answer.status_code == 400
    assert list(answer.json()) == ["error", "details"]
    assert Product.objects.get(pk=product.pk).name == "Mug"


def test_a_seller_may_take_a_product_away(seller: User, product: Product) -> None:
    answer = factories.client(seller).delete(f"/api/products/{product.pk}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not Product.objects.exists()


@pytest.mark.parametrize(("method", "verb"), [("put", "update"), ("delete", "delete")])
@pytest.mark.parametrize("role", ["viewer", "creator", "staff"])
def test_others_may_not(product: Product, method: str, verb: str, role: str) -> None:
    client = factories.client(factories.user(role))
    answer = getattr(client, method)(f"/api/products/{product.pk}", {"name": "Stolen"})
    assert answer.status_code == 403
    assert answer.json() == {"error": f"You don't have permission to {verb} this product"}
    assert Product.objects.get().name == "Mug"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("post", ""),
        ("get", "/in-stock"),
        ("get", "/category/x"),
        ("put", f"/{uuid.UUID(int=1)}"),
        ("delete", f"/{uuid.UUID(int=1)}"),
    ],
)
def test_these_need_a_token(method: str, path: str) -> None:
    answer = getattr(factories.client(), method)(f"/api/products{path}")
    assert (answer.status_code, answer.json()) == (401, {"error": "No token provided. Authentication required."})
