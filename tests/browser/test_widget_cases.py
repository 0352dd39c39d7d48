"""The window of support beyond asking and answering: hours, ratings, offers, older conversations, shared computers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.async_api import Locator, Page, expect

from realtime.runtime import threads
from shopping.models import Product
from streams.models import ChatMessage
from support.models import Conversation, Offer, OpeningHours, Rating, Schedule
from support.models.chat_lines import take_up
from tests import factories
from tests.browser.conftest import PASSWORD, Window
from tests.browser.screens import violations
from tests.browser.widget import ask, button, field, lines, reply, shoot, texts, window_of, write
from tests.support.desk import agent, said

pytestmark = pytest.mark.browser

PHONES = pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])


def pressed(page: Page, name: str) -> Locator:
    return window_of(page).get_by_role("button", name=name, exact=True)


# --- hours


def close_the_shop() -> Any:
    """Opens in three days."""
    schedule = Schedule.objects.create(time_zone="UTC")
    day = (timezone.now() + timedelta(days=3)).weekday()
    OpeningHours.objects.create(schedule=schedule, weekday=day, opens="09:00", closes="17:00")
    return schedule


@pytest.fixture
async def closed_shop() -> AsyncIterator[None]:
    schedule = await threads.in_db(close_the_shop)
    yield
    await threads.in_db(schedule.delete)


@PHONES
@pytest.mark.usefixtures("closed_shop")
async def test_who_comes_when_nobody_is_there_may_leave_an_address(server: str, window: Window, phone: bool) -> None:
    page = await window(server, phone=phone)
    await button(page).click()
    day = (timezone.now() + timedelta(days=3)).strftime("%A")
    await expect(window_of(page).get_by_text(f"Nobody is here just now. We are back {day}")).to_be_visible()
    address = window_of(page).get_by_role("textbox", name="Your e-mail address")
    await address.fill("noa@")
    await write(page, f"Late {phone}")
    await expect(window_of(page).get_by_text("This is not a complete e-mail address.")).to_be_visible()
    await expect(address).to_be_focused()
    assert await violations(page) == []
    await shoot(page, f"away-{phone}")
    await address.fill("noa@example.com")
    await address.press("Enter")
    await expect(lines(page)).to_contain_text("Delivered")
    conversation = await threads.in_db(lambda: Conversation.objects.get(messages__text=f"Late {phone}"))
    assert conversation.email == "noa@example.com"


# --- the end of a conversation, and older ones


@PHONES
async def test_a_settled_conversation_is_rated_and_goes_on(server: str, window: Window, phone: bool) -> None:
    page = await window(server, phone=phone)
    conversation = await ask(page)
    await threads.in_db(conversation.set_status, await threads.in_db(agent), "resolved")
    await window_of(page).get_by_role("radio", name="4: Good").check()
    await window_of(page).get_by_role("textbox", name="What should we know").fill("Quick.")
    assert await violations(page) == []
    await shoot(page, f"rating-{phone}")
    await pressed(page, "Send rating").click()
    await expect(window_of(page).get_by_text("Thank you for telling us.")).to_be_visible()
    rating = await threads.in_db(lambda: Rating.objects.get(conversation=conversation))
    assert (rating.score, rating.comment) == (4, "Quick.")
    await page.reload()
    await expect(lines(page)).to_have_count(1)
    await expect(window_of(page).get_by_text("How did we do?")).to_be_hidden()
    await write(page, "One more thing")
    await expect(lines(page).last).to_contain_text("Delivered")
    await threads.in_db(conversation.refresh_from_db)
    assert conversation.status == "open"


def settle_long_ago(conversation: Conversation) -> None:
    conversation.set_status(agent(), "resolved")
    Conversation.objects.filter(pk=conversation.pk).update(resolved_at=timezone.now() - timedelta(days=8))


async def test_older_conversations_can_be_read(server: str, window: Window) -> None:
    page = await window(server)
    old = await ask(page, "What did the first one say?")
    await threads.in_db(settle_long_ago, old)
    await page.reload()
    await expect(window_of(page).get_by_text("How can we help you?")).to_be_visible()
    await write(page, "Something else now")
    await expect(lines(page)).to_contain_text("Delivered")
    assert await texts(old) == ["What did the first one say?"]
    await pressed(page, "Older conversations").click()
    entry = window_of(page).get_by_role("button", name="What did the first one say?")
    await expect(entry).to_be_visible()
    assert await violations(page) == []
    await shoot(page, "past")
    await entry.click()
    await expect(lines(page)).to_contain_text("What did the first one say?")
    await page.keyboard.press("Escape")
    await expect(entry).to_be_visible()
    await pressed(page, "Back").click()
    await expect(lines(page)).to_contain_text("Something else now")


async def test_what_was_said_before_the_newest_hundred_can_be_had(server: str, window: Window) -> None:
    page = await window(server)
    conversation = await ask(page)
    colleague = await threads.in_db(agent)

    for number in range(120):
        await threads.in_db(lambda: said(colleague, f"number {number}", conversation_id=conversation.pk))  # noqa: B023
    await page.reload()
    await expect(lines(page)).to_have_count(100)
    await pressed(page, "Earlier messages").click()
    await expect(lines(page)).to_have_count(121)
    await expect(lines(page).nth(1)).to_contain_text("number 0")


# --- offers


@PHONES
async def test_an_offer_is_accepted_or_declined(server: str, window: Window, phone: bool) -> None:
    page = await window(server, phone=phone)
    conversation = await ask(page)
    colleague = await threads.in_db(agent)
    await threads.in_db(Offer.objects.make, conversation, colleague, "call")
    await expect(lines(page).last).to_contain_text(f"{colleague.identity.name} offers you a call.")
    assert await violations(page) == []
    await shoot(page, f"offer-{phone}")
    await pressed(page, "No, thanks").click()
    await expect(lines(page).last).to_contain_text("You have declined.")
    await threads.in_db(Offer.objects.make, conversation, colleague, "party")
    await pressed(page, "Accept").click()
    link = lines(page).last.get_by_role("link", name="Go and look together")
    await expect(link).to_be_visible()
    states = await threads.in_db(
        lambda: list(conversation.offers.order_by("message__seq").values_list("state", flat=True))
    )
    assert states == ["declined", "accepted"]
    await link.click()
    await page.wait_for_url("**/party/sess_*/")


# --- where it comes from


def kettle() -> Product:
    return factories.product(factories.user("creator"), name="Copper kettle")


async def test_a_question_about_a_product_says_so(server: str, window: Window) -> None:
    product = await threads.in_db(kettle)
    page = await window(server)
    await page.locator(f'[data-product="{product.pk}"]').click()
    await page.get_by_role("button", name="Ask about it").click()
    await expect(page.locator("[data-product-dialog]")).to_be_hidden()
    await expect(field(page)).to_have_value("About “Copper kettle”: ")
    await field(page).press("End")
    await page.keyboard.type("does it whistle?")
    await page.keyboard.press("Enter")
    await expect(lines(page)).to_contain_text("Delivered")
    conversation = await threads.in_db(lambda: Conversation.objects.get(product=product))
    assert await texts(conversation) == ["About “Copper kettle”: does it whistle?"]


@PHONES
async def test_a_show_has_a_button_of_its_own(server: str, window: Window, phone: bool) -> None:
    show = await threads.in_db(lambda: factories.stream(factories.user("creator")))
    page = await window(f"{server}/watch/{show.pk}/", phone=phone)
    await expect(button(page)).to_be_hidden()
    await page.get_by_role("button", name="Ask the shop").click()
    await write(page, f"From the show {phone}")
    await expect(lines(page)).to_contain_text("Delivered")
    conversation = await threads.in_db(lambda: Conversation.objects.get(show=show))
    await page.keyboard.press("Escape")
    assert await violations(page) == []
    await reply(conversation, "Hello from the desk.")
    await expect(page.locator("[data-support-unread]")).to_have_text("1")
    await expect(button(page)).to_be_hidden()
    assert await violations(page) == []
    await shoot(page, f"show-{phone}")


async def test_staff_and_the_studio_have_no_window(server: str, window: Window, colleagues: list[list[Any]]) -> None:
    page = await window("about:blank")
    await page.context.add_cookies(colleagues[0])
    await page.goto(server)
    await expect(page.get_by_role("button", name="Log out")).to_be_visible()
    await expect(page.locator("vitrine-support")).to_have_count(0)


# --- shared computers


async def test_a_draft_is_not_shown_to_the_next_who_logs_in(server: str, window: Window) -> None:
    def make() -> str:
        user = factories.user()
        user.set_password(PASSWORD)
        user.save()
        return user.username

    page = await window(f"{server}/login/")
    await page.locator("[name=username]").fill(await threads.in_db(make))
    await page.locator("[name=password]").fill(PASSWORD)
    await page.locator("[name=password]").press("Enter")
    await expect(page.get_by_role("button", name="Log out")).to_be_visible()
    await ask(page)
    await field(page).fill("my secret")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Log out").click()
    await button(page).click()
    await expect(field(page)).to_have_value("")
    assert "secret" not in await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")


async def test_start_over_leaves_nothing_on_a_shared_computer(server: str, window: Window) -> None:
    page = await window(server)
    first = await ask(page)
    await field(page).fill("my secret")
    await pressed(page, "Start over").click()
    async with page.expect_navigation():
        await pressed(page, "Forget me here").click()
    await expect(window_of(page)).to_be_hidden()
    second = await ask(page)
    await expect(lines(page)).to_have_count(1)
    assert second.customer != first.customer
    await pressed(page, "Older conversations").click()
    await expect(window_of(page).get_by_text("There are no other conversations.")).to_be_visible()
    assert "secret" not in await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")


async def test_whoever_wrote_in_a_show_hears_that_staff_answer_them(server: str, window: Window) -> None:
    show = await threads.in_db(lambda: factories.stream(factories.user("creator"), "live"))
    page = await window(f"{server}/watch/{show.pk}/")
    await page.get_by_role("textbox", name="Message").fill("How large is it?")
    await page.get_by_role("textbox", name="Message").press("Enter")
    await expect(page.get_by_role("listitem").filter(has_text="How large is it?").locator("time")).to_be_visible()
    line = await threads.in_db(lambda: ChatMessage.objects.get(stream=show))
    colleague = await threads.in_db(agent)
    conversation = await threads.in_db(take_up, colleague, line.pk)
    await reply(conversation, "It holds a litre.")
    await expect(page.locator("[data-support-unread]")).to_have_text("1")
    await page.get_by_role("button", name="Ask the shop").click()
    await expect(lines(page)).to_contain_text(["How large is it?", "It holds a litre."])
