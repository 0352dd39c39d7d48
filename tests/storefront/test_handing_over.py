"""What the page around the player is handed when somebody chooses goods."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import guests
from accounts import identity as identities
from accounts.models import User
from analytics import references
from analytics.models import CartAdd, Checkout
from shopping.models import Product
from streams.models import Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

PAGE = "https://shop.example/shirt"


@pytest.fixture
def shirt(creator: User) -> Product:
    sizes = [{"options": [("Size", "S")], "stock": 0}, {"options": [("Size", "M")], "stock": 3, "url": f"{PAGE}?m"}]
    return factories.product(creator, variants=sizes, url=PAGE)


@pytest.fixture
def show(creator: User, shirt: Product) -> Stream:
    return factories.stream(creator, "live", product_ids=[shirt.pk])


@pytest.fixture
def visitor() -> str:
    return identities.new_visitor()[0]


def ask(client: Client, show: Stream, product: Product, visitor: str = "", **query: Any) -> Any:
    headers = {"Vitrine-Guest": guests.issue(visitor)[0]} if visitor else {}
    asked = {"product": product.pk, "show": show.pk} | query
    return client.get(f"/embed/{show.pk}/goods", asked, headers=headers)


def test_a_guest_takes_a_reference_to_the_show_into_the_shops_cart(
    client: Client, show: Stream, shirt: Product, visitor: str
) -> None:
    medium = shirt.forms[1]
    answer = ask(client, show, shirt, visitor, variant=medium.pk, price=950, to="cart")
    said = answer.json()
    assert said["url"] == f"{PAGE}?m&vitrine_ref={said['reference']}"
    reference = references.read(said["reference"], timedelta(days=1))
    assert reference is not None
    assert (reference.stream_id, reference.product_id, reference.variant_id) == (show.pk, shirt.pk, medium.pk)
    assert reference.viewer == identities.visitor_key(visitor)
    (added,) = CartAdd.objects.filter(stream=show)
    assert (added.product, added.viewer, added.quantity) == (shirt, identities.visitor_key(visitor), 1)
    assert not Checkout.objects.filter(stream=show).exists()
    assert "no-store" in answer.headers["Cache-Control"]


def test_whoever_goes_to_the_shops_page_has_gone_to_pay(
    client: Client, show: Stream, shirt: Product, visitor: str
) -> None:
    assert ask(client, show, shirt, visitor, variant=shirt.forms[1].pk).status_code == 200
    assert [each.viewer for each in Checkout.objects.filter(stream=show)] == [identities.visitor_key(visitor)]
    assert not CartAdd.objects.filter(stream=show).exists()


def test_what_has_no_page_in_the_shop_has_a_reference_all_the_same(client: Client, creator: User) -> None:
    mug = factories.product(creator)
    show = factories.stream(creator, product_ids=[mug.pk])
    said = ask(client, show, mug).json()
    assert said["url"] == ""
    assert references.read(said["reference"], timedelta(days=1)) is not None


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({}, 400, "Choose a variant"),
        ({"variant": "none"}, 400, "Unknown variant"),
        ({"variant": 0}, 409, "Sold out"),
        ({"variant": 1, "qty": 4}, 409, "Only 3 left"),
        ({"variant": 1, "qty": 0}, 400, "from 1 to 99"),
        ({"variant": 1, "qty": "9" * 400}, 400, "from 1 to 99"),
        ({"variant": 1, "qty": "-1"}, 400, "from 1 to 99"),
        ({"variant": 1, "price": 1}, 409, "price has just changed"),
    ],
)
def test_what_cannot_be_had_so_is_refused_with_the_reason(
    client: Client, show: Stream, shirt: Product, query: dict[str, Any], status: int, words: str
) -> None:
    if isinstance(query.get("variant"), int):
        query = query | {"variant": shirt.forms[query["variant"]].pk}
    answer = ask(client, show, shirt, to="cart", **query)
    assert (answer.status_code, words in answer.json()["error"]) == (status, True)
    assert not CartAdd.objects.filter(stream=show).exists()


def test_goods_of_another_show_are_not_there(client: Client, creator: User, show: Stream, shirt: Product) -> None:
    other = factories.stream(creator)
    assert ask(client, other, shirt).status_code == 404
    for path in (f"/embed/{show.pk}/goods?product=nonsense", f"/embed/{uuid.uuid4()}/goods"):
        assert client.get(path).status_code == 404
