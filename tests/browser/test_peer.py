"""peer.js: two of them in one window, joined by a wire that a test can cut; real ICE, DTLS and video between them."""

from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser import played
from tests.browser.conftest import Window

pytestmark = pytest.mark.browser

STAGE = """async () => {
    const { Peer } = await import("/static/realtime/peer.js");
    window.faults = [];
    window.asked = 0; // how often ICE servers were fetched
    window.wire = { cut: false, told: [] };
    const configure = async () => { asked++; return { iceServers: [] }; };
    const picture = () => {
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d");
        setInterval(() => context.fillRect(Date.now() % 300, 0, 9, 150), 40);
        return canvas.captureStream(25);
    };
    const make = (name, other, how) => {
        const send = (signal) => {
            const kind = signal.description?.type ?? "candidate";
            wire.told.push(`${name} ${kind}`);
            const text = JSON.stringify(signal);
            if (!wire.cut) queueMicrotask(() => window[other].hear(JSON.parse(text)));
        };
        const peer = new Peer({ ...how, send, configure });
        peer.on("fault", (error) => faults.push(`${name}: ${error}`));
        window[name] = peer;
        return peer;
    };
    window.both = (first = {}, second = {}) => {
        make("ann", "ben", { polite: false, ...first });
        make("ben", "ann", { polite: true, ...second });
    };
    window.picture = picture;
    window.decoded = async (peer) => {
        let frames = 0;
        (await peer.connection.getStats()).forEach((row) => {
            if (row.type === "inbound-rtp") frames += row.framesDecoded ?? 0;
        });
        return frames;
    };
    window.sees = (peer) => new Promise(async (seen) => {
        const before = await decoded(peer);
        const look = async () => (await decoded(peer)) > before ? seen(true) : requestAnimationFrame(look);
        look();
    });
    window.became = (peer, state) => new Promise((done) => {
        if (peer.state === state) return done(state);
        const stop = peer.on("state", (now) => now === state && (stop(), done(state)));
    });
}"""


@pytest.fixture
async def page(window: Window) -> Page:
    page = await played.blank(window, "http://localhost")
    await page.evaluate(STAGE)
    return page


async def run(page: Page, script: str) -> Any:
    """What the script answers; no peer may have reported a fault by then."""
    answer = await page.evaluate(f"async () => {{ {script} }}")
    assert await page.evaluate("faults") == []
    return answer


CONNECTED = "await Promise.all([became(ann, 'connected'), became(ben, 'connected')]);"


async def test_two_who_offer_at_once_both_see_each_other(page: Page) -> None:
    told = await run(
        page,
        f"both(); ann.share(picture()); ben.share(picture()); {CONNECTED}"
        "await Promise.all([sees(ann), sees(ben)]); return wire.told.filter((word) => !word.includes('candidate'));",
    )
    assert {"ann offer", "ben answer"} <= set(told)


async def test_the_side_that_waits_leaves_the_first_offer_to_the_other(page: Page) -> None:
    told = await run(
        page,
        f"both({{}}, {{ waits: true }}); ben.share(picture()); ann.share(picture()); {CONNECTED}"
        "await Promise.all([sees(ann), sees(ben)]); return wire.told.filter((word) => !word.includes('candidate'));",
    )
    assert told[:2] == ["ann offer", "ben answer"]


async def test_a_viewer_who_sends_nothing_sees_the_picture(page: Page) -> None:
    await run(page, f"both(); ann.share(picture()); {CONNECTED} await sees(ben);")
    assert await page.evaluate("ben.remote.getTracks().length") == 1


async def test_another_track_takes_the_place_of_the_first_without_a_new_offer(page: Page) -> None:
    offers = await run(
        page,
        f"both(); ann.share(picture()); {CONNECTED} await sees(ben); const before = wire.told.length;"
        "await ann.replaceTrack('video', picture().getTracks()[0]); await sees(ben);"
        "return wire.told.slice(before).filter((word) => word.includes('offer'));",
    )
    assert offers == []


async def test_candidates_that_come_before_the_description_are_kept(page: Page) -> None:
    await run(
        page,
        """
        both();
        const late = [];
        const hear = ben.hear.bind(ben);
        ben.hear = (signal) => "description" in signal ? late.push(signal) : hear(signal);
        ann.share(picture());
        await new Promise((done) => ann.connection.addEventListener("icegatheringstatechange",
            () => ann.connection.iceGatheringState === "complete" && done()));
        await hear(late.shift());
        ben.hear = hear;
        """
        + CONNECTED,
    )


async def test_a_restart_finds_a_new_way_with_freshly_fetched_servers(page: Page) -> None:
    before, after = await run(
        page,
        f"both(); ann.share(picture()); {CONNECTED}"
        "const fragment = () => /ice-ufrag:(.*)/.exec(ann.connection.currentLocalDescription.sdp)[1];"
        "const before = [fragment(), asked];"
        "const stable = new Promise((done) => ann.connection.addEventListener('signalingstatechange',"
        " () => ann.connection.signalingState === 'stable' && done()));"
        "dispatchEvent(new Event('online')); await stable; await sees(ben); return [before, [fragment(), asked]];",
    )
    assert before[0] != after[0]
    assert after[1] > before[1]


async def test_signals_that_were_lost_are_made_up_for(page: Page) -> None:
    await run(
        page,
        "both({}, { waits: true }); wire.cut = true;"
        "const offered = new Promise((done) => ann.connection.addEventListener('icegatheringstatechange',"
        " () => ann.connection.iceGatheringState === 'complete' && done()));"
        "ann.share(picture()); await offered; wire.cut = false; ann.resume(); ben.resume();"
        f"{CONNECTED} await sees(ben);",
    )


async def test_the_quality_is_told_in_words_and_numbers(page: Page) -> None:
    quality = await run(
        page,
        f"both(); ann.share(picture()); {CONNECTED} await sees(ben);"
        "const good = ({ level, received }) => level === 'good' && received > 0;"  # on a busy machine not at once
        "return new Promise((done) => ben.on('quality', (quality) => good(quality) && done(quality)));",
    )
    assert quality["frames"] > 0


async def test_what_is_no_description_is_a_fault_and_not_the_end(page: Page) -> None:
    await page.evaluate("async () => { both(); await ben.hear({ description: { type: 'offer', sdp: 'nonsense' } }); }")
    assert len(await page.evaluate("faults.splice(0)")) == 1
    await run(page, f"ann.share(picture()); {CONNECTED} await sees(ben);")


async def test_after_closing_nothing_is_heard_or_sent(page: Page) -> None:
    told = await run(
        page,
        f"both(); ann.share(picture()); {CONNECTED} ann.close(); const before = wire.told.length;"
        "await ann.hear({ candidate: { candidate: '' } }); ann.resume(); await ann.restart();"
        "dispatchEvent(new Event('online'));"
        "return [ann.state, wire.told.slice(before).filter((word) => word.includes('ann'))];",
    )
    assert told == ["closed", []]
