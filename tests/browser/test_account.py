"""People look after their own account: its page, a new password, and the end of it."""

import pytest
from playwright.async_api import expect

from accounts.models import User
from realtime.runtime import threads
from tests.browser.conftest import PASSWORD, Window
from tests.browser.screens import violations
from tests.browser.test_a_show import nothing_overflows
from tests.browser.test_coming_show import log_in, make_creator

pytestmark = [pytest.mark.browser, pytest.mark.journey]


def make_confirmed() -> User:
    user = make_creator()
    user.confirm_address()
    return user


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_an_account_is_logged_out_everywhere_and_erased(
    live_db: None, server: str, window: Window, phone: bool
) -> None:
    user = await threads.in_db(make_confirmed)
    elsewhere = await log_in(window, server, user, "/studio/", phone)
    page = await log_in(window, server, user, "/account/", phone)
    await expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
    assert await violations(page) == []
    assert await nothing_overflows(page)
    await page.get_by_role("button", name="Log out everywhere").click()
    await page.wait_for_url(f"{server}/")
    await elsewhere.reload()
    await expect(elsewhere.get_by_role("heading", name="Log in")).to_be_visible()
    page = await log_in(window, server, user, "/account/", phone)
    await page.get_by_role("button", name="Erase my account").click()
    await expect(page.get_by_role("alert").filter(has_text="Please write your password")).to_be_visible()
    await page.get_by_label("Your password").fill("not this one")
    await page.get_by_role("button", name="Erase my account").click()
    await page.get_by_role("dialog").get_by_role("button", name="Erase it").click()
    await expect(page.get_by_role("alert").filter(has_text="This is not your password")).to_be_visible()
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Erase my account").click()
    await page.get_by_role("dialog").get_by_role("button", name="Erase it").click()
    await page.wait_for_url(f"{server}/")
    await expect(page.get_by_role("link", name="Register")).to_be_visible()
    erased = await threads.in_db(User.objects.get, pk=user.pk)
    assert not erased.is_active


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_a_forgotten_password_is_asked_for(live_db: None, server: str, window: Window, phone: bool) -> None:
    page = await window(f"{server}/login/", phone=phone)
    await page.get_by_role("link", name="Forgotten your password?").click()
    await page.get_by_label("Email").fill("nobody@example.com")
    assert await violations(page) == []
    await page.get_by_role("button", name="Choose a new password").click()
    await expect(page.get_by_role("status")).to_contain_text("a mail with a link is on its way")
    assert await violations(page) == []
