"""Staff watch and hear recordings in Chromium. Whatever is recorded, nothing of it runs and nothing reaches a network."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Frame, Page, Request, expect

from accounts.models import User
from realtime import database
from recordings import storage
from recordings.models import Recording, TranscriptPassage
from recordings.receivers import prepare
from tests import factories
from tests.browser.conftest import Window
from tests.recordings import replays
from tests.recordings.test_listening import LOUD, QUIET, webm

pytestmark = [pytest.mark.browser, pytest.mark.journey]

PASSWORD = "a long enough secret"
AT = "[data-replay]"

Watch = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
async def colleagues(server: str, browser: Browser) -> list[list[Any]]:
    """Two of the staff who are logged in: the cookies of each."""

    def make() -> User:
        user = factories.user("staff")
        user.set_password(PASSWORD)
        user.save()
        return user

    cookies: list[list[Any]] = []
    for _ in range(2):
        user = await database.in_db(make)
        async with await browser.new_context() as context:
            page = await context.new_page()
            await page.goto(f"{server}/admin/login/?next=/admin/")
            await page.locator("[name=username]").fill(user.username)
            await page.locator("[name=password]").fill(PASSWORD)
            await page.locator("[name=password]").press("Enter")
            await page.wait_for_url(f"{server}/admin/")
            cookies.append(await context.cookies())
    return cookies


@pytest.fixture(autouse=True)
def kept(settings: Any, recordings_kept: dict[str, str]) -> None:
    """This process keeps recordings where the server does."""
    folder = recordings_kept["RECORDINGS_FOLDER"]
    settings.RECORDINGS_FOLDER = Path(folder)
    settings.RECORDINGS_KEY = [recordings_kept["RECORDINGS_KEY"]]
    settings.RECORDINGS_MIN_FREE_BYTES, settings.REQUIRE_CONSENT = 0, False
    local = {"BACKEND": "recordings.storage.LocalFiles", "OPTIONS": {"location": folder}}
    settings.STORAGES = {**settings.STORAGES, storage.ALIAS: local}


@pytest.fixture
def watch(server: str, window: Window, colleagues: list[list[Any]]) -> Watch:
    """Opens the replay of a recording as someone of the staff."""

    async def open_replay(recording: Recording, query: str = "", phone: bool = False, colleague: int = 0) -> Page:
        page = await window("about:blank", phone)
        await page.context.add_cookies(colleagues[colleague])
        await page.goto(f"{server}/admin/recordings/recording/{recording.pk}/replay/{query}")
        await seen(page)
        return page

    return open_replay


async def seen(page: Page) -> None:
    """Waits for the first picture, and until the page can be used."""
    await expect(page.locator(f"{AT}[data-seen][data-at]")).to_be_attached()


def shop(at: int, url: str = "https://shop.example/", words: str = "Mugs") -> list[replays.Event]:
    heading = replays.element(6, "h1", replays.text(7, words))
    style = replays.element(8, "style", replays.text(9, "h1 { color: teal; font: 40px sans-serif; margin: 40px }"))
    return replays.page(at, url, heading, head=(style,))


@pytest.fixture
async def visit() -> Recording:
    """Two pages, clicks, a long silence, and a voice that speaks from second 4 to 5 and from 14 to 15."""
    return await database.in_db(make_visit)


def make_visit() -> Recording:
    first = [*shop(0), *(replays.move(200 * step, 20 * step, 10 * step) for step in range(1, 10)), replays.click(2000)]
    second = [*shop(6000, "https://shop.example/kettles", "Kettles"), replays.click(8000, 300, 200)]
    third = [replays.changed(9000, 7, "Cheap kettles"), replays.click(40_000), replays.move(42_000, 10, 10)]
    sound = webm((4, QUIET), (1, LOUD), (9, QUIET), (1, LOUD), (3, QUIET))
    recording = replays.finished(replays.stored(first, second, third, sounds=((sound, 0),)))
    prepare.call(recording.pk)
    return recording


async def picture(page: Page) -> Frame:
    """The document in which the recorded page is seen."""
    stage = next(frame for frame in page.frames if frame.url.endswith("/stage/"))
    return stage.child_frames[-1]


async def at(page: Page) -> int:
    return int(await page.locator(AT).get_attribute("data-at") or 0)


async def jump(page: Page, to: int) -> None:
    await page.get_by_role("slider", name="Position").evaluate(
        "(slider, to) => { slider.value = String(to); slider.dispatchEvent(new Event('input')); }", to
    )


async def test_the_replay_shows_the_same_page(watch: Watch, visit: Recording) -> None:
    page = await watch(visit)
    await expect((await picture(page)).get_by_role("heading", include_hidden=True)).to_have_text("Mugs")
    colour = await (await picture(page)).eval_on_selector("h1", "h1 => getComputedStyle(h1).color")
    assert colour == "rgb(0, 128, 128)"
    await jump(page, 7000)
    await expect((await picture(page)).locator("h1")).to_have_text("Kettles")
    await jump(page, 10_000)
    await expect((await picture(page)).locator("h1")).to_have_text("Cheap kettles")
    await jump(page, 1000)
    await expect((await picture(page)).locator("h1")).to_have_text("Mugs")


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
        await page.wait_for_function("start => Number(document.querySelector('[data-replay]').dataset.at) > start + 1500", arg=start)
        drift = await page.evaluate(
            """() => new Promise((settled) => {
                const [audio] = window.played;
                const measured = [];
                const look = () => {
                    measured.push(audio.currentTime * 1000 - Number(document.querySelector("[data-replay]").dataset.at));
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
    await page.wait_for_function("Number(document.querySelector('[data-replay]').dataset.at) >= 39000")
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_label("Skip inactivity").uncheck()
    await jump(page, 20_000)
    await page.get_by_role("button", name="Play").click()
    await page.wait_for_function("Number(document.querySelector('[data-replay]').dataset.at) > 20500")
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
    await page.get_by_role("button", name=re.compile("Page /kettles")).click()
    assert await at(page) == 6000


async def test_everything_is_done_by_the_keyboard(watch: Watch, visit: Recording) -> None:
    page = await watch(visit)
    play = page.locator("[data-play]")
    await play.focus()
    for key, moment in (("c", 2000), ("p", 6000), ("ArrowRight", 11_000), ("ArrowLeft", 6000), ("Shift+C", 2000), ("Home", 0)):
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
    note = page.get_by_role("button", name=re.compile("0:08 Here they <b>wonder</b>."))
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
        for start, text in ((4000, "Where are the kettles?"), (14_000, "That one is too dear.")):
            times = {"start_ms": start, "end_ms": start + 1000}
            TranscriptPassage.objects.create(recording=visit, track=visit.tracks.get(), text=text, **times)

    await database.in_db(say)
    page = await watch(visit)
    await page.get_by_label("Find in it").fill("too DEAR")
    await expect(page.get_by_text("1 of 2 passages")).to_be_visible()
    await page.get_by_role("button", name=re.compile("too dear")).click()
    assert await at(page) == 14_000
    await expect(page.get_by_role("button", name=re.compile("too dear"))).to_have_attribute("aria-current", "true")


# --- what must not happen


EVIL = "https://evil.example"


def hostile(at: int) -> list[replays.Event]:
    """A page that would run and load everything it can."""
    shout = "parent.parent.ran = top.ran = 1; fetch('https://evil.example/fetched')"
    ids = iter(range(100, 1000))

    def node(tag: str, *words: str, **attributes: str) -> replays.Event:
        named = {name.replace("_", "-"): value for name, value in attributes.items()}
        return replays.element(next(ids), tag, *(replays.text(next(ids), each) for each in words), **named)

    css = f"@import '{EVIL}/imported.css'; p {{ background: url('{EVIL}/styled.png') }}"
    font = f"@font-face {{ font-family: x; src: url({EVIL}/font.woff2) }} p {{ font-family: x }}"
    style = node("style", css + font)
    body = [
        style,
        node("script", shout),
        node("script", src=f"{EVIL}/script.js"),
        node("img", src=f"{EVIL}/picture.png", srcset=f"{EVIL}/larger.png 2x", onerror=shout),
        node("img", src="data:image/png;base64,xx", onerror=shout, onload=shout),
        node("iframe", src=f"{EVIL}/frame", srcdoc=f"<script>{shout}</script>"),
        node("iframe", src="javascript:" + shout),
        node("object", data=f"{EVIL}/object"),
        node("embed", src=f"{EVIL}/embedded"),
        node("video", src=f"{EVIL}/film.mp4", poster=f"{EVIL}/poster.png", autoplay=""),
        node("a", "go", href="javascript:" + shout, ping=f"{EVIL}/ping"),
        node("form", action=f"{EVIL}/form"),
        node("div", "x", style=f"background: url({EVIL}/background.png)", onclick=shout),
        node("p", "text"),
        node("svg", f"<script>{shout}</script>", onload=shout),
        node("noscript", f"<img src={EVIL}/noscript.png>"),
        node("marquee", "x", onstart=shout),
        node("input", autofocus="", onfocus=shout),
        node("details", "x", open="", ontoggle=shout),
        node("base", href=EVIL),
    ]
    head = (
        node("link", rel="stylesheet", href=f"{EVIL}/style.css"),
        node("link", rel="preconnect", href=EVIL),
        node("link", rel="dns-prefetch", href=EVIL),
        node("link", rel="preload", href=f"{EVIL}/preloaded.js", **{"as": "script"}),
        node("link", rel="icon", href=f"{EVIL}/icon.png"),
        node("meta", http_equiv="refresh", content=f"0;url={EVIL}/refreshed"),
        node("meta", http_equiv="Content-Security-Policy", content="default-src *"),
    )
    later = node("img", src=f"{EVIL}/added.png", onerror=shout)
    attributes = [{"id": 5, "attributes": {"onmouseover": shout, "style": {"background": f"url({EVIL}/changed.png)"}}}]
    mutation = {"source": 0, "texts": [], "removes": [], "adds": [], "attributes": attributes}
    rule = {"source": 8, "id": style["id"], "adds": [{"rule": f"b {{ background: url({EVIL}/rule.png) }}", "index": 0}]}
    face = {"source": 10, "family": "y", "fontSource": f"url({EVIL}/face.woff2)", "buffer": False}
    return [
        *replays.page(at, f"{EVIL}/", *body, head=head),
        replays.added(at + 500, 5, later),
        replays.rrweb(3, mutation, at + 600),
        replays.rrweb(3, rule, at + 700),
        replays.rrweb(3, face, at + 800),
        replays.rrweb(5, {"tag": "<img src=x onerror=alert(1)>", "payload": {}}, at + 900),
        replays.click(at + 1000),
    ]


OLD_HOSTILE = f"""<html><head><meta http-equiv="refresh" content="0;url={EVIL}/refreshed">
<link rel="stylesheet" href="{EVIL}/style.css"><link rel="preconnect" href="{EVIL}">
<script>top.ran = 1</script><style>@import url({EVIL}/imported.css)</style></head>
<body onload="top.ran = 1"><h1>Goods</h1><img src="{EVIL}/x.png" onerror="top.ran = 1"><svg onload="top.ran = 1"></svg>
<iframe srcdoc="<script>top.top.ran = 1</script>"></iframe><iframe src="{EVIL}/frame"></iframe></body></html>"""


@pytest.mark.parametrize("kind", ["new", "old"])
async def test_hostile_html_runs_nothing_and_loads_nothing(watch: Watch, server: str, kind: str) -> None:
    events = hostile(0) if kind == "new" else replays.shopaloud(OLD_HOSTILE)
    recording = await database.in_db(lambda: replays.stored(events))
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page = await watch(recording)
    page.context.on("request", note)
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    await page.reload()
    await seen(page)
    await page.get_by_role("button", name="Play").click()
    await page.wait_for_function("Number(document.querySelector('[data-replay]').dataset.at) > 950")
    shown = await picture(page)
    assert await shown.locator("p, h1").first.inner_text() in ("text", "Goods")
    assert [url for url in asked if not url.startswith((server, "data:", "about:"))] == []
    assert await page.evaluate("window.ran") is None
    assert shown.url in ("about:blank", page.frames[1].url)
    left = await shown.evaluate(
        """() => [...document.querySelectorAll("*")].flatMap((node) => [...node.attributes].map(({ name }) => name))
            .filter((name) => name.startsWith("on") || name === "srcdoc" || name === "http-equiv")"""
    )
    assert left == []


LOAD = """() => new Promise((settled) => {
    const page = document.querySelector("iframe").contentDocument;
    const image = page.createElement("img");
    image.onload = () => settled("loaded");
    image.onerror = () => settled("refused");
    image.src = "/favicon.ico";
    page.body.append(image);
})"""


async def test_the_frame_has_no_network_even_for_what_slips_through(watch: Watch, visit: Recording) -> None:
    address = (watched := await watch(visit)).url
    page = await watched.context.new_page()  # its console may speak of the policy
    await page.goto(address)
    await seen(page)
    stage: Any = (await picture(page)).parent_frame
    reached: list[str] = []
    page.on("response", lambda response: reached.append(response.url))
    assert await page.locator("[data-screen]").get_attribute("sandbox") == "allow-scripts allow-same-origin"
    assert await stage.evaluate("document.querySelector('iframe').getAttribute('sandbox')") == "allow-same-origin"
    assert await stage.evaluate("fetch('/health').then(() => 'answered', () => 'refused')") == "refused"
    assert await stage.evaluate(LOAD) == "refused"
    assert not [url for url in reached if "health" in url or "favicon" in url]


# --- old and long recordings


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
    await page.wait_for_function("true")
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
    await page.wait_for_function("Number(document.querySelector('[data-replay]').dataset.at) > 7000500")


# --- how it looks


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
