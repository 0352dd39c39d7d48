"""Calling the shop from a product and from a show: a shopper's window, and that of the staff who take it."""

import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from accounts.models import User
from realtime.runtime import threads
from shopping.models import Product
from streams.models import Stream
from tests import factories
from tests.browser.conftest import Window
from tests.browser.test_calls import is_seen

pytestmark = [pytest.mark.browser, pytest.mark.journey]

SECRET = "a long enough secret"


def make_staff() -> User:
    name = f"staff-{secrets.token_hex(4)}"
    return User.objects.create_user(name, f"{name}@example.org", SECRET, "staff")


def make_show() -> tuple[Stream, Product]:
    stream = factories.stream(factories.user("creator"), "live", title="An evening at the pottery")
    product = factories.product(stream.creator, name=f"Teapot {secrets.token_hex(3)}")
    factories.listing(stream, product)
    return stream, product


async def take_calls(window: Window, server: str, phone: bool = False) -> Page:
    """A member of the staff at their page, with the switch on."""
    user = await threads.in_db(make_staff)
    page = await window(f"{server}/login/?next=/calls/", phone)
    await page.get_by_label("Username").fill(user.username)
    await page.get_by_label("Password").fill(SECRET)
    await page.get_by_role("main").get_by_role("button", name="Log in").click()
    await page.wait_for_url("**/calls/")
    await page.get_by_role("switch", name="I take calls").click()
    await expect(page.get_by_text("You are available.")).to_be_visible()
    return page


async def fits(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def test_a_shopper_calls_from_a_product_and_both_see_each_other(
    live_db: None, server: str, window: Window, tmp_path: Path
) -> None:
    _, product = await threads.in_db(make_show)
    shopper = await window(f"{server}/", phone=True)
    await shopper.locator(f"[data-product='{product.pk}']").click()
    button = shopper.get_by_role("dialog").get_by_role("button", name="Call the shop")
    await expect(button).to_be_hidden()
    staff = await take_calls(window, server)
    await expect(button).to_be_visible()
    await shopper.evaluate("localStorage.setItem('vitrine.name', 'Anna')")
    await button.click()
    await expect(shopper.get_by_role("heading", name="Calling the shop…")).to_be_visible()
    ringing = staff.get_by_role("alertdialog", name="Anna is calling")
    await expect(ringing).to_contain_text(f"About: {product.name}")
    await expect(ringing.get_by_text("Guest", exact=True)).to_be_visible()
    await expect(staff).to_have_title(re.compile("^☎ Anna is calling"))
    await shopper.screenshot(path=tmp_path / "shopper-rings.png")
    await staff.screenshot(path=tmp_path / "staff-rings.png")
    assert await fits(shopper)
    assert await fits(staff)
    await ringing.get_by_role("button", name="Accept").click()
    for page in (shopper, staff):
        await page.wait_for_url("**/call/*/")
        await is_seen(page)
    await expect(staff.locator("[data-name]")).to_have_text("Anna")
    await expect(staff.get_by_text(f"Anna: {product.name}")).to_be_visible()
    await shopper.screenshot(path=tmp_path / "shopper-talks.png")
    await staff.screenshot(path=tmp_path / "staff-talks.png")
    await shopper.get_by_role("button", name="Hang up").click()
    await expect(staff.get_by_role("heading", name="The call has ended")).to_be_visible()
    await staff.get_by_role("link", name="Back to the calls").click()
    await expect(staff.get_by_text("You are available.")).to_be_visible()


async def test_a_viewer_calls_from_a_show_and_is_told_that_nobody_can(
    live_db: None, server: str, window: Window, tmp_path: Path
) -> None:
    stream, _ = await threads.in_db(make_show)
    staff = await take_calls(window, server, phone=True)
    viewer = await window(f"{server}/watch/{stream.pk}/")
    button = viewer.get_by_role("button", name="Call the shop").first
    await button.click()
    ringing = staff.get_by_role("alertdialog", name="Guest is calling")
    await expect(ringing).to_contain_text("About: An evening at the pottery")
    await expect(viewer.get_by_role("heading", name="Calling the shop…")).to_be_visible()
    await viewer.screenshot(path=tmp_path / "viewer-rings.png")
    await staff.screenshot(path=tmp_path / "staff-on-a-phone.png")
    assert await fits(staff)
    await ringing.get_by_role("button", name="Decline").click()
    await expect(viewer.get_by_role("heading", name="Nobody can take your call")).to_be_visible()
    await viewer.screenshot(path=tmp_path / "nobody.png")
    await viewer.get_by_role("dialog").get_by_role("button", name="Close").click()
    await expect(button).to_be_visible()
    await staff.get_by_role("switch", name="I take calls").click()
    await expect(button).to_be_hidden()


async def test_whoever_gives_up_is_a_missed_call(live_db: None, server: str, window: Window, tmp_path: Path) -> None:
    stream, _ = await threads.in_db(make_show)
    staff = await take_calls(window, server)
    viewer = await window(f"{server}/watch/{stream.pk}/", phone=True)
    await viewer.get_by_role("button", name="Call the shop").first.click()
    await expect(staff.get_by_role("alertdialog")).to_be_visible()
    assert await fits(viewer)
    await viewer.screenshot(path=tmp_path / "viewer-on-a-phone.png")
    await viewer.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await expect(staff.get_by_role("alertdialog")).to_be_hidden()
    await expect(staff.get_by_role("listitem").first).to_contain_text("Guest")
    await expect(staff.get_by_role("listitem").first).to_contain_text("An evening at the pottery")
    await staff.close()
    await expect(viewer.get_by_role("button", name="Call the shop").first).to_be_hidden()
    assert urlsplit(viewer.url).path == f"/watch/{stream.pk}/"
