"""A show on a phone: its picture is the page, with the chat over it and one product at the thumb."""

import re
import uuid

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect

from realtime.runtime import threads
from streams.models import ChatMessage
from tests import factories
from tests.browser.conftest import Window, go_live_unseen
from tests.browser.screens import DESK, ON_ITS_SIDE, PHONE, READABLE, Box, boxes, contrast, screen, violations
from tests.browser.test_a_show import line, nothing_overflows, say
from tests.browser.test_phone_desk import dark_desk, desk, go_live  # noqa: F401  # the first two are fixtures

pytestmark = [pytest.mark.browser, pytest.mark.journey]

# A keyboard that iOS lays over the page: only the visual viewport knows of it.
OPEN_KEYBOARD = """(height) => {
    Object.defineProperty(visualViewport, "height", { configurable: true, get: () => height });
    visualViewport.dispatchEvent(new Event("resize"));
}"""
CLOSE_KEYBOARD = """() => {
    delete visualViewport.height;
    visualViewport.dispatchEvent(new Event("resize"));
}"""
SCROLLED_UP = "(log) => new Promise((done) => { log.onscroll = () => done(log.scrollTop); log.scrollTop = 0; })"


@pytest.fixture
async def show(desk: Page) -> str:  # noqa: F811
    return await desk.get_by_label("Link for viewers").input_value()


@pytest.fixture
async def guest(desk: Page, show: str, window: Window) -> Page:  # noqa: F811
    """With a phone, in a show that is on."""
    await go_live(desk)
    page = await window(show, phone=True)
    await page.get_by_role("textbox", name="Your name").fill("Guest")
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await expect(picture(page)).to_be_visible()
    return page


def picture(page: Page) -> Locator:
    return page.locator("[data-picture]")


async def say_and_see(page: Page, words: str) -> None:
    """Waits until the line is stored, for then another element takes the place of the one that waited."""
    await say(page, words)
    await expect(line(page, words).locator("time")).to_be_visible()


def at_the_thumb(page: Page) -> list[Locator]:
    return [
        page.get_by_role("textbox", name="Message"),
        page.get_by_role("button", name="Send"),
        page.get_by_role("button", name="Love it"),
        page.get_by_role("button", name=re.compile("Products: ")),
        page.get_by_role("button", name="Raise hand"),
    ]


@pytest.mark.parametrize("size", [PHONE, ON_ITS_SIDE], ids=["upright", "on its side"])
async def test_on_a_phone_the_picture_is_the_page_with_all_else_over_it(guest: Page, size: ViewportSize) -> None:
    await guest.set_viewport_size(size)
    await say_and_see(guest, "Good evening")
    whole, shown = await screen(guest), await Box.of(picture(guest))
    assert (shown.left, shown.top, shown.right, shown.bottom) == (0, 0, size["width"], size["height"])
    for element in (*at_the_thumb(guest), line(guest, "Good evening")):
        assert whole.holds(await Box.of(element))
    assert (await Box.of(at_the_thumb(guest)[0])).top > size["height"] * 0.75
    parts = await boxes(
        guest.locator(".plate, .top, .actions, [data-log], .wares, .reactions, .composer, [data-sound]")
    )
    assert not [(one, other) for one in parts for other in parts if one is not other and one.covers(other)]
    assert await nothing_overflows(guest)
    assert await violations(guest) == []


async def test_words_instead_of_the_picture_stay_a_line_beside_a_product(dark_desk: Page, window: Window) -> None:  # noqa: F811
    await go_live_unseen(dark_desk)
    viewer = await window(await dark_desk.get_by_label("Link for viewers").input_value(), phone=True)
    words = viewer.locator("[data-picture-words]")
    await expect(words).to_have_text("Waiting for the picture…")
    alone = await Box.of(words)
    await dark_desk.locator("[data-quick]").get_by_role("button", name="Show: Stoneware teapot").click()
    await expect(viewer.locator("[data-spotlight]")).to_be_visible()
    beside = await Box.of(words)
    assert beside.bottom - beside.top == alone.bottom - alone.top


async def test_on_a_desk_the_chat_stands_beside_the_picture(desk: Page, show: str, window: Window) -> None:  # noqa: F811
    await go_live(desk)
    viewer = await window(show)
    await expect(picture(viewer)).to_be_visible()
    await desk.locator("[data-quick]").get_by_role("button", name="Show: Stoneware teapot").click()
    stage, chat = await Box.of(viewer.locator("[data-stage]")), await Box.of(viewer.locator("[data-chat]"))
    await expect(viewer.locator("[data-spotlight]")).to_be_visible()
    assert not stage.covers(chat)
    assert stage.holds(await Box.of(viewer.locator("[data-spotlight]")))
    assert (await screen(viewer)).holds(chat)
    await expect(viewer.get_by_role("region", name="Products in this show")).to_be_visible()
    await expect(viewer.get_by_role("button", name=re.compile("Products: "))).to_be_hidden()
    assert await viewer.evaluate("[innerWidth, innerHeight]") == [DESK["width"], DESK["height"]]
    assert await violations(viewer) == []


