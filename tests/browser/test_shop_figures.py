"""The shop's figures and a visitor's timeline in the admin, in Chromium."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from accounts.identity import user_key
from accounts.models import User
from realtime import database
from tests import factories
from tests.analytics.test_visitors import happen
from tests.browser.conftest import PASSWORD, Window
from tests.browser.screens import violations
from tests.browser.test_a_show import nothing_overflows

pytestmark = [pytest.mark.browser, pytest.mark.journey]


def make() -> tuple[User, User]:
    """One of the staff, and somebody who did one of everything in a live show."""
    staff, user = factories.user("staff"), factories.user()
    staff.set_password(PASSWORD)
    staff.save()
    show = factories.stream(factories.user("creator"), "live", title="An evening at the pottery")
    happen(show, factories.product(show.creator, name="Mug"), user, user_key(user.pk))
    return staff, user


async def enter(page: Page, staff: User) -> None:
    await page.locator("[name=username]").fill(staff.username)
    await page.locator("[name=password]").fill(PASSWORD)
    await page.locator("[name=password]").press("Enter")


def tile(page: Page, caption: str) -> Any:
    return page.locator("[data-front]").get_by_role("link", name=caption)


@pytest.mark.parametrize("phone", [True, False])
async def test_staff_see_the_shop_and_find_what_a_visitor_did(
    live_db: None, server: str, window: Window, phone: bool
) -> None:
    staff, user = await database.in_db(make)
    page = await window(f"{server}/admin/login/?next=/admin/", phone=phone)
    await enter(page, staff)
    await expect(tile(page, "Live now")).to_have_text(re.compile(r"Live now\s*[1-9]"))
    await page.get_by_role("link", name="30 days").click()
    await expect(page.get_by_role("link", name="30 days")).to_have_attribute("aria-current", "true")
    await expect(tile(page, "Revenue less refunds")).to_contain_text("EUR")
    assert await violations(page, ".front") == []
    assert await nothing_overflows(page)
    await page.locator("#content").get_by_role("link", name="Visitors").click()
    await expect(page.get_by_label("An account’s name")).to_be_visible()
    assert await violations(page, ".front") == []
    await page.get_by_label("An account’s name").fill(user.username)
    await page.get_by_role("button", name="Find").click()
    facts = page.get_by_role("region", name="What they did").get_by_role("row")
    await expect(facts).to_have_count(1 + 14)
    await expect(facts.last).to_contain_text("Watched")
    await expect(page.get_by_role("listitem").filter(has_text=staff.username)).to_have_count(1)
    assert await violations(page, ".front") == []
    assert await nothing_overflows(page)
