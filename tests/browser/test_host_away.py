"""A live show whose host's browser is gone says so on every page that is open, until they are back."""

import secrets
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from accounts.models import User
from realtime.runtime import threads
from streams.models import Stream
from tests import factories
from tests.browser.conftest import Window

pytestmark = [pytest.mark.browser, pytest.mark.journey]

SECRET = "a long enough secret"
AWAY = "The host is away, they will be right back."


def make_show() -> tuple[User, Stream]:
    name = f"creator-{secrets.token_hex(4)}"
    creator = User.objects.create_user(name, f"{name}@example.org", SECRET, "creator")
    return creator, factories.stream(creator, "live")


async def at_the_desk(window: Window, server: str, creator: User, stream: Stream, camera: bool = True) -> Page:
    page = await window(f"{server}/login/?next=/studio/{stream.pk}/")
    await page.get_by_label("Username").fill(creator.username)
    await page.get_by_label("Password").fill(SECRET)
    await page.get_by_role("main").get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Tea time")).to_be_visible()
    await expect(page.locator("[data-camera]")).to_have_attribute("data-live", "true")  # its script runs
    if camera:
        await page.get_by_role("button", name="Turn on camera and microphone").click()
    return page


async def test_the_desk_says_so_where_the_camera_of_another_window_is_lost(
    live_db: None, server: str, window: Window
) -> None:
    creator, stream = await threads.in_db(make_show)
    camera = await at_the_desk(window, server, creator, stream)
    desk = await at_the_desk(window, server, creator, stream, camera=False)
    viewer = await window(f"{server}/watch/{stream.pk}/")
    await expect(viewer.locator("[data-stage]")).to_have_attribute("data-seen", "true")
    await camera.context.set_offline(True)
    await expect(desk.get_by_text(AWAY)).to_be_visible()
    await camera.context.set_offline(False)
    await expect(desk.get_by_text(AWAY)).to_be_hidden()


async def test_every_open_page_says_that_the_host_is_away_until_they_are_back(
    live_db: None, server: str, window: Window, tmp_path: Path
) -> None:
    creator, stream = await threads.in_db(make_show)
    desk = await at_the_desk(window, server, creator, stream)
    viewer = await window(f"{server}/watch/{stream.pk}/")
    on_phone = await window(f"{server}/watch/{stream.pk}/", phone=True)
    for page in (viewer, on_phone):
        await expect(page.locator("[data-stage]")).to_have_attribute("data-seen", "true")
        await expect(page.get_by_text(AWAY)).to_be_hidden()
    await desk.context.close()
    for page in (viewer, on_phone):
        await expect(page.get_by_text(AWAY).first).to_be_visible()
    later = await window(f"{server}/watch/{stream.pk}/")
    await expect(later.get_by_text(AWAY).first).to_be_visible()
    await viewer.screenshot(path=tmp_path / "away.png")
    await on_phone.screenshot(path=tmp_path / "away-on-a-phone.png")
    assert await on_phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await at_the_desk(window, server, creator, stream)
    for page in (viewer, on_phone, later):
        await expect(page.locator("[data-away]")).to_be_hidden()
        await expect(page.locator("[data-stage]")).to_have_attribute("data-seen", "true")
