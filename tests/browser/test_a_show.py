"""One evening in Chromium: a creator at a desk, a viewer beside her, and a guest on a phone."""

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from playwright.async_api import Locator, Page, WebSocketRoute, expect

from accounts.identity import user_key
from accounts.models import User
from realtime.models import Restriction
from realtime.runtime import threads
from tests.browser.conftest import Window, come_back, go_live_unseen

pytestmark = [pytest.mark.browser, pytest.mark.journey]


MINUTE_CELLS = 8  # in a row of the table of minutes, beside the time


async def arrive(page: Page, heading: str) -> None:
    """Waits for the next page and its scripts: a button is drawn before anything listens to it."""
    await expect(page.get_by_role("heading", name=heading)).to_be_visible()
    await page.wait_for_load_state("domcontentloaded")


async def register(page: Page, name: str, wish: str) -> None:
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Email").fill(f"{name}@example.org")
    await page.get_by_label("Password").fill("a long enough secret")
    await page.get_by_label(wish, exact=True).check()
    await page.get_by_role("button", name="Register").click()


async def create_product(page: Page, name: str, price: str) -> None:
    await page.get_by_role("button", name="New product").click()
    form = page.get_by_role("dialog", name="New product")
    await form.get_by_label("Name").fill(name)
    await form.get_by_label("Price in").fill(price)
    await form.get_by_label("Category").fill("Table")
    await form.get_by_label("Description").fill("Stoneware, dipped in green.")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_be_hidden()


async def create_show(page: Page, title: str, products: list[str]) -> None:
    await page.get_by_role("button", name="New show").click()
    form = page.get_by_role("dialog", name="New show")
    await form.get_by_label("Title").fill(title)
    for product in products:
        await form.get_by_label(product).check()
    await form.get_by_role("button", name="Create").click()
    await arrive(page, title)


async def say(page: Page, words: str) -> None:
    await page.get_by_role("textbox", name="Message").fill(words)
    await page.get_by_role("textbox", name="Message").press("Enter")


def line(page: Page, words: str) -> Locator:
    return page.get_by_role("log").get_by_role("listitem").filter(has_text=words)


async def take_back(page: Page, words: str) -> None:
    await line(page, words).get_by_role("button", name="What to do about this message").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_role("dialog")).to_be_hidden()


