"""A conversation at the desk: what is said, noted, attached, offered and changed in it."""

import base64
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.async_api import FilePayload, Page, expect

from realtime.runtime import threads
from streams.models import ChatMessage
from support.models import CannedReply, Conversation, Said, Sender, chat_lines
from tests import factories
from tests.browser.desks import BOTH, Office, fits, fresh, line, lines, open_thread, row, say, violations

pytestmark = [pytest.mark.browser, pytest.mark.journey]

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@BOTH
async def test_a_customer_is_answered(office: Office, phone: bool) -> None:
    desk = await office.desk(await office.agent(), phone)
    customer = await office.customer("Is it washable?")
    await open_thread(desk, customer)
    await customer.client.say("support-typing", conversationId=str(customer.conversation.pk))
    await expect(desk.get_by_text(f"{customer.name} is writing…")).to_be_visible()
    await customer.write("I mean the mug.")
    await expect(line(desk, "I mean the mug.")).to_be_visible()
    await expect(desk.get_by_text(f"{customer.name} is writing…")).to_be_hidden()
    await desk.get_by_role("textbox", name="Reply").press_sequentially("It is.")
    assert (await customer.client.expect("support-typing"))["typing"]
    await desk.get_by_role("button", name="Send", exact=True).click()
    told = await customer.hear("It is.")
    await expect(line(desk, "It is.")).to_contain_text("Sent")
    mark = {"conversationId": str(customer.conversation.pk)}
    await customer.client.say("support-mark", **mark, delivered=told["message"]["id"])
    await expect(line(desk, "It is.")).to_contain_text("Delivered")
    await customer.client.say("support-mark", **mark, read=told["message"]["id"])
    await expect(line(desk, "It is.")).to_contain_text("Read")
    conversation = await fresh(customer.conversation)
    assert conversation.staff_read_seq > 0
    assert await fits(desk)
    assert await violations(desk) == []


async def test_a_note_reaches_staff_alone_and_is_not_announced(office: Office) -> None:
    desk = await office.desk(await office.agent())
    customer = await office.customer()
    await open_thread(desk, customer)
    await desk.get_by_role("switch", name="Internal note").click()
    note = desk.get_by_role("textbox", name="Internal note")
    await note.press_sequentially("A regular.")
    assert await violations(desk) == []
    await desk.get_by_role("button", name="Add the note").click()
    await expect(line(desk, "A regular.")).to_have_attribute("data-kind", "note")
    await expect(note).to_have_value("")  # It stays a note: the next words are not sent out by mistake.
    frames = await customer.client.settle()
    assert {frame["type"] for frame in frames} & {"support-message", "support-typing"} == set()


async def test_it_can_be_read_in_the_dark(office: Office) -> None:
    agent = await office.agent()
    past = timezone.now() - timedelta(minutes=1)
    customer = await office.customer(assignee=agent, resolution_due_at=past, priority="urgent", tags=["angry"])
    nobodys = await office.customer(assignee=None, status="pending")
    note = Said("A regular.", conversation_id=customer.conversation.pk, internal=True)
    await threads.in_db(Conversation.objects.say, Sender(factories.identity(agent)), note)
    desk = await office.desk(agent, conversation=customer.conversation)
    await desk.emulate_media(color_scheme="dark")
    await desk.reload()
    await expect(desk.locator("html")).to_have_class(re.compile("dark"))
    await expect(line(desk, "A regular.")).to_be_visible()  # The page is at work.
    await say(desk, "It is.")
    await expect(line(desk, "It is.")).to_be_visible()
    await expect(row(desk, nobodys)).to_be_visible()
    await desk.get_by_role("switch", name="Internal note").click()
    assert await violations(desk) == []


async def test_older_messages_are_loaded_on_demand(office: Office) -> None:
    agent = await office.agent()
    customer = await office.customer("Message 0", assignee=agent)

    sender = Sender(factories.identity(customer.user))
    for number in range(1, 70):
        said = Said(f"Message {number}", conversation_id=customer.conversation.pk)
        await threads.in_db(Conversation.objects.say, sender, said)
    desk = await office.desk(agent, conversation=customer.conversation)
    await expect(lines(desk)).to_have_count(50)
    await expect(line(desk, "Message 69")).to_be_in_viewport()
    await desk.get_by_role("button", name="Show older messages").click()
    await expect(lines(desk)).to_have_count(70)
    await expect(desk.get_by_role("button", name="Show older messages")).to_be_hidden()
    await expect(line(desk, "Message 20")).to_be_in_viewport()  # What was read stays where it was.
    texts = await desk.locator("[data-lines] [data-text]").all_text_contents()
    assert texts == [f"Message {number}" for number in range(70)]


