"""What may change about a product, and who hears of it."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import User
from shopping.models import Product
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_product_has_the_shops_currency(seller: User, settings: Any) -> None:
    settings.SHOP_CURRENCY = "JPY"
    product = factories.product(seller, price=Decimal(500), original_price=Decimal(700))
    assert (product.currency, product.price_minor, product.original_price_minor) == ("JPY", 500, 700)


def test_a_product_keeps_its_currency_when_the_shops_changes(product: Product, settings: Any) -> None:
    settings.SHOP_CURRENCY = "JPY"
    product.revise(price=Decimal("12.34"))
    stored = Product.objects.get(pk=product.pk)
    assert (stored.currency, stored.price_minor, stored.price) == ("USD", 1234, Decimal("12.34"))


def test_an_original_price_may_be_taken_away(seller: User) -> None:
    product = factories.product(seller, original_price=Decimal(20))
    product.revise(original_price=None)
    assert Product.objects.get(pk=product.pk).original_price is None


@pytest.mark.parametrize(("role", "may"), [("creator", False), ("staff", False), ("admin", True)])
def test_a_product_is_its_sellers_and_the_admins(product: Product, role: str, may: bool) -> None:
    identity = factories.identity(factories.user(role))
    if may:
        assert Product.objects.find_controlled(product.pk, identity, "no") == product
    else:
        with pytest.raises(PermissionDenied, match="no"):
            Product.objects.find_controlled(product.pk, identity, "no")


def test_nobodys_product_is_not_a_guests(product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(seller=None)
    with pytest.raises(PermissionDenied):
        Product.objects.find_controlled(product.pk, factories.identity(), "no")


def test_viewers_see_a_new_price_of_what_is_on_the_screen(seller: User, product: Product) -> None:
    on, over = factories.stream(seller, "live"), factories.stream(seller, "live")
    for stream in (on, over):
        factories.listing(stream, product)
        stream.showcase(product.pk)
    over.end()
    product.revise(price=Decimal("5.00"))
    shown = [fact["product"]["price"] for fact in factories.told(on.room_key) if fact["fact"] == "showcased"]
    assert shown == ["9.50", "5.00"]
    assert factories.facts(over.room_key)[-1] == "ended"


def test_a_removed_product_leaves_the_screen(seller: User, product: Product) -> None:
    stream = factories.stream(seller, "live")
    factories.listing(stream, product)
    stream.showcase(product.pk)
    product.remove()
    stream.refresh_from_db()
    assert stream.active_product is None
    assert factories.facts(stream.room_key)[-2:] == ["lineup-changed", "cleared"]
