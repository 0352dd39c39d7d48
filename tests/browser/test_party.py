"""Shopping together in Chromium: a host at a desk, and a friend on a phone who followed her link."""

import asyncio
import functools
import http.server
import re
import secrets
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.async_api import Locator, Page, expect

from realtime import database
from shopping.models import Participant
from tests import sockets
from tests.browser.conftest import Window
from tests.journeys import server as servers

pytestmark = [pytest.mark.browser, pytest.mark.journey]

EXAMPLE = servers.ROOT / "examples/shop"
SEEN = """video => new Promise((seen) => {
    const look = () => (video.videoWidth ? seen() : video.addEventListener("resize", look, { once: true }));
    look();
})"""
DISMISSED = re.compile("removed you")


class Shop(NamedTuple):
    """What a seller has put into the catalogue: product ids and names, which no other test's have."""

    seller: dict[str, str]
    mug: str
    mug_name: str
    lamp: str
    lamp_name: str


@pytest.fixture
async def shop(server: str, window: Window) -> Shop:
    page = await window(f"{server}/login/")
    run = secrets.token_hex(4)
    account = {"username": f"seller-{run}", "email": f"{run}@example.org", "password": "a long enough secret"}
    registered = await page.request.post(f"{server}/api/auth/register", data=account | {"role": "creator"})
    bearer = {"Authorization": f"Bearer {(await registered.json())['data']['accessToken']}"}
    made = []
    for name, price in ((f"Mug {run}", "24.00"), (f"Lamp {run}", "89.50")):
        facts = {"name": name, "description": "Turned by hand.", "price": price, "category": "Table"}
        answer = await page.request.post(f"{server}/api/products", data=facts, headers=bearer)
        made += [(await answer.json())["id"], name]
    return Shop(bearer, *made)


@pytest.fixture
async def mia(server: str, window: Window, shop: Shop) -> Page:
    """The host, in a party of her own."""
    page = await window(f"{server}/party/")
    await enter(page, "Mia", "Open a party")
    return page


@pytest.fixture
async def tom(mia: Page, window: Window) -> Page:
    """Her friend, who has followed the link that she sent."""
    await mia.get_by_role("button", name="Invite").click()
    link = await mia.get_by_role("textbox", name="Link").input_value()
    await mia.get_by_role("button", name="Close").click()
    page = await window(link, phone=True)
    await enter(page, "Tom", "Join the party")
    await expect(faces(mia)).to_have_count(2)
    return page


async def enter(page: Page, name: str, button: str) -> None:
    await expect(page.get_by_role("button", name=button)).to_be_enabled()  # the page before has a field for a name too
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name=button).click()
    await expect(page.get_by_role("list", name="Who is here")).to_be_visible()


def faces(page: Page) -> Locator:
    return page.get_by_role("list", name="Who is here").get_by_role("listitem")


def looked_at(page: Page) -> Locator:
    return page.locator("[data-looking]").get_by_role("heading")


def card(page: Page, product: str) -> Locator:
    return page.locator(f'[data-grid] [data-offer="{product}"]')


async def look(page: Page, product: str) -> None:
    await card(page, product).get_by_role("link").click()


async def turn_to(page: Page, tab: str) -> None:
    """On a phone one part of the party is seen at a time."""
    await page.get_by_role("navigation", name="Party").get_by_role("button", name=tab).click()


async def say(page: Page, words: str) -> None:
    await page.get_by_role("textbox", name="Message").fill(words)
    await page.get_by_role("textbox", name="Message").press("Enter")


def said(page: Page) -> Locator:
    return page.get_by_role("log").locator("[data-text]")


async def test_a_friend_follows_the_host_until_he_wants_to_look_around(mia: Page, tom: Page, shop: Shop) -> None:
    await look(mia, shop.mug)
    await expect(looked_at(tom)).to_have_text(shop.mug_name)
    await tom.get_by_role("button", name="Following Mia").click()
    await look(mia, shop.lamp)
    await expect(card(tom, shop.lamp).get_by_text("Mia looks at this")).to_be_attached()
    await expect(looked_at(tom)).to_have_text(shop.mug_name)
    await tom.get_by_role("button", name="Follow Mia").click()
    await expect(looked_at(tom)).to_have_text(shop.lamp_name)