async def test_who_reads_older_ones_is_told_of_new_ones(office: Office) -> None:
    agent = await office.agent()
    customer = await office.customer("\n".join(["A long one"] * 80), assignee=agent)
    desk = await office.desk(agent, conversation=customer.conversation)
    await desk.get_by_role("log").evaluate("(log) => { log.scrollTop = 0; }")
    await customer.write("A new one")
    await desk.get_by_role("button", name="New messages below").click()
    await expect(line(desk, "A new one")).to_be_in_viewport()


async def test_a_canned_reply_is_filled_in(office: Office) -> None:
    agent = await office.agent()
    shortcut = f"hello-{agent.username}"
    text = "Hello {customer}, this is {agent}."
    await threads.in_db(lambda: CannedReply.objects.create(shortcut=shortcut, text=text))
    customer = await office.customer(assignee=agent)
    desk = await office.desk(agent, conversation=customer.conversation)
    reply = desk.get_by_role("textbox", name="Reply")
    await reply.focus()
    await reply.press("/")
    dialog = desk.get_by_role("dialog", name="Canned replies")
    await dialog.get_by_role("searchbox").fill(shortcut)
    await expect(dialog.get_by_role("listitem")).to_have_count(1)
    assert await violations(desk) == []
    await desk.keyboard.press("Enter")
    await expect(reply).to_be_focused()
    await expect(reply).to_have_value(f"Hello {customer.name}, this is {agent.username}.")
    await desk.keyboard.press("Enter")
    await customer.hear(f"Hello {customer.name}, this is {agent.username}.")


async def test_files_go_both_ways(office: Office) -> None:
    agent = await office.agent()
    customer = await office.customer(assignee=agent)
    desk = await office.desk(agent, conversation=customer.conversation)
    picture = FilePayload(name="mug.png", mimeType="image/png", buffer=DOT)
    await attach(desk, picture)
    await expect(desk.get_by_role("button", name="Remove mug.png")).to_be_visible()
    await expect(desk.locator("[data-files]")).to_contain_text("1 kB")
    assert await violations(desk) == []
    await say(desk, "This one?")
    told = await customer.hear("This one?")
    assert [file["name"] for file in told["message"]["attachments"]] == ["mug.png"]
    shown = line(desk, "This one?").get_by_role("link", name="mug.png")
    await expect(shown).to_have_attribute("href", told["message"]["attachments"][0]["url"])
    assert await shown.locator("img").evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 1
    await attach(desk, FilePayload(name="a.svg", mimeType="image/svg+xml", buffer=b"<svg/>"))
    await expect(desk.locator("[data-composer] [data-trouble]")).to_contain_text("Only images")
    await expect(desk.locator("[data-files] li")).to_have_count(0)


@pytest.mark.parametrize(
    ("button", "kind", "place"), [("Offer a call", "call", "/call/"), ("Offer to shop together", "party", "/party/")]
)
async def test_an_offer_is_made_and_leads_where_the_customer_agrees(
    office: Office, button: str, kind: str, place: str
) -> None:
    agent = await office.agent()
    customer = await office.customer(assignee=agent)
    desk = await office.desk(agent, conversation=customer.conversation)
    await desk.get_by_role("button", name=button).click()
    offer = (await customer.client.expect("support-message"))["message"]["offer"]
    assert (offer["kind"], offer["state"]) == (kind, "offered")
    made = desk.locator('[data-lines] [data-kind="offer"]')
    await expect(made).to_contain_text("was offered")
    fields = {"conversationId": str(customer.conversation.pk), "offerId": offer["id"]}
    assert (await customer.client.ask("support-offer-answer", **fields, accept=True))["ok"]
    await expect(made).to_have_count(1)
    await expect(made).to_contain_text("was accepted")
    link = made.get_by_role("link", name="Go to the")
    assert place in (await link.get_attribute("href") or "")
    assert await violations(desk) == []


async def test_an_answer_is_said_in_the_show_that_the_question_comes_from(office: Office) -> None:
    agent = await office.agent()

    def asked() -> Conversation:
        stream = factories.stream(factories.user("creator"), "live", title="Pottery")
        line = ChatMessage.objects.post(stream.pk, factories.identity(factories.user()), "Is it blue?", None)
        return chat_lines.take_up(Sender(factories.identity(agent)), line.pk)

    conversation = await threads.in_db(asked)
    desk = await office.desk(agent, conversation=conversation)
    await expect(line(desk, "Is it blue?")).to_be_visible()
    await expect(desk.get_by_role("region", name="Details").get_by_role("link", name="Pottery")).to_be_visible()
    await say(desk, "Green, and blue from next week.")
    answer = line(desk, "Green, and blue from next week.")
    await answer.get_by_role("button", name="Say it in the show").click()
    await expect(answer.get_by_role("button", name="Said in the show")).to_be_visible()
    shown = await threads.in_db(lambda: ChatMessage.objects.latest("created_at"))
    assert shown.text == "Green, and blue from next week."
    assert await violations(desk) == []


