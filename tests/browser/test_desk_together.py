"""Colleagues at the desk, the keyboard, a phone, and what is known of a customer."""

import pytest
from playwright.async_api import Page, expect

from analytics.models import ProductClick, StreamView
from realtime.runtime import threads
from support.models import Conversation, Said, Sender
from tests import factories
from tests.browser.desks import BOTH, Customer, Office, fits, fresh, line, open_thread, row, say, violations

pytestmark = [pytest.mark.browser, pytest.mark.journey]


async def test_colleagues_see_who_else_looks_and_writes(office: Office) -> None:
    one, other = await office.agent(), await office.agent()
    customer = await office.customer(assignee=one)
    mine = await office.desk(one, conversation=customer.conversation)
    theirs = await office.desk(other, conversation=customer.conversation)
    await expect(mine.get_by_text(f"{other.username} is also looking at this")).to_be_visible()
    await expect(theirs.get_by_text(f"{one.username} is also looking at this")).to_be_visible()
    await theirs.get_by_role("textbox", name="Reply").press_sequentially("I take")
    await expect(mine.get_by_text(f"{other.username} is writing…")).to_be_visible()
    assert await violations(mine) == []
    await say(theirs, "I take this one.")
    await expect(line(mine, "I take this one.")).to_be_visible()
    await expect(mine.get_by_text(f"{other.username} is writing…")).to_be_hidden()
    await theirs.close()
    await expect(mine.get_by_text("also looking at this")).to_be_hidden()


async def opened(desk: Page, customer: Customer) -> None:
    await expect(desk.locator("#thread-heading")).to_have_text(customer.name)
    await expect(row(desk, customer).get_by_role("link")).to_have_attribute("aria-current", "true")


async def test_all_of_it_is_done_with_the_keyboard(office: Office) -> None:
    agent = await office.agent()
    first = await office.customer(assignee=agent)
    second = await office.customer(assignee=agent)
    desk = await office.desk(agent)
    press = desk.keyboard.press
    await press("1")
    await expect(desk.get_by_role("button", name="Mine")).to_have_attribute("aria-pressed", "true")
    await expect(desk.locator("[data-rows] li")).to_have_count(2)
    await press("j")
    await opened(desk, first)  # who has waited longer
    await press("j")
    await opened(desk, second)
    await press("k")
    await opened(desk, first)
    await expect(line(desk, "Is it washable?")).to_be_visible()
    await press("r")
    await expect(desk.get_by_role("textbox", name="Reply")).to_be_focused()
    await desk.keyboard.type("Yes, jets and kettles?")  # letters are letters there
    await press("Shift+Enter")
    await desk.keyboard.type("Both.")
    await press("Enter")
    await first.hear("Yes, jets and kettles?\nBoth.")
    await press("Escape")
    await press("n")
    await expect(desk.get_by_role("textbox", name="Internal note")).to_be_focused()
    await press("Escape")
    await press("p")
    await expect(desk.get_by_label("Priority")).to_be_focused()
    await press("Escape")
    await press("s")
    await expect(desk.get_by_role("dialog", name="Snooze")).to_be_visible()
    await press("Escape")
    await press("e")
    await expect(desk.get_by_role("button", name="Open again")).to_be_visible()
    assert (await fresh(first.conversation)).status == "resolved"
    await press("Escape")
    await expect(desk.get_by_text("Choose a conversation.")).to_be_visible()


async def test_somebody_elses_is_taken_over_by_a_key(office: Office) -> None:
    agent, other = await office.agent(), await office.agent()
    customer = await office.customer(assignee=other)
    desk = await office.desk(agent, conversation=customer.conversation)
    await expect(desk.get_by_label("Taken care of by")).to_have_value(str(other.pk))
    await desk.keyboard.press("a")
    await expect(desk.get_by_label("Taken care of by")).to_have_value(str(agent.pk))
    assert (await fresh(customer.conversation)).assignee == agent