async def test_the_host_is_shown_what_a_friend_found_and_goes_there_if_she_likes(
    mia: Page, tom: Page, shop: Shop
) -> None:
    await tom.get_by_role("button", name=f"Show everyone {shop.lamp_name}").first.click()
    await expect(mia.get_by_text(f"Tom shows you: {shop.lamp_name}")).to_be_visible()
    await expect(looked_at(mia)).to_be_hidden()
    await mia.get_by_role("button", name="Look").click()
    await expect(looked_at(mia)).to_have_text(shop.lamp_name)


async def test_both_see_one_cart_and_the_same_votes(mia: Page, tom: Page, shop: Shop) -> None:
    await card(mia, shop.mug).get_by_role("button", name="to our cart").click()
    await expect(tom.get_by_text(f"Mia added {shop.mug_name}")).to_be_visible()
    await card(tom, shop.mug).get_by_role("button", name="to our cart").click()
    await card(tom, shop.lamp).get_by_role("button", name="to our cart").click()
    await card(tom, shop.lamp).get_by_role("button", name="For it").click()
    await card(mia, shop.lamp).get_by_role("button", name="For it").click()
    await turn_to(tom, "Cart")
    for page in (mia, tom):
        basket = page.get_by_role("region", name="Our cart")
        await expect(basket.locator("[data-total]")).to_have_text("$137.50")
        await expect(card(page, shop.lamp).locator("[data-vote='1'] [data-tally]")).to_have_text("2")
    await expect(mia.get_by_text("You (1) and Tom (1)")).to_be_visible()
    await tom.get_by_role("button", name=f"One {shop.mug_name} less").click()
    await expect(mia.locator("[data-total]")).to_have_text("$113.50")
    await expect(tom.locator("[data-total]")).to_have_text("$113.50")


async def test_who_reloads_misses_nothing(mia: Page, tom: Page, shop: Shop) -> None:
    party = tom.url
    await turn_to(tom, "Chat")
    await say(tom, "I am here")
    await expect(said(mia)).to_have_text(["I am here"])
    await say(mia, "Hello Tom")
    await expect(said(tom)).to_have_text(["I am here", "Hello Tom"])
    await tom.goto("about:blank")
    await expect(faces(mia)).to_have_count(1)
    await say(mia, "What about the mug?")
    await card(mia, shop.mug).get_by_role("button", name="to our cart").click()
    await expect(mia.get_by_role("region", name="Our cart").get_by_text(shop.mug_name)).to_be_visible()
    await tom.goto(party)
    await expect(faces(tom)).to_have_count(2)
    await turn_to(tom, "Chat")
    await expect(said(tom)).to_have_text(["I am here", "Hello Tom", "What about the mug?"])
    await turn_to(tom, "Cart")
    await expect(tom.locator("[data-total]")).to_have_text("$24.00")


async def test_the_host_who_reloads_is_the_host_again(mia: Page, tom: Page) -> None:
    await mia.reload()
    await expect(faces(tom)).to_have_count(2)
    await expect(mia.get_by_label("What to do about Tom")).to_be_visible()
    await expect(tom.get_by_role("button", name="Following Mia")).to_be_visible()


async def test_what_is_written_without_a_connection_arrives_once(mia: Page, tom: Page) -> None:
    await turn_to(tom, "Chat")
    await tom.context.set_offline(True)
    await expect(tom.get_by_text("Connection lost")).to_be_visible()
    await say(tom, "Can you hear me?")
    await say(mia, "Tom?")
    await expect(mia.get_by_role("log").locator(".waiting")).to_have_count(0)
    await tom.context.set_offline(False)
    await expect(said(mia)).to_have_text(["Tom?", "Can you hear me?"])
    await expect(said(tom)).to_have_text(["Can you hear me?", "Tom?"])


