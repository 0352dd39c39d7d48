"""Two people call each other: real browsers with made-up cameras, a real server, and a real relay between them."""

import re
import secrets
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from playwright.async_api import Page, expect

from tests.browser.conftest import Window, come_back
from tests.journeys import server as servers
from tests.signaling import coturn

pytestmark = [pytest.mark.browser, pytest.mark.journey]

# Collects the connections of a page, which keeps them to itself.
WITNESS = """(() => {
    window.connections = [];
    const Original = RTCPeerConnection;
    window.RTCPeerConnection = class extends Original {
        constructor(...how) { super(...how); connections.push(this); }
    };
})()"""

RELAYS = """async () => {
    const report = await connections.at(-1).getStats();
    const pair = [...report.values()].find((row) => row.type === "candidate-pair" && row.nominated);
    return [pair.localCandidateId, pair.remoteCandidateId].map((id) => report.get(id).candidateType);
}"""

FAR = "document.querySelector('[data-far]')"
NEXT_FRAME = f"new Promise((seen) => {FAR}.requestVideoFrameCallback(() => seen(true)))"


async def arrive(window: Window, server: str, match: str, phone: bool = False) -> Page:
    """In the lobby, with a seat."""
    page = await window("about:blank", phone)
    await page.add_init_script(WITNESS)
    await page.goto(f"{server}/call/{match}/")
    await expect(page.locator("[data-presence]")).not_to_have_text("Entering…")
    return page


async def is_seen(page: Page) -> None:
    """Waits until the page decodes another picture of the other side."""
    await expect(page.locator("[data-call]")).to_have_attribute("data-peer", "connected")
    assert await page.evaluate(NEXT_FRAME)


async def until(page: Page, condition: str) -> None:
    """Playwright's own way would evaluate a text, which the page's policy forbids."""
    await page.evaluate(
        f"new Promise((done) => {{ (look = () => {condition} ? done() : requestAnimationFrame(look))(); }})"
    )


async def call(caller: Page, callee: Page) -> None:
    await expect(caller.get_by_text("The other side is here.")).to_be_visible()
    await caller.get_by_role("button", name="Call", exact=True).click()
    await callee.get_by_role("alertdialog").get_by_role("button", name="Accept").click()
    await is_seen(caller)
    await is_seen(callee)


@pytest.fixture
def match() -> str:
    return secrets.token_urlsafe(9)


@pytest.fixture
async def ann(server: str, window: Window, match: str) -> Page:
    return await arrive(window, server, match)


@pytest.fixture
async def ben(server: str, window: Window, match: str, ann: Page) -> Page:
    return await arrive(window, server, match, phone=True)


async def test_two_with_a_link_see_each_other_until_one_hangs_up(ann: Page, ben: Page) -> None:
    await ben.get_by_label("Your name").fill("Ben")
    await ben.get_by_label("Your name").blur()
    await call(ben, ann)
    await expect(ann.locator("[data-name]")).to_have_text("Ben")
    await expect(ann.get_by_text("Good connection")).to_be_visible()
    assert await ben.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await ben.get_by_role("button", name="Hang up").click()
    await expect(ben.get_by_role("heading", name="You hung up")).to_be_focused()
    await expect(ann.get_by_role("heading", name="The call has ended")).to_be_visible()
    await expect(ann.get_by_text("It lasted 0:")).to_be_visible()


async def test_who_waits_is_connected_when_the_other_one_comes_and_accepts(
    server: str, window: Window, match: str, ann: Page
) -> None:
    await ann.get_by_role("button", name="Wait for the other side").click()
    await expect(ann.get_by_role("heading", name="Nobody else is here yet")).to_be_visible()
    ben = await arrive(window, server, match)
    await ben.get_by_role("button", name="Accept").click()
    await is_seen(ann)
    await is_seen(ben)


async def test_a_declined_call_can_be_tried_again(ann: Page, ben: Page) -> None:
    await ann.get_by_role("button", name="Call", exact=True).click()
    await ben.get_by_role("button", name="Decline").click()
    await expect(ann.get_by_role("heading", name="They declined the call")).to_be_visible()
    await expect(ben.get_by_role("heading", name="You declined the call")).to_be_visible()
    await ann.get_by_role("button", name="Call again").click()
    await ben.get_by_role("button", name="Accept").click()
    await is_seen(ann)


