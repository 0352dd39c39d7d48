"""ShopAloud's old recordings, and long ones."""

from typing import Any

import pytest
from playwright.async_api import expect

from realtime import database
from recordings.models import Recording
from recordings.receivers import prepare
from tests.browser.conftest import Watch
from tests.browser.watching import jump, picture, reach, seen, shop
from tests.recordings import replays

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.usefixtures("recordings_here")]


async def test_an_old_recording_shows_its_page_pointer_scroll_and_clicks(watch: Watch) -> None:
    html = "<html><body><h1>Old goods</h1><div style='height: 3000px'></div></body></html>"
    recording = await database.in_db(lambda: replays.stored(replays.shopaloud(html)))
    page = await watch(recording)
    shown = await picture(page)
    await expect(shown.locator("h1")).to_have_text("Old goods")
    await page.get_by_role("button", name="Next click").click()
    stage: Any = shown.parent_frame
    await expect(stage.locator(".click")).to_be_attached()
    mouse = await stage.eval_on_selector(".replayer-mouse", "mouse => [mouse.style.left, mouse.style.top]")
    assert mouse == ["100px", "50px"]
    await jump(page, 5000)
    await (await picture(page)).wait_for_function("scrollY > 200")


async def test_without_a_page_there_is_a_neutral_stage(watch: Watch) -> None:
    events = [event for event in replays.shopaloud("") if event["event"] != "videoStream"]
    recording = await database.in_db(lambda: replays.stored(events))
    page = await watch(recording)
    shown = await picture(page)
    assert await shown.locator("body").inner_text() == ""
    await page.get_by_role("button", name="Next click").click()
    stage: Any = shown.parent_frame
    await expect(stage.locator(".click")).to_be_attached()


def make_long() -> Recording:
    """Two hours: a snapshot every five minutes, and a batch every two seconds."""
    batches = []
    for second in range(0, 7200, 2):
        at = second * 1000
        events = [replays.move(at + 100 * step, step, second % 400) for step in range(1, 20)]
        if second % 300 == 0:
            events = [*shop(at, words=f"Minute {second // 60}"), *events]
        batches.append(events)
    recording = replays.stored(*batches)
    replays.finished(recording)
    prepare.call(recording.pk)
    return recording


KEPT = """async (path) => {
    const { Pieces } = await import("/static/recordings/replay/pieces.js");
    const pieces = new Pieces(path);
    for (let from = 0; from < 600; from += 30) {
        await pieces.events(Array.from({ length: 30 }, (_, index) => ({ number: from + index, from: 0, to: 0 })));
    }
    return pieces.size;
}"""


async def test_two_hours_are_loaded_in_pieces(watch: Watch) -> None:
    recording = await database.in_db(make_long)
    asked: list[str] = []
    page = await watch(recording)
    page.context.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await seen(page)
    shown = await picture(page)
    await expect(shown.locator("h1")).to_have_text("Minute 0")
    assert sum("/events" in url for url in asked) <= 4
    await jump(page, 7_000_000)
    await expect((await picture(page)).locator("h1")).to_have_text("Minute 115")
    pieces = sum("/events" in url for url in asked)
    assert pieces <= 16
    await page.get_by_role("button", name="Play").click()
    await reach(page, 7000500)
    assert await page.evaluate(KEPT, f"/api/recordings/{recording.pk}/") == 90
