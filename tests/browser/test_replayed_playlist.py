"""A show that HLS carried is watched again from its playlist, as long as that is kept."""

from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from realtime import database
from streams.models import Stream
from tests.browser.conftest import Window
from tests.browser.test_past_show import jump, open_replay, past_show, reach
from tests.browser.test_video_elsewhere import by_hls, stream  # noqa: F401  # a fixture

pytestmark = [pytest.mark.browser, pytest.mark.journey]

BEGAN = b"#EXT-X-PROGRAM-DATE-TIME:2020-01-31T20:00:10.000Z\n"  # ten seconds after the show's start
SEEN = "document.querySelector('[data-stage]').dataset.seen"
TIMES = """() => [
    document.querySelector("[data-picture]").currentTime * 1000 + 10_000,
    Number(document.querySelector("[data-player]").dataset.at),
]"""


@pytest.fixture
async def replayed(by_hls: str, live_db: None, window: Window, tmp_path: Path) -> Page:  # noqa: F811
    """The replay of a show, four seconds of which are in a playlist that says when it began."""
    files = stream(tmp_path)
    files["index.m3u8"] = files["index.m3u8"].replace(b"#EXTINF", BEGAN + b"#EXTINF", 1)

    def carried() -> Stream:
        show, _ = past_show()
        Stream.objects.filter(pk=show.pk).update(stream_url="https://video.test/kept/index.m3u8")
        return show

    async def serve(route: Route) -> None:
        body, cors = files.get(route.request.url.rpartition("/")[2]), {"Access-Control-Allow-Origin": "*"}
        await (route.fulfill(body=body, headers=cors) if body else route.fulfill(status=404, headers=cors))

    page = await window("about:blank")
    await page.context.route("https://video.test/kept/**", serve)
    return await open_replay(page, by_hls, await database.in_db(carried))


async def test_the_playlist_is_played_from_where_it_says_that_it_began(replayed: Page) -> None:
    page = replayed
    await page.get_by_role("button", name="Play from the beginning").click()
    await reach(page, 500)
    await jump(page, 11_500)
    await page.wait_for_function(f"() => {SEEN} === 'true'")
    await reach(page, 12_000)
    picture, clock = await page.evaluate(TIMES)
    assert abs(picture - clock) <= 500
    await jump(page, 30_000)  # beyond its end
    await page.wait_for_function(f"() => {SEEN} === 'false'")
    await reach(page, 30_500)


async def test_without_the_playlist_the_show_is_watched_again_all_the_same(replayed: Page) -> None:
    page = replayed
    await page.context.unroute("https://video.test/kept/**")
    await page.context.route("https://video.test/kept/**", lambda route: route.fulfill(status=404))
    await page.reload()
    await page.get_by_role("button", name="Play from the beginning").click()
    await reach(page, 1_500)
    await expect(page.get_by_role("log").get_by_text("Good evening")).to_be_visible()
