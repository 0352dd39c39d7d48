"""From a show's chat to a conversation, and from there to a call: the pages of staff and of a customer."""

import re
import uuid
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from accounts import identity as identities
from accounts.models import User
from realtime.runtime import threads
from streams.models import Stream
from support.models import Conversation, Offer, Said, Sender, SupportMessage, chat_lines
from tests import factories
from tests.browser.conftest import Window
from tests.browser.screens import violations
from tests.browser.test_a_show import line, say
from tests.browser.test_calls import is_seen
from tests.browser.test_shop_calls import SECRET, fits, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.journey]


async def log_in(window: Window, server: str, user: User, to: str, phone: bool = False) -> Page:
    page = await window(f"{server}/login/?next={to}", phone)
    await page.get_by_label("Username").fill(user.username)
    await page.get_by_label("Password").fill(SECRET)
    await page.get_by_role("main").get_by_role("button", name="Log in").click()
    await page.wait_for_url(f"**{to}")
    return page


def make_live() -> Stream:
    return factories.stream(factories.user("creator"), "live", title="An evening at the pottery")


@pytest.mark.parametrize("phone", [False, True], ids=["1280", "390"])
async def test_staff_take_up_a_question_and_show_the_answer(
    live_db: None, server: str, window: Window, tmp_path: Path, phone: bool
) -> None:
    stream, user = await threads.in_db(make_live), await threads.in_db(make_staff)
    path = f"/watch/{stream.pk}/"
    staff = await log_in(window, server, user, path, phone)
    guest = await window(f"{server}{path}", phone)
    await guest.get_by_role("textbox", name="Your name").fill("Ann")
    await say(guest, "Is the glaze food safe?")
    await say(staff, "Good evening")
    take_up = line(staff, "Is the glaze").get_by_role("button", name="Answer Ann in a conversation")
    await expect(take_up).to_be_visible()
    await expect(line(guest, "Is the glaze").get_by_role("button", name="in a conversation")).to_have_count(0)
    await expect(line(staff, "Good evening").locator("time")).to_be_visible()
    await expect(line(staff, "Good evening").get_by_role("button", name=re.compile("^Answer"))).to_have_count(0)
    await staff.screenshot(path=tmp_path / "chat-of-staff.png")
    assert await fits(staff)
    assert await violations(staff) == []
    await guest.evaluate(
        "() => { window.begun = new Promise((heard) => document.addEventListener('vitrine-support-begun', heard)); }"
    )
    await take_up.click()
    opened = staff.get_by_role("link", name="Open the conversation with Ann")
    await expect(opened).to_be_focused()
    await guest.evaluate("async () => { await window.begun; }")
    page, _, conversation = (await opened.get_attribute("href") or "").partition("#")
    assert page == "/admin/support/inbox/"

    def answer() -> SupportMessage:
        sender = Sender(identities.Identity(user, identities.new_visitor()[0]))
        said = Said("Yes, it is.", conversation_id=uuid.UUID(conversation))
        message = Conversation.objects.say(sender, said)
        return chat_lines.show_answer(message.conversation, sender, message.pk)

    await threads.in_db(answer)
    for reader in (guest, staff):
        await expect(line(reader, "Yes, it is.").locator("q")).to_have_text("Ann: Is the glaze food safe?")
    await guest.screenshot(path=tmp_path / "answer-in-the-show.png")
    assert await fits(guest)
    await guest.reload()
    await expect(line(guest, "Yes, it is.").locator("q")).to_have_text("Ann: Is the glaze food safe?")


async def accepted(conversation_id: str, agent: User) -> tuple[str, str]:
    """Where the guest and the agent go."""

    def do() -> tuple[str, str]:
        conversation = Conversation.objects.get(pk=conversation_id)
        staff = Sender(identities.Identity(agent, identities.new_visitor()[0]))
        guest = Sender(identities.Identity(None, conversation.customer.removeprefix("visitor:")))
        offer = Offer.objects.make(conversation, staff, "call").offer
        answered = Offer.objects.answer(conversation, guest, offer.pk, accept=True).offer
        return str(answered.url(for_agents=False)), str(answered.url(for_agents=True))

    return await threads.in_db(do)


BEGIN = """async () => {
    const answer = await fetch("/api/support/conversations", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ message: "Hello" }),
    });
    return (await answer.json()).data.conversation.id;
}"""


@pytest.mark.parametrize("known", [True, False], ids=["by our cookie", "by the link alone"])
async def test_both_sides_of_an_accepted_call_meet_without_another_question(
    live_db: None, server: str, window: Window, tmp_path: Path, known: bool
) -> None:
    user = await threads.in_db(make_staff)
    shopper = await window(f"{server}/", phone=True)
    theirs, staffs = await accepted(await shopper.evaluate(BEGIN), user)
    link = theirs.partition("#")[0] if known else theirs
    guest = shopper if known else await window("about:blank", phone=True)
    await guest.goto(f"{server}{link}")
    await expect(guest.get_by_role("heading", name="One moment")).to_be_visible()
    await guest.screenshot(path=tmp_path / "on-the-way.png")
    assert "#" not in guest.url
    staff = await log_in(window, server, user, staffs)
    for page in (guest, staff):
        await is_seen(page)
    await staff.screenshot(path=tmp_path / "staff-talks.png")
    await guest.get_by_role("button", name="Hang up").click()
    await expect(staff.get_by_role("heading", name="The call has ended")).to_be_visible()
    ended = await threads.in_db(Offer.objects.filter(match__name=staffs.split("/")[2]).get)
    assert ended.ended_at is not None
