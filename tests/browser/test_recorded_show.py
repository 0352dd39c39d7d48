"""A show from browser to browser is recorded where it is sent from, and watched again with its picture in step."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from realtime import database
from replays.models import PartStatus, VideoPart
from streams.models import Stream
from tests.browser.conftest import Window
from tests.browser.screens import violations
from tests.browser.test_a_show import create_show, nothing_overflows
from tests.browser.test_past_show import jump, reach
from tests.browser.test_video import TITLE, become_creator

pytestmark = [pytest.mark.browser, pytest.mark.journey]

STEP, BITS = 50, 16  # ms; the picture shows the time in black and white columns, one for each bit
CLOCK = f"""
const asked = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {{
    const stream = await asked(wanted);
    if (!wanted.video) return stream;
    const canvas = Object.assign(document.createElement("canvas"), {{ width: 640, height: 360 }});
    const pen = canvas.getContext("2d");
    setInterval(() => {{
        const now = Math.floor(Date.now() / {STEP});
        for (let bit = 0; bit < {BITS}; bit++) {{
            pen.fillStyle = (now >> bit) & 1 ? "white" : "black";
            pen.fillRect(bit * 40, 0, 40, 360);
        }}
    }}, {STEP});
    const [camera] = stream.getVideoTracks();
    stream.removeTrack(camera);
    camera.stop();
    stream.addTrack(canvas.captureStream(20).getVideoTracks()[0]);
    return stream;
}};
"""
READ = f"""(startedAt) => {{
    const video = document.querySelector("[data-picture]");
    const canvas = Object.assign(document.createElement("canvas"), {{ width: 640, height: 360 }});
    const pen = canvas.getContext("2d");
    pen.drawImage(video, 0, 0, 640, 360);
    let seen = 0;
    for (let bit = 0; bit < {BITS}; bit++) seen += (pen.getImageData(bit * 40 + 20, 180, 1, 1).data[0] > 127) << bit;
    const began = Math.floor(startedAt / {STEP});
    const picture = ((((seen - began) << 16) >> 16) * {STEP});
    return [picture, Number(document.querySelector("[data-player]").dataset.at)];
}}"""
SHOWN = "document.querySelector('[data-stage]').dataset.seen === 'true'"


async def recorded(host: Page, server: str) -> Stream:
    """A show of some seconds, with its video."""
    await host.get_by_role("button", name="Turn on camera and microphone").click()
    await expect(host.get_by_role("button", name="Switch off the camera")).to_be_visible()
    async with host.expect_response(lambda answer: "/slices/1" in answer.url) as stored:
        await host.get_by_role("button", name="Go live", exact=True).click()
        await expect(host.get_by_text("On air", exact=True)).to_be_visible()
    assert (await stored.value).ok
    async with host.expect_response(lambda answer: answer.url.endswith("/video/0/end")) as ended:
        await host.get_by_role("button", name="End the show").click()
        await host.get_by_role("dialog").get_by_role("button", name="End the show").click()
    assert (await ended.value).ok
    pk = host.url.rstrip("/").rpartition("/")[2]
    return await database.in_db(lambda: Stream.objects.get(pk=pk))


@pytest.fixture
async def host(server: str, window: Window) -> Page:
    page = await window("about:blank")
    await page.context.add_init_script(CLOCK)
    await page.goto(f"{server}/register/?next=/studio/")
    await become_creator(page)
    await create_show(page, TITLE, [])
    return page


async def in_step(page: Page, show: Stream) -> None:
    assert show.started_at is not None
    picture, clock = await page.evaluate(READ, show.started_at.timestamp() * 1000)
    assert abs(picture - clock) <= 500, (picture, clock)


async def test_a_recorded_show_is_watched_again_with_its_picture_in_step(
    host: Page, server: str, window: Window, live_db: None
) -> None:
    await expect(host.get_by_label("Record the show")).to_be_checked()
    show = await recorded(host, server)
    (part,) = await database.in_db(lambda: list(VideoPart.objects.filter(stream=show)))
    assert part.status == PartStatus.FINISHED, part.last_error
    page = await window(f"{server}/watch/{show.pk}/")
    await page.get_by_role("button", name="Play from the beginning").click()
    await reach(page, 2_000)
    await page.wait_for_function(f"() => {SHOWN}")
    await in_step(page, show)
    await jump(page, 4_500)
    await reach(page, 5_000)
    await in_step(page, show)
    await page.get_by_role("button", name="Pause").click()
    await jump(page, 1_500)
    await page.wait_for_function("() => Math.abs(document.querySelector('[data-picture]').currentTime * 1000) < 1600")
    await page.wait_for_function("() => !document.querySelector('[data-picture]').seeking")
    await in_step(page, show)
    await page.get_by_role("button", name="Turn off the sound").click()
    await expect(page.get_by_role("button", name="Turn on the sound")).to_be_visible()
    assert await violations(page) == []


async def test_the_creator_downloads_the_video_and_deletes_it(host: Page, server: str, live_db: None) -> None:
    show = await recorded(host, server)
    panel = host.get_by_role("region", name="Watching it again")
    await host.reload()
    async with host.expect_download() as kept:
        await panel.get_by_role("link", name="Download: Video").click()
    download = await kept.value
    assert download.suggested_filename.endswith("-0.webm")
    assert await nothing_overflows(host)
    assert await violations(host) == []
    await panel.get_by_role("button", name="Delete: Video").click()
    await host.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    await expect(panel.get_by_role("link", name="Download: Video")).to_have_count(0)
    assert not await database.in_db(lambda: VideoPart.objects.filter(stream=show).exists())


async def test_whoever_unticks_it_is_not_recorded(host: Page, live_db: None) -> None:
    asked: list[Any] = []
    host.on("request", lambda request: asked.append(request.url) if request.url.endswith("/video") else None)
    await host.get_by_role("button", name="Turn on camera and microphone").click()
    await host.get_by_label("Record the show").uncheck()
    await host.get_by_role("button", name="Go live", exact=True).click()
    await expect(host.get_by_text("On air", exact=True)).to_be_visible()
    assert asked == []
    async with host.expect_request(lambda request: request.url.endswith("/video")):
        await host.get_by_label("Record the show").check()
