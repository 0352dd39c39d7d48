"""voice.js among people whom a test plays itself."""

import pytest

from tests.browser import played
from tests.browser.conftest import Window

pytestmark = pytest.mark.browser

STAGE = """async () => {
    const { Voice } = await import("/static/shopping/voice.js");
    const hearers = {};
    const together = {
        clientId: "me",
        isMe: (userId) => userId === "me",
        on: (type, hear) => { hearers[type] = hear; },
        sync: async () => {},
        signal: () => {},
    };
    window.say = (type, said) => hearers[type](said);
    window.speak = (count) => {
        for (let n = 1; n <= count; n++) say("VOICE_STATE", { sourceId: `p${n}`, joined: true });
    };
    window.voice = new Voice(together, "data:application/json,{}", () => {});
    window.reached = () => voice.state.speakers.filter(({ state }) => state !== "absent").map(({ userId }) => userId);
}"""


async def test_at_most_six_are_connected_though_more_speak(window: Window) -> None:
    page = await played.blank(window, "http://localhost")
    await page.evaluate(STAGE)
    await page.evaluate("voice.join()")
    await page.evaluate(
        "for (const n of [1, 2, 3, 4, 5, 6, 7]) say('VOICE_STATE', { sourceId: `p${n}`, joined: true })"
    )
    assert await page.evaluate("reached()") == ["p1", "p2", "p3", "p4", "p5"]
    await page.evaluate("say('WEBRTC_SIGNAL', { sourceId: 'p7', signal: { candidate: {} } })")
    assert len(await page.evaluate("reached()")) == 5


async def test_whoever_comes_to_six_who_speak_is_told_so(window: Window) -> None:
    page = await played.blank(window, "http://localhost")
    await page.evaluate(STAGE)
    await page.evaluate("speak(6)")
    assert "At most 6" in await page.evaluate("voice.join().catch((error) => error.message)")
