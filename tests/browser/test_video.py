"""A show's picture in Chromium, with a fake camera and microphone: seen from browser to browser by several viewers."""

import secrets
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Window, come_back
from tests.browser.test_a_show import arrive, create_show, nothing_overflows, register

pytestmark = [pytest.mark.browser, pytest.mark.journey]

# Keeps every connection that the page makes, so that a test can read its statistics.
KEEP = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...how) { super(...how); connections.push(this); }
};
"""
DECODED = """async () => {
    let frames = 0;
    for (const connection of connections) {
        if (connection.connectionState !== "connected") continue;
        (await connection.getStats()).forEach((row) => {
            if (row.type === "inbound-rtp" && row.kind === "video") frames += row.framesDecoded ?? 0;
        });
    }
    return frames;
}"""
DECODES = f"""async () => {{
    const decoded = {DECODED};
    const [before, until] = [await decoded(), Date.now() + 30_000];
    while (Date.now() < until) {{
        if ((await decoded()) > before) return true;
        await new Promise(requestAnimationFrame);
    }}
    return false;
}}"""
TITLE = "An evening at the pottery"


async def decodes_more(page: Page) -> None:
    """Waits until the page has decoded frames that it had not yet."""
    assert await page.evaluate(DECODES), "no frame was decoded"


async def until(page: Page, condition: str) -> None:
    """Waits for what may become so; Playwright's own way evaluates text, which the pages' security policy refuses."""
    waits = """async () => {
        const patience = Date.now() + 30_000;
        while (Date.now() < patience) {
            if (CONDITION) return true;
            await new Promise(requestAnimationFrame);
        }
        return false;
    }"""
    assert await page.evaluate(waits.replace("CONDITION", condition)), condition


async def live_connections(page: Page) -> int:
    count: int = await page.evaluate("connections.filter((one) => one.connectionState === 'connected').length")
    return count


async def become_creator(page: Page) -> None:
    await register(page, f"creator-{secrets.token_hex(4)}", "watch and present shows")
    await arrive(page, "Studio")


@pytest.fixture
async def host(server: str, window: Window) -> Page:
    """At the desk of a new show, with the camera on."""
    page = await window(f"{server}/register/?next=/studio/")
    await page.context.add_init_script(KEEP)
    await become_creator(page)
    await create_show(page, TITLE, [])
    await page.get_by_role("button", name="Turn on camera and microphone").click()
    await expect(page.get_by_role("button", name="Switch off the camera")).to_be_visible()
    return page


@pytest.fixture
async def show(host: Page) -> str:
    return await host.get_by_label("Link for viewers").input_value()


async def viewer(window: Window, show: str, phone: bool = False) -> Page:
    page = await window("about:blank", phone=phone)
    await page.context.add_init_script(KEEP)
    await page.goto(show)
    return page


async def go_live(host: Page) -> None:
    await host.get_by_role("button", name="Go live").click()
    await expect(host.get_by_text("On air")).to_be_visible()


def picture(page: Page) -> Any:
    return page.locator("[data-picture]")


async def test_three_viewers_see_the_host_two_who_waited_and_one_who_comes_later(
    host: Page, show: str, window: Window
) -> None:
    waited = [await viewer(window, show), await viewer(window, show, phone=True)]
    await go_live(host)
    late = await viewer(window, show)
    for page in (*waited, late):
        await expect(picture(page)).to_be_visible()
        await decodes_more(page)
    await expect(host.get_by_text("seen by 3")).to_be_visible()
    for page in (*waited, late, host):
        assert await nothing_overflows(page)


async def test_the_picture_survives_the_loss_of_either_sides_socket(host: Page, show: str, window: Window) -> None:
    await go_live(host)
    guest = await viewer(window, show)
    await decodes_more(guest)
    for page in (guest, host):
        connections = await page.evaluate("connections.length")
        await page.context.set_offline(True)
        await expect(page.get_by_text("Connection lost")).to_be_visible()
        await come_back(page)
        await decodes_more(guest)
        assert await page.evaluate("connections.length") == connections
    await expect(picture(guest)).to_be_visible()


async def test_a_host_who_loads_the_page_anew_is_seen_again(host: Page, show: str, window: Window) -> None:
    await go_live(host)
    guest = await viewer(window, show)
    await decodes_more(guest)
    await host.reload()
    await expect(picture(guest)).to_be_hidden()
    await host.get_by_role("button", name="Turn on camera and microphone").click()
    await decodes_more(guest)
    await expect(picture(guest)).to_be_visible()
    assert await live_connections(guest) == 1


async def test_a_pause_sends_nothing_and_the_end_takes_the_picture_away(host: Page, show: str, window: Window) -> None:
    await go_live(host)
    guest = await viewer(window, show)
    await decodes_more(guest)
    await host.get_by_role("button", name="Pause").click()
    await expect(guest.get_by_role("heading", name="A short pause")).to_be_visible()
    await until(guest, "connections.every((one) => one.connectionState !== 'connected')")
    await host.get_by_role("button", name="Resume").click()
    await decodes_more(guest)
    await host.get_by_role("button", name="End the show").click()
    await host.get_by_role("dialog").get_by_role("button", name="End the show").click()
    await expect(guest.get_by_role("heading", name="The show is over")).to_be_visible()
    await expect(picture(guest)).to_be_hidden()


async def test_a_second_window_of_the_studio_takes_over(host: Page, show: str, window: Window) -> None:
    await go_live(host)
    guest = await viewer(window, show)
    await decodes_more(guest)
    second = await host.context.new_page()
    await second.goto(host.url)
    await second.get_by_role("button", name="Turn on camera and microphone").click()
    await expect(host.get_by_text("comes from another window or device")).to_be_visible()
    await expect(second.get_by_text("seen by 1")).to_be_visible()
    await decodes_more(guest)
    await until(host, "connections.every((one) => one.connectionState !== 'connected')")
    await host.get_by_role("button", name="Send the picture from here again").click()
    await expect(second.get_by_text("comes from another window or device")).to_be_visible()
    await expect(host.get_by_text("comes from another window or device")).to_be_hidden()
    await decodes_more(guest)
    await until(second, "connections.every((one) => one.connectionState !== 'connected')")


async def test_a_camera_that_is_switched_off_sends_no_picture_and_on_again_one(
    host: Page, show: str, window: Window
) -> None:
    await go_live(host)
    guest = await viewer(window, show)
    await decodes_more(guest)
    await host.get_by_role("button", name="Switch off the camera").click()
    await expect(host.get_by_text("Your camera is off")).to_be_visible()
    await expect(guest.get_by_text("The camera is off.")).to_be_visible()
    await expect(picture(guest)).to_be_hidden()
    await host.get_by_role("button", name="Switch on the camera").click()
    await decodes_more(guest)
    await expect(picture(guest)).to_be_visible()


async def test_another_camera_can_be_chosen(host: Page, show: str, window: Window) -> None:
    await go_live(host)
    guest = await viewer(window, show)
    await decodes_more(guest)
    choices = host.get_by_role("combobox", name="Camera").locator("option")
    assert await choices.count() >= 1
    await host.get_by_role("combobox", name="Camera").select_option(index=await choices.count() - 1)
    await decodes_more(guest)
    await expect(host.get_by_role("combobox", name="Microphone")).to_be_visible()


async def test_the_viewer_turns_the_sound_off_and_on(host: Page, show: str, window: Window) -> None:
    await go_live(host)
    guest = await viewer(window, show)
    await decodes_more(guest)
    await guest.get_by_role("button", name="Turn off the sound").click()
    assert await picture(guest).evaluate("(video) => video.muted")
    await guest.get_by_role("button", name="Turn on the sound").click()
    assert not await picture(guest).evaluate("(video) => video.muted")


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ("NotAllowedError", "Your browser keeps them from this page."),
        ("NotFoundError", "None was found on this device."),
    ],
)
async def test_what_keeps_the_camera_from_opening_is_said_in_a_sentence(
    server: str, window: Window, refusal: str, words: str
) -> None:
    page = await window(f"{server}/register/?next=/studio/")
    await page.context.add_init_script(
        f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{refusal}'); }}"
    )
    await become_creator(page)
    await create_show(page, TITLE, [])
    await page.get_by_role("button", name="Turn on camera and microphone").click()
    await expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    await expect(page.get_by_role("button", name="Turn on camera and microphone")).to_be_visible()
