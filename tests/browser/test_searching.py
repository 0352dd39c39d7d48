"""The search box: it suggests while one types, by keys, by touch and without scripts, and leads to what was found."""

import os
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from realtime.models import RoomEvent
from realtime.runtime import threads
from search import lines
from streams.models import ChatMessage, Stream
from tests import factories
from tests.browser.conftest import Window
from tests.browser.screens import violations
from tests.browser.test_a_show import nothing_overflows

pytestmark = [pytest.mark.browser, pytest.mark.journey]


def stocked() -> Stream:
    """A show with a line, over, and two products, of words that no other test has."""
    creator = factories.user("creator", f"quillon-{RoomEvent.objects.count()}-{os.getpid()}")
    show = factories.stream(creator, "live", title="Quillfeather evening")
    facts = {"author": "visitor:x", "name": "Noa", "seq": 1, "created_at": show.started_at}
    ChatMessage.objects.create(stream=show, text="Does a quillfeather float?", **facts)
    show.end()
    lines.index_ended()
    factories.product(creator, name="Quillfeather pen")
    factories.product(creator, name="Quillfeather ink")
    return Stream.objects.select_related("creator").get(pk=show.pk)


def clear(show: Stream) -> None:
    show.creator.products.all().delete()
    show.remove()


@pytest.fixture
async def show(server: str) -> AsyncIterator[Stream]:
    made = await threads.in_db(stocked)
    yield made
    await threads.in_db(clear, made)


@pytest.fixture(params=[False, True], ids=["desk", "phone"])
async def page(request: pytest.FixtureRequest, server: str, show: Stream, window: Window) -> Page:
    return await window(server, phone=request.param)


def box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search shows and products")


def options(page: Page) -> Locator:
    return page.get_by_role("option")


async def test_suggestions_are_walked_by_keys_and_chosen(page: Page, show: Stream) -> None:
    await box(page).press_sequentially("quillf")
    product = re.compile("^Quillfeather (pen|ink)Product$")
    await expect(options(page)).to_have_text(["Quillfeather eveningShow", product, product])
    await expect(box(page)).to_have_attribute("aria-expanded", "true")
    await expect(page.get_by_role("status").filter(has_text="3 suggestions")).to_be_attached()
    await box(page).press("ArrowUp")
    await expect(options(page).last).to_have_attribute("aria-selected", "true")
    await box(page).press("ArrowDown")
    await expect(box(page)).not_to_have_attribute("aria-activedescendant", re.compile("."))
    await box(page).press("ArrowDown")
    first = options(page).first
    await expect(first).to_have_attribute("aria-selected", "true")
    await expect(box(page)).to_have_attribute("aria-activedescendant", await first.get_attribute("id") or "")
    assert await violations(page) == []
    assert await nothing_overflows(page)
    await _picture(page, "suggestions")
    await box(page).press("Escape")
    await expect(options(page)).to_have_count(0)
    await expect(box(page)).to_have_value("quillf")
    await box(page).press("ArrowDown")
    await expect(options(page)).to_have_count(3)
    await box(page).press("ArrowDown")
    await box(page).press("Enter")
    await expect(page).to_have_url(re.compile(f"/watch/{show.pk}/$"))


async def test_enter_finds_all_kinds_and_a_line_leads_to_its_moment(page: Page, show: Stream) -> None:
    await box(page).fill("quillfeather")
    await box(page).press("Enter")
    await expect(page.get_by_role("heading", name="Results for “quillfeather”")).to_be_visible()
    await expect(page.get_by_role("button", name="Quillfeather pen")).to_be_visible()
    assert await violations(page) == []
    assert await nothing_overflows(page)
    await _picture(page, "results")
    await page.get_by_role("link", name="Does a quillfeather float?").click()
    await expect(page).to_have_url(re.compile(f"/watch/{show.pk}/#t=0$"))


async def test_a_creators_name_leads_to_their_shows(page: Page, show: Stream) -> None:
    await box(page).press_sequentially(show.creator.username)
    await options(page).filter(has_text=f"{show.creator.username}Creator").click()  # others have names like it
    await expect(page.get_by_role("heading", name=f"Shows by {show.creator.username}")).to_be_visible()
    await expect(page.get_by_role("link", name=re.compile("Quillfeather evening"))).to_be_visible()


async def test_without_scripts_it_is_a_plain_form(server: str, show: Stream, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(server)
    await page.get_by_role("searchbox", name="Search shows and products").fill("quillfeather ink")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_text("Quillfeather ink", exact=True)).to_be_visible()
    await context.close()


async def _picture(page: Page, name: str) -> None:
    """Kept where SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        width = page.viewport_size and page.viewport_size["width"]
        await page.screenshot(path=f"{folder}/{name}-{width}.png")
