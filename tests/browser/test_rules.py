"""Who may take part in a show, as those who watch it see it, and the names that they are shown by."""

import secrets

import pytest
from playwright.async_api import Page, expect

from accounts.models import User
from realtime.runtime import threads
from streams.models import ChatMessage, Stream
from tests import factories
from tests.browser.conftest import Window

pytestmark = [pytest.mark.browser, pytest.mark.journey]

SECRET = "a long enough secret"


def make_user(role: str) -> User:
    name = f"{role}-{secrets.token_hex(4)}"
    return User.objects.create_user(name, f"{name}@example.org", SECRET, role)


async def logged_in(window: Window, server: str, user: User, path: str) -> Page:
    page = await window(f"{server}/login/?next={path}")
    await page.get_by_label("Username").fill(user.username)
    await page.get_by_label("Password").fill(SECRET)
    await page.get_by_role("main").get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Tea time").first).to_be_visible()
    return page


def make_show() -> tuple[User, User, Stream]:
    creator = make_user("creator")
    return creator, make_user("viewer"), factories.stream(creator, "live")


async def test_a_show_is_closed_to_young_accounts_by_one_choice(live_db: None, server: str, window: Window) -> None:
    creator, viewer, stream = await threads.in_db(make_show)
    desk = await logged_in(window, server, creator, f"/studio/{stream.pk}/")
    young = await logged_in(window, server, viewer, f"/watch/{stream.pk}/")
    guest = await window(f"{server}/watch/{stream.pk}/")
    age = desk.get_by_role("group", name="Rules of the chat").get_by_label("Who may take part")
    fields = [page.get_by_role("textbox", name="Message") for page in (young, guest)]
    for field in fields:
        await expect(field).to_be_visible()
    await age.select_option("Accounts older than an hour")
    for field in fields:
        await expect(field).to_be_hidden()
    await expect(young.get_by_text("This chat is for older accounts.")).to_be_visible()
    await expect(guest.get_by_role("link", name="Log in").last).to_be_visible()
    await young.reload()
    await expect(young.get_by_text("This chat is for older accounts.")).to_be_visible()
    await age.select_option("Everyone")
    for field in fields:
        await expect(field).to_be_visible()


async def test_a_guest_is_told_that_a_name_is_not_free(live_db: None, server: str, window: Window) -> None:
    _, _, stream = await threads.in_db(make_show)
    guest = await window(f"{server}/watch/{stream.pk}/")
    for name, shown in (("Аdmin", "Guest"), ("דנה", "דנה")):
        await guest.get_by_label("Your name").fill(name)
        await guest.get_by_role("textbox", name="Message").fill(f"I am {name}")
        await guest.get_by_role("button", name="Send").click()
        await expect(guest.locator(".line", has_text=f"I am {name}").locator("[data-name]")).to_have_text(shown)
        await expect(guest.get_by_text("is taken or reserved")).to_be_visible(visible=shown == "Guest")
    names = guest.locator("[data-lines] [data-name]").last
    assert await names.evaluate("element => [getComputedStyle(element).unicodeBidi, element.dir]") == [
        "isolate",
        "auto",
    ]
    assert await threads.in_db(
        lambda: set(ChatMessage.objects.filter(stream=stream).values_list("name", flat=True))
    ) == {
        "Guest",
        "דנה",
    }


async def test_only_the_reactions_of_a_show_are_offered(live_db: None, server: str, window: Window) -> None:
    _, _, stream = await threads.in_db(make_show)
    await threads.in_db(lambda: stream.revise(reaction_kinds=["heart", "fire"]))
    guest = await window(f"{server}/watch/{stream.pk}/")
    buttons = guest.get_by_role("group", name="React").get_by_role("button")
    await expect(buttons).to_have_count(2)
    await threads.in_db(lambda: stream.revise(reaction_kinds=["heart", "fire", "wow"]))
    await expect(buttons).to_have_count(3)