async def test_staff_change_how_it_stands(office: Office) -> None:
    agent, colleague = await office.agent(), await office.agent("admin")
    customer = await office.customer(assignee=agent)
    desk = await office.desk(agent, conversation=customer.conversation)
    await desk.get_by_label("Taken care of by").select_option(label=colleague.username)
    await desk.get_by_label("Priority").select_option("high")
    await desk.get_by_label("Team").fill("Porcelain")
    await desk.get_by_label("Team").blur()
    await expect(row(desk, customer)).to_contain_text("Porcelain")
    for tag in ("returns", "angry"):
        await desk.get_by_label("Tags").fill(tag)
        await desk.keyboard.press("Enter")
        await expect(desk.get_by_role("button", name=f"Remove the tag {tag}")).to_be_visible()
    await desk.get_by_role("button", name="Remove the tag angry").click()
    await expect(desk.get_by_role("button", name="Remove the tag angry")).to_have_count(0)
    conversation = await fresh(customer.conversation)
    assert (conversation.assignee, conversation.priority, conversation.team) == (colleague, "high", "Porcelain")
    assert conversation.tags == ["returns"]
    await desk.get_by_label("Status").select_option("pending")
    await expect(row(desk, customer)).to_contain_text("Left to the customer")
    await desk.get_by_role("button", name="Resolve", exact=True).click()
    await expect(desk.get_by_role("button", name="Open again")).to_be_visible()
    assert (await fresh(customer.conversation)).status == "resolved"
    await customer.write("One more thing")
    await expect(desk.get_by_role("button", name="Resolve", exact=True)).to_be_visible()
    assert await violations(desk) == []


@BOTH
async def test_it_is_snoozed_until_a_moment(office: Office, phone: bool) -> None:
    agent = await office.agent()
    customer = await office.customer(assignee=agent)
    desk = await office.desk(agent, phone, conversation=customer.conversation)
    if phone:
        await desk.get_by_role("link", name="Details").click()
    await desk.get_by_label("Status").select_option("snoozed")
    dialog = desk.get_by_role("dialog", name="Snooze")
    assert await violations(desk) == []
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(desk.get_by_label("Status")).to_have_value("open")
    await desk.get_by_label("Status").select_option("snoozed")
    await dialog.get_by_label("Until").select_option(label="Another moment …")
    await dialog.get_by_label("Day and time").fill("2020-01-01T10:00")
    await dialog.get_by_role("button", name="Snooze").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("A snooze ends within")
    await dialog.get_by_label("Until").select_option(index=0)
    await dialog.get_by_role("button", name="Snooze").click()
    await expect(dialog).to_be_hidden()
    await expect(desk.get_by_label("Status")).to_have_value("snoozed")
    until = (await fresh(customer.conversation)).snoozed_until
    assert until is not None
    assert timedelta(minutes=50) < until - timezone.now() <= timedelta(hours=1)
    assert await violations(desk) == []


async def test_what_was_begun_is_not_lost(office: Office) -> None:
    agent = await office.agent()
    one, other = await office.customer(assignee=agent), await office.customer(assignee=agent)
    desk = await office.desk(agent, conversation=one.conversation)
    await desk.get_by_role("textbox", name="Reply").fill("I was about to say")
    await open_thread(desk, other)
    await expect(desk.get_by_role("textbox", name="Reply")).to_have_value("")
    await open_thread(desk, one)
    await expect(desk.get_by_role("textbox", name="Reply")).to_have_value("I was about to say")
    await desk.reload()
    await expect(desk.get_by_role("textbox", name="Reply")).to_have_value("I was about to say")


async def test_a_refused_message_stays_with_the_reason(office: Office) -> None:
    agent = await office.agent()
    customer = await office.customer(assignee=agent)
    desk = await office.desk(agent, conversation=customer.conversation)
    await attach(desk, FilePayload(name="mug.png", mimeType="image/png", buffer=DOT))
    await expect(desk.locator("[data-files]")).to_contain_text("1 kB")
    files = customer.conversation.attachments
    await threads.in_db(lambda: files.update(uploader="user:0"))  # it is somebody else's
    await say(desk, "This one?")
    refused = desk.locator("[data-unsent] .line")
    await expect(refused).to_contain_text("Not sent")
    await expect(refused).to_contain_text("There is no such attachment")
    assert await violations(desk) == []
    await threads.in_db(lambda: files.update(uploader=f"user:{agent.pk}"))
    await refused.get_by_role("button", name="Try again").click()
    await expect(refused).to_have_count(0)
    await expect(line(desk, "This one?").get_by_role("link", name="mug.png")).to_be_visible()


async def attach(desk: Page, file: FilePayload) -> None:
    async with desk.expect_file_chooser() as chooser:
        await desk.get_by_role("button", name="Attach files").click()
    await (await chooser.value).set_files([file])
