"""A show that is to come: scheduled, counted down to, reminded of; and a rehearsal that nobody else sees."""

import secrets
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.async_api import Page, expect

from accounts.models import User
from realtime.runtime import threads
from streams.models import Reminder, Stream
from tests import factories
from tests.browser.conftest import PASSWORD, Window
from tests.browser.screens import violations
from tests.browser.test_a_show import nothing_overflows

pytestmark = [pytest.mark.browser, pytest.mark.journey]

COVER = "/static/storefront/favicon.svg"


def make_creator() -> User:
    name = f"creator-{secrets.token_hex(4)}"
    return User.objects.create_user(name, f"{name}@example.org", PASSWORD, "creator")


def make_show() -> Stream:
    begins = timezone.now() + timedelta(days=1, hours=2, minutes=5)
    return factories.stream(make_creator(), starts_at=begins, title=f"Teapots {secrets.token_hex(4)}", cover=COVER)


async def log_in(window: Window, server: str, user: User, path: str, phone: bool = False) -> Page:
    page = await window(f"{server}/login/?next={path}", phone=phone)
    await page.get_by_label("Username").fill(user.username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    await page.wait_for_url(f"{server}{path}")
    return page


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_a_guest_counts_down_and_is_reminded(live_db: None, server: str, window: Window, phone: bool) -> None:
    show = await threads.in_db(make_show)
    front = await window(server, phone=phone)
    await expect(front.get_by_role("link", name=show.title).first).to_contain_text("Starts in 1 day 2 hours")
    assert await violations(front) == []
    page = await window(f"{server}/watch/{show.pk}/", phone=phone)
    await expect(page.get_by_role("timer")).to_contain_text("Starts in 1 day 2 hours")
    await expect(page.get_by_role("link", name="Add to calendar")).to_have_attribute(
        "href", f"/watch/{show.pk}/show.ics"
    )
    remind = page.get_by_role("button", name="Remind me")
    await remind.click()
    await page.get_by_label("Your e-mail address", exact=True).fill("nobody")
    await page.get_by_label("Your e-mail address", exact=True).press("Enter")
    await expect(page.get_by_text("Please write your e-mail address")).to_be_visible()
    assert await violations(page) == []
    assert await nothing_overflows(page)
    await page.get_by_label("Your e-mail address", exact=True).fill("ann@example.com")
    await page.get_by_role("button", name="Send me one mail").click()
    await expect(page.get_by_role("button", name="We will remind you")).to_be_focused()
    assert await threads.in_db(lambda: Reminder.objects.get(stream=show).email) == "ann@example.com"
    await threads.in_db(lambda: show.revise(starts_at=timezone.now() - timedelta(seconds=5)))
    await expect(page.get_by_role("timer")).to_contain_text("Starts late")


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_a_creator_schedules_and_rehearses_and_opens_the_show(
    live_db: None, server: str, window: Window, phone: bool
) -> None:
    creator = await threads.in_db(make_creator)
    page = await log_in(window, server, creator, "/studio/", phone)
    await page.get_by_role("button", name="New show").click()
    form = page.get_by_role("dialog", name="New show")
    await form.get_by_label("Title").fill("Evening of lamps")
    await form.get_by_label("Begins").fill("2031-07-01T20:00")
    await form.get_by_label("Time zone").fill("Atlantis/Capital")
    await form.get_by_label("Language").fill("de")
    await form.get_by_label("A rehearsal").check()
    assert await violations(page) == []
    await form.get_by_role("button", name="Create").click()
    await expect(form.get_by_role("alert")).to_contain_text("There is no such time zone")
    await form.get_by_label("Time zone").fill("Europe/Berlin")
    await form.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("heading", name="Evening of lamps")).to_be_visible()
    await expect(page.get_by_text("Rehearsal", exact=True)).to_be_visible()
    show = await threads.in_db(lambda: Stream.objects.get(creator=creator))
    assert show.starts_at is not None
    assert show.starts_at.isoformat() == "2031-07-01T18:00:00+00:00"
    stranger = await window(server)
    assert (await stranger.request.get(f"{server}/watch/{show.pk}/")).status == 404
    await page.get_by_role("button", name="Edit").click()
    edit = page.get_by_role("dialog", name="Edit the show")
    await expect(edit.get_by_label("Begins")).to_have_value("2031-07-01T20:00")
    await edit.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Open to everybody").click()
    await page.get_by_role("dialog").get_by_role("button", name="Open to everybody").click()
    await expect(page.get_by_text("Rehearsal", exact=True)).to_have_count(0)
    await stranger.goto(f"{server}/watch/{show.pk}/")
    await expect(stranger.get_by_role("heading", name="Evening of lamps")).to_be_visible()
