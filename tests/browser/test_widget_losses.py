"""Networks that fail while somebody writes to support: each message arrives, and arrives once."""

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from realtime.models import Restriction
from realtime.runtime import threads
from support.models import Conversation
from tests import sockets
from tests.browser.conftest import RECOVERED, Window
from tests.browser.screens import violations
from tests.browser.widget import ask, button, field, lines, reply, shoot, texts, window_of, write

pytestmark = pytest.mark.browser


class Road:
    """The way to the server's support, which can be cut, or lose the answers to what is written."""

    def __init__(self) -> None:
        self.is_cut = self.loses_answers = False
        self.open: list[WebSocketRoute] = []
        self.written: set[str] = set()

    async def take(self, page: Page) -> None:
        await page.route_web_socket("**/ws/support/", self._accept)

    async def _accept(self, customer: WebSocketRoute) -> None:
        if self.is_cut:
            return await customer.close(code=1012)
        server = customer.connect_to_server()
        self.open.append(customer)

        def hear(said: str | bytes) -> None:
            frame: dict[str, Any] = json.loads(said)
            if frame["type"] == "support-write":
                self.written.add(frame["op"])
            server.send(said)

        def tell(said: str | bytes) -> None:
            frame: dict[str, Any] = json.loads(said)
            if not (self.loses_answers and (frame.get("op") in self.written or frame["type"] == "support-message")):
                customer.send(said)

        customer.on_message(hear)
        server.on_message(tell)
        return None

    async def cut(self) -> None:
        self.is_cut = True
        for customer in self.open:
            await customer.close(code=1012)
        self.open.clear()


async def test_what_is_written_without_a_network_is_sent_when_it_is_back(server: str, window: Window) -> None:
    page = await window(server)
    conversation = await ask(page)
    await page.context.set_offline(True)
    await expect(window_of(page).get_by_text("The connection is lost.")).to_be_visible()
    await write(page, "On a train")
    await expect(lines(page).last).to_contain_text("Waits for the connection")
    assert await violations(page) == []
    await shoot(page, "offline")
    await reply(conversation, "Said meanwhile")
    await page.context.set_offline(False)
    await expect(lines(page)).to_have_count(3)
    await expect(lines(page).nth(1)).to_contain_text("Said meanwhile")
    await expect(lines(page).last).to_contain_text("Delivered")
    assert (await texts(conversation))[1:] == ["Said meanwhile", "On a train"]


async def test_the_last_of_many_replies_that_were_missed_is_read_out(server: str, window: Window) -> None:
    page = await window(server)
    conversation = await ask(page)
    await page.context.set_offline(True)
    await expect(window_of(page).get_by_text("The connection is lost.")).to_be_visible()
    for number in range(RECOVERED + 2):  # so that the conversation is told as it stands
        await reply(conversation, f"Reply {number}")
    await page.context.set_offline(False)
    await expect(lines(page)).to_have_count(RECOVERED + 3)
    said_aloud = window_of(page).get_by_role("status").filter(has_text=f"Reply {RECOVERED + 1}")
    await expect(said_aloud).to_have_count(1)
    await page.reload()
    await expect(lines(page)).to_have_count(RECOVERED + 3)
    await expect(said_aloud).to_have_count(0)


async def test_what_waits_goes_out_from_the_next_page_and_once(server: str, window: Window) -> None:
    page, road = await window("about:blank"), Road()
    await road.take(page)
    await page.goto(server)
    conversation = await ask(page)
    road.loses_answers = True
    await write(page, "Was it heard?")
    await expect(lines(page).last).to_contain_text("Sending…")
    await road.cut()
    await write(page, "And this?")
    await page.reload()
    await expect(lines(page)).to_have_count(2)
    road.is_cut = road.loses_answers = False
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(lines(page).last).to_contain_text("Delivered")
    await expect(lines(page)).to_have_count(3)
    assert (await texts(conversation))[1:] == ["Was it heard?", "And this?"]


async def shows_both(page: Page) -> bool:
    try:
        await expect(lines(page)).to_have_count(2, timeout=3000)
    except AssertionError:
        return False
    return True


async def test_what_is_refused_stays_and_can_be_tried_again(server: str, window: Window) -> None:
    page = await window(server)
    conversation = await ask(page)
    customer, room = conversation.customer, conversation.room_key
    ban = await threads.in_db(lambda: Restriction.objects.ban(customer, room))
    await write(page, "May I?")
    refused = lines(page).last
    await expect(refused).to_contain_text("Not sent.")
    assert await violations(page) == []
    await shoot(page, "refused")
    await page.reload()
    await expect(lines(page).filter(has_text="May I?")).to_contain_text("Not sent.")
    await threads.in_db(ban.lift)
    async with asyncio.timeout(sockets.PATIENCE):
        while not await shows_both(page):  # A process may remember the ban for a second more.
            await page.reload()
    await window_of(page).get_by_role("button", name="Try again").click()
    await expect(lines(page).last).to_contain_text("Delivered")
    assert (await texts(conversation))[1:] == ["May I?"]


async def test_a_conversation_may_begin_without_a_network(server: str, window: Window) -> None:
    page, road = await window("about:blank"), Road()
    road.is_cut = True
    await road.take(page)
    await page.goto(server)
    await button(page).click()
    await write(page, "First words, in the dark")
    await write(page, "And second ones")
    await expect(lines(page)).to_have_count(2)
    road.is_cut = False
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(lines(page).last).to_contain_text("Delivered")
    await expect(field(page)).to_have_value("")
    begun = await threads.in_db(lambda: Conversation.objects.get(messages__text="First words, in the dark"))
    assert await texts(begun) == ["First words, in the dark", "And second ones"]
