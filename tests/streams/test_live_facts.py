"""What people read about shows and products changes on every page that is open."""

from decimal import Decimal
from typing import Any

import pytest

from accounts import tokens
from accounts.models import User
from realtime import database
from realtime.models import Restriction
from shopping.models import Product
from streams.models import Stream
from tests import factories, sockets

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


def show_with_a_mug() -> tuple[Stream, Product]:
    stream = factories.stream(factories.user("creator"), "live")
    product = factories.product(stream.creator)
    factories.listing(stream, product)
    return stream, product


async def watch(server: sockets.Address, stream: Stream) -> sockets.Client:
    client = await sockets.connect(server, "/ws/streams/")
    assert (await client.ask("join-session", sessionId=str(stream.pk)))["ok"]
    client.passed.clear()
    return client


async def at_the_front(server: sockets.Address) -> sockets.Client:
    client = await sockets.connect(server, "/ws/streams/")
    assert (await client.ask("join-shop"))["ok"]
    return client


async def test_a_price_and_a_stock_that_change_are_told_to_the_show_and_to_the_shop_front(
    server: sockets.Address,
) -> None:
    stream, product = await database.in_db(show_with_a_mug)
    async with await watch(server, stream) as viewer, await at_the_front(server) as passer_by:
        await database.in_db(product.revise, price=Decimal("5.00"), in_stock=False)
        for client in (viewer, passer_by):
            told = (await client.expect("product-updated"))["product"]
            assert (told["id"], told["price"], told["inStock"]) == (str(product.pk), "5.00", False)


async def test_viewers_are_told_which_products_are_on_the_show(server: sockets.Address) -> None:
    stream, mug = await database.in_db(show_with_a_mug)
    bowl = await database.in_db(lambda: factories.product(stream.creator, name="Bowl"))
    async with await watch(server, stream) as viewer:
        listing = await database.in_db(factories.listing, stream, bowl)
        told = await viewer.expect("lineup-updated")
        assert (told["sessionId"], told["productIds"]) == (str(stream.pk), [str(mug.pk), str(bowl.pk)])
        assert told["product"]["name"] == "Bowl"
        await database.in_db(listing.move, 0)
        assert (await viewer.expect("lineup-updated"))["product"] is None
        await database.in_db(listing.withdraw)
        assert (await viewer.expect("lineup-updated"))["productIds"] == [str(mug.pk)]
        await database.in_db(mug.remove)
        assert (await viewer.expect("lineup-updated"))["productIds"] == []


async def test_a_new_title_and_new_rules_of_the_chat_are_told(server: sockets.Address) -> None:
    stream, _ = await database.in_db(show_with_a_mug)
    async with await watch(server, stream) as viewer:
        await database.in_db(stream.revise, title="Coffee time", tags="hot,black", guest_chat=False, slow_mode=10)
        told = await viewer.expect("session-updated")
        expected: dict[str, Any] = {"title": "Coffee time", "description": None, "tags": ["hot", "black"]}
        assert told == told | expected | {"slowMode": 10, "guestChat": False}


def publish(seller: User) -> Product:
    return factories.product(seller)


async def test_the_shop_front_is_called_to_read_again_when_shows_or_products_come_and_go(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.events.shows.SHOP_INTERVAL", 0.0)
    seller = await database.in_db(factories.user, "creator")
    async with await at_the_front(server) as passer_by:
        product = await database.in_db(publish, seller)
        await passer_by.expect("shop-updated")
        stream = await database.in_db(factories.stream, seller)
        await passer_by.expect("shop-updated")
        for step in (stream.start, stream.end, stream.remove, product.remove):
            await database.in_db(step)
            await passer_by.expect("shop-updated")


async def test_who_is_muted_is_told_when_they_come_and_when_they_may_write_again(server: sockets.Address) -> None:
    stream, _ = await database.in_db(show_with_a_mug)
    user = await database.in_db(factories.user)
    restriction = await database.in_db(lambda: Restriction.objects.mute(factories.identity(user).key, stream.room_key))
    token = tokens.access_token(user)
    async with await sockets.connect(server, "/ws/streams/", subprotocols=["vitrine", token]) as viewer:
        await viewer.ask("hello", recover=True)
        assert (await viewer.ask("join-session", sessionId=str(stream.pk)))["ok"]
        told = next(frame for frame in viewer.passed if frame["type"] == "chat-restricted")
        assert (told["allowed"], told["until"]) == (False, None)
        await database.in_db(restriction.lift)
        assert (await viewer.expect("chat-restricted"))["allowed"] is True
