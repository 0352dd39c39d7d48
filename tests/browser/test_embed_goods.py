"""Goods that are chosen in the player: the shop's own cart, or its pages."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from analytics import references
from analytics.models import CartAdd
from realtime.runtime import threads
from streams.models import Stream
from tests.browser import shops
from tests.browser.conftest import Window
from tests.browser.embedded import frame, make_show, open_show, player
from tests.browser.screens import violations
from tests.browser.widget import shoot

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture
def shop(server: str, tmp_path: Path) -> Iterator[str]:
    with shops.served(shops.copied("plain-shop", server, tmp_path)) as address:
        yield address


@pytest.fixture
async def show() -> AsyncIterator[Stream]:
    made = await threads.in_db(make_show)
    yield made
    await threads.in_db(made.end)


def carts(show: Stream) -> list[str]:
    """Who has put something into the shop's cart, as the show's figures know it."""
    return list(CartAdd.objects.filter(stream=show).values_list("viewer", flat=True))


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
async def test_what_is_chosen_in_the_player_is_in_the_shops_own_cart(
    shop: str, show: Stream, window: Window, phone: bool
) -> None:
    page = await window("about:blank", phone=phone)
    await page.add_init_script("window.dataLayer ??= []")
    await page.goto(shop)
    await open_show(page)
    inside = frame(page)
    if phone:
        await inside.get_by_role("button", name=re.compile("Products: ")).click()
    await inside.get_by_role("button", name="Tea shirt").click()
    sheet = inside.locator("[data-product-dialog]")
    await sheet.get_by_label("Size").select_option("M")
    await expect(sheet.get_by_role("link", name="Buy now")).to_be_hidden()
    await sheet.get_by_role("button", name="Add to cart").click()
    await expect(sheet.get_by_text("It is in your cart.")).to_be_visible()
    await shoot(page, f"embed-goods-{phone}")
    (item,) = await page.evaluate("JSON.parse(localStorage.cart)")
    assert (item["variant"], item["options"], item["price"], item["quantity"]) == ("M", {"Size": "M"}, 12.5, 1)
    assert item["sku"].startswith("M-")
    assert item["url"] == f"http://127.0.0.1:1/shirt?vitrine_ref={item['reference']}"
    reference = await threads.in_db(references.read, item["reference"], timedelta(days=1))
    assert reference is not None
    assert reference.stream_id == show.pk
    assert reference.viewer == (await threads.in_db(carts, show))[0]
    assert await page.evaluate("dataLayer.at(-1)") == {
        "event": "add_to_cart",
        "ecommerce": {
            "currency": "USD",
            "value": 12.5,
            "items": [
                {
                    "item_id": item["sku"],
                    "item_name": "Tea shirt",
                    "item_variant": "M",
                    "item_category": "Kitchen",
                    "item_list_id": str(show.pk),
                    "price": 12.5,
                    "quantity": 1,
                }
            ],
        },
    }
    await sheet.get_by_role("button", name="Close").click()
    if phone:
        await inside.locator("[data-wares-sheet]").get_by_role("button", name="Close").click()
    await inside.get_by_role("button", name="Your cart").click()
    cart = inside.get_by_role("dialog", name="Your cart")
    await cart.get_by_role("button", name="One more: Tea shirt").click()
    await expect(cart.locator("[data-cart-sum]")).to_have_text("$25.00")
    await shoot(page, f"embed-cart-{phone}")
    assert await violations(page, "html > div") == []
    await cart.get_by_role("button", name="Check out").click()
    await expect(page.get_by_text("2 × Tea shirt (M), $12.50")).to_be_visible()
    await expect(page.get_by_text("In all: $25.00")).to_be_visible()
    await expect(player(page).get_by_role("button", name="Make the player large")).to_be_visible()


async def test_a_refusal_of_the_shop_is_said_where_it_was_asked(shop: str, show: Stream, window: Window) -> None:
    page = await window(shop)
    await page.wait_for_function("!!window.Vitrine?.open")
    await page.evaluate("Vitrine.cart({ onAddToCart: () => ({ ok: false, message: 'Only for members' }) })")
    await open_show(page)
    await frame(page).get_by_role("button", name="Speckled mug").click()
    await frame(page).get_by_role("button", name="Add to cart").click()
    await expect(frame(page).get_by_role("alert").filter(has_text="Only for members")).to_be_visible()


async def test_without_a_cart_of_the_shop_goods_lead_to_their_page_with_a_reference(
    server: str, show: Stream, window: Window, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text(f'<!doctype html><script src="{server}/embed.js" data-teaser></script>')
    page = await window("about:blank")
    with shops.served(tmp_path) as address:
        await page.goto(address)
        await open_show(page)
        await frame(page).get_by_role("button", name="Speckled mug").click()
        await expect(frame(page).get_by_role("button", name="Add to cart")).to_be_hidden()
        await page.context.route("http://127.0.0.1:1/**", lambda route: route.fulfill(body="Mugs"))
        async with page.context.expect_page() as opening:
            await frame(page).get_by_role("link", name="Buy now").click()
        opened = await opening.value
        await expect(opened.get_by_text("Mugs")).to_be_visible()
        path, _, token = opened.url.partition("&vitrine_ref=")
        assert path == "http://127.0.0.1:1/mug?colour=green"
        reference = await threads.in_db(references.read, token, timedelta(days=1))
        assert reference is not None
        assert reference.stream_id == show.pk