async def test_who_hangs_up_too_early_was_missed(ann: Page, ben: Page) -> None:
    await ann.get_by_role("button", name="Call", exact=True).click()
    await expect(ben.get_by_role("alertdialog", name="Someone is calling")).to_be_visible()
    await ann.get_by_role("button", name="Cancel").click()
    await expect(ben.get_by_role("heading", name="Missed call")).to_be_visible()
    await expect(ben.get_by_text("Someone called at")).to_be_visible()
    await ben.get_by_role("button", name="Call back").click()
    await expect(ann.get_by_role("alertdialog", name="Someone is calling")).to_be_visible()


async def test_the_callers_name_rings_and_stands_with_a_missed_call(ann: Page, ben: Page) -> None:
    await ann.get_by_label("Your name").fill("Anna")
    await ann.get_by_label("Your name").blur()
    await ann.get_by_role("button", name="Call", exact=True).click()
    await expect(ben.get_by_role("alertdialog", name="Anna is calling")).to_be_visible()
    await expect(ben).to_have_title(re.compile("^☎ Anna is calling"))
    assert await ben.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await ann.get_by_role("button", name="Cancel").click()
    await expect(ben.get_by_text("Anna called at")).to_be_visible()
    await expect(ben).to_have_title(re.compile("^Missed call"))


async def test_a_guest_who_logs_in_is_back_in_the_call(server: str, match: str, ann: Page, ben: Page) -> None:
    await call(ann, ben)
    handle = await ben.evaluate(f"JSON.parse(sessionStorage.getItem('seat:{match}')).userId")
    await ben.goto(f"{server}/register/?next=/call/{match}/")
    name = f"ben-{secrets.token_hex(4)}"
    await ben.get_by_label("Username").fill(name)
    await ben.get_by_label("Email").fill(f"{name}@example.org")
    await ben.get_by_label("Password").fill("a long enough secret")
    await ben.get_by_role("main").get_by_role("button").last.click()
    await ben.wait_for_url(f"**/call/{match}/")
    await is_seen(ben)
    await is_seen(ann)
    await expect(ann.locator("[data-name]")).to_have_text(name)
    assert await ben.evaluate(f"JSON.parse(sessionStorage.getItem('seat:{match}')).userId") == handle


async def test_both_may_call_at_once(ann: Page, ben: Page) -> None:
    for page in (ann, ben):
        await expect(page.get_by_role("button", name="Call", exact=True)).to_be_enabled()
    for page in (ann, ben):
        await page.evaluate("document.querySelector('[data-begin]').click()")
    await is_seen(ann)
    await is_seen(ben)


async def test_a_page_loaded_again_is_back_in_the_call(ann: Page, ben: Page) -> None:
    await call(ann, ben)
    await ann.reload()
    await is_seen(ann)
    await is_seen(ben)
    await ben.reload()
    await is_seen(ben)
    await is_seen(ann)


async def test_the_call_outlives_a_loss_of_the_socket(ann: Page, ben: Page) -> None:
    await call(ann, ben)
    await ann.context.set_offline(True)
    await expect(ann.get_by_text("Connection lost")).to_be_visible()
    await is_seen(ann)
    await is_seen(ben)
    await come_back(ann)
    await ann.get_by_role("button", name="Hang up").click()
    await expect(ben.get_by_role("heading", name="The call has ended")).to_be_visible()


async def test_a_third_person_is_told_that_the_call_is_full_and_let_in_later(
    server: str, window: Window, match: str, ann: Page, ben: Page
) -> None:
    third = await window(f"{server}/call/{match}/")
    await expect(third.get_by_text("Two others are in this call.")).to_be_visible()
    await expect(third.get_by_role("button", name="Call", exact=True)).to_be_disabled()
    await ben.context.close()  # says nothing: the seat is kept for a few seconds more
    await expect(third.get_by_text("The other side is here.")).to_be_visible()


async def test_what_is_switched_off_is_shown_at_the_other_side(ann: Page, ben: Page) -> None:
    await call(ann, ben)
    await ann.get_by_role("button", name="Switch off the microphone").click()
    await ann.get_by_role("button", name="Switch off the camera").click()
    await expect(ben.get_by_text("Camera is off", exact=True)).to_be_visible()
    await expect(ben.get_by_text("Microphone is off")).to_be_attached()
    await ann.get_by_role("button", name="Switch on the camera").click()
    await expect(ben.get_by_text("Camera is off", exact=True)).to_be_hidden()
    await is_seen(ben)