async def test_friends_hear_and_see_each_other(mia: Page, tom: Page) -> None:
    await mia.get_by_role("button", name="Talk").click()
    await expect(tom.locator("[data-roll] [data-speaking]:not([hidden])")).to_have_count(1)
    await tom.get_by_role("button", name="Talk").click()
    for page, other in ((mia, "Tom"), (tom, "Mia")):
        await expect(page.locator("[data-screens] li").filter(has_text=other)).to_have_attribute(
            "data-state", "connected"
        )
    await tom.get_by_role("button", name="Camera").click()
    async with asyncio.timeout(sockets.PATIENCE):
        await mia.locator(".screen.filmed:not(.own) video").evaluate(SEEN)
    await tom.get_by_role("button", name="Mute").click()
    await expect(tom.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "true")
    await expect(mia.locator(".face.talking")).to_have_count(1)
    await tom.get_by_role("button", name="Stop talking").click()
    await expect(mia.locator("[data-screens] li")).to_have_count(1)


async def test_the_host_hands_over_and_the_next_one_removes_her(mia: Page, tom: Page) -> None:
    await mia.get_by_label("What to do about Tom").click()
    await mia.get_by_role("button", name="Make host").click()
    await expect(tom.get_by_text("You are the host now")).to_be_visible()
    await turn_to(tom, "People")
    await tom.get_by_label("What to do about Mia").click()
    await tom.get_by_role("button", name="Remove from the party").click()
    await expect(mia.get_by_text(DISMISSED)).to_be_visible()
    await expect(faces(tom)).to_have_count(1)


async def test_pointers_show_who_points_at_what(mia: Page, window: Window, shop: Shop) -> None:
    ada = await window(mia.url)
    await enter(ada, "Ada", "Join the party")
    await card(mia, shop.mug).hover()
    await expect(ada.locator(".pointer")).to_have_text("Mia")
    await expect(ada.locator(".pointer")).to_be_visible()


async def test_friends_watch_a_show_together_and_see_what_it_shows(server: str, window: Window, shop: Shop) -> None:
    page = await window(f"{server}/party/", phone=True)
    sessions = f"{server}/api/sessions"
    show = {"title": "An evening at the pottery", "productIds": [shop.mug]}
    made = await page.request.post(sessions, data=show, headers=shop.seller)
    address = (await made.json())["data"]["id"]
    await page.request.post(f"{sessions}/{address}/start-stream", headers=shop.seller)
    await page.goto(f"{server}/watch/{address}/")
    await page.get_by_role("button", name="Watch with friends").click()
    await enter(page, "Mia", "Join the party")
    await expect(page.locator("[data-show]").get_by_text("Live", exact=True)).to_be_visible()
    await page.request.post(f"{sessions}/{address}/showcase", data={"productId": shop.mug}, headers=shop.seller)
    await page.get_by_role("button", name="Now showing").click()
    await expect(looked_at(page)).to_have_text(shop.mug_name)


async def test_who_leaves_is_gone_and_may_come_back(mia: Page, tom: Page) -> None:
    await turn_to(tom, "People")
    await tom.get_by_role("button", name="Leave").click()
    await expect(tom.get_by_role("heading", name="Goodbye")).to_be_visible()
    await expect(faces(mia)).to_have_count(1)
    await tom.reload()
    await enter(tom, "Tom", "Join the party")
    await expect(faces(mia)).to_have_count(2)


async def test_nothing_overflows_on_a_phone(tom: Page) -> None:
    for tab in ("Shop", "Cart", "Chat", "People"):
        await turn_to(tom, tab)
        assert await tom.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab


