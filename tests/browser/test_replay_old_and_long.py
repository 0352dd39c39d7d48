"""ShopAloud's old recordings, and long ones."""

import pytest
from playwright.async_api import expect

from realtime import database
from recordings.models import Recording
from recordings.models.outline import prepare
from tests.browser.conftest import Watch
from tests.browser.watching import document, jump, picture, reach, seen, shop, stage
from tests.recordings import replays, visits

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.usefixtures("recordings_here")]


async def test_an_old_recording_shows_its_page_pointer_scroll_and_clicks(watch: Watch) -> None:
    html = "<html><body><h1>Old goods</h1><div style='height: 3000px'></div></body></html>"
    recording = await database.in_db(lambda: replays.stored(replays.shopaloud(html)))
    page = await watch(recording)
    await expect(picture(page).locator("h1")).to_have_text("Old goods")
    await page.get_by_role("button", name="Next click").click()
    await expect(stage(page).locator(".click")).to_be_attached()
    mouse = stage(page).locator(".replayer-mouse")
    assert await mouse.evaluate("mouse => [mouse.style.left, mouse.style.top]") == ["100px", "50px"]
    await jump(page, 5000)
    await (await document(page)).wait_for_function("scrollY > 200")


async def test_without_a_page_there_is_a_neutral_stage(watch: Watch) -> None:
    events = [event for event in replays.shopaloud("") if event["event"] != "videoStream"]
    recording = await database.in_db(lambda: replays.stored(events))
    page = await watch(recording)
    await expect(picture(page).locator("body")).to_have_text("")
    await page.get_by_role("button", name="Next click").click()
    await expect(stage(page).locator(".click")).to_be_attached()


async def make_long() -> Recording:
    """Two hours: a snapshot every five minutes, and a batch every two seconds."""
    batches = []
    for second in range(0, 7200, 2):
        at = second * 1000
        events = [replays.move(at + 100 * step, step, second % 400) for step in range(1, 20)]
        if second % 300 == 0:
            events = [*shop(at, words=f"Minute {second // 60}"), *events]
        batches.append(events)
    recording = await database.in_db(visits.recording)
    for first in range(0, len(batches), 200):  # a call of the database has little time
        items = [
            visits.batch(recording, *events, number=number)
            for number, events in enumerate(batches[first : first + 200], first)
        ]
        await database.in_db(visits.store, *items)
    await database.in_db(prepare.call, recording.pk)
    return await database.in_db(lambda: Recording.objects.get(pk=recording.pk))


KEPT = """async (path) => {
    const { Pieces } = await import("/static/recordings/replay/pieces.js");
    const pieces = new Pieces(path);
    for (let from = 0; from < 600; from += 30) {
        await pieces.events(Array.from({ length: 30 }, (_, index) => ({ number: from + index, from: 0, to: 0 })));
    }
    return pieces.size;
}"""


async def test_two_hours_are_loaded_in_pieces(watch: Watch) -> None:
    recording = await make_long()
    asked: list[str] = []
    page = await watch(recording)
    page.context.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await seen(page)
    await expect(picture(page).locator("h1")).to_have_text("Minute 0")
    assert sum("/events" in url for url in asked) <= 4
    await jump(page, 7_000_000)
    await expect(picture(page).locator("h1")).to_have_text("Minute 115")
    pieces = sum("/events" in url for url in asked)
    assert pieces <= 16
    await page.get_by_role("button", name="Play").click()
    await reach(page, 7000500)
    assert await page.evaluate(KEPT, f"/api/recordings/{recording.pk}/") == 90
