"""capture.js: consent, what it tells of a page, and that nothing of it is lost, against a server that a test plays."""

import json
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser import capturing
from tests.browser.capturing import META, SEEN, SERIALISED, TAG, Picture, Recordings
from tests.browser.conftest import Window
from tests.browser.played import Frame, settled

pytestmark = pytest.mark.browser

LINKS = "<a href=/one>One</a> <a href=/two>Two</a> <button>Buy</button>"


@pytest.fixture
async def server() -> Recordings:
    return Recordings()


async def agree(page: Page) -> None:
    await page.get_by_role("button", name="Agree and record").click()
    await expect(page.get_by_text("Recording", exact=True)).to_be_visible()


# --- consent


async def test_nothing_leaves_the_page_before_consent_and_declining_sends_nothing(
    window: Window, server: Recordings
) -> None:
    page = await capturing.shop(window, server, {"/": TAG + LINKS, "/one": TAG + LINKS})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    dialog = page.get_by_role("dialog", name="May we record your visit?")
    await expect(dialog).to_be_visible()
    await page.get_by_role("button", name="Buy").click()
    await dialog.get_by_role("button", name="No, thanks").click()
    await expect(dialog).to_be_hidden()
    await page.reload()
    await page.get_by_role("link", name="One").click()
    await settled(page, "globalThis.Vitrine?.capture?.state === 'declined'")
    await expect(dialog).to_be_hidden()
    assert server.connections == []
    assert not [url for url in asked if "rrweb" in url or "/api/" in url]
    assert await page.evaluate("indexedDB.databases().then((all) => all.length)") <= 1
    assert await held(page) == 0


async def held(page: Page) -> int:
    """How much waits in the browser."""
    count: int = await page.evaluate(
        """() => new Promise((done) => {
            const opened = indexedDB.open("vitrine.recording http://localhost");
            opened.onsuccess = () => {
                const kept = opened.result.transaction(["events", "audio"]);
                const counts = ["events", "audio"].map((kind) => kept.objectStore(kind).count());
                kept.oncomplete = () => done(counts[0].result + counts[1].result);
            };
        })"""
    )
    return count


async def test_the_consent_is_told_first_with_the_version_of_the_text(window: Window, server: Recordings) -> None:
    page = await capturing.shop(window, server, {"/": TAG.replace("></", " data-participant=p17></")})
    await agree(page)
    await server.until(lambda: server.events)
    assert [frame["type"] for frame in server.said][:3] == ["hello", "user:connected", "recording:consent"]
    assert server.of("user:connected")[0]["username"] == "p17"
    consent = server.of("recording:consent")[0]
    assert consent["version"] == "1.en"
    assert abs(consent["at"] - await page.evaluate("Date.now()")) < 60_000


async def test_the_prompt_speaks_german_on_a_german_page_and_is_used_by_keyboard(
    window: Window, server: Recordings
) -> None:
    script = "<script>document.documentElement.lang = 'de-AT'</script>"
    page = await capturing.shop(window, server, {"/": script + TAG.replace("></", " data-microphone></")})
    dialog = page.get_by_role("dialog", name="Dürfen wir Ihren Besuch aufzeichnen?")
    await expect(dialog).to_contain_text("Stimme")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Aufzeichnung läuft")).to_be_visible()
    await server.until(lambda: server.of("recording:consent"))
    assert server.of("recording:consent")[0]["version"] == "1.de.voice"


async def test_who_stops_is_recorded_to_the_end_and_not_further(window: Window, server: Recordings) -> None:
    page = await capturing.shop(window, server, {"/": TAG + LINKS})
    await agree(page)
    await server.until(lambda: server.events)
    await page.get_by_role("button", name="Buy").click()
    await page.get_by_role("button", name="Stop the recording…").click()
    await page.get_by_role("dialog", name="Stop the recording?").get_by_role("button", name="Stop", exact=True).click()
    await server.until(lambda: server.of("recording:end"))
    assert server.said[-1]["type"] == "recording:end"
    assert server.clicks() >= 1
    await page.reload()
    await settled(page, "globalThis.Vitrine?.capture?.state === 'stopped'")
    assert len(server.connections) == 1


async def test_who_declines_later_has_all_of_it_deleted(window: Window, server: Recordings) -> None:
    page = await capturing.shop(window, server, {"/": TAG + LINKS})
    await agree(page)
    await server.until(lambda: server.events)
    await page.get_by_role("button", name="Buy").click()
    await page.get_by_role("button", name="Stop the recording…").click()
    await page.get_by_role("button", name="Stop and delete it").click()
    await server.until(lambda: len(server.of("recording:consent")) == 2)
    assert server.said[-1]["declined"] is True
    assert await held(page) == 0


# --- what is told


