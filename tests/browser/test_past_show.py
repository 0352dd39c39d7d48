"""A show that is over, watched again: the scrubber, what follows it, the keyboard, and how it looks."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from accounts.models import User
from analytics.models import ReplayClick, StreamView
from realtime import database
from replays.models import Moment, Replay
from streams.models import ChatMessage, Stream
from tests import factories
from tests.browser.conftest import Window
from tests.browser.screens import DESK, ON_ITS_SIDE, PHONE, Box, boxes, clashes, screen, violations
from tests.browser.test_a_show import line, nothing_overflows

pytestmark = [pytest.mark.browser, pytest.mark.journey]

BEGIN = datetime(2020, 1, 31, 20, 0, tzinfo=UTC)
LENGTH = 600_000  # ms
LINES = [(1_000, "Good evening"), (30_000, "What a mug"), (301_000, "And the teapot?"), (599_000, "Good night")]


def at(ms: int) -> datetime:
    return BEGIN + timedelta(milliseconds=ms)


def past_show() -> tuple[Stream, User]:
    """Ten minutes: first a mug, from the fifth on a teapot; two minutes of pause after three."""
    creator = factories.user("creator")
    creator.set_password("a long enough secret")
    creator.save()
    mug, pot = (factories.product(creator, name=name) for name in ("Speckled mug", "Stoneware teapot"))
    stream = factories.stream(creator, "ended", title="An evening at the pottery", product_ids=[mug.pk, pot.pk])
    Stream.objects.filter(pk=stream.pk).update(started_at=BEGIN, ended_at=at(LENGTH))
    stream.moments.all().delete()
    changes: list[tuple[int, str, Any]] = [
        (0, "status", "live"),
        (10_000, "showcase", str(mug.pk)),
        (180_000, "status", "paused"),
        (300_000, "status", "live"),
        (300_500, "showcase", str(pot.pk)),
        (LENGTH, "status", "ended"),
    ]
    for ms, kind, value in changes:
        Moment.objects.create(stream=stream, kind=kind, value=value, at=at(ms))
    for seq, (ms, text) in enumerate(LINES, start=1):
        ChatMessage.objects.create(
            stream=stream, author="visitor:a", name="Ann", text=text, seq=seq, created_at=at(ms), badge="guest"
        )
    for number in range(6):
        StreamView.objects.create(
            stream=stream,
            viewer=f"visitor:{number}",
            connection="c",
            role="subscriber",
            joined_at=at(60_000 * number),
            left_at=at(LENGTH - 30_000 * number),
        )
    stream.refresh_from_db()
    return stream, creator


@pytest.fixture
async def show(live_db: None) -> Stream:
    stream, _ = await database.in_db(past_show)
    return stream


@pytest.fixture
async def page(server: str, window: Window, show: Stream) -> Page:
    return await open_replay(await window("about:blank"), server, show)


async def open_replay(page: Page, server: str, show: Stream, query: str = "") -> Page:
    await page.goto(f"{server}/watch/{show.pk}/{query}")
    await expect(page.locator("[data-player][data-at]")).to_be_attached()
    return page


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Position")


async def jump(page: Page, to: int) -> None:
    await slider(page).evaluate(
        "(slider, to) => { slider.value = String(to); slider.dispatchEvent(new Event('input')); }", to
    )


async def reach(page: Page, moment: int) -> None:
    await page.wait_for_function(
        "moment => Number(document.querySelector('[data-player]').dataset.at) >= moment", arg=moment
    )


async def position(page: Page) -> int:
    return int(await page.locator("[data-player]").get_attribute("data-at") or 0)


def spotlight(page: Page) -> Locator:
    return page.locator("[data-spotlight]")


async def test_the_scrubber_brings_back_the_chat_and_the_product_of_a_moment(page: Page) -> None:
    await expect(page.get_by_role("heading", name="The show is over")).to_be_hidden()
    await expect(line(page, "Good evening")).to_have_count(0)
    await jump(page, 60_000)
    await expect(line(page, "What a mug")).to_be_visible()
    await expect(spotlight(page)).to_contain_text("Speckled mug")
    await expect(page.locator(".item.shown")).to_contain_text("Speckled mug")
    await jump(page, 400_000)
    await expect(spotlight(page)).to_contain_text("Stoneware teapot")
    await expect(line(page, "And the teapot?")).to_be_visible()
    await expect(line(page, "And the teapot?").locator("time")).to_have_text("5:01")
    await jump(page, 2_000)
    await expect(spotlight(page)).to_be_hidden()
    await expect(line(page, "Good evening")).to_be_visible()
    await expect(line(page, "And the teapot?")).to_have_count(0)


async def test_it_plays_skips_the_pause_and_ends(page: Page) -> None:
    await page.get_by_role("button", name="Play from the beginning").click()
    await expect(page.get_by_role("button", name="Pause")).to_be_focused()
    await expect(line(page, "Good evening")).to_be_visible()
    await page.get_by_label("Speed").select_option("4")
    await jump(page, 178_000)
    await reach(page, 300_500)
    await expect(spotlight(page)).to_contain_text("Stoneware teapot")
    await jump(page, 598_000)
    await expect(line(page, "Good night")).to_be_visible()
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert await position(page) == LENGTH
    await page.get_by_role("button", name="Play", exact=True).click()
    await expect(line(page, "Good night")).to_have_count(0)


async def test_the_keyboard_plays_and_goes_to_and_fro(page: Page) -> None:
    await page.locator("body").press("ArrowRight")
    await expect(slider(page)).to_have_attribute("aria-valuetext", "5 seconds of 10 minutes")
    await page.locator("body").press("End")
    assert await position(page) == LENGTH
    await page.locator("body").press("Home")
    await page.locator("body").press(" ")
    await reach(page, 300)
    await page.locator("body").press(" ")
    stopped = await position(page)
    await slider(page).focus()
    await slider(page).press("ArrowRight")
    assert await position(page) == stopped + 5_000
    await expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")


async def test_chapters_are_products_and_a_link_leads_to_a_moment(page: Page, server: str, show: Stream) -> None:
    await page.get_by_role("button", name="Chapters").click()
    await page.get_by_role("dialog").get_by_role("button", name="Stoneware teapot").click()
    assert await position(page) == 300_500
    await expect(spotlight(page)).to_contain_text("Stoneware teapot")
    await open_replay(page, server, show, "?t=42.5")
    assert await position(page) == 42_500
    await expect(spotlight(page)).to_contain_text("Speckled mug")


async def test_products_stay_clickable_and_the_looks_are_the_replays(server: str, window: Window, show: Stream) -> None:
    page = await window("about:blank")
    async with page.expect_websocket() as opened:
        await open_replay(page, server, show)
    socket, asked = await opened.value, ""

    def note(frame: str | bytes) -> None:
        nonlocal asked
        asked = json.loads(frame)["op"] if "track-product-click" in str(frame) else asked

    socket.on("framesent", note)
    await jump(page, 60_000)
    await page.get_by_role("button", name="Play from the beginning").click()
    await expect(page.locator("[data-connection]")).to_have_attribute("data-state", "open")
    async with socket.expect_event("framereceived", lambda frame: bool(asked and json.loads(frame).get("op") == asked)):
        await spotlight(page).click()
    await expect(page.get_by_role("dialog").get_by_role("heading", name="Speckled mug")).to_be_visible()
    looks = await database.in_db(lambda: (ReplayClick.objects.filter(stream=show).count(), show.clicks.count()))
    assert looks == (1, 0)


async def test_what_is_deleted_while_somebody_watches_is_gone_from_the_replay(page: Page, show: Stream) -> None:
    await jump(page, 60_000)
    await expect(line(page, "What a mug")).to_be_visible()
    await expect(page.locator("[data-connection]")).to_have_attribute("data-state", "open")
    await database.in_db(lambda: show.messages.get(text="What a mug").hide())
    await expect(line(page, "What a mug")).to_have_count(0)
    await expect(line(page, "Good evening")).to_be_visible()


async def test_a_replay_that_is_off_is_a_show_that_is_over_and_a_cut_one_is_shorter(
    page: Page, server: str, show: Stream
) -> None:
    await database.in_db(lambda: Replay.objects.of(show).revise(from_ms=20_000, until_ms=500_000))
    await open_replay(page, server, show)
    await expect(page.locator("[data-length]")).to_have_text("8:00")
    assert await position(page) == 20_000
    await database.in_db(lambda: Replay.objects.of(show).revise(enabled=False))
    await page.goto(f"{server}/watch/{show.pk}/")
    await expect(page.get_by_role("heading", name="The show is over")).to_be_visible()


async def log_in(page: Page, server: str, name: str) -> None:
    await page.goto(f"{server}/login/?next=/studio/")
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Password").fill("a long enough secret")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Studio")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_a_creator_cuts_the_replay_and_switches_it_off_in_the_studio(
    server: str, window: Window, live_db: None, size: Any
) -> None:
    show, creator = await database.in_db(past_show)
    page = await window("about:blank", phone=size is PHONE)
    await log_in(page, server, creator.username)
    await page.goto(f"{server}/studio/{show.pk}/")
    panel = page.get_by_role("region", name="Watching it again")
    await expect(panel.get_by_label("Ends at")).to_have_value("10:00")
    await panel.get_by_label("Begins at").fill("soon")
    await panel.get_by_role("button", name="Save").click()
    await expect(panel.get_by_role("alert")).to_contain_text("such as 1:30")
    await panel.get_by_label("Begins at").fill("0:20")
    await panel.get_by_label("Ends at").fill("8:20")
    await panel.get_by_role("button", name="Save").click()
    await expect(panel.get_by_role("status")).to_have_text("Saved")
    assert await nothing_overflows(page)
    assert await violations(page) == []
    viewer = await open_replay(await window("about:blank"), server, show)
    await expect(viewer.locator("[data-length]")).to_have_text("8:00")
    await panel.get_by_label("Viewers can watch the show again").uncheck()
    await panel.get_by_role("button", name="Save").click()
    await expect(panel.get_by_role("status")).to_have_text("Saved")
    await viewer.reload()
    await expect(viewer.get_by_role("heading", name="The show is over")).to_be_visible()
    await open_replay(page, server, show)
    await expect(page.get_by_text("only those who run the show see it")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, ON_ITS_SIDE, DESK], ids=["phone", "on its side", "desk"])
async def test_all_of_it_is_in_sight_and_nothing_lies_over_another(
    server: str, window: Window, show: Stream, size: Any
) -> None:
    page = await open_replay(await window("about:blank", phone=size is not DESK), server, show)
    await page.set_viewport_size(size)
    assert await violations(page) == []
    await page.get_by_role("button", name="Play from the beginning").click()
    await jump(page, 320_000)
    await page.get_by_role("button", name="Pause").click()
    await expect(line(page, "And the teapot?")).to_be_visible()
    assert await violations(page) == []
    whole = await screen(page)
    for element in (slider(page), page.get_by_role("button", name="Play", exact=True), page.get_by_label("Speed")):
        assert whole.holds(await Box.of(element))
    assert (
        clashes(await boxes(page.locator(".plate, .actions, [data-log], .wares, .player, .watch > .spotlight"))) == []
    )
    assert await nothing_overflows(page)
