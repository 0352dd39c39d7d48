"""The cart and the votes that friends share, over sockets."""

import secrets
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from realtime import database
from shopping.models import Product
from tests import factories
from tests.shopping.friends import Friend, Friends
from tests.shopping.test_party_hosts import cookie


@pytest.fixture
async def seller(live_db: None) -> User:
    return await database.in_db(factories.user, "creator")


@pytest.fixture
async def mug(seller: User) -> Product:
    return await database.in_db(lambda: factories.product(seller, image_url="/mug.png"))


async def offer(seller: User, **facts: Any) -> Product:
    return await database.in_db(lambda: factories.product(seller, **facts))


async def cart_of(friend: Friend) -> Any:
    return await friend.hear("CART_STATE")


async def test_everyone_hears_of_the_cart_the_sender_too(friends: Friends, mug: Product) -> None:
    _, (ann, ben) = await friends.party(2)
    ack = await ann.operate("add", str(mug.pk), 2)
    assert ack["ok"]
    expected = {
        "items": [
            {
                "productId": str(mug.pk),
                "name": "Mug",
                "imageUrl": "/mug.png",
                "qty": 2,
                "unitPrice": 950,
                "lineTotal": 1900,
                "addedBy": [{"userId": ann.id, "userName": "Ann", "qty": 2}],
                "inStock": True,
                "variantId": None,
                "variantName": None,
                "priceBefore": None,
            }
        ],
        "total": 1900,
        "currency": "USD",
        "count": 2,
    }
    assert await cart_of(ben) == expected
    assert expected in [f["payload"] for f in ann.client.passed] or await cart_of(ann) == expected


async def test_the_cart_says_who_added_what(friends: Friends, mug: Product) -> None:
    session_id, (ann, ben) = await friends.party(2)
    await ann.operate("add", str(mug.pk), 2)
    await ben.operate("add", str(mug.pk), 1)
    await ben.operate("set", str(mug.pk), 5)
    late = await (await friends.one()).join(session_id)
    (item,) = late["cart"]["items"]
    assert [(share["userName"], share["qty"]) for share in item["addedBy"]] == [("Ann", 2), ("Ben", 3)]
    await ben.operate("remove", str(mug.pk), 4)  # Their own share goes first.
    late = await (await friends.one()).join(session_id)
    (item,) = late["cart"]["items"]
    assert [(share["userName"], share["qty"]) for share in item["addedBy"]] == [("Ann", 1)]
    await ben.operate("remove", str(mug.pk), None)
    late = await (await friends.one()).join(session_id)
    assert late["cart"] == {"items": [], "total": 0, "currency": "USD", "count": 0}


async def test_an_operation_is_done_once_however_often_it_comes(friends: Friends, mug: Product) -> None:
    _, (ann, ben) = await friends.party(2)
    first = await ann.operate("add", str(mug.pk), 2, op_id="once")
    again = await ann.operate("add", str(mug.pk), 2, op_id="once")
    others = await ben.operate("add", str(mug.pk), 2, op_id="once")
    assert first["seq"] == again["seq"] == others["seq"]
    carts = [f["payload"]["count"] for f in await ben.heard_before(ann) if f["type"] == "CART_STATE"]
    assert carts == [2]


@pytest.mark.parametrize("qty", [0, -1, 100, 1.5, "2", True, None, 10**18])
async def test_a_bad_quantity_is_refused_to_the_sender_alone(friends: Friends, mug: Product, qty: Any) -> None:
    session_id, (ann, ben) = await friends.party(2)
    payload = {"opId": "1", "op": "add", "productId": str(mug.pk), "qty": qty}
    assert await ann.refused("CART_OP", payload) == "Invalid quantity"
    assert await ben.heard_before(ann) == []
    assert (await ben.join(session_id))["cart"]["items"] == []


@pytest.mark.parametrize("product_id", ["5f0e4a52-9d0c-4d6f-8b1f-5a110b9f0c9e", "mug", "", None, 5, ["x"]])
async def test_an_unknown_product_is_refused_to_the_sender_alone(friends: Friends, product_id: Any) -> None:
    _, (ann, ben) = await friends.party(2)
    payload = {"opId": "1", "op": "add", "productId": product_id, "qty": 1}
    assert await ann.refused("CART_OP", payload) == "Unknown product"
    assert await ann.refused("VOTE", {"productId": product_id, "value": 1}) == "Unknown product"
    assert await ben.heard_before(ann) == []


@pytest.mark.parametrize("change", [{"opId": ""}, {"opId": "x" * 65}, {"op": "steal"}, {"opId": None}])
async def test_an_operation_that_is_none_is_refused(friends: Friends, mug: Product, change: dict[str, Any]) -> None:
    _, (ann, ben) = await friends.party(2)
    payload = {"opId": "1", "op": "add", "productId": str(mug.pk), "qty": 1, **change}
    assert await ann.refused("CART_OP", payload) not in ("", "Internal server error")
    assert await ben.heard_before(ann) == []