async def test_what_is_private_is_not_told(window: Window, server: Recordings) -> None:
    body = """
        <meta name=csrf-token content=hidden-meta>
        <form action=/x><input name=name value=hidden-preset><input type=hidden name=csrf value=hidden-field>
        <input id=typed type=password><textarea>hidden-area</textarea>
        <select><option value=hidden-a>a</option><option selected>b</option></select></form>
        <div contenteditable><b>hidden-editable</b></div><div id=late>Shown</div>
        <p data-private>hidden-private <i>hidden-inner</i></p><i data-token=hidden-token data-colour=red>i</i>
        <a href="/pay?token=hidden-query&page=2">Pay</a><script>window.secret = "hidden-script"</script>
        <iframe srcdoc="<p>hidden-frame</p>"></iframe><img alt="" src="/x.png?session=hidden-picture">"""
    page = await capturing.shop(window, server, {"/?token=hidden-address": TAG + body})
    await agree(page)
    await server.until(lambda: "Shown" in str(Picture(server.events)))
    await page.locator("#typed").press_sequentially("hidden-typed")
    await page.locator("textarea").fill("hidden-written")
    await page.locator("[contenteditable]").press_sequentially("hidden-too")
    await page.evaluate(
        "late.setAttribute('data-private', ''); late.textContent = 'hidden-late'; typed.value += 'hidden-set'"
    )
    await page.evaluate("document.forms[0].csrf.value = 'hidden-programmatic'")
    await page.get_by_role("link", name="Pay").evaluate("(link) => (link.textContent = 'At last')")
    await server.until(lambda: "At last" in str(Picture(server.events)))
    told = json.dumps(server.said)
    assert re.findall(r"hidden-\w+", told) == []
    assert "page=2" in told
    assert Picture(server.events).find("i")[-1]["attributes"]["data-colour"] == "red"


FUZZ = """async (seed) => {
    const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
    const made = (depth) => {
        if (random(3) === 0) return document.createTextNode(`text ${random(1000)}`);
        const element = document.createElement(["div", "p", "span"][random(3)]);
        if (random(8) === 0) element.attachShadow({ mode: "open" }).append(made(0));
        for (let n = random(4); depth && n > 0; n--) element.append(made(depth - 1));
        return element;
    };
    const all = () => [...document.body.querySelectorAll("main, main *")];
    const any = () => all()[random(all().length)];
    const steps = [
        () => any().append(made(3)),
        () => any().prepend(made(2), made(1)),
        () => { const one = any(); if (one.localName !== "main") one.parentNode.insertBefore(made(1), one); },
        () => { const one = any(), other = any(); if (!one.contains(other)) other.prepend(one); },
        () => { const one = any(); if (one.localName !== "main") one.remove(); },
        () => {
            const one = any();
            if (one.localName === "main") return;
            one.remove();
            one.append(made(1));
            any().append(one);
        },
        () => any().setAttribute("class", `c${random(100)}`),
        () => { const text = any().firstChild; if (text?.nodeType === 3) text.data = `new ${random(1000)}`; },
        () => { if (random(3) === 0) any().innerHTML = "<i>one</i>two<!-- three --><b class=x>four</b>"; },
        () => any().append(document.createComment("nothing")),
        () => any().normalize(),
    ];
    for (let round = 0; round < 60; round++) {
        for (let n = random(40); n > 0; n--) steps[random(steps.length)]();
        await new Promise((done) => setTimeout(done, random(30)));
    }
}"""


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_however_a_page_changes_the_recording_shows_the_same(
    window: Window, server: Recordings, seed: int
) -> None:
    page = await capturing.shop(window, server, {"/": "<main><p>One</p></main>" + TAG})
    await agree(page)
    await page.evaluate(FUZZ, seed)
    seen = await page.evaluate(SEEN)
    await server.until(lambda: str(Picture(server.events)) == seen)
    assert sum(event["type"] == SERIALISED for event in server.events) == 1


async def test_style_sheets_are_told_as_text_with_what_scripts_put_in(window: Window, server: Recordings) -> None:
    many = "".join(f".n{n} {{ color: red }}" for n in range(1000))
    body = f"<style id=long>{many}</style><style id=short>b {{ background: url(x.png) }}</style><main></main>"
    page = await capturing.shop(window, server, {"/deep/": body + TAG})
    await agree(page)
    await server.until(lambda: Picture(server.events).find("main"))
    styles = {node["attributes"]["id"]: node["attributes"]["_cssText"] for node in Picture(server.events).find("style")}
    assert styles["long"].count("color: red") == 1000
    assert f'url("{capturing.ORIGIN}/deep/x.png")' in styles["short"]
    await page.evaluate("document.querySelector('#short').sheet.insertRule('i { color: blue }', 0)")
    await page.evaluate("document.querySelector('#long').textContent = 'u { color: green }'")
    await server.until(lambda: "u { color: green; }" in json.dumps(server.events))
    await server.until(lambda: any(event["data"].get("source") == 8 for event in server.events))
    change = next(event["data"] for event in server.events if event["data"].get("source") == 8)
    assert change["adds"] == [{"rule": "i { color: blue }", "index": 0}]


