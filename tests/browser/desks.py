"""Staff at the desk in Chromium, and customers on sockets who write to them."""

import contextlib
import secrets
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from django.test import Client
from playwright.async_api import Browser, Locator, Page, expect

from accounts.models import User
from realtime.runtime import threads
from support.models import Conversation, Said, Sender
from tests import factories, sockets
from tests.browser import screens
from tests.support.desk import Desk

PATH = "/admin/support/inbox/"
BOTH = pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])


class Customer(NamedTuple):
    """Somebody with an account, their socket, and their conversation."""

    user: User
    name: str
    client: sockets.Client
    conversation: Conversation

    async def write(self, text: str) -> sockets.Frame:
        ack = await self.client.ask("support-write", conversationId=str(self.conversation.pk), text=text)
        assert ack["ok"], ack
        return ack

    async def hear(self, text: str) -> sockets.Frame:
        """Waits for a message with this text."""
        while True:
            frame = await self.client.expect("support-message")
            if frame["message"]["text"] == text:
                return frame


class Office:
    """The staff and customers of one test, whose sockets close with it."""

    def __init__(self, server: str, browser: Browser, pages: contextlib.AsyncExitStack, faults: list[str]) -> None:
        self.server, self.browser, self.pages, self.faults = server, browser, pages, faults
        self.sockets = Desk(sockets.Address(urlsplit(server).port or 0))

    async def agent(self, role: str = "staff") -> User:
        return await threads.in_db(factories.user, role, f"agent-{secrets.token_hex(4)}")

    async def desk(self, agent: User, phone: bool = False, conversation: Conversation | None = None) -> Page:
        """The desk of one of the staff, who has come to it."""
        page = await self.page(agent, phone)
        await page.goto(f"{self.server}{PATH}" + (f"#{conversation.pk}" if conversation else ""))
        await expect(page.locator("[data-connection][data-state=open]")).to_be_attached()
        await expect(page.locator("[data-rows] a").or_(page.locator("[data-empty]:visible")).first).to_be_attached()
        if conversation is not None:
            await expect(page.locator("[data-lines] .line").first).to_be_attached()
        return page

    async def page(self, agent: User, phone: bool = False) -> Page:
        """An empty page of somebody who is logged in; what its scripts throw fails the test."""

        def logged_in() -> str:
            client = Client()
            client.force_login(agent)
            return client.cookies["sessionid"].value

        size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 800}
        context = await self.browser.new_context(viewport=size, is_mobile=phone, has_touch=phone)  # type: ignore[arg-type]
        self.pages.push_async_callback(context.close)
        cookie = await threads.in_db(logged_in)
        await context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.server}])
        page = await context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text) if "Content Security" in said.text else None)
        return page

    async def customer(self, text: str = "Is it washable?", **more: object) -> Customer:
        """A customer who has written; `more` are columns of the conversation."""
        name = f"Noa {secrets.token_hex(4)}"

        def begun() -> tuple[User, Conversation]:
            user = factories.user()
            said = Conversation.objects.say(Sender(factories.identity(user)), Said(text, name=name, is_new=True))
            if more:
                Conversation.objects.filter(pk=said.conversation_id).update(**more)
            return user, Conversation.objects.get(pk=said.conversation_id)

        user, conversation = await threads.in_db(begun)
        client = await self.sockets.user(user)
        assert (await client.ask("support-open", conversationId=str(conversation.pk)))["ok"]
        return Customer(user, name, client, conversation)


def row(desk: Page, customer: Customer) -> Locator:
    return desk.locator("[data-rows] li").filter(has_text=customer.name)


def lines(desk: Page) -> Locator:
    return desk.locator("[data-lines] .line")


def line(desk: Page, text: str) -> Locator:
    return lines(desk).filter(has=desk.locator("[data-text]", has_text=text))


async def choose(desk: Page, words: str) -> None:
    """Chooses one of the lists."""
    button = desk.get_by_role("group", name="Which conversations").get_by_role("button", name=words)
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")


async def open_thread(desk: Page, customer: Customer) -> None:
    await row(desk, customer).get_by_role("link").click()
    await expect(desk.get_by_role("heading", name=customer.name)).to_be_visible()
    await expect(lines(desk).first).to_be_visible()


async def say(desk: Page, text: str) -> None:
    await desk.get_by_role("textbox", name="Reply").fill(text)
    await desk.get_by_role("button", name="Send", exact=True).click()


async def fresh(conversation: Conversation) -> Conversation:
    return await threads.in_db(lambda: Conversation.objects.select_related("assignee").get(pk=conversation.pk))


async def violations(desk: Page) -> list[tuple[str, Any]]:
    """What axe finds within the desk: the frame around it is the admin's."""
    return await screens.violations(desk, ".desk")


async def fits(desk: Page) -> bool:
    return bool(await desk.evaluate("document.documentElement.scrollWidth <= innerWidth"))
