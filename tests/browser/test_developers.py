"""The page for developers in Chromium."""

import pytest
from playwright.async_api import expect

from realtime.runtime import threads
from streams.models import Stream
from tests import factories
from tests.browser.conftest import Window
from tests.browser.screens import violations
from tests.browser.widget import shoot

pytestmark = [pytest.mark.browser, pytest.mark.journey]


def make_show() -> Stream:
    return factories.stream(factories.user("creator"), "live", title="Watched from inside")


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
async def test_events_of_a_show_are_printed_as_they_come(server: str, window: Window, phone: bool) -> None:
    show = await threads.in_db(make_show)
    page = await window(f"{server}/developers/", phone=phone)
    await page.get_by_label("Show", exact=True).select_option(str(show.pk))
    await page.get_by_role("button", name="Connect").click()
    await expect(page.get_by_text("Connected as a guest.")).to_be_visible()
    events = page.get_by_role("list", name="Events")
    await expect(events.get_by_text("ack", exact=True).first).to_be_visible()  # the show has been entered

    guest = await window(f"{server}/watch/{show.pk}/")
    await guest.get_by_role("textbox", name="Your name").fill("Mona")
    await guest.get_by_role("textbox", name="Message").fill("Is anybody there?")
    await guest.get_by_role("button", name="Send").click()
    line = events.get_by_role("listitem").filter(has_text="new-message").first
    await line.locator("summary").click()
    await expect(line).to_contain_text('"message": "Is anybody there?"')
    await shoot(page, f"developers-{phone}")
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button", name="Clear").click()
    await expect(events.get_by_role("listitem")).to_have_count(0)
    await threads.in_db(show.end)