async def test_the_chat_can_be_read_on_any_picture_and_scrolled(live_db: None, guest: Page) -> None:
    def talk() -> None:
        stream = uuid.UUID(guest.url.rstrip("/").rpartition("/")[2])
        speaker = factories.identity(factories.user())
        for number in range(30):
            ChatMessage.objects.post(stream, speaker, f"What do you think of number {number}?")

    await threads.in_db(talk)
    newest = line(guest, "of number 29?")
    await expect(newest).to_be_visible()
    for part in ("[data-text]", "[data-name]", "time"):
        assert await contrast(newest.locator(part)) >= READABLE, part
    for element in (guest.locator(".plate h1"), guest.locator(".plate p"), at_the_thumb(guest)[0]):
        assert await contrast(element) >= READABLE
    log = guest.get_by_role("log")
    assert (await screen(guest)).holds(await Box.of(newest))
    assert await log.evaluate(SCROLLED_UP) == 0
    assert (await Box.of(log)).bottom < (await Box.of(newest)).top
    await say_and_see(guest, "Down here")
    assert (await Box.of(log)).holds(await Box.of(line(guest, "Down here")))


async def test_an_open_keyboard_leaves_the_composer_and_the_newest_lines_in_sight(guest: Page) -> None:
    field = guest.get_by_role("textbox", name="Message")
    await say_and_see(guest, "Good evening")
    await field.focus()
    for height in (460, 300):
        await guest.evaluate(OPEN_KEYBOARD, height)
        await expect(guest.locator("[data-keyboard]")).to_have_count(1)
        above = Box(0, 0, PHONE["width"], height)
        for element in (field, guest.get_by_role("button", name="Send"), line(guest, "Good evening")):
            assert above.holds(await Box.of(element))
        assert (await Box.of(picture(guest))).bottom == PHONE["height"]  # it does not jump
    await guest.evaluate(CLOSE_KEYBOARD)
    await expect(guest.locator("[data-keyboard]")).to_have_count(0)
    await guest.set_viewport_size({"width": 390, "height": 480})  # Android's keyboard takes room from the page itself
    await expect(guest.locator("[data-keyboard]")).to_have_count(1)
    for element in (field, line(guest, "Good evening")):
        assert (await screen(guest)).holds(await Box.of(element))


async def test_one_product_is_a_thumb_away_and_a_sheet_has_the_others(desk: Page, guest: Page) -> None:  # noqa: F811
    card, sheet = guest.locator("[data-spotlight]"), guest.get_by_role("dialog", name="Products in this show")
    await expect(card).to_be_hidden()
    await desk.locator("[data-quick]").get_by_role("button", name="Show: Stoneware teapot").click()
    await expect(card).to_contain_text("Stoneware teapot")
    place = await Box.of(card)
    assert (await screen(guest)).holds(place)
    assert place.top > PHONE["height"] * 0.6
    assert not place.covers(await Box.of(guest.get_by_role("log")))
    assert await violations(guest) == []
    await card.tap()
    await expect(guest.get_by_role("dialog", name="Stoneware teapot")).to_contain_text("$68.50")
    await guest.get_by_role("button", name="Close").tap()

    await guest.get_by_role("button", name="Products: 2").tap()
    await expect(sheet.get_by_role("listitem")).to_have_count(2)
    assert (await screen(guest)).holds(await Box.of(sheet))
    assert await violations(guest) == []
    mug = sheet.get_by_role("button", name=re.compile("Speckled mug"))
    await mug.tap()
    await expect(guest.get_by_role("dialog", name="Speckled mug")).to_contain_text("$24.00")
    await guest.keyboard.press("Escape")
    await expect(mug).to_be_focused()
    await guest.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await expect(guest.get_by_role("button", name="Products: 2")).to_be_focused()


async def test_a_hand_stays_raised_on_a_phone_until_it_is_pressed_again(desk: Page, guest: Page) -> None:  # noqa: F811
    hand, raised = guest.get_by_role("button", name="Raise hand"), desk.locator("[data-hands-up]")
    lowered = await hand.evaluate("(button) => getComputedStyle(button).backgroundColor")
    await hand.tap()
    await expect(hand).to_have_attribute("aria-pressed", "true")
    await expect(raised).to_have_text(re.compile("^1"))
    await guest.get_by_role("button", name="Love it").tap()  # something else is pressed meanwhile
    await expect(hand).to_have_attribute("aria-pressed", "true")
    await expect(hand).not_to_have_css("background-color", lowered)
    await hand.tap()
    await expect(hand).to_have_attribute("aria-pressed", "false")
    await expect(hand).to_have_css("background-color", lowered)
    await expect(raised).to_be_hidden()
