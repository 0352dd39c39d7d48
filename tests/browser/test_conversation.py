"""The page of a conversation, which a mail's link opens: read and answered on a phone and on a desktop."""

import pytest
from playwright.async_api import expect

from realtime.runtime import threads
from support import mail
from support.models import Attachment, Conversation
from tests.browser.conftest import Window
from tests.browser.screens import violations
from tests.browser.widget import PDF, shoot
from tests.support.desk import agent, begun, said

pytestmark = pytest.mark.browser


def answered() -> Conversation:
    conversation = begun(text="Does the teapot survive a dishwasher?\nIt is a present.", name="Noa")
    colleague = agent()
    file = Attachment.objects.upload(conversation, colleague, "care.pdf", PDF)
    text = "It does, " + "and so does its lid, " * 30 + "x" * 200
    said(colleague, text, conversation_id=conversation.pk, attachment_ids=(file.pk,))
    return conversation


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
@pytest.mark.usefixtures("attachments_here")
async def test_a_conversation_is_read_and_answered_by_its_link(server: str, window: Window, phone: bool) -> None:
    conversation = await threads.in_db(answered)
    page = await window(f"{server}/support/{mail.link_token(conversation.pk)}/", phone=phone)
    messages = page.get_by_role("list").get_by_role("listitem")
    await expect(messages).to_have_count(2)
    await expect(messages.first).to_contain_text("It is a present.")
    assert await violations(page) == []
    await shoot(page, f"conversation-{phone}")
    async with page.expect_download() as downloading:
        await messages.last.get_by_role("link", name="care.pdf").click()
    assert await threads.in_db((await (await downloading.value).path()).read_bytes) == PDF
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.get_by_label("Your answer").fill("Thank you!")
    await page.get_by_role("button", name="Send").click()
    await expect(messages).to_have_count(3)
    await expect(messages.last).to_contain_text("Thank you!")
    await expect(page.get_by_label("Your answer")).to_have_value("")
    newest = await threads.in_db(lambda: conversation.messages.order_by("-seq")[0])
    assert (newest.kind, newest.text) == ("customer", "Thank you!")
