"""What capture.js recorded of a page is what the replay shows."""

import pytest
from playwright.async_api import expect

from realtime import database
from recordings.models import Recording
from tests.browser import capturing
from tests.browser.capturing import TAG, Recordings
from tests.browser.conftest import Watch, Window
from tests.browser.watching import picture, stage
from tests.recordings import visits

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.usefixtures("recordings_here")]

FIRST = "<style>h1 { color: teal }</style><h1>Mugs</h1><button onclick=\"this.textContent = 'Bought'\">Buy</button>"
PAGES = {"/": f"{TAG}{FIRST}<a href=/two>Two</a>", "/two": f"{TAG}<h1>Kettles</h1>"}


def kept(heard: Recordings) -> Recording:
    recording = visits.recording()
    batches = heard.of("recording:events")
    visits.store(*(visits.batch(recording, *each["events"], number=each["number"]) for each in batches))
    return Recording.objects.get(pk=recording.pk)


async def test_the_replay_shows_what_was_captured(window: Window, watch: Watch) -> None:
    heard = Recordings()
    shop = await capturing.shop(window, heard, PAGES)
    await shop.get_by_role("button", name="Agree and record").click()
    await expect(shop.get_by_text("Recording", exact=True)).to_be_visible()
    await shop.get_by_role("button", name="Buy").click()
    await heard.until(lambda: heard.clicks() == 1)
    await shop.get_by_role("link", name="Two").click()
    await heard.until(lambda: any(event["type"] == 2 for event in heard.events[3:]) and len(heard.connections) == 2)

    page = await watch(await database.in_db(kept, heard))
    await expect(picture(page).locator("h1")).to_have_text("Mugs")
    await expect(picture(page).locator("h1")).to_have_css("color", "rgb(0, 128, 128)")
    await page.get_by_role("button", name="Next click").click()
    await expect(stage(page).locator(".click").first).to_be_attached()
    await expect(picture(page).locator("button").first).to_have_text("Bought")
    await page.get_by_role("button", name="Next page").click()
    await expect(picture(page).locator("h1")).to_have_text("Kettles")
    assert "/two" in await page.locator("[data-moments]").inner_text()
