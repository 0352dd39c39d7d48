"""Customers who write to support in the window of widget.js, and what staff have of it."""

import os
import uuid
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from realtime.runtime import threads
from support.models import Conversation, SupportMessage
from tests.support.desk import agent, said

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)
PDF = b"%PDF-1.4\n%%EOF\n"
SHOTS = os.environ.get("SHOTS")  # a folder for pictures, for whoever wants to look


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")


def button(page: Page) -> Locator:
    return page.get_by_role("button", name="Ask us")


def window_of(page: Page) -> Locator:
    return page.locator("vitrine-support dialog")


def field(page: Page) -> Locator:
    return window_of(page).get_by_role("textbox", name="Your message")


def lines(page: Page) -> Locator:
    """Those that can be seen, of the conversation that is open."""
    return window_of(page).get_by_role("log").locator("visible=true").get_by_role("listitem")


async def ask(page: Page, text: str = "") -> Conversation:
    """Opens the window, writes something that nobody else has, and answers with the conversation that begins so."""
    text = text or f"Is it washable? {uuid.uuid4().hex[:6]}"
    await button(page).click()
    await write(page, text)
    await expect(lines(page).filter(has_text=text)).to_contain_text("Delivered")
    return await threads.in_db(lambda: SupportMessage.objects.get(text=text).conversation)


async def write(page: Page, text: str) -> None:
    await field(page).fill(text)
    await field(page).press("Enter")


async def reply(conversation: Conversation, text: str, **more: object) -> SupportMessage:
    return await threads.in_db(lambda: said(agent(), text, conversation_id=conversation.pk, **more))


async def texts(conversation: Conversation) -> list[str]:
    """What has been said, as the server has it."""
    return await threads.in_db(lambda: list(conversation.messages.in_order().values_list("text", flat=True)))
