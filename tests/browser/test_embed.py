"""The player in a shop's page of another site: the plain shop of the examples, as its visitors use it."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from analytics.models import Purchase
from realtime.runtime import threads
from streams.models import ChatMessage, Stream
from support.models import Conversation
from tests.browser import shops
from tests.browser.conftest import Window
from tests.browser.embedded import EVENTS, frame, make_show, open_show, player, say, token
from tests.browser.screens import violations
from tests.browser.widget import ask, shoot

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


def said_by_guests(show: Stream) -> list[str]:
    return list(ChatMessage.objects.filter(stream=show, user=None).order_by("seq").values_list("text", flat=True))


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
    tag = f'<script async src="{server}/embed.js" data-show="{show.pk}" data-mode="overlay"></script>'
    (tmp_path / "tag.html").write_text(f"<!doctype html>{tag}")
    page = await browser.new_page()
    with shops.served(tmp_path, "shop.localhost") as other:
        async with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
            await page.goto(other)
        assert not any("/embed/" in each.url for each in page.frames)
        async with page.expect_console_message(lambda said: f"EMBED_ORIGINS={other.rstrip('/')}" in said.text):
            await page.goto(f"{other}tag.html")
    await page.close()


@pytest.mark.parametrize(("seconds", "words"), [(3 * 3600 + 5, r"Next show in 3:00:0\d"), (-5, "Any moment now")])
async def test_a_teaser_counts_down_to_the_next_show(shop: str, window: Window, seconds: int, words: str) -> None:
    at = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    soon = {"id": str(uuid.uuid4()), "title": "Winter teas", "status": "scheduled", "startsAt": at, "url": ""}
    page = await window("about:blank")
    known = {"live": [], "upcoming": [soon], "show": None}
    await page.route(
        "**/embed/shows?*", lambda route: route.fulfill(json=known, headers={"Access-Control-Allow-Origin": "*"})
    )
    await page.goto(shop)
    teaser = page.get_by_role("region", name="Live shows")
    await expect(teaser).to_contain_text(re.compile(words))
    await expect(teaser).to_contain_text("Winter teas")


async def test_a_past_show_is_played_in_the_frame(shop: str, window: Window) -> None:
    show = await threads.in_db(make_show)
    await threads.in_db(show.end)
    page = await window(f"{shop}about.html")
    await page.wait_for_function("!!window.Vitrine?.open")
    await page.evaluate("(show) => Vitrine.open({ show })", str(show.pk))
    await frame(page).get_by_role("button", name="Play from the beginning").click()
    await expect(frame(page).get_by_role("button", name="Pause")).to_be_visible()
    await expect(player(page)).to_have_attribute("role", "dialog")
    await page.keyboard.press("Escape")
    await expect(player(page)).to_have_attribute("role", "region")  # it is small now


async def test_a_visit_is_recorded_and_an_order_reported_where_the_page_wants_it(
    server: str, show: Stream, window: Window, tmp_path: Path
) -> None:
    folder = shops.copied("plain-shop", server, tmp_path)
    index = folder / "index.html"
    index.write_text(index.read_text().replace('embed.js">', 'embed.js" data-capture>'))
    page = await window("about:blank")
    await page.add_init_script("window.dataLayer ??= []")
    order = {
        "orderId": str(uuid.uuid4()),
        "currency": "JPY",
        "value": 1990,
        "items": [{"itemId": "MUG", "quantity": 2}],
    }
    with shops.served(folder, "127.0.0.1") as address:
        await page.goto(address)
        await expect(page.get_by_role("button", name="Agree")).to_be_visible()
        reported = await page.evaluate("(order) => Vitrine.purchase(order)", order)
    assert reported["orderId"] == order["orderId"]
    told = await page.evaluate("dataLayer.at(-1)")
    assert (told["event"], told["ecommerce"]["value"]) == ("purchase", 1990)
    assert await threads.in_db(Purchase.objects.filter(order_id=order["orderId"]).count) == 1


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


async def test_what_is_wished_of_a_player_while_it_loads_comes_true(shop: str, show: Stream, window: Window) -> None:
    page = await window(f"{shop}about.html")
    await page.wait_for_function("!!window.Vitrine?.open")
    asked, wished = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await wished.wait()
        await route.continue_()

    await page.route("**/embed/*/reader", hold)
    await page.evaluate("(show) => Vitrine.open({ show, mode: 'mini' }).then(() => null)", str(show.pk))
    await asked.wait()  # it has been greeted, and does not know its reader yet
    await page.evaluate("Vitrine.player().become('overlay')")
    wished.set()
    await expect(frame(page).get_by_role("log")).to_be_visible()