async def test_pictures_are_kept_by_choice(window: Window, server: Recordings) -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
    pages = {"/": "<img alt='' src=/p.svg>" + TAG.replace("></", " data-images></"), "/p.svg": svg}
    page = await capturing.shop(window, server, pages)
    await agree(page)
    await server.until(lambda: "data:image/svg+xml;base64" in json.dumps(server.events))
    assert Picture(server.events).find("img")[0]["attributes"]["src"] == f"{capturing.ORIGIN}/p.svg"


# --- nothing is lost


async def test_over_navigations_the_numbers_go_on_and_no_click_is_lost(window: Window, server: Recordings) -> None:
    pages = {"/": TAG + LINKS, "/one": TAG + LINKS, "/two": TAG + LINKS}
    page = await capturing.shop(window, server, pages)
    await agree(page)
    await settled(page, "Vitrine.capture.state === 'recording'")
    for name in ("One", "Two", "One"):
        await page.get_by_role("button", name="Buy").click()
        await page.get_by_role("link", name=name).click()
        await page.wait_for_url(f"**/{name.lower()}")
        await settled(page, "globalThis.Vitrine?.capture?.state === 'recording'")
    await server.until(lambda: sum(event["type"] == META for event in server.events) == 4)
    await server.until(lambda: server.clicks() == 6)
    assert list(server.batches) == list(range(len(server.batches)))
    hrefs = [event["data"]["href"] for event in server.events if event["type"] == META]
    assert [href.removeprefix(capturing.ORIGIN) for href in hrefs] == ["/", "/one", "/two", "/one"]
    times = [event["timestamp"] for event in server.events]
    assert times == sorted(times)
    assert len({frame["username"] for frame in server.of("user:connected")}) == 1


async def test_what_was_not_acknowledged_is_sent_again_as_it_was(window: Window, server: Recordings) -> None:
    page = await capturing.shop(window, server, {"/": TAG + LINKS})
    await agree(page)
    await server.until(lambda: server.events)
    server.answer = lambda frame: None if frame["type"] == "recording:events" else capturing.acknowledge(frame)
    heard = len(server.of("recording:events"))
    await page.get_by_role("button", name="Buy").click()
    await server.until(lambda: len(server.of("recording:events")) > heard)
    unanswered = server.of("recording:events")[-1]
    await server.lose()
    await page.get_by_role("button", name="Buy").click()
    server.answer = capturing.acknowledge
    server.is_away = False
    await server.until(lambda: server.clicks() == 2)
    again = [frame for frame in server.of("recording:events") if frame["number"] == unanswered["number"]]
    assert len(again) == 2
    assert again[0]["events"] == again[1]["events"]
    assert list(server.batches) == list(range(len(server.batches)))


async def test_what_a_closed_tab_has_left_is_sent_at_the_next_visit(window: Window, server: Recordings) -> None:
    page = await capturing.shop(window, server, {"/": TAG + LINKS})
    await agree(page)
    await server.until(lambda: server.events)
    await server.lose()
    await page.get_by_role("button", name="Buy").click()
    context = page.context
    async with page.expect_event("close"):
        await page.close(run_before_unload=True)
    server.is_away = False
    assert server.clicks() == 0
    page = await context.new_page()
    await page.goto(capturing.ORIGIN)
    await server.until(lambda: server.clicks() == 1)


async def test_numbers_that_the_server_knows_from_before_are_left_out(window: Window, server: Recordings) -> None:
    def answer(frame: Frame) -> Frame | None:
        is_known = frame["type"] == "recording:events" and frame["number"] < 3
        return {"ok": False, "code": "conflict", "message": "Known"} if is_known else capturing.acknowledge(frame)

    server.answer = answer
    page = await capturing.shop(window, server, {"/": TAG + LINKS})
    await agree(page)
    await server.until(lambda: any(number >= 3 for number in server.batches))
    stored = [event for number, events in server.batches.items() if number >= 3 for event in events]
    assert [event["type"] for event in stored][:2] == [META, SERIALISED]


