"""Products in several forms: sizes and colours with their own SKU, price and stock."""

import uuid
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from search import finding
from shopping import wire
from shopping.models import Product, Variant
from shopping.models import variant as variants
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def row(size: str, **facts: Any) -> dict[str, Any]:
    return {"options": [("Size", size)], **facts}


def sent(size: str, **facts: Any) -> dict[str, Any]:
    return {"options": [{"name": "Size", "value": size}], **facts}


def create(seller: User, **facts: Any) -> Any:
    usual = {"name": "Shirt", "description": "Linen.", "price": "40.00", "category": "Clothes"}
    return factories.client(seller).post("/api/products", usual | facts)


def test_a_product_without_these_reads_as_ever(product: Product) -> None:
    said = msgspec.to_builtins(wire.Product.of(product))
    assert not {"url", "sku", "stock", "variants"} & said.keys()


def test_a_seller_offers_variants_over_rest(seller: User) -> None:
    answer = create(
        seller,
        url="https://shop.example/shirt",
        variants=[sent("S", sku="shirt-s", stock=3), sent("M", price="42.50", url="https://shop.example/shirt?m")],
    )
    assert answer.status_code == 201
    body = factories.client().get(f"/api/products/{answer.json()['id']}").json()
    small, medium = body["variants"]
    assert body["url"] == "https://shop.example/shirt"
    assert small == {
        "id": small["id"],
        "name": "S",
        "options": [{"name": "Size", "value": "S"}],
        "sku": "shirt-s",
        "price": None,
        "inStock": True,
        "stock": 3,
        "url": None,
        "imageUrl": None,
    }
    assert (medium["price"], medium["url"]) == ("42.50", "https://shop.example/shirt?m")


