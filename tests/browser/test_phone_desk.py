"""The studio's desk on a phone: camera, chat and products on one screen, and what keeps a host from mishaps."""

import re
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright, expect

from realtime.runtime import threads
from streams.models import Stream
from tests.browser.conftest import FLAGS, Window
from tests.browser.screens import DESK, ON_ITS_SIDE, PHONE, Box, boxes, clashes, screen, violations
from tests.browser.test_a_show import arrive, create_product, create_show, line, nothing_overflows, register, say

pytestmark = [pytest.mark.browser, pytest.mark.journey]

TITLE = "An evening at the pottery"
FAKE = "--use-fake-device-for-media-stream"
LOUDEST = """(meter) => new Promise((heard) => {
    const look = () => (Number(meter.ariaValueNow) > 20 ? heard(true) : requestAnimationFrame(look));
    look();
})"""


@pytest.fixture(scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """On a phone, which has a camera on each side."""
    flags = [f"{FAKE}=device-count=2" if flag == FAKE else flag for flag in FLAGS]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        await browser.close()


@pytest.fixture
async def dark_desk(server: str, window: Window) -> Page:
    """A creator with a phone, at the desk of a show with two products, the camera still off."""
    page = await window(f"{server}/register/?next=/studio/", phone=True)
    await register(page, f"creator-{secrets.token_hex(4)}", "watch and present shows")
    await arrive(page, "Studio")
    await create_product(page, "Speckled mug", "24,00")
    await create_product(page, "Stoneware teapot", "68.50")
    await create_show(page, TITLE, ["Speckled mug", "Stoneware teapot"])
    return page


@pytest.fixture
async def desk(dark_desk: Page) -> Page:
    await dark_desk.get_by_role("button", name="Turn on camera and microphone").click()
    await expect(dark_desk.get_by_role("button", name="Switch off the camera")).to_be_visible()
    return dark_desk


async def go_live(desk: Page) -> None:
    await desk.get_by_role("button", name="Go live", exact=True).click()
    await expect(desk.get_by_role("button", name="Pause")).to_be_visible()


def pick(desk: Page, name: str) -> Locator:
    return desk.locator("[data-quick]").get_by_role("button", name=name)


@pytest.mark.parametrize("size", [PHONE, ON_ITS_SIDE], ids=["upright", "on its side"])
async def test_camera_chat_and_products_are_on_one_screen(desk: Page, size: ViewportSize) -> None:
    await desk.set_viewport_size(size)
    assert await violations(desk) == []
    await go_live(desk)
    await say(desk, "Good evening")
    await expect(line(desk, "Good evening").locator("time")).to_be_visible()  # it is stored
    whole = await screen(desk)
    assert await desk.evaluate("scrollY") == 0
    wanted = [
        desk.locator("[data-preview]"),
        line(desk, "Good evening"),
        desk.get_by_role("textbox", name="Message"),
        pick(desk, "Show: Stoneware teapot"),
        desk.get_by_role("button", name="Pause"),
        desk.get_by_role("button", name="End the show"),
        desk.get_by_role("button", name="Switch off the microphone"),
        desk.get_by_role("button", name="Turn to the other camera"),
        desk.get_by_role("meter", name="Microphone level"),
        desk.get_by_role("timer", name="On air for"),
    ]
    for element in wanted:
        assert whole.holds(await Box.of(element)), element
    parts = ".airbar h1, .state, .go, .controls, [data-log], .quick, .composer"
    assert clashes(await boxes(desk.locator(parts))) == []
    assert await nothing_overflows(desk)
    assert await violations(desk) == []


async def test_one_tap_shows_a_product_and_another_takes_it_off(desk: Page, window: Window) -> None:
    guest = await window(await desk.get_by_label("Link for viewers").input_value(), phone=True)
    await go_live(desk)
    await pick(desk, "Show: Speckled mug").tap()
    await expect(guest.locator("[data-spotlight]")).to_contain_text("Speckled mug")
    await expect(pick(desk, "Showing: Speckled mug")).to_have_attribute("aria-pressed", "true")
    await pick(desk, "Show: Stoneware teapot").tap()
    await expect(guest.locator("[data-spotlight]")).to_contain_text("Stoneware teapot")
    await expect(pick(desk, "Show: Speckled mug")).to_have_attribute("aria-pressed", "false")
    await pick(desk, "Showing: Stoneware teapot").tap()
    await expect(guest.locator("[data-spotlight]")).to_be_hidden()


async def test_going_live_without_a_picture_is_asked_about_first(dark_desk: Page) -> None:
    desk, question = dark_desk, dark_desk.get_by_role("dialog")
    await desk.get_by_role("button", name="Go live", exact=True).click()
    await expect(question).to_contain_text("viewers will see no picture")
    assert await violations(desk) == []
    await question.get_by_role("button", name="Cancel").click()
    await expect(desk.get_by_text("Not started")).to_be_visible()
    await desk.get_by_role("button", name="Turn on camera and microphone").click()
    await expect(desk.get_by_role("button", name="Switch off the camera")).to_be_visible()
    await desk.get_by_role("button", name="Switch off the camera").click()
    await desk.get_by_role("button", name="Go live", exact=True).click()
    await question.get_by_role("button", name="Cancel").click()
    await desk.get_by_role("button", name="Switch on the camera").click()
    await expect(desk.get_by_role("button", name="Switch off the camera")).to_be_visible()
    await go_live(desk)
    await expect(question).to_be_hidden()


async def test_the_camera_can_be_turned_round(desk: Page) -> None:
    await expect(desk.get_by_role("button", name="Turn to the other camera")).to_be_visible()
    used = "(video) => video.srcObject.getVideoTracks().map((track) => track.getSettings().deviceId).join()"
    preview, seen = desk.locator("[data-preview]"), set()
    for _ in range(3):
        seen.add(await preview.evaluate(used))
        await desk.get_by_role("button", name="Turn to the other camera").click()
        await expect(desk.get_by_role("button", name="Turn to the other camera")).to_be_enabled()
    assert len(seen) == 2
    await expect(desk.get_by_text("Your camera is off")).to_be_hidden()


async def test_the_meter_moves_while_the_microphone_hears_something(desk: Page) -> None:
    meter = desk.get_by_role("meter", name="Microphone level")
    assert await meter.evaluate(LOUDEST)
    await desk.get_by_role("button", name="Switch off the microphone").click()
    await expect(meter).to_have_attribute("aria-valuenow", "0")


async def test_the_timer_says_how_long_the_show_has_been_on(live_db: None, desk: Page) -> None:
    timer = desk.get_by_role("timer", name="On air for")
    await expect(timer).to_be_hidden()
    await go_live(desk)
    await expect(timer).to_have_text(re.compile(r"^0:\d\d$"))

    def begin_earlier() -> None:
        stream = Stream.objects.get(pk=desk.url.rstrip("/").rpartition("/")[2])
        assert stream.started_at is not None
        Stream.objects.filter(pk=stream.pk).update(started_at=stream.started_at - timedelta(hours=1, minutes=5))

    await threads.in_db(begin_earlier)
    await desk.reload()
    await expect(timer).to_have_text(re.compile(r"^1:0\d:\d\d$"))
    shown = await timer.text_content()
    await expect(timer).not_to_have_text(shown or "")  # it goes on
    await desk.get_by_role("button", name="End the show").click()
    await desk.get_by_role("dialog").get_by_role("button", name="End the show").click()
    await expect(timer).to_be_hidden()
    assert await nothing_overflows(desk)
    assert await violations(desk) == []


async def test_a_desk_with_room_has_all_of_it_too(desk: Page) -> None:
    await desk.set_viewport_size(DESK)
    await go_live(desk)
    for element in (
        desk.get_by_role("meter", name="Microphone level"),
        desk.get_by_role("button", name="Turn to the other camera"),
        desk.get_by_role("timer", name="On air for"),
        desk.get_by_role("button", name="Show: Speckled mug"),
    ):
        await expect(element).to_be_visible()
    await expect(desk.locator("[data-quick]")).to_be_hidden()
    camera, chat = await Box.of(desk.locator(".viewfinder")), await Box.of(desk.locator("[data-chat]"))
    assert not camera.covers(chat)
    assert await violations(desk) == []