async def test_no_more_than_99_of_a_product(friends: Friends, mug: Product) -> None:
    _, (ann, ben) = await friends.party(2)
    assert (await ann.operate("add", str(mug.pk), 99))["ok"]
    refused = await ben.operate("add", str(mug.pk), 1)
    assert (refused["ok"], refused["message"]) == (False, "Invalid quantity")
    assert (await ben.operate("set", str(mug.pk), 99))["ok"]
    assert (await ben.operate("set", str(mug.pk), 0))["ok"]


async def test_no_more_than_so_many_products(friends: Friends, seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopping.models.cart.MAX_PRODUCTS", 2)
    monkeypatch.setattr("shopping.models.vote.MAX_PRODUCTS", 2)
    _, (ann,) = await friends.party(1)
    products = [str((await offer(seller)).pk) for _ in range(3)]
    acks = [await ann.operate("add", product) for product in products]
    assert [ack["ok"] for ack in acks] == [True, True, False]
    assert acks[2]["message"] == "Cart is full"
    votes = [await ann.ask("VOTE", {"productId": product, "value": 1}) for product in products]
    assert [ack["ok"] for ack in votes] == [True, True, False]


async def test_a_product_of_another_currency_is_not_in_the_catalogue_of_carts(friends: Friends, seller: User) -> None:
    foreign = await offer(seller, currency="JPY")
    _, (ann,) = await friends.party(1)
    assert (await ann.operate("add", str(foreign.pk)))["message"] == "Unknown product"


async def test_a_new_price_is_told_to_those_who_have_it_in_the_cart(friends: Friends, seller: User) -> None:
    tea, cup = await offer(seller, name="Tea"), await offer(seller, name="Cup")
    _, (ann, ben) = await friends.party(2)
    await ann.operate("add", str(tea.pk), 2)
    await ann.operate("add", str(cup.pk), 1)
    await ben.heard_before(ann)
    await database.in_db(lambda: tea.revise(price_minor=100))
    assert (await cart_of(ben))["total"] == 2 * 100 + 950
    await database.in_db(tea.remove)
    cart = await cart_of(ben)
    assert [item["name"] for item in cart["items"]] == ["Cup"]
    assert (cart["total"], cart["count"]) == (950, 1)


async def test_what_someone_added_stays_theirs_when_they_reload(friends: Friends, mug: Product) -> None:
    known = cookie()
    session_id, (ann,) = await friends.party(1)
    ben = await friends.one(**known)
    await ben.join(session_id, "Ben")
    await ben.operate("add", str(mug.pk))
    await ben.ask("VOTE", {"productId": str(mug.pk), "value": -1})
    ben.abandon()
    await ann.hear("PARTICIPANT_LEFT")
    again = await friends.one(**known)
    state = await again.join(session_id)
    assert state["cart"]["items"][0]["addedBy"] == [{"userId": again.id, "userName": "Ben", "qty": 1}]
    await ann.hear("PARTICIPANT_JOINED", userId=again.id)
    assert (await cart_of(ann))["items"] == state["cart"][
        "items"
    ]  # Otherwise pages would show the id that they had before.
    await again.ask("VOTE", {"productId": str(mug.pk), "value": 1})
    assert await ann.hear("VOTE_STATE", up=1) == {"productId": str(mug.pk), "up": 1, "down": 0}


async def test_an_old_clients_cart_is_relayed_as_it_is(friends: Friends) -> None:
    _, (ann, ben) = await friends.party(2)
    cart = [{"id": "anything", "price": 9.5}]
    await ann.sync("CART_UPDATE", cart=cart)
    assert (await ben.synced("CART_UPDATE"))["cart"] == cart


async def test_everyone_has_one_vote_on_a_product(friends: Friends, mug: Product) -> None:
    session_id, (ann, ben) = await friends.party(2)
    product = str(mug.pk)
    for friend, value, tally in [
        (ann, 1, (1, 0)),
        (ann, 1, (1, 0)),
        (ben, -1, (1, 1)),
        (ann, -1, (0, 2)),
        (ben, 0, (0, 1)),
    ]:
        await friend.say("VOTE", {"productId": product, "value": value})
        for hearer in (ann, ben):
            heard = await hearer.hear("VOTE_STATE")
            assert heard == {"productId": product, "up": tally[0], "down": tally[1]}
    state = await (await friends.one()).join(session_id)
    assert state["votes"] == [{"productId": product, "up": 0, "down": 1}]


@pytest.mark.parametrize("value", [2, "1", None, 0.5])
async def test_a_vote_that_is_none_is_refused(friends: Friends, mug: Product, value: Any) -> None:
    _, (ann, ben) = await friends.party(2)
    assert await ann.refused("VOTE", {"productId": str(mug.pk), "value": value}) != "Internal server error"
    assert await ben.heard_before(ann) == []


async def test_an_op_id_counts_in_its_own_session_only(friends: Friends, mug: Product) -> None:
    op_id = secrets.token_hex(8)
    for _ in range(2):
        _, (ann,) = await friends.party(1)
        await ann.operate("add", str(mug.pk), op_id=op_id)
        assert (await ann.operate("add", str(mug.pk), op_id="2"))["ok"]


def sizes(**facts: Any) -> list[dict[str, Any]]:
    return [{"options": [("Size", size)], **facts} for size in ("S", "M")]


async def test_a_product_with_variants_is_added_in_one_of_them(friends: Friends, seller: User) -> None:
    shirt = await offer(seller, variants=sizes(price=Decimal(9), image_url="/s.png"))
    small, medium = await database.in_db(lambda: shirt.forms)
    _, (ann, ben) = await friends.party(2)
    assert (await ann.operate("add", str(shirt.pk)))["message"] == "Choose a variant"
    assert (await ann.operate("add", str(shirt.pk), variantId=str(shirt.pk)))["message"] == "Unknown variant"
    assert (await ann.operate("add", str(shirt.pk), variantId=7))["message"] == "Unknown variant"
    await ann.operate("add", str(shirt.pk), 1, variantId=str(medium.pk))
    await ben.operate("add", str(shirt.pk), 2, variantId=str(small.pk))
    ack = await ann.operate("add", str(shirt.pk), 1, variantId=str(medium.pk))
    while (cart := await cart_of(ben))["count"] < 4:
        pass
    assert ack["ok"]
    assert [(item["variantName"], item["variantId"], item["qty"]) for item in cart["items"]] == [
        ("S", str(small.pk), 2),
        ("M", str(medium.pk), 2),
    ]
    assert (cart["items"][0]["unitPrice"], cart["items"][0]["imageUrl"]) == (900, "/s.png")


async def test_what_is_sold_out_is_refused_to_the_sender_alone_and_marked(friends: Friends, seller: User) -> None:
    tea = await offer(seller, stock=3)
    _, (ann, ben) = await friends.party(2)
    assert (await ann.operate("add", str(tea.pk), 2))["ok"]
    refused = await ben.operate("add", str(tea.pk), 2)
    assert (refused["code"], refused["message"]) == ("sold_out", "Only 3 left")
    await ben.heard_before(ann)
    await database.in_db(lambda: tea.revise(stock=0))
    (item,) = (await cart_of(ben))["items"]
    assert (item["inStock"], item["qty"]) == (False, 2)  # it stays there, marked
    refused = await ann.operate("set", str(tea.pk), 3)
    assert (refused["ok"], refused["code"], refused["message"]) == (False, "sold_out", "Sold out")
    assert (await ann.operate("set", str(tea.pk), 1))["ok"]  # fewer may always be had
    assert (await ann.operate("remove", str(tea.pk)))["ok"]
    assert (await ann.operate("add", str(tea.pk)))["code"] == "sold_out"


async def test_an_old_clients_cart_is_relayed_with_what_is_sold_out(friends: Friends, seller: User) -> None:
    tea = await offer(seller, in_stock=False)
    _, (ann, ben) = await friends.party(2)
    await ann.sync("CART_UPDATE", cart=[{"id": str(tea.pk)}])
    assert (await ben.synced("CART_UPDATE"))["cart"] == [{"id": str(tea.pk)}]
    assert not [frame for frame in await ann.heard_before(ben) if frame["type"] == "ERROR"]


async def test_a_price_that_changes_is_confirmed_before_it_counts(friends: Friends, mug: Product) -> None:
    _, (ann, ben) = await friends.party(2)
    await ann.operate("add", str(mug.pk), 2)
    await ben.heard_before(ann)
    await database.in_db(lambda: mug.revise(price_minor=1200))
    (item,) = (await cart_of(ben))["items"]
    assert (item["unitPrice"], item["priceBefore"]) == (1200, 950)
    for seen in (950, "1200", None, 2**60):
        refused = await ben.operate("confirm", str(mug.pk), price=seen)
        assert (refused["ok"], refused["message"]) == (False, "The price has changed again")
    assert (await ben.operate("confirm", str(mug.pk), price=1200))["ok"]
    while (item := (await cart_of(ann))["items"][0])["priceBefore"] is not None:
        pass
    assert (item["unitPrice"], item["priceBefore"]) == (1200, None)


async def test_a_variant_that_is_gone_leaves_the_cart(friends: Friends, seller: User) -> None:
    shirt = await offer(seller, variants=sizes())
    small, medium = await database.in_db(lambda: shirt.forms)
    _, (ann, ben) = await friends.party(2)
    await ann.operate("add", str(shirt.pk), 1, variantId=str(small.pk))
    await ben.heard_before(ann)
    kept = [{"id": medium.pk, "options": [("Size", "M")]}]
    await database.in_db(lambda: shirt.revise(variants=kept))
    assert (await cart_of(ben))["items"] == []
