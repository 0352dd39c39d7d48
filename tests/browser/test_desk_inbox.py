"""The list of the desk: found in the admin, live, filtered, and heard where nobody looks."""

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.async_api import Page, expect

from realtime.runtime import threads
from support.models import Conversation
from tests import factories, sockets
from tests.browser.desks import BOTH, Customer, Office, choose, fits, lines, open_thread, row, violations

pytestmark = [pytest.mark.browser, pytest.mark.journey]

COUNTS_TONES = """() => {
    window.tones = 0;
    const genuine = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function () { window.tones += 1; return genuine.call(this); };
}"""


async def listed(desk: Page, *customers: Customer) -> list[str]:
    """Whom of these the list has, in its order."""
    names = {customer.name for customer in customers}
    shown = await desk.locator("[data-rows] [data-customer]").all_text_contents()
    return [name for name in shown if name in names]


async def test_staff_find_the_inbox_in_the_admin(office: Office) -> None:
    page = await office.page(await office.agent())
    await page.goto(f"{office.server}/admin/")
    await page.locator("#content").get_by_role("link", name="Inbox").click()
    await expect(page.get_by_role("heading", name="Conversations")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Support inbox")


@BOTH
async def test_who_writes_is_listed_at_once_and_heard(office: Office, phone: bool) -> None:
    desk = await office.desk(await office.agent(), phone)
    await desk.evaluate(COUNTS_TONES)
    await desk.get_by_role("heading", name="Conversations").click()  # Browsers let a page be heard once it is used.
    customer = await office.customer("Does it float?")
    await expect(row(desk, customer)).to_contain_text("Does it float?")
    await expect(row(desk, customer).locator("[data-new]")).to_be_visible()
    await expect(desk).to_have_title("(1) Support inbox | Vitrine")
    await desk.wait_for_function("window.tones === 1")
    assert await fits(desk)
    assert await violations(desk) == []
    await open_thread(desk, customer)
    await expect(desk).to_have_title("Support inbox | Vitrine")
    await expect(row(desk, customer).locator("[data-new]")).to_be_hidden()


async def test_the_sound_can_be_switched_off_and_stays_off(office: Office) -> None:
    desk = await office.desk(await office.agent())
    await desk.get_by_role("button", name="Sound on new messages").click()
    await desk.reload()
    sound = desk.get_by_role("button", name="Sound on new messages")
    await expect(sound).to_have_attribute("aria-pressed", "false")
    await expect(desk.locator("[data-connection][data-state=open]")).to_be_attached()
    await desk.evaluate(COUNTS_TONES)
    await desk.get_by_role("heading", name="Conversations").click()
    customer = await office.customer()
    await expect(row(desk, customer).locator("[data-new]")).to_be_visible()
    assert await desk.evaluate("window.tones") == 0
    await sound.click()
    await customer.write("Hello?")
    await desk.wait_for_function("window.tones === 1")


@BOTH
async def test_each_list_holds_what_its_name_says(office: Office, phone: bool) -> None:
    me, other = await office.agent(), await office.agent()
    soon, past = timezone.now() + timedelta(hours=1), timezone.now() - timedelta(minutes=1)
    mine = await office.customer(assignee=me, status="pending")
    nobodys = await office.customer(assignee=None, status="pending")
    late = await office.customer(assignee=other, resolution_due_at=past)
    resting = await office.customer(assignee=other, status="snoozed", snoozed_until=soon)
    done = await office.customer(assignee=me, status="resolved", resolved_at=past, waiting_since=None)
    everybody = [late, mine, nobodys, resting, done]
    desk = await office.desk(me, phone)
    lists = {
        "Mine": [mine],
        "Unassigned": [nobodys],
        "Overdue": [late],
        "Snoozed": [resting],
        "All": everybody,
        "Resolved": [done],
    }
    for name, there in lists.items():
        await choose(desk, name)
        for customer in everybody:
            await expect(row(desk, customer)).to_have_count(int(customer in there))
    await choose(desk, "All")
    assert (await listed(desk, *everybody))[0] == late.name  # overdue ones stand at the top
    assert (await listed(desk, *everybody))[-1] == done.name
    assert await fits(desk)
    assert await violations(desk) == []
    await desk.reload()
    await expect(desk.get_by_role("button", name="All", exact=True)).to_have_attribute("aria-pressed", "true")


async def test_what_others_do_changes_the_list(office: Office) -> None:
    me, other = await office.agent(), await office.agent()
    customer = await office.customer(assignee=me)
    desk, theirs = await office.desk(me), await office.desk(other, conversation=customer.conversation)
    await choose(desk, "Mine")
    await expect(row(desk, customer)).to_be_visible()
    await theirs.get_by_label("Taken care of by").select_option(label=other.username)
    await expect(row(desk, customer)).to_have_count(0)
    await choose(desk, "All")
    await expect(row(desk, customer)).to_contain_text(other.username)
    await theirs.get_by_label("Priority").select_option("urgent")
    await expect(row(desk, customer)).to_contain_text("Urgent")


async def test_what_becomes_due_moves_up_by_itself(office: Office) -> None:
    agent = await office.agent()
    soon = timezone.now() + timedelta(minutes=2)
    customer = await office.customer(assignee=agent, resolution_due_at=soon)
    desk = await office.page(agent)
    await desk.clock.install()
    await desk.goto(f"{office.server}/admin/support/inbox/")
    await choose(desk, "All")
    await expect(row(desk, customer)).to_be_visible()
    await expect(row(desk, customer)).not_to_contain_text("Overdue")
    await desk.clock.fast_forward(180_000)
    await expect(row(desk, customer)).to_contain_text("Overdue")


async def test_more_conversations_are_shown_on_demand(office: Office) -> None:
    agent = await office.agent()

    def resolve_many() -> None:
        guest, now = factories.identity(), timezone.now() + timedelta(minutes=5)
        Conversation.objects.bulk_create(
            Conversation(
                customer=guest.key,
                session=f"many-{number}",
                name=f"Many {number}",
                status="resolved",
                resolved_at=now,
                last_message_at=now - timedelta(seconds=number),
            )
            for number in range(60)
        )

    await threads.in_db(resolve_many)
    desk = await office.desk(agent)
    await choose(desk, "Resolved")
    many = desk.locator("[data-rows] li").filter(has_text="Many ")
    await expect(many).to_have_count(50)
    await desk.get_by_role("button", name="Show more").click()
    await expect(many).to_have_count(60)


async def test_an_agent_who_loses_the_network_sees_it_and_misses_nothing(office: Office) -> None:
    agent = await office.agent()
    customer = await office.customer("The first one", assignee=agent)
    desk = await office.desk(agent, conversation=customer.conversation)
    await desk.context.set_offline(True)
    await expect(desk.locator("[data-connection] [data-words]")).to_contain_text("Connection lost")
    assert await violations(desk) == []
    await desk.get_by_role("textbox", name="Reply").fill("I wrote this without a network")
    await desk.keyboard.press("Enter")
    await expect(desk.locator("[data-unsent] .line")).to_contain_text("Sending…")
    texts = [f"Question {number}" for number in range(9)]  # more than the server tells again
    for text in texts:
        await customer.write(text)
    stranger = await office.customer("I came meanwhile")
    await desk.context.set_offline(False)
    async with asyncio.timeout(sockets.PATIENCE):
        await customer.hear("I wrote this without a network")
    await expect(desk.locator("[data-unsent] .line")).to_have_count(0)
    wanted = ["The first one", *texts, "I wrote this without a network"]
    await expect(lines(desk)).to_have_count(len(wanted))
    assert await desk.locator("[data-lines] [data-text]").all_text_contents() == wanted
    await expect(row(desk, stranger)).to_contain_text("I came meanwhile")


async def test_a_short_loss_is_made_up_from_the_log(office: Office) -> None:
    agent = await office.agent()
    customer = await office.customer("One", assignee=agent)
    desk = await office.desk(agent, conversation=customer.conversation)
    await desk.context.set_offline(True)
    await expect(desk.locator("[data-connection] [data-words]")).to_contain_text("Connection lost")
    await customer.write("Two")
    await customer.write("Three")
    await desk.context.set_offline(False)
    await expect(lines(desk)).to_have_count(3)
    assert await desk.locator("[data-lines] [data-text]").all_text_contents() == ["One", "Two", "Three"]