def test_variants_that_are_sent_again_stay_who_they_are(seller: User) -> None:
    made = create(seller, variants=[sent("S", sku="s", stock=3), sent("M", sku="m")]).json()
    small, medium = made["variants"]
    changed = factories.client(seller).put(
        f"/api/products/{made['id']}",
        {"variants": [sent("L", id=medium["id"], sku="s"), sent("S", sku="m"), sent("XL")]},
    )
    large, same, new = changed.json()["variants"]
    assert (large["id"], large["name"], large["sku"]) == (medium["id"], "L", "s")
    assert (same["id"], same["sku"], same["stock"]) == (small["id"], "m", 3)  # what is left out stays as it is
    assert new["id"] not in (small["id"], medium["id"])
    assert factories.client(seller).put(f"/api/products/{made['id']}", {"variants": []}).json().get("variants") is None
    assert not Variant.objects.exists()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"stock": -1}, "stock"),
        ({"stock": 2**31}, "stock"),
        ({"sku": "\0"}, "NUL"),
        ({"sku": "x" * 101}, "sku"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "//evil.example"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://shop.example/a b"}, "url"),
        ({"variants": [sent("S"), sent("S")]}, "same options"),
        ({"variants": [{"options": []}]}, "one to 3 options"),
        ({"variants": [{"options": [{"name": "A", "value": "1"}] * 2}]}, "named twice"),
        ({"variants": [sent("S"), {"options": [{"name": "Colour", "value": "S2"}]}]}, "same options in the same order"),
        ({"variants": [sent("S", sku="a"), sent("M", sku="a")]}, "same SKU"),
        ({"variants": [sent("S", price="-1")]}, "variants"),
        ({"variants": [sent(str(size)) for size in range(101)]}, "variants"),
        ({"variants": [sent(str(n), url=f"https://shop.example/{'x' * 900}") for n in range(60)]}, "at most 32 KiB"),
        ({"variants": {"S": 1}}, "variants"),
        ({"variants": [sent("S", id="nobody")]}, "variants"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(seller: User, facts: Any, words: str) -> None:
    answer = create(seller, **facts)
    assert answer.status_code == 400, answer.content
    assert words in answer.content.decode()
    assert not Product.objects.exists()


def test_an_sku_is_of_one_thing_only(seller: User) -> None:
    assert create(seller, sku="mug").status_code == 201
    assert create(seller, variants=[sent("S", sku="shirt")]).status_code == 201
    for taken in ({"sku": "mug"}, {"sku": "shirt"}, {"variants": [sent("S", sku="mug")]}):
        answer = create(seller, **taken)
        assert answer.status_code == 400
        assert "SKU is taken" in answer.content.decode()
    assert create(seller, sku="").status_code == create(seller, sku=None).status_code == 201


@pytest.mark.parametrize("wrong", [{"stock": -1}, {"price_minor": -1}, {"sku": "mug"}])
def test_the_database_itself_holds_them(seller: User, wrong: dict[str, Any]) -> None:
    factories.product(seller, sku="mug")
    other = factories.product(seller)
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.filter(pk=other.pk).update(**wrong)
    other.revise(variants=[row("S", sku="s"), row("M")])
    with pytest.raises(IntegrityError), transaction.atomic():
        other.variants.filter(name="M").update(**(wrong | ({"sku": "s"} if "sku" in wrong else {})))


def test_what_is_used_up_is_sold_out(seller: User) -> None:
    product = factories.product(seller, stock=1)
    assert Product.objects.in_stock().get() == product
    product.revise(stock=0)
    assert not product.is_available
    assert msgspec.to_builtins(wire.Product.of(product))["inStock"] is False
    assert not Product.objects.in_stock().exists()
    assert finding.products("", slice(0, 9), in_stock=True).rows == []
    assert finding.products("", slice(0, 9), in_stock=False).rows == [product]
    product.revise(stock=None)
    assert Product.objects.in_stock().get() == product
    assert finding.products("", slice(0, 9), in_stock=True).rows == [product]


def test_a_product_is_there_while_any_of_its_variants_is(seller: User) -> None:
    product = factories.product(seller, stock=0, variants=[row("S", stock=0), row("M", stock=2)])
    small, medium = product.forms
    assert product.can_be_bought(medium)  # its own count is of none of its variants
    assert not product.can_be_bought(small)
    product.revise(variants=[row("S", stock=0), row("M", in_stock=False)])
    assert not product.is_available
    product.revise(variants=[row("S", stock=1), row("M")])
    assert product.can_be_bought(product.forms[0])
    product.revise(in_stock=False)  # the seller's word stands above what is counted
    assert not product.can_be_bought(product.forms[0])


def test_a_variant_says_only_what_differs(seller: User) -> None:
    product = factories.product(seller, price=Decimal("9.50"), url="https://shop.example/mug")
    product.revise(variants=[row("S"), row("L", price=Decimal("12.00"), url="https://shop.example/mug?l")])
    small, large = product.forms
    assert (product.unit_price(small), product.unit_price(large), product.unit_price(None)) == (950, 1200, 950)
    assert (product.page(small), product.page(large)) == ("https://shop.example/mug", "https://shop.example/mug?l")


def test_many_products_are_read_with_their_variants_in_one_query_more(seller: User) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            factories.product(seller, variants=[row("S"), row("M")])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(factories.client().get("/api/products?public=true").json()[0]["variants"]) == 2
        counts.append(len(queries))
    assert counts == [2, 2]


def test_a_stale_copy_takes_no_stock_back(seller: User) -> None:
    stale = factories.product(seller, stock=5)
    Product.objects.get(pk=stale.pk).revise(stock=2)
    stale.revise(name="Cup")
    assert Product.objects.get(pk=stale.pk).stock == 2


def test_rows_of_another_product_are_not_taken(seller: User) -> None:
    other = factories.product(seller, variants=[row("S")])
    product = factories.product(seller, variants=[row("S", id=other.forms[0].pk), row("M", id=uuid.uuid4())])
    assert other.forms[0].pk not in {variant.pk for variant in product.forms}
    assert Variant.objects.filter(product=other).count() == 1


def test_variants_are_bounded_in_bytes() -> None:
    with pytest.raises(ValidationError, match="KiB"):
        variants.check([row(str(n), url="https://shop.example/" + "x" * 900) for n in range(60)])


FORM = {
    "name": "Shirt",
    "description": "Linen.",
    "price": "40",
    "in_stock": "on",
    "variants-TOTAL_FORMS": "2",
    "variants-INITIAL_FORMS": "0",
    "variants-0-options": "Size: M, Colour: Blue",
    "variants-0-sku": "m-blue",
    "variants-0-stock": "2",
    "variants-0-in_stock": "on",
    "variants-1-options": "Size: L, Colour: Blue",
    "variants-1-price": "44.50",
    "variants-1-in_stock": "on",
}


def test_staff_write_variants_in_the_admin(admin_client: Any) -> None:
    assert admin_client.post("/admin/shopping/product/add/", FORM).status_code == 302
    product = Product.objects.get()
    medium, large = product.forms
    assert (medium.name, medium.sku, medium.stock) == ("M / Blue", "m-blue", 2)
    assert (large.price_minor, product.unit_price(medium)) == (4450, 4000)
    again = {
        **FORM,
        "variants-INITIAL_FORMS": "2",
        "variants-0-id": str(medium.pk),
        "variants-0-product": str(product.pk),
        "variants-0-stock": "0",
        "variants-1-id": str(large.pk),
        "variants-1-product": str(product.pk),
        "variants-1-DELETE": "on",
    }
    address = f"/admin/shopping/product/{product.pk}/change/"
    assert "Size: M, Colour: Blue" in admin_client.get(address).content.decode()
    assert admin_client.post(address, again).status_code == 302
    product.refresh_from_db()
    assert [(variant.pk, variant.stock) for variant in product.forms] == [(medium.pk, 0)]
    assert not product.is_available


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"variants-0-options": "M"}, "An option has a name"),
        ({"variants-1-options": "Size: M, Colour: Blue"}, "same options"),
        ({"variants-1-sku": "m-blue"}, "same SKU"),
        ({"variants-0-sku": "mug"}, "SKU is taken"),
        ({"sku": "mug"}, "SKU is taken"),
    ],
)
def test_the_admin_says_what_is_wrong(admin_client: Any, seller: User, wrong: Any, words: str) -> None:
    factories.product(seller, sku="mug")
    answer = admin_client.post("/admin/shopping/product/add/", FORM | wrong)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert Product.objects.count() == 1


def test_a_client_that_sends_back_what_it_read_takes_nothing_off_sale(seller: User) -> None:
    product = factories.product(seller, stock=0, variants=[row("S", stock=0)])
    client = factories.client(seller)
    read = client.get(f"/api/products/{product.pk}").json()
    assert (read["inStock"], read["variants"][0]["inStock"]) == (False, False)
    assert client.put(f"/api/products/{product.pk}", read).status_code == 200
    product.refresh_from_db()
    product.revise(variants=[row("S", stock=4)])
    assert product.can_be_bought(product.forms[0])