async def test_the_keys_are_shown_and_can_be_switched_off(office: Office) -> None:
    desk = await office.desk(await office.agent())
    await desk.keyboard.press("?")
    dialog = desk.get_by_role("dialog", name="Keyboard")
    await expect(dialog).to_contain_text("next, previous conversation")
    assert await violations(desk) == []
    await dialog.get_by_label("Use single keys").uncheck()
    await dialog.get_by_role("button", name="Close").click()
    await desk.keyboard.press("?")
    await expect(dialog).to_be_hidden()
    await desk.get_by_role("button", name="Keyboard").click()
    await expect(dialog).to_be_visible()


async def test_a_phone_goes_from_the_list_to_messages_to_details_and_back(office: Office) -> None:
    desk = await office.desk(await office.agent(), phone=True)
    customer = await office.customer()
    await row(desk, customer).get_by_role("link").tap()
    await expect(desk.get_by_role("heading", name=customer.name)).to_be_focused()
    await expect(line(desk, "Is it washable?")).to_be_visible()
    await expect(desk.get_by_role("heading", name="Conversations")).to_be_hidden()
    assert (
        await desk.evaluate(
            "(part) => innerHeight - document.querySelector(part).getBoundingClientRect().bottom", "[data-composer]"
        )
        >= 0
    )
    assert await fits(desk)
    assert await violations(desk) == []
    await desk.get_by_role("link", name="Details").tap()
    await expect(desk.get_by_label("Priority")).to_be_visible()
    await expect(line(desk, "Is it washable?")).to_be_hidden()
    assert await fits(desk)
    assert await violations(desk) == []
    await desk.go_back()
    await expect(line(desk, "Is it washable?")).to_be_visible()
    await desk.get_by_role("link", name="Back to the list").tap()
    await expect(row(desk, customer)).to_be_visible()
    await expect(desk.get_by_role("textbox", name="Reply")).to_be_hidden()


@BOTH
async def test_what_the_customer_did_stands_beside_the_messages(office: Office, phone: bool) -> None:
    agent = await office.agent()
    customer = await office.customer(assignee=agent)

    def watch() -> None:
        creator = factories.user("creator")
        mug = factories.product(creator, name="Speckled mug")
        stream = factories.stream(creator, "ended", title="An evening at the pottery", product_ids=[mug.pk])
        viewer = f"user:{customer.user.pk}"
        StreamView.objects.create(stream=stream, user=customer.user, viewer=viewer, connection="c", role="subscriber")
        ProductClick.objects.create(stream=stream, product=mug, user=customer.user, viewer=viewer)

    await threads.in_db(watch)
    desk = await office.desk(agent, phone, conversation=customer.conversation)
    if phone:
        await desk.get_by_role("link", name="Details").click()
    details = desk.get_by_role("region", name="Details")
    await expect(details.get_by_role("link", name="An evening at the pottery")).to_be_visible()
    await expect(details).to_contain_text("Speckled mug")
    await expect(details).to_contain_text(customer.user.email)
    await expect(details.get_by_role("heading", name="Recordings")).to_have_count(0)
    assert await violations(desk) == []


async def test_a_moderators_link_to_the_desk_leads_nowhere(office: Office) -> None:
    page = await office.page(await office.agent("moderator"))
    answer = await page.goto(f"{office.server}/admin/support/inbox/")
    assert answer is not None
    assert answer.status == 403


async def test_another_conversation_of_the_same_customer_is_a_click_away(office: Office) -> None:
    agent = await office.agent()
    customer = await office.customer("The first matter", assignee=agent)
    await threads.in_db(_begin_another, customer)
    desk = await office.desk(agent)
    await open_thread(desk, customer._replace(name="The second matter"))
    await desk.get_by_role("link", name="The first matter").last.click()
    await expect(line(desk, "The first matter")).to_be_visible()


def _begin_another(customer: Customer) -> None:
    sender = Sender(factories.identity(customer.user))
    Conversation.objects.say(sender, Said("What else", name="The second matter", is_new=True))
