"""The window of support on our own pages: a customer asks, and hears the answer, on a phone and on a desktop."""

import pytest
from playwright.async_api import FilePayload, expect

from realtime.runtime import threads
from support.models import Attachment, Conversation
from tests.browser.conftest import Window
from tests.browser.screens import violations
from tests.browser.widget import PDF, PNG, ask, button, field, lines, reply, shoot, texts, window_of, write
from tests.support.desk import agent, said

pytestmark = pytest.mark.browser

PHONES = pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])


@PHONES
async def test_a_question_is_asked_and_answered(server: str, window: Window, phone: bool) -> None:
    page = await window(server, phone=phone)
    assert await violations(page) == []
    await shoot(page, f"closed-{phone}")
    conversation = await ask(page)
    await reply(conversation, "It is, at 30 degrees.\nAnd so is its lid.")
    await expect(lines(page)).to_have_count(2)
    await expect(lines(page).last).to_contain_text("And so is its lid.")
    await expect(lines(page).first).to_contain_text("Read")  # who answers has read the question
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await shoot(page, f"answered-{phone}")
    box = await window_of(page).bounding_box()
    assert box is not None
    assert (box["width"] == 390) == phone


async def test_what_nobody_has_read_is_counted_on_the_button_of_every_page(server: str, window: Window) -> None:
    page = await window(server)
    conversation = await ask(page)
    await page.keyboard.press("Escape")
    await expect(window_of(page)).to_be_hidden()
    await reply(conversation, "Yes.")
    await expect(button(page)).to_have_accessible_name("Ask us, 1 new message")
    await page.reload()
    await expect(button(page)).to_have_accessible_name("Ask us, 1 new message")
    assert await violations(page) == []
    await shoot(page, "unread")
    await button(page).click()
    await expect(lines(page)).to_have_count(2)
    await page.reload()
    await expect(lines(page)).to_have_count(2)
    await window_of(page).get_by_role("button", name="Close").click()
    await expect(button(page)).to_have_accessible_name("Ask us")
    await threads.in_db(conversation.refresh_from_db)
    assert conversation.customer_read_seq == await threads.in_db(conversation.messages.last_seq)


async def test_the_window_and_what_was_begun_stay_over_pages(server: str, window: Window) -> None:
    page = await window(server)
    conversation = await ask(page)
    await field(page).fill("And is there a")
    await page.goto(f"{server}/party/")
    await expect(window_of(page)).to_be_visible()
    await expect(field(page)).to_have_value("And is there a")
    await expect(lines(page)).to_have_count(1)
    assert await page.evaluate("document.activeElement.localName !== 'vitrine-support'")  # the page comes first
    await write(page, "And is there a blue one?")
    await expect(lines(page).last).to_contain_text("Delivered")
    assert (await texts(conversation))[1:] == ["And is there a blue one?"]
    await page.reload()
    await expect(field(page)).to_have_value("")


async def test_it_is_used_with_the_keyboard_and_read_out(server: str, window: Window) -> None:
    page = await window(server)
    await button(page).focus()
    await page.keyboard.press("Enter")
    await expect(field(page)).to_be_focused()
    await page.keyboard.type("Two")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("lines")
    await page.keyboard.press("Enter")
    await expect(lines(page)).to_contain_text("Two\nlines", use_inner_text=True)
    await expect(lines(page)).to_contain_text("Delivered")
    conversation = await threads.in_db(lambda: Conversation.objects.latest("created_at"))
    await reply(conversation, "Read this out.")
    said_aloud = window_of(page).get_by_role("status").filter(has_text="Read this out.")
    await expect(said_aloud).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(window_of(page)).to_be_hidden()
    await expect(button(page)).to_be_focused()


async def test_each_side_sees_that_the_other_writes(server: str, window: Window) -> None:
    page = await window(server)
    conversation = await ask(page)
    colleague = await threads.in_db(agent)
    await threads.in_db(conversation.type, colleague, "elsewhere", True)
    words = f"{colleague.identity.name} is writing…"
    await expect(window_of(page).get_by_text(words)).to_be_visible()
    await threads.in_db(conversation.type, colleague, "elsewhere", False)
    await expect(window_of(page).get_by_text(words)).to_have_count(0)


@PHONES
@pytest.mark.usefixtures("attachments_here")
async def test_files_go_both_ways(server: str, window: Window, phone: bool) -> None:
    page = await window(server, phone=phone)
    await button(page).click()
    chooser = window_of(page).locator("input[type=file]")
    await chooser.set_input_files({"name": "first.png", "mimeType": "image/png", "buffer": PNG})
    await window_of(page).get_by_role("button", name="Send").click()
    await expect(window_of(page).get_by_text("Write a few words with your file.")).to_be_visible()
    await write(page, f"Look at this {phone}")
    await expect(lines(page)).to_have_count(2)
    await expect(lines(page).get_by_role("img", name="first.png")).to_be_visible()
    too_large = FilePayload(name="large.pdf", mimeType="application/pdf", buffer=PDF + b"0" * 10 * 1024**2)
    await chooser.set_input_files(too_large)
    await expect(window_of(page).get_by_text("large.pdf is larger than 10 MB.")).to_be_visible()
    await chooser.set_input_files({"name": "a.html", "mimeType": "text/html", "buffer": b"<p>"})
    await expect(window_of(page).get_by_text("a.html is neither")).to_be_visible()
    await chooser.set_input_files({"name": "bill.pdf", "mimeType": "application/pdf", "buffer": PDF})
    await expect(window_of(page).get_by_role("button", name="Remove bill.pdf")).to_be_visible()
    assert await violations(page) == []
    await shoot(page, f"file-{phone}")
    await window_of(page).get_by_role("button", name="Send").click()
    await expect(lines(page).get_by_role("link", name="bill.pdf")).to_be_visible()
    conversation = await threads.in_db(lambda: Conversation.objects.latest("created_at"))
    assert await texts(conversation) == [f"Look at this {phone}", "", ""]
    await threads.in_db(answer_with_a_file, conversation)
    await expect(lines(page).get_by_role("img", name="answer.png")).to_be_visible()


def answer_with_a_file(conversation: Conversation) -> None:
    colleague = agent()
    attachment = Attachment.objects.upload(conversation, colleague, "answer.png", PNG)
    said(colleague, "Like this?", conversation_id=conversation.pk, attachment_ids=(attachment.pk,))