async def test_a_refusal_ends_it_and_a_spoiled_batch_does_not(window: Window, server: Recordings) -> None:
    spoiled: list[int] = []

    def answer(frame: Frame) -> Frame | None:
        if frame["type"] == "recording:events" and not spoiled:
            spoiled.append(frame["number"])
            return {"ok": False, "code": "too_big", "message": "Too big"}
        return capturing.acknowledge(frame)

    server.answer = answer
    page = await capturing.shop(window, server, {"/": TAG + LINKS})
    await agree(page)
    await server.until(lambda: any(n != spoiled[0] and events[0]["type"] for n, events in server.batches.items()))
    await settled(page, "Vitrine.capture.state === 'recording'")
    server.answer = lambda frame: {"ok": False, "code": "unavailable", "message": "No key"}
    await page.get_by_role("button", name="Buy").click()
    await settled(page, "Vitrine.capture.state === 'refused'")
    await expect(page.get_by_text("Recording", exact=True)).to_be_hidden()


async def test_an_id_that_is_somebody_elses_by_now_is_given_up(window: Window, server: Recordings) -> None:
    def answer(frame: Frame) -> Frame | None:
        is_first = frame["type"] == "user:connected" and len({each["username"] for each in of_whom()}) == 1
        return {"ok": False, "code": "forbidden", "message": "Not yours"} if is_first else capturing.acknowledge(frame)

    def of_whom() -> list[Frame]:
        return server.of("user:connected")

    server.answer = answer
    page = await capturing.shop(window, server, {"/": TAG + LINKS})
    await agree(page)
    await server.until(lambda: server.events)
    assert len({frame["username"] for frame in of_whom()}) == 2


async def test_the_oldest_is_dropped_where_too_much_waits(window: Window, server: Recordings) -> None:
    page = await capturing.shop(window, server, {"/": ""})
    told = await page.evaluate(
        """async () => {
            const { Held } = await import("/static/recordings/held.js");
            let dropped = 0;
            const held = new Held("full", (count) => (dropped += count));
            const body = new ArrayBuffer(10_000_000);
            for (let n = 0; n < 6; n++) await held.add("audio", { body, size: body.byteLength, part: n });
            const left = await held.oldest("audio", 100);
            return { dropped, parts: left.map(({ part }) => part) };
        }"""
    )
    assert told["dropped"] > 0
    assert told["parts"][-1] == 5
    assert len(told["parts"]) + told["dropped"] == 6


# --- sound and tabs


async def test_the_voice_comes_in_pieces_of_one_part_per_page(window: Window, server: Recordings) -> None:
    tag = TAG.replace("></", " data-microphone></")
    page = await capturing.shop(window, server, {"/": tag + LINKS, "/one": tag + LINKS})
    await agree(page)
    await server.until(lambda: len(server.of("recording:start")) >= 4)
    await page.get_by_role("link", name="One").click()
    await server.until(
        lambda: any(piece["part"] == 1 and piece["number"] >= 3 for piece in server.of("recording:start"))
    )
    pieces = server.of("recording:start")
    for part in (0, 1):
        numbers = [piece["number"] for piece in pieces if piece["part"] == part]
        assert numbers == list(range(len(numbers)))
        first = next(piece for piece in pieces if piece["part"] == part)
        assert first["data"][:4] == b"\x1aE\xdf\xa3"  # the head of a WebM file
        assert first["mime"] == "audio/webm;codecs=opus"
        times = [piece["timestamp"] for piece in pieces if piece["part"] == part]
        assert times == sorted(times)


async def test_a_browser_without_webm_gives_its_sound_in_one_piece(window: Window, server: Recordings) -> None:
    page = await capturing.shop(window, server, {"/": ""})
    await page.add_init_script("MediaRecorder.isTypeSupported = (type) => type === 'audio/mp4'")
    await page.reload()
    await page.evaluate(
        """async () => {
            const { Capture } = await import("/static/recordings/capture.js");
            window.capture = new Capture({ microphone: true });
            capture.agree();
        }"""
    )
    await server.until(lambda: any(event["data"].get("tag") == "audio" for event in server.events))
    assert server.of("recording:start") == []
    await page.evaluate("capture.stop()")
    [piece] = server.of("recording:start")
    assert (piece["part"], piece["number"], piece["mime"]) == (0, 0, "audio/mp4")
    assert piece["data"][4:8] == b"ftyp"  # the head of an MP4 file
    assert server.said[-1]["type"] == "recording:end"


async def test_of_two_tabs_the_one_that_is_looked_at_records(window: Window, server: Recordings) -> None:
    page = await capturing.shop(window, server, {"/": TAG + LINKS, "/one": TAG + LINKS})
    await agree(page)
    await server.until(lambda: server.events)
    other = await page.context.new_page()
    await other.goto(f"{capturing.ORIGIN}/one")
    await settled(page, "Vitrine.capture.state === 'paused'")
    await settled(other, "Vitrine.capture.state === 'recording'")
    await other.close()
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await settled(page, "Vitrine.capture.state === 'recording'")
    await server.until(lambda: sum(event["type"] == SERIALISED for event in server.events) == 3)