def slow_mode(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Slow mode")


def requests_of(page: Page) -> list[str]:
    """The addresses below /api/ that the page asks from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    return asked


@asynccontextmanager
async def saved(page: Page) -> AsyncIterator[None]:
    """Until what is changed within is stored."""
    async with page.expect_response(lambda answer: answer.request.method == "PATCH") as changed:
        yield
    assert (await changed.value).ok


async def nothing_overflows(page: Page) -> bool:
    narrow: bool = await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return narrow


@pytest.fixture
async def creator(server: str, window: Window) -> Page:
    """At the desk of a new show with two products on it."""
    page = await window(f"{server}/register/?next=/studio/")
    await register(page, f"creator-{secrets.token_hex(4)}", "watch and present shows")
    await arrive(page, "Studio")
    await create_product(page, "Speckled mug", "24,00")
    await create_product(page, "Stoneware teapot", "68.50")
    await create_show(page, "An evening at the pottery", ["Speckled mug", "Stoneware teapot"])
    return page


@pytest.fixture
async def show(creator: Page) -> str:
    return await creator.get_by_label("Link for viewers").input_value()


@pytest.fixture
async def guest(show: str, window: Window) -> Page:
    page = await window(show, phone=True)
    await page.get_by_role("textbox", name="Your name").fill("Guest")
    return page


@pytest.mark.skipif(
    connection.vendor != "postgresql" or not settings.REDIS_URL, reason="two processes need PostgreSQL and Redis"
)
async def test_someone_banned_for_a_time_is_told_so_and_comes_back_by_itself(
    live_db: None, creator: Page, show: str, window: Window
) -> None:
    await go_live_unseen(creator)
    name = f"viewer-{secrets.token_hex(4)}"
    viewer = await window(show)
    await viewer.get_by_role("link", name="Register").click()
    await register(viewer, name, "watch shows")
    await arrive(viewer, "An evening at the pottery")
    await expect(creator.locator("[data-viewers]")).to_have_text("1")

    def ban() -> None:
        user = User.objects.get(username=name)
        Restriction.objects.ban(user_key(user.pk), until=timezone.now() + timedelta(seconds=5))

    await threads.in_db(ban)
    notice = viewer.get_by_text("You have been removed from this room. This page comes back by itself at")
    await expect(notice).to_be_visible()
    await expect(creator.locator("[data-viewers]")).to_have_text("0")
    await expect(creator.locator("[data-viewers]")).to_have_text("1")
    await expect(notice).to_be_hidden()
    await say(creator, "Welcome back")
    await expect(line(viewer, "Welcome back")).to_be_visible()


async def test_the_chat_tells_hosts_moderators_and_guests_apart(
    live_db: None, creator: Page, show: str, guest: Page, window: Window
) -> None:
    name = f"moderator-{secrets.token_hex(4)}"

    def appoint() -> None:
        User.objects.create_user(name, f"{name}@example.org", "a long enough secret", "moderator")

    await threads.in_db(appoint)
    moderator = await window(f"{urlsplit(show).scheme}://{urlsplit(show).netloc}/login/?next={urlsplit(show).path}")
    await moderator.get_by_label("Username").fill(name)
    await moderator.get_by_label("Password").fill("a long enough secret")
    await moderator.get_by_role("button", name="Log in").click()
    await arrive(moderator, "An evening at the pottery")
    await guest.get_by_role("textbox", name="Your name").fill(f"Moderator {name}")
    await say(guest, "I am a moderator")
    await say(moderator, "I look after the chat")
    await say(creator, "And I am the host")
    badges = {"I am a moderator": "Guest", "I look after the chat": "Moderator", "And I am the host": "Host"}
    for reload in (False, True):  # as it is heard, and as it is read back
        if reload:
            await guest.reload()
        for words, badge in badges.items():
            await expect(line(guest, words).locator("[data-role]")).to_have_text(badge)


async def test_a_show_runs_from_its_first_product_to_its_end(
    creator: Page, show: str, guest: Page, window: Window
) -> None:
    await expect(guest.get_by_role("heading", name="Not started yet")).to_be_visible()
    await go_live_unseen(creator)
    await expect(guest.get_by_text("Live", exact=True)).to_be_visible()

    viewer = await window(show)
    await viewer.get_by_role("link", name="Register").click()
    await register(viewer, f"viewer-{secrets.token_hex(4)}", "watch shows")
    await arrive(viewer, "An evening at the pottery")
    await expect(creator.locator("[data-viewers]")).to_have_text("2")

    await say(guest, "Is the <b>glaze</b> food safe?")
    await say(viewer, "Good evening")
    await say(creator, "Yes, and welcome!")
    for page in (creator, viewer, guest):
        for words in ("Is the <b>glaze</b> food safe?", "Good evening", "Yes, and welcome!"):
            await expect(page.get_by_role("log").get_by_text(words)).to_be_visible()
    await expect(line(guest, "Yes, and welcome!").get_by_text("Host")).to_be_visible()
    await expect(line(guest, "Good evening").get_by_text("Host")).to_be_hidden()

    await guest.get_by_role("button", name="Fire").click()
    await expect(viewer.get_by_text("1 reaction")).to_be_visible()

    await creator.get_by_role("button", name="Show: Stoneware teapot").click()
    await expect(guest.locator("[data-spotlight]")).to_contain_text("Stoneware teapot")
    await guest.locator("[data-spotlight]").click()
    await expect(guest.get_by_role("dialog")).to_contain_text("$68.50")
    await guest.get_by_role("button", name="Close").click()
    await creator.get_by_role("button", name="Show none").click()
    await expect(guest.locator("[data-spotlight]")).to_be_hidden()

    await take_back(creator, "Good evening")
    for page in (creator, viewer, guest):
        await expect(page.get_by_role("log").get_by_text("Good evening")).to_have_count(0)

    await creator.get_by_role("button", name="Pause").click()
    await expect(guest.get_by_role("heading", name="A short pause")).to_be_visible()
    await creator.get_by_role("button", name="Resume").click()
    await expect(guest.get_by_role("heading", name="A short pause")).to_be_hidden()
    assert await nothing_overflows(guest)
    assert await nothing_overflows(creator)

    await creator.get_by_role("button", name="End the show").click()
    await creator.get_by_role("dialog").get_by_role("button", name="End the show").click()
    for page in (viewer, guest):
        await expect(page.get_by_role("heading", name="The show is over")).to_be_visible()
    await expect(guest.get_by_role("textbox", name="Message")).to_be_hidden()


async def test_what_is_written_without_a_connection_is_said_when_it_returns(creator: Page, guest: Page) -> None:
    await go_live_unseen(creator)
    await expect(guest.get_by_text("Live", exact=True)).to_be_visible()
    await say(creator, "ServerMessage before")
    await expect(guest.get_by_role("log").get_by_text("ServerMessage before")).to_be_visible()

    await guest.context.set_offline(True)
    await expect(guest.get_by_text("Connection lost")).to_be_visible()
    await say(guest, "Written in the tunnel")
    await expect(guest.get_by_label("Not sent yet")).to_contain_text("Written in the tunnel")
    await take_back(creator, "ServerMessage before")
    await say(creator, "ServerMessage meanwhile")
    await creator.get_by_role("button", name="Pause").click()

    await come_back(guest)
    for page in (creator, guest):
        await expect(page.get_by_role("log").get_by_text("Written in the tunnel")).to_have_count(1)
    await expect(guest.get_by_label("Not sent yet")).to_be_empty()
    await expect(guest.get_by_role("log").get_by_text("ServerMessage meanwhile")).to_be_visible()
    await expect(guest.get_by_role("log").get_by_text("ServerMessage before")).to_have_count(0)
    await expect(guest.get_by_role("heading", name="A short pause")).to_be_visible()


async def test_a_line_that_is_heard_before_its_answer_does_not_stand_there_twice(creator: Page, guest: Page) -> None:
    await go_live_unseen(creator)
    withheld: list[str | bytes] = []

    def answer_nothing(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda said: withheld.append(said) if '"type":"ack"' in str(said) else socket.send(said))

    await guest.route_web_socket("**/ws/", answer_nothing)
    await load_again(guest)
    await say(guest, "Is it food safe?")
    await expect(line(guest, "Is it food safe?").locator("time[datetime]")).to_be_visible()
    await expect(guest.get_by_label("Not sent yet")).to_be_empty()
    assert withheld


async def load_again(page: Page) -> None:
    """Until what was so before the page came has reached it: one that is cut short would ask for it later."""
    show = re.compile(r"/api/sessions/[-0-9a-f]+$")
    address = page.url
    await page.goto("about:blank")  # what the page before has asked for is not what is waited for
    async with page.expect_response(show) as shown, page.expect_response("**/chat?*") as said:
        await page.goto(address)
    await (await shown.value).finished()
    await (await said.value).finished()


async def miss_some(creator: Page, guest: Page) -> list[str]:
    """The guest is away while three lines are said and one is taken back; what its page asks from then on."""
    await go_live_unseen(creator)
    await expect(creator.get_by_role("button", name="Pause")).to_be_visible()  # the guest would ask anew if it heard it
    await load_again(guest)
    await say(creator, "Taken back")
    await expect(line(guest, "Taken back")).to_be_visible()
    await guest.context.set_offline(True)
    await expect(guest.get_by_text("Connection lost")).to_be_visible()
    for words in ("First", "Second", "Third"):
        await say(creator, words)
        await expect(line(creator, words)).to_be_visible()
    await take_back(creator, "Taken back")
    await expect(line(creator, "Taken back")).to_have_count(0)
    return requests_of(guest)


async def test_who_was_away_for_a_moment_is_told_what_was_missed(creator: Page, guest: Page) -> None:
    asked = await miss_some(creator, guest)
    await guest.evaluate("window.stayed = true")
    async with guest.expect_response("**/reactions"):
        await guest.context.set_offline(False)
    await expect(guest.locator("[data-lines] [data-text]")).to_have_text(["First", "Second", "Third"])
    assert [url.rpartition("/")[2] for url in asked] == ["reactions", "questions"]
    assert await guest.evaluate("window.stayed")


async def test_who_missed_too_much_is_shown_the_show_as_it_is_now(creator: Page, guest: Page) -> None:
    asked = await miss_some(creator, guest)
    await creator.get_by_role("button", name="Show: Stoneware teapot").click()
    await creator.get_by_role("button", name="Pause").click()
    await expect(creator.get_by_role("button", name="Resume")).to_be_visible()
    await guest.context.set_offline(False)
    await expect(guest.get_by_role("heading", name="A short pause")).to_be_visible()
    await expect(guest.locator("[data-lines] [data-text]")).to_have_text(["First", "Second", "Third"])
    await expect(guest.locator("[data-spotlight]")).to_contain_text("Stoneware teapot")
    assert not [url for url in asked if re.search(r"/chat\?|/api/sessions/[-0-9a-f]+$", url)]


async def test_slow_mode_keeps_the_words_and_says_how_long_to_wait(creator: Page, guest: Page) -> None:
    await go_live_unseen(creator)
    async with saved(creator):
        await slow_mode(creator).select_option("60")
    await say(guest, "First")
    await expect(guest.get_by_role("log").get_by_text("First")).to_be_visible()
    await say(guest, "Second")
    await expect(
        line(guest, "Slow mode: one message every 60 seconds").get_by_text("Second", exact=True)
    ).to_be_visible()
    await expect(guest.get_by_role("button", name="Send")).to_be_disabled()


async def test_the_creator_orders_products_with_the_keyboard_alone(creator: Page) -> None:
    first = creator.locator("[data-rows] li").first
    await expect(first).to_contain_text("Stoneware teapot")
    await creator.get_by_role("button", name="Move up: Speckled mug").press("Enter")
    await expect(first).to_contain_text("Speckled mug")
    await expect(creator.get_by_role("button", name="Move down: Speckled mug")).to_be_focused()
    await creator.reload()
    await expect(first).to_contain_text("Speckled mug")


async def test_a_raised_hand_is_listed_in_the_studio_until_it_is_lowered_or_dismissed(
    creator: Page, guest: Page
) -> None:
    await go_live_unseen(creator)
    hand, rows = guest.get_by_role("button", name="Raise hand"), creator.locator("[data-hands] li")
    for lower in (hand, creator.get_by_role("button", name="Dismiss: Guest")):
        await hand.click()
        await expect(hand).to_have_attribute("aria-pressed", "true")
        await expect(rows).to_have_text(re.compile("Guest"))
        assert await nothing_overflows(creator)
        assert await nothing_overflows(guest)
        await lower.click()
        await expect(rows).to_have_count(0)
        await expect(creator.get_by_text("Nobody has raised a hand.")).to_be_visible()
    await expect(creator.get_by_role("heading", name="Raised hands")).to_be_focused()


async def edit_product(page: Page, name: str, price: str, stock: bool = True) -> None:
    """In the studio, which lists the creator's products."""
    await page.get_by_role("button", name=f"Change {name}").click()
    form = page.get_by_role("dialog", name="Change product")
    await form.get_by_label("Price in").fill(price)
    await form.get_by_role("checkbox", name="In stock").set_checked(stock)
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_be_hidden()


async def test_what_changes_during_a_show_is_seen_on_every_open_page(
    server: str, creator: Page, show: str, window: Window
) -> None:
    viewer, passer_by, friend = await window(show), await window(server), await window(f"{server}/party/")
    await friend.get_by_label("Your name").fill("Mia")
    await friend.get_by_role("button", name="Open a party").click()
    studio = await creator.context.new_page()
    await studio.goto(f"{server}/studio/")
    card = passer_by.locator(f'[data-shelves] a[href="{urlsplit(show).path}"]')
    await expect(card.get_by_text("Coming up")).to_be_visible()
    await go_live_unseen(creator)
    await expect(card.get_by_text("Live", exact=True)).to_be_visible()

    strip = viewer.get_by_role("region", name="Products in this show")
    await create_product(creator, "Tall vase", "55")
    vase, mug = (strip.get_by_role("button", name=re.compile(name)) for name in ("Tall vase", "Speckled mug"))
    await expect(vase).to_be_visible()
    await expect(passer_by.locator(f'[data-product="{await vase.get_attribute("data-product")}"]')).to_be_visible()

    await mug.click()
    sheet = viewer.get_by_role("dialog", name="Speckled mug")
    await edit_product(studio, "Speckled mug", "19,00", stock=False)
    await expect(sheet.locator("[data-price]")).to_have_text(re.compile("19"))
    await expect(sheet.get_by_text("Sold out")).to_be_visible()
    await viewer.keyboard.press("Escape")
    product = await mug.get_attribute("data-product")
    for page in (viewer, passer_by, friend):
        tile = page.locator(
            f'.item[data-product="{product}"], .product[data-product="{product}"], [data-offer="{product}"]'
        )
        await expect(tile.locator("[data-price]")).to_have_text(re.compile("19"))
        await expect(tile.get_by_text("Sold out")).to_be_visible()

    await expect(creator.locator("[data-rows] li").filter(has_text="Speckled mug")).to_contain_text("$19.00 · Sold out")

    await creator.get_by_role("button", name="Take off: Stoneware teapot").click()
    await expect(strip.get_by_role("button", name=re.compile("Stoneware teapot"))).to_have_count(0)
    await creator.get_by_role("button", name="Edit", exact=True).click()
    form = creator.get_by_role("dialog", name="Edit the show")
    await form.get_by_label("Title").fill("Midnight glaze")
    await form.get_by_role("button", name="Save").click()
    await expect(viewer.get_by_role("heading", name="Midnight glaze")).to_be_visible()
    await expect(card.get_by_text("Midnight glaze")).to_be_visible()


async def test_the_composer_says_why_nothing_can_be_written_and_opens_when_that_ends(
    live_db: None, creator: Page, guest: Page, show: str, window: Window
) -> None:
    rules = creator.get_by_role("group", name="Rules of the chat")
    field = guest.get_by_role("textbox", name="Message")
    await rules.get_by_label("Guests may write").uncheck()
    await expect(field).to_be_hidden()
    await expect(guest.get_by_role("link", name="Log in").last).to_be_visible()
    await rules.get_by_label("Guests may write").check()
    await expect(field).to_be_visible()

    name = f"viewer-{secrets.token_hex(4)}"
    viewer = await window(show)
    await viewer.get_by_role("link", name="Register").click()
    await register(viewer, name, "watch shows")
    await arrive(viewer, "An evening at the pottery")

    await expect(creator.locator("[data-viewers]")).to_have_text("2")  # now the viewer is known to be there

    def mute() -> Restriction:
        return Restriction.objects.mute(user_key(User.objects.get(username=name).pk))

    muted = await threads.in_db(mute)
    await expect(viewer.get_by_text("You may not write in this chat.")).to_be_visible()
    await expect(viewer.get_by_role("textbox", name="Message")).to_be_hidden()
    await viewer.reload()
    await expect(viewer.get_by_text("You may not write in this chat.")).to_be_visible()
    await threads.in_db(muted.lift)
    await say(viewer, "I am back")
    await expect(line(creator, "I am back")).to_be_visible()


async def test_a_refused_line_stays_and_can_be_sent_again(creator: Page, guest: Page) -> None:
    async with saved(creator):
        await slow_mode(creator).select_option("5")
    await say(guest, "First")
    await expect(line(creator, "First")).to_be_visible()
    await say(guest, "Second")
    refused = line(guest, "Slow mode: one message every 5 seconds")
    await expect(refused.get_by_text("Second", exact=True)).to_be_visible()
    async with saved(creator):
        await slow_mode(creator).select_option("0")
    await refused.get_by_role("button", name="Try again").click()
    await expect(line(creator, "Second")).to_be_visible()
    await expect(refused).to_have_count(0)


async def test_the_studio_shows_how_it_went_when_the_show_is_over(creator: Page, guest: Page) -> None:
    await go_live_unseen(creator)
    await expect(guest.get_by_text("Live", exact=True)).to_be_visible()
    await guest.get_by_role("button", name="Products: 2").click()
    await guest.get_by_role("button", name=re.compile("Speckled mug")).click()
    await guest.keyboard.press("Escape")
    await expect(creator.locator("[data-rows] li", has_text="Speckled mug")).to_contain_text("1 click")
    await guest.get_by_role("button", name="Close").click()
    await guest.get_by_role("button", name="Love it").click()
    await say(guest, "Lovely")
    await expect(line(creator, "Lovely")).to_be_visible()
    await creator.get_by_role("button", name="End the show").click()
    await creator.get_by_role("dialog").get_by_role("button", name="End the show").click()
    figures = creator.get_by_role("region", name="How it went")
    for name, count in (("total", "1"), ("peak", "1"), ("messages", "1"), ("reactions-total", "1")):
        await expect(figures.locator(f"[data-{name}]")).to_have_text(count)
    await expect(figures.get_by_role("listitem")).to_have_text("Speckled mug1 look by 1 person, 100 per 100 views")
    await expect(figures.get_by_role("img", name="Viewers, minute by minute")).to_be_visible()
    await figures.get_by_text("All minutes as a table").click()
    cells = await figures.get_by_role("row").locator("td").all_text_contents()
    minutes = [cells[place : place + MINUTE_CELLS] for place in range(0, len(cells), MINUTE_CELLS)]
    for column in range(1, 6):  # came, left, messages, reactions and looks, of all minutes together
        assert sum(int(minute[column]) for minute in minutes) == 1
    assert await nothing_overflows(creator)
