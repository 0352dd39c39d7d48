"""The player in a shop's page of another site: the plain shop of the examples, as its visitors use it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, FrameLocator, Locator, Page, expect

from accounts.models import User
from analytics import references
from analytics.models import CartAdd
from realtime.runtime import threads
from streams.models import ChatMessage, Stream
from support.models import Conversation
from tests import factories
from tests.browser import shops
from tests.browser.conftest import Window
from tests.browser.screens import violations
from tests.browser.widget import ask, shoot

pytestmark = [pytest.mark.browser, pytest.mark.journey]

EVENTS = "dataLayer.map(({ event }) => event).filter(Boolean)"


@pytest.fixture
def shop(server: str, tmp_path: Path) -> Iterator[str]:
    with shops.served(shops.copied("plain-shop", server, tmp_path)) as address:
        yield address


def make_show(**facts: Any) -> Stream:
    creator: User = factories.user("creator")
    mug = factories.product(creator, name="Speckled mug", url="http://127.0.0.1:1/mug?colour=green")
    sizes = [
        {"options": [("Size", "S")], "sku": f"S-{creator.pk}", "stock": 0},
        {"options": [("Size", "M")], "sku": f"M-{creator.pk}", "price": Decimal("12.50")},
    ]
    shirt = factories.product(creator, name="Tea shirt", variants=sizes, url="http://127.0.0.1:1/shirt")
    return factories.stream(creator, "live", title="Everything for tea", product_ids=[mug.pk, shirt.pk], **facts)


@pytest.fixture
async def show() -> Any:
    made = await threads.in_db(make_show)
    yield made
    await threads.in_db(made.end)


def frame(page: Page) -> FrameLocator:
    return page.frame_locator("dialog iframe")


def player(page: Page) -> Locator:
    return page.locator("dialog:has(iframe)")


async def say(page: Page, words: str) -> None:
    inside = frame(page)
    await inside.get_by_role("textbox", name="Your name").fill("Mona")
    await inside.get_by_role("textbox", name="Message").fill(words)
    await inside.get_by_role("button", name="Send").click()
    await expect(inside.locator("[data-lines] .line", has_text=words).locator("time")).to_be_visible()


async def token(page: Page) -> str:
    """The guest's, as the shop's own origin keeps it."""
    kept = await page.evaluate("Object.entries(localStorage).find(([name]) => name.startsWith('vitrine.guest'))?.[1]")
    return str(kept)


async def open_show(page: Page) -> None:
    teaser = page.get_by_role("region", name="Live shows")
    await expect(teaser.first).to_contain_text("Live now")
    await teaser.first.get_by_role("button", name="Watch").click()
    await expect(frame(page).get_by_role("heading", name="Everything for tea")).to_be_visible()
    await expect(frame(page).locator("main:not([inert])")).to_be_attached()
    await expect(frame(page).get_by_text("Live", exact=True)).to_be_visible()


def carts(show: Stream) -> list[str]:
    """Who has put something into the shop's cart, as the show's figures know it."""
    return list(CartAdd.objects.filter(stream=show).values_list("viewer", flat=True))


def said_by_guests(show: Stream) -> list[str]:
    return list(ChatMessage.objects.filter(stream=show, user=None).values_list("text", flat=True))


def authors(show: Stream, conversation: Conversation) -> bool:
    """Whether whoever has written in the show has begun the conversation."""
    (line,) = ChatMessage.objects.filter(stream=show)
    return bool(conversation.messages.get().author == line.author)


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
async def test_a_visitor_watches_writes_and_goes_on_shopping(
    shop: str, show: Stream, window: Window, phone: bool
) -> None:
    page = await window("about:blank", phone=phone)
    await page.add_init_script("window.dataLayer ??= []")
    await page.goto(shop)
    await expect(page.get_by_role("region", name="Live shows")).to_contain_text("Live now")
    await shoot(page, f"embed-teaser-{phone}")
    assert await violations(page) == []
    await open_show(page)
    await say(page, "Is it dishwasher safe?")
    await shoot(page, f"embed-overlay-{phone}")
    assert await violations(page, "html > div") == []
    guest = await token(page)
    assert guest != "None"

    await player(page).get_by_role("button", name="Make the player small").click()
    await page.evaluate("history.pushState({}, '', 'teapots'); document.body.replaceChildren('Another page')")
    await expect(frame(page).locator("[data-stage]")).to_be_visible()
    await expect(frame(page).get_by_role("log")).to_be_hidden()
    await shoot(page, f"embed-mini-{phone}")

    await page.goto(f"{shop}index.html")
    await page.get_by_role("link", name="About us").click()
    await expect(page.get_by_role("heading", name="About us")).to_be_visible()
    await expect(player(page).get_by_role("button", name="Make the player large")).to_be_visible()
    await player(page).get_by_role("button", name="Make the player large").click()
    await expect(frame(page).get_by_role("log")).to_contain_text("Is it dishwasher safe?")
    await say(page, "I am still here")
    assert await token(page) == guest
    assert await threads.in_db(said_by_guests, show) == ["Is it dishwasher safe?", "I am still here"]

    await player(page).get_by_role("button", name="Close the player").click()
    await expect(player(page)).to_have_count(0)
    await page.reload()
    await page.wait_for_function("!!window.Vitrine?.open")
    await expect(player(page)).to_have_count(0)


async def test_who_looks_at_goods_is_told_to_the_shops_data_layer(shop: str, show: Stream, window: Window) -> None:
    page = await window("about:blank")
    await page.add_init_script("window.dataLayer ??= []")
    await page.goto(shop)
    await open_show(page)
    await frame(page).get_by_role("button", name="Speckled mug").click()
    await page.wait_for_function(f"{EVENTS}.includes('view_item')")
    assert await page.evaluate(EVENTS) == ["view_promotion", "select_promotion", "select_item", "view_item"]
    viewed = await page.evaluate("dataLayer.at(-1).ecommerce")
    assert (viewed["currency"], viewed["value"], viewed["items"][0]["item_name"]) == ("USD", 9.5, "Speckled mug")


async def test_a_page_that_is_not_named_gets_no_frame(
    server: str, show: Stream, browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text(f'<iframe src="{server}/embed/{show.pk}/"></iframe>')
    page = await browser.new_page()
    with shops.served(tmp_path, "shop.localhost") as other:
        async with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
            await page.goto(other)
    assert not any("/embed/" in each.url for each in page.frames)
    await page.close()


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


FORGE = """(type) => {
    const message = { vitrine: type, guest: { token: "forged", renewAt: 1e15 }, name: "purchase", ecommerce: {} };
    window.postMessage(message, "*");
    document.querySelector("iframe.forger")?.remove();
    const forger = document.createElement("iframe");
    forger.className = "forger";
    document.body.append(forger);
    forger.contentWindow.eval(`parent.postMessage(${JSON.stringify(message)}, "*")`);
    return new Promise((done) => setTimeout(done, 0));
}"""


async def test_neither_side_listens_to_anybody_else(shop: str, show: Stream, window: Window) -> None:
    page = await window("about:blank")
    await page.add_init_script("window.dataLayer ??= []")
    await page.goto(shop)
    await open_show(page)
    guest = await token(page)
    for kind in ("guest", "event", "close"):
        await page.evaluate(FORGE, kind)
    inside = next(each for each in page.frames if "/embed/" in each.url)
    await inside.evaluate("window.postMessage({ vitrine: 'mode', mode: 'mini' }, '*')")
    await say(page, "Undisturbed")  # what was forged has been heard, and done nothing
    assert await token(page) == guest
    assert "purchase" not in await page.evaluate(EVENTS)
    assert await inside.evaluate("document.documentElement.dataset.mode") == "overlay"


async def test_an_inline_player_fills_its_place_and_closes_with_it(shop: str, show: Stream, window: Window) -> None:
    page = await window(f"{shop}about.html")
    await page.wait_for_function("!!window.Vitrine?.open")
    await page.evaluate(
        """(show) => {
            const place = document.createElement("div");
            place.id = "place";
            place.style.height = "600px";
            document.querySelector("main").append(place);
            return Vitrine.open({ show, target: "#place" });
        }""",
        str(show.pk),
    )
    await say(page, "In the page")
    await expect(frame(page).get_by_role("button", name="Watch with friends")).to_be_hidden()
    box = await page.locator("#place iframe").bounding_box()
    assert box is not None
    assert box["height"] == 600
    await shoot(page, "embed-inline")


async def test_a_party_and_support_open_beside_the_player_where_the_tag_wants_them(
    server: str, show: Stream, window: Window, tmp_path: Path
) -> None:
    folder = shops.copied("plain-shop", server, tmp_path)
    index = folder / "index.html"
    index.write_text(index.read_text().replace('embed.js">', 'embed.js" data-support data-party>'))
    page = await window("about:blank")
    with shops.served(folder, "127.0.0.1") as address:
        await page.goto(address)
        await open_show(page)
        await say(page, "Hello")
        async with page.context.expect_page() as opening:
            await frame(page).get_by_role("button", name="Watch with friends").click()
        party = await opening.value
        assert party.url == f"{server}/watch/{show.pk}/#party"
        await party.close()
        await player(page).get_by_role("button", name="Make the player small").click()
        conversation = await ask(page)
        assert await threads.in_db(authors, show, conversation)
