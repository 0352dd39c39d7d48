"""Staff watch and hear recordings in Chromium."""

import re
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from realtime import database
from recordings.models import Recording
from tests.browser.conftest import Watch
from tests.browser.watching import at, jump, make_visit, picture, reach
from tests.recordings import visits

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.usefixtures("recordings_here")]


@pytest.fixture
async def visit() -> Recording:
    """Two pages, clicks, a long silence, and a voice that speaks from second 4 to 5 and from 14 to 15."""
    return await database.in_db(make_visit)


async def test_the_replay_shows_the_same_page(watch: Watch, visit: Recording) -> None:
    page = await watch(visit)
    await expect(picture(page).locator("h1")).to_have_text("Mugs")
    await expect(picture(page).locator("h1")).to_have_css("color", "rgb(0, 128, 128)")
    await jump(page, 7000)
    await expect(picture(page).locator("h1")).to_have_text("Kettles")
    await jump(page, 10_000)
    await expect(picture(page).locator("h1")).to_have_text("Cheap kettles")
    await jump(page, 1000)
    await expect(picture(page).locator("h1")).to_have_text("Mugs")


async def test_picture_and_voice_keep_step_at_every_speed(watch: Watch, visit: Recording) -> None:
    page = await watch(visit)
    await page.evaluate(
        """() => {
            window.played = [];
            const genuine = HTMLMediaElement.prototype.play;
            HTMLMediaElement.prototype.play = function () {
                if (!window.played.includes(this)) window.played.push(this);
                return genuine.call(this);
            };
        }"""
    )
    await page.get_by_role("button", name="Play").click()
    for speed in ("1", "2"):
        await page.get_by_label("Speed").select_option(speed)
        start = await at(page)
        await reach(page, start + 1500)
        drift = await page.evaluate(
            """() => new Promise((settled) => {
                const [audio] = window.played;
                const measured = [];
                const look = () => {
                    const { at } = document.querySelector("[data-replay]").dataset;
                    measured.push(audio.currentTime * 1000 - Number(at));
                    if (measured.length < 20) requestAnimationFrame(look);
                    else settled(Math.min(...measured.map(Math.abs)));
                };
                look();
            })"""
        )
        assert drift < 300
        assert await page.evaluate("window.played[0].playbackRate") == pytest.approx(float(speed), rel=0.06)
    await page.get_by_role("button", name="Pause").click()
    await page.wait_for_function("window.played[0].paused")


async def test_inactivity_is_skipped_unless_one_wants_to_see_it(watch: Watch, visit: Recording) -> None:
    page = await watch(visit, "?t=15.5")
    await page.get_by_role("button", name="Play").click()
    await expect(page.get_by_role("status").first).to_contain_text("skipped")
    await reach(page, 39000)
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_label("Skip inactivity").uncheck()
    await jump(page, 20_000)
    await page.get_by_role("button", name="Play").click()
    await reach(page, 20500)
    assert await at(page) < 39_000


async def test_one_jumps_by_clicks_pages_and_speech(watch: Watch, visit: Recording) -> None:
    page = await watch(visit)
    await page.get_by_role("button", name="Next click").click()
    assert await at(page) == 2000
    await page.get_by_role("button", name="Next page").click()
    assert await at(page) == 6000
    await page.get_by_role("button", name="Next spoken passage").click()
    assert 13_000 < await at(page) < 14_200
    await page.get_by_role("button", name="Previous click").click()
    assert await at(page) == 8000
    await page.get_by_role("button", name="/kettles").click()
    assert await at(page) == 6000


async def test_everything_is_done_by_the_keyboard(watch: Watch, visit: Recording) -> None:
    page = await watch(visit)
    play = page.locator("[data-play]")
    await play.focus()
    forward = (("c", 2000), ("p", 6000), ("ArrowRight", 11_000))
    for key, moment in (*forward, ("ArrowLeft", 6000), ("Shift+C", 2000), ("Home", 0)):
        await page.keyboard.press(key)
        assert await at(page) == moment, key
    await page.keyboard.press(".")
    await expect(page.get_by_label("Speed")).to_have_value("1.5")
    await page.keyboard.press("k")
    await expect(play).to_have_accessible_name("Pause")
    await page.keyboard.press("Space")
    await expect(play).to_have_accessible_name("Play")
    await page.keyboard.press("i")
    await expect(page.get_by_label("Skip inactivity")).not_to_be_checked()
    await page.keyboard.press("n")
    await expect(page.get_by_label(re.compile("Note at"))).to_be_focused()
    before = await at(page)
    await page.keyboard.type("cpv")
    assert await at(page) == before


async def test_a_note_stands_at_its_moment_and_a_link_leads_there(watch: Watch, visit: Recording) -> None:
    page = await watch(visit)
    await jump(page, 8000)
    await page.get_by_label("Note at 0:08").fill("Here they <b>wonder</b>.")
    await page.get_by_role("button", name="Add the note").click()
    note = page.get_by_role("button", name="0:08 Here they <b>wonder</b>.")
    await expect(note).to_be_visible()
    await page.get_by_role("button", name="Link to this moment").click()
    link = await page.get_by_role("textbox", name="Link to this moment").input_value()
    assert link.endswith("/replay/?t=8")

    other = await watch(visit, "?t=8", colleague=1)
    await expect(other.locator("[data-now]")).to_have_text("0:08")
    await jump(other, 0)
    await other.get_by_role("button", name=re.compile("0:08 Here they")).click()
    assert await at(other) == 8000
    await expect(other.get_by_role("button", name="Delete the note at 0:08")).to_have_count(0)
    await page.get_by_role("button", name="Delete the note at 0:08").click()
    await expect(note).to_have_count(0)


async def test_a_transcript_is_searched_and_leads_to_its_moments(watch: Watch, visit: Recording) -> None:
    def say() -> None:
        passages = ((4000, 5000, "Where are the kettles?"), (14_000, 15_000, "That one is too dear."))
        visits.transcribed(visit.tracks.get(), *passages)

    await database.in_db(say)
    page = await watch(visit)
    await page.get_by_label("Find in it").fill("too DEAR")
    await expect(page.get_by_text("1 of 2 passages")).to_be_visible()
    await page.get_by_role("button", name=re.compile("too dear")).click()
    assert await at(page) == 14_000
    await expect(page.get_by_role("button", name=re.compile("too dear"))).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize("phone", [False, True])
async def test_the_page_is_accessible(watch: Watch, visit: Recording, phone: bool) -> None:
    page = await watch(visit, "?t=8", phone)
    await page.get_by_label(re.compile("Note at")).fill("They compare.")
    await page.get_by_role("button", name="Add the note").click()
    await expect(page.get_by_role("button", name=re.compile("They compare."))).to_be_visible()
    overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    results: Any = await Axe().run(page, context=".replay", options={"iframes": False})
    found = results.response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
