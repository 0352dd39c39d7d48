"""Pins: a few products that a show keeps in view, in order."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction

from shopping.models import Product
from streams.models import Pin, Stream
from tests import factories


def pinned(stream: Stream) -> list[Product]:
    return [pin.product for pin in stream.pins.in_order()]


def told(stream: Stream) -> list[list[str]]:
    """The names in each pins-changed."""
    facts = [fact for fact in factories.told(stream.room_key) if fact["fact"] == "pins-changed"]
    return [[pin["name"] for pin in fact["pins"]] for fact in facts]


def test_pins_stand_in_the_order_in_which_they_came(stream: Stream, products: list[Product]) -> None:
    for product in products[:3]:
        Pin.objects.pin(stream, product.pk)
    assert pinned(stream) == products[:3]
    assert told(stream) == [["Mug 0"], ["Mug 0", "Mug 1"], ["Mug 0", "Mug 1", "Mug 2"]]


def test_there_are_as_many_as_the_shop_wants(stream: Stream, products: list[Product], settings: Any) -> None:
    settings.PINS_AT_ONCE = 1
    Pin.objects.replace(stream, [product.pk for product in products])
    assert pinned(stream) == products[:1]
    with pytest.raises(ValidationError, match="At most 1 products can be pinned at once"):
        Pin.objects.pin(stream, products[1].pk)


def test_there_are_three_at_most(stream: Stream, products: list[Product]) -> None:
    for product in products[:3]:
        Pin.objects.pin(stream, product.pk)
    with pytest.raises(ValidationError, match="At most 3 products can be pinned at once"):
        Pin.objects.pin(stream, products[3].pk)
    assert len(told(stream)) == 3


def test_a_new_one_comes_behind_the_others(stream: Stream, products: list[Product]) -> None:
    Pin.objects.pin(stream, products[0].pk, display_order=9)
    Pin.objects.pin(stream, products[1].pk)
    Pin.objects.pin(stream, products[2].pk, display_order=10_000)
    Pin.objects.unpin(stream, products[0].pk)
    Pin.objects.pin(stream, products[3].pk)
    assert pinned(stream) == [products[1], products[2], products[3]]


def test_a_product_is_pinned_once_and_moved_by_pinning_it_again(stream: Stream, products: list[Product]) -> None:
    for product in products[:3]:
        Pin.objects.pin(stream, product.pk)
    Pin.objects.pin(stream, products[0].pk, display_order=7)
    assert pinned(stream) == [products[1], products[2], products[0]]
    with pytest.raises(IntegrityError), transaction.atomic():
        Pin.objects.create(stream=stream, product=products[0])


def test_only_what_there_is_can_be_pinned(stream: Stream) -> None:
    with pytest.raises(ValidationError, match="Product not found"):
        Pin.objects.pin(stream, uuid.uuid4())


def test_a_pin_is_taken_off(stream: Stream, products: list[Product]) -> None:
    Pin.objects.pin(stream, products[0].pk)
    Pin.objects.unpin(stream, products[0].pk)
    assert pinned(stream) == []
    assert told(stream) == [["Mug 0"], []]
    with pytest.raises(Pin.DoesNotExist, match="Product is not pinned"):
        Pin.objects.unpin(stream, products[0].pk)


def test_they_are_put_in_order_and_the_unnamed_come_behind(stream: Stream, products: list[Product]) -> None:
    for product in products[:3]:
        Pin.objects.pin(stream, product.pk)
    Pin.objects.arrange(stream, [products[2].pk])
    assert pinned(stream) == [products[2], products[0], products[1]]
    Pin.objects.arrange(stream, [products[0].pk, products[1].pk, products[2].pk])
    assert pinned(stream) == products[:3]
    with pytest.raises(ValidationError, match="Product is not pinned"):
        Pin.objects.arrange(stream, [products[3].pk])


def test_replacing_pins_exactly_the_first_that_there_are(stream: Stream, products: list[Product]) -> None:
    Pin.objects.pin(stream, products[0].pk)
    Pin.objects.replace(stream, [products[3].pk, uuid.uuid4(), products[1].pk, products[3].pk, products[2].pk])
    assert pinned(stream) == [products[3], products[1], products[2]]
    Pin.objects.replace(stream, [product.pk for product in products])
    assert pinned(stream) == products[:3]
    Pin.objects.replace(stream, [])
    assert pinned(stream) == []


def test_shows_have_their_own(stream: Stream, live: Stream, products: list[Product]) -> None:
    Pin.objects.pin(stream, products[0].pk)
    Pin.objects.replace(live, [products[1].pk])
    assert (pinned(stream), pinned(live)) == ([products[0]], [products[1]])


# --- the products themselves


def test_a_price_that_changes_changes_on_the_pin(live: Stream, products: list[Product]) -> None:
    Pin.objects.pin(live, products[0].pk)
    products[0].revise(price_minor=123)
    pins = factories.told(live.room_key)[-1]["pins"]
    assert [(pin["price"], pin["product"]["price"]) for pin in pins] == [("1.23", "1.23")]


def test_a_product_that_is_no_more_is_no_longer_pinned(live: Stream, products: list[Product]) -> None:
    Pin.objects.replace(live, [products[0].pk, products[1].pk])
    products[0].remove()
    assert pinned(live) == [products[1]]
    assert told(live)[-1] == ["Mug 1"]


def test_a_show_that_is_not_on_is_told_nothing_of_it(stream: Stream, products: list[Product]) -> None:
    Pin.objects.pin(stream, products[0].pk)
    products[0].revise(price_minor=123)
    products[0].remove()
    assert told(stream) == [["Mug 0"]]


# --- races


@pytest.mark.everywhere
def test_racing_pins_are_three_at_most(live_db: None) -> None:
    creator = factories.user("creator")
    stream = factories.stream(creator, "live")
    products = [factories.product(creator) for _ in range(6)]

    def pin(product: Product) -> bool:
        try:
            Pin.objects.pin(Stream.objects.get(pk=stream.pk), product.pk)
        except ValidationError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(pin, products)) == 3
    assert sorted(stream.pins.in_order().values_list("display_order", flat=True)) == [0, 1, 2]