async def test_a_link_to_no_party_offers_to_open_one(server: str, window: Window) -> None:
    page = await window(f"{server}/party/sess_0000000000/")
    await expect(page.get_by_role("heading", name="This party is over")).to_be_visible()
    await page.get_by_role("link", name="Open a new party").click()
    await expect(page.get_by_role("heading", name="Shop with friends")).to_be_visible()


@pytest.fixture
def foreign_shop(server: str, tmp_path: Path) -> Iterator[str]:
    """The example on a host of its own, with this server's address in its page."""
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    page = tmp_path / "index.html"
    page.write_text(page.read_text().replace("http://127.0.0.1:8000", server))
    handler = functools.partial(SilentHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as shop:
        thread = threading.Thread(target=shop.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{shop.server_address[1]}/"
        shop.shutdown()
        thread.join()


class SilentHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads along."""


async def test_a_shop_of_ones_own_shops_together_by_the_sdk(
    server: str, window: Window, shop: Shop, foreign_shop: str
) -> None:
    address = f"{foreign_shop}?server=https://evil.example&products={shop.mug},{shop.lamp}"
    pages = []
    for name in ("Mia", "Tom"):
        page = await window(address)
        await page.get_by_label("Your name").fill(name)
        await page.get_by_role("button", name="Shop with friends").click()
        link = page.get_by_label("Send this")
        await expect(link).to_have_value(re.compile("join="))
        address = (await link.input_value()).replace("join=", "swf_join=")
        pages.append(page)
    mia, tom = pages
    await mia.get_by_role("button", name="Add").first.click()
    await mia.get_by_role("link", name=shop.lamp_name).click()
    await expect(tom.get_by_text(f"{shop.mug_name}: 1 (Mia)")).to_be_visible()
    await expect(tom.locator(".shown")).to_contain_text(shop.lamp_name)
    assert await tom.evaluate("typeof Vitrine.Together") == "function"


OPENS_A_PARTY = """async (server) => {
    const { Vitrine } = await import(`${server}/static/realtime/client.js`);
    const client = new Vitrine({ url: `${server}/ws/shopping/` });
    const created = new Promise((heard) => client.on("SESSION_CREATED", ({ payload }) => heard(payload.sessionId)));
    client.connect();
    const { ok } = await client.send("CREATE_SESSION", { payload: {} });
    return ok && (await created);
}"""


async def test_a_guest_of_a_foreign_shop_is_the_same_one_over_reloads_and_tabs(
    server: str, window: Window, foreign_shop: str
) -> None:
    first = await window(foreign_shop)
    opened = []
    for _ in range(3):
        opened.append(await first.evaluate(OPENS_A_PARTY, server))
        await first.reload()
    tab = await first.context.new_page()
    await tab.goto(foreign_shop)
    opened.append(await tab.evaluate(OPENS_A_PARTY, server))
    other = await window(foreign_shop)
    stranger = await other.evaluate(OPENS_A_PARTY, server)
    hosts = await database.in_db(lambda: dict(Participant.objects.values_list("session_id", "identity")))
    assert len({hosts[session] for session in opened}) == 1
    assert hosts[stranger] != hosts[opened[0]]


FOLLOWED = """async (urls) => {
    const { Together } = await import("/static/shopping/sdk.js");
    const [host, friend] = [new Together({ userName: "Host" }), new Together({ userName: "Friend" })];
    const created = await host.create();
    await friend.join(created.sessionId);
    const heard = [];
    const all = new Promise((done) =>
        friend.on("NAVIGATE", ({ url }) => heard.push(url ?? null) === urls.length && done(heard)));
    for (const url of urls) await host.sync("NAVIGATE", { url });
    return all;
}"""


async def test_the_sdk_follows_no_foreign_address(server: str, window: Window) -> None:
    page = await window(f"{server}/")
    foreign = ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "data:text/html,x", "\\\\evil", 7]
    assert await page.evaluate(FOLLOWED, [*foreign, "/watch/", f"{server}/party/"]) == [
        *[None] * len(foreign),
        f"{server}/watch/",
        f"{server}/party/",
    ]
