"""The page of a conversation, which a mail's link opens: read and answered on a phone and on a desktop."""

import pytest
from playwright.async_api import expect

from realtime.runtime import threads
from support import mail
from support.models import Conversation
from tests.browser.conftest import Window
from tests.support.desk import agent, begun, said

pytestmark = pytest.mark.browser


def answered() -> Conversation:
    conversation = begun(text="Does the teapot survive a dishwasher?\nIt is a present.", name="Noa")
    said(agent(), "It does, " + "and so does its lid, " * 30 + "x" * 200, conversation_id=conversation.pk)
    return conversation


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
async def test_a_conversation_is_read_and_answered_by_its_link(server: str, window: Window, phone: bool) -> None:
    conversation = await threads.in_db(answered)
    page = await window(f"{server}/support/{mail.link_token(conversation.pk)}/", phone=phone)
    messages = page.get_by_role("list").get_by_role("listitem")
    await expect(messages).to_have_count(2)
    await expect(messages.first).to_contain_text("It is a present.")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.get_by_label("Your answer").fill("Thank you!")
    await page.get_by_role("button", name="Send").click()
    await expect(messages).to_have_count(3)
    await expect(messages.last).to_contain_text("Thank you!")
    await expect(page.get_by_label("Your answer")).to_have_value("")
    newest = await threads.in_db(lambda: conversation.messages.order_by("-seq")[0])
    assert (newest.kind, newest.text) == ("customer", "Thank you!")