async def test_a_shared_screen_takes_the_place_of_the_camera(ann: Page, ben: Page) -> None:
    await call(ann, ben)
    await ann.evaluate(
        """() => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 200 });
            const context = canvas.getContext("2d");
            setInterval(() => context.fillRect(0, 0, Date.now() % 640, 200), 40);
            navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(25);
        }"""
    )
    await ann.get_by_role("button", name="Share the screen").click()
    await until(ben, f"{FAR}.videoWidth > 3 * {FAR}.videoHeight")
    await expect(ben.locator("[data-far]")).to_have_attribute("data-shape", "screen")
    await ann.get_by_role("button", name="Stop sharing the screen").click()
    await until(ben, f"{FAR}.videoWidth < 3 * {FAR}.videoHeight")


async def test_the_same_seat_in_a_second_window_ends_the_first(
    server: str, window: Window, match: str, ann: Page
) -> None:
    kept = await ann.evaluate("JSON.stringify({ ...sessionStorage })")
    second = await window("about:blank")
    await second.add_init_script(f"Object.assign(sessionStorage, {kept})")
    await second.goto(f"{server}/call/{match}/")
    await expect(ann.get_by_role("heading", name="You have opened this call elsewhere")).to_be_visible()
    await expect(second.get_by_role("button", name="Wait for the other side")).to_be_enabled()


# --- through a relay, and through two servers


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[coturn.Relay]:
    with coturn.running(tmp_path_factory.mktemp("coturn")) as relay:
        yield relay


@pytest.fixture(scope="module")
def relayed(database_url: str, relay: coturn.Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose calls may go through the relay only."""
    with serving(database_url, tmp_path_factory.mktemp("relayed"), relay) as running:
        yield running.address.http


@pytest.fixture(scope="module")
def relayed_too(database_url: str, relay: coturn.Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another process of the same."""
    if not settings.REDIS_URL:
        pytest.skip("two processes hear each other through Redis")
    with serving(database_url, tmp_path_factory.mktemp("relayed"), relay) as running:
        yield running.address.http


def serving(database_url: str, folder: Path, relay: coturn.Relay) -> AbstractContextManager[servers.Server]:
    return servers.running(
        "uvicorn",
        database_url,
        folder,
        TURN_SERVER_URL=relay.url,
        TURN_SECRET=coturn.SECRET,
        ICE_TRANSPORT_POLICY="relay",
    )


@contextmanager
def held(relay: coturn.Relay) -> Iterator[None]:
    """For as long as the block lasts the relay is like a dead network: nothing passes, and nothing is refused."""
    relay.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        relay.process.send_signal(signal.SIGCONT)


async def assert_relayed(page: Page) -> None:
    assert await page.evaluate(RELAYS) == ["relay", "relay"]


async def test_a_call_goes_through_a_relay_where_no_other_way_is_allowed(
    relayed: str, window: Window, match: str
) -> None:
    ann, ben = await arrive(window, relayed, match), await arrive(window, relayed, match)
    await call(ann, ben)
    await assert_relayed(ann)
    await assert_relayed(ben)


async def test_a_call_recovers_when_its_relay_comes_back(
    relayed: str, relay: coturn.Relay, window: Window, match: str
) -> None:
    ann, ben = await arrive(window, relayed, match), await arrive(window, relayed, match)
    await call(ann, ben)
    with held(relay):
        for page in (ann, ben):
            await expect(page.get_by_text("Reconnecting…")).to_be_visible()
    for page in (ann, ben):
        await expect(page.get_by_text("Reconnecting…")).to_be_hidden()
        await is_seen(page)
        await assert_relayed(page)


async def test_two_servers_carry_one_call_through_the_relay(
    relayed: str, relayed_too: str, relay: coturn.Relay, window: Window, match: str
) -> None:
    ann, ben = await arrive(window, relayed, match), await arrive(window, relayed_too, match)
    await call(ann, ben)
    await assert_relayed(ben)
    with held(relay):
        await expect(ann.get_by_text("Reconnecting…")).to_be_visible()
    for page in (ann, ben):
        await expect(page.get_by_text("Reconnecting…")).to_be_hidden()
        await is_seen(page)
    await ben.reload()
    await is_seen(ben)
    await is_seen(ann)
