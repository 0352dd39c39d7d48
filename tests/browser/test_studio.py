"""Before a show the studio says what is ready, and products are put into order by hand and by keys."""

from collections.abc import Callable

import pytest
from playwright.async_api import Locator, Page, expect

from accounts.models import User
from realtime.runtime import threads
from streams.models import Stream
from tests import factories
from tests.browser.conftest import Window
from tests.browser.screens import violations
from tests.browser.test_a_show import nothing_overflows
from tests.browser.test_coming_show import COVER, log_in, make_creator

pytestmark = [pytest.mark.browser, pytest.mark.journey]

NAMES = ["Bowl", "Cup", "Dish"]


def make_show() -> tuple[User, Stream]:
    creator = make_creator()
    products = [factories.product(creator, name=name) for name in NAMES]
    return creator, factories.stream(creator, product_ids=[product.pk for product in products])


def order_of(show: Stream) -> Callable[[], list[str]]:
    return lambda: [listing.product.name for listing in show.listings.in_order().select_related("product")]


def rows(page: Page) -> Locator:
    return page.locator("[data-lineup] [data-rows] strong")


def grip(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=f"Move by the arrow keys, or drag: {name}")


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_products_are_put_into_order_by_dragging_and_by_keys(
    live_db: None, server: str, window: Window, phone: bool
) -> None:
    creator, show = await threads.in_db(make_show)
    page = await log_in(window, server, creator, f"/studio/{show.pk}/", phone)
    await expect(rows(page)).to_have_text(NAMES)
    await grip(page, "Dish").scroll_into_view_if_needed()
    begin, end = await grip(page, "Dish").bounding_box(), await grip(page, "Bowl").bounding_box()
    assert begin is not None
    assert end is not None
    await page.mouse.move(begin["x"] + 10, begin["y"] + 10)
    await page.mouse.down()
    await page.mouse.move(end["x"] + 10, end["y"] - 5, steps=8)
    await expect(rows(page)).to_have_text(["Dish", "Bowl", "Cup"])
    await page.mouse.up()
    await expect(page.get_by_text("Dish is now number 1 of 3")).to_be_attached()
    assert await threads.in_db(order_of(show)) == ["Dish", "Bowl", "Cup"]
    await expect(grip(page, "Dish")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(rows(page)).to_have_text(["Bowl", "Dish", "Cup"])
    await expect(grip(page, "Dish")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(rows(page)).to_have_text(["Bowl", "Cup", "Dish"])
    await page.keyboard.press("ArrowDown")  # it is the last one
    await page.get_by_role("button", name="Move up: Dish").click()
    await expect(rows(page)).to_have_text(["Bowl", "Dish", "Cup"])
    assert await threads.in_db(order_of(show)) == ["Bowl", "Dish", "Cup"]
    assert await violations(page) == []
    assert await nothing_overflows(page)


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_what_is_ready_is_ticked_off(live_db: None, server: str, window: Window, phone: bool) -> None:
    creator, show = await threads.in_db(make_show)
    page = await log_in(window, server, creator, f"/studio/{show.pk}/", phone)
    panel = page.get_by_role("region", name="Before you go live")
    await expect(panel.get_by_role("status")).to_have_text("2 of 6 ready")  # products, and the connection
    await expect(panel.get_by_text("nothing has been heard yet")).to_be_visible()
    await panel.get_by_role("button", name="Test camera and microphone").click()
    await expect(panel.get_by_role("status")).to_have_text("4 of 6 ready")
    await expect(panel.get_by_text("nothing has been heard yet")).to_be_hidden()
    await page.get_by_role("button", name="Edit").click()
    form = page.get_by_role("dialog", name="Edit the show")
    await form.get_by_label("Begins").fill("2031-07-01T20:00")
    await form.get_by_label("Cover").fill(COVER)
    await form.get_by_role("button", name="Save").click()
    await expect(panel.get_by_role("status")).to_have_text("6 of 6 ready")
    assert await violations(page) == []
    await page.context.set_offline(True)
    await expect(panel.get_by_role("status")).to_have_text("5 of 6 ready")
    await page.context.set_offline(False)
    await expect(panel.get_by_role("status")).to_have_text("6 of 6 ready")
    await page.get_by_role("button", name="Go live", exact=True).click()
    await expect(panel).to_be_hidden()
