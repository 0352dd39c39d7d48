"""Keeping order in Chromium: the menu beside each line, the sheet of those who keep order, and a wave of spam."""

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from playwright.async_api import Locator, Page, expect

from realtime.runtime import threads
from tests import factories, sockets
from tests.browser.conftest import Window, go_live_unseen
from tests.browser.screens import PHONE, Box, screen, violations
from tests.browser.test_a_show import creator, guest, line, nothing_overflows, saved, say, show  # noqa: F401  # fixtures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="two processes need PostgreSQL and Redis"
    ),
]

logger = logging.getLogger(__name__)

# Whether the newest line is in sight.
AT_THE_END = "(log) => log.scrollHeight - log.scrollTop - log.clientHeight < 80"


async def menu(page: Page, words: str) -> Locator:
    """Opens what can be done about a line."""
    await line(page, words).get_by_role("button", name="What to do about this message").click()
    dialog = page.locator("[data-line-menu]")
    await expect(dialog).to_be_visible()
    return dialog


async def sheet(page: Page) -> Locator:
    """Opens the sheet of those who keep order."""
    await page.get_by_role("button", name="Keep order").click()
    dialog = page.get_by_role("dialog", name="Keep order")
    await expect(dialog).to_be_visible()
    return dialog


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_a_host_deletes_mutes_and_pins_from_the_menu_of_a_line(
    creator: Page,  # noqa: F811
    guest: Page,  # noqa: F811
    phone: bool,
) -> None:
    await go_live_unseen(creator)
    if phone:
        await creator.set_viewport_size(PHONE)
    await say(guest, "Buy cheap mugs")
    await say(guest, "Is this the teapot?")
    opened = await menu(creator, "Is this the teapot?")
    assert await violations(creator) == []
    assert (await screen(creator)).holds(await Box.of(opened))
    await opened.get_by_role("button", name="Pin", exact=True).click()
    for page in (creator, guest):
        await expect(page.locator("[data-pinned]")).to_contain_text("Is this the teapot?")
    await (await menu(creator, "Buy cheap mugs")).get_by_role("button", name="Delete", exact=True).click()
    for page in (creator, guest):
        await expect(line(page, "Buy cheap mugs")).to_have_count(0)
    await (await menu(creator, "Is this the teapot?")).get_by_role("button", name="5 min").click()
    await expect(guest.get_by_text("You may write here again at")).to_be_visible()
    kept = await sheet(creator)
    await expect(kept.get_by_text("muted a person")).to_be_visible()
    assert await violations(creator) == []
    assert await nothing_overflows(creator)
    await kept.get_by_role("listitem").filter(has_text="muted a person").get_by_role("button", name="Undo").click()
    await expect(guest.get_by_role("textbox", name="Message")).to_be_visible()
    assert await violations(guest) == []
    assert await nothing_overflows(guest)


async def test_a_message_that_is_held_is_allowed_from_the_sheet(creator: Page, guest: Page) -> None:  # noqa: F811
    await go_live_unseen(creator)
    kept = await sheet(creator)
    async with saved(creator):
        await kept.get_by_label("Hold every message for review").check()
    await say(guest, "May I?")
    await expect(guest.get_by_text("A moderator looks at your message")).to_be_visible()
    await expect(kept.get_by_role("listitem").filter(has_text="May I?")).to_be_visible()
    await kept.get_by_role("button", name="Allow").click()
    await expect(line(guest, "May I?")).to_be_visible()


async def test_a_blocked_word_and_a_moderator_are_named_and_go_again(creator: Page, guest: Page) -> None:  # noqa: F811
    named = await threads.in_db(factories.user)
    kept = await sheet(creator)
    await kept.get_by_label("Word or phrase").fill("casino")
    await kept.get_by_role("button", name="Block", exact=True).click()
    await expect(kept.get_by_role("button", name="Remove: casino")).to_be_visible()
    await say(guest, "C.A.S.I.N.O")
    await expect(guest.get_by_text("words that are not allowed")).to_be_visible()
    await kept.get_by_label("Username").fill(named.username)
    await kept.get_by_role("button", name="Add", exact=True).click()
    await kept.get_by_role("button", name=f"Remove: {named.username}").click()
    await kept.get_by_role("button", name="Remove: casino").click()
    await expect(kept.get_by_role("button", name="Remove: casino")).to_have_count(0)


async def test_a_viewer_reports_hides_and_asks(creator: Page, show: str, guest: Page, window: Window) -> None:  # noqa: F811
    await go_live_unseen(creator)
    other = await window(show)
    await other.get_by_role("textbox", name="Your name").fill("Ola")
    await say(other, "Look at my shop")
    await (await menu(guest, "Look at my shop")).get_by_role("button", name="Report").click()
    await expect(guest.get_by_text("Those who keep order here will look at it")).to_be_visible()
    kept = await sheet(creator)
    await expect(kept.get_by_role("listitem").filter(has_text="Look at my shop").first).to_be_visible()
    await kept.get_by_role("button", name="Close").click()
    await (await menu(guest, "Look at my shop")).get_by_role("button", name="Hide this person for me").click()
    await expect(line(guest, "Look at my shop")).to_have_count(0)
    await say(other, "And again")
    await expect(line(creator, "And again")).to_be_visible()
    await say(guest, "Does it float?")
    await (await menu(guest, "Does it float?")).get_by_role("button", name="Ask as a question").click()
    await expect(line(guest, "And again")).to_have_count(0)
    await guest.reload()
    await expect(line(guest, "Does it float?")).to_be_visible()
    await expect(line(guest, "And again")).to_have_count(0)
    await (await menu(creator, "Does it float?")).get_by_role("button", name="Answer as a question").click()
    await expect(guest.locator("[data-picked]")).to_contain_text("Does it float?")
    await guest.get_by_role("button", name="Show the people whom you hide").click()
    await expect(line(guest, "And again")).to_be_visible()


async def test_whom_the_owner_names_keeps_order_on_the_open_page(
    server: str,
    creator: Page,  # noqa: F811
    show: str,  # noqa: F811
    guest: Page,  # noqa: F811
    window: Window,
) -> None:
    await go_live_unseen(creator)
    name = "keeper"

    def make() -> str:
        user = factories.user(name=f"{name}-{time.monotonic_ns():x}")
        user.set_password("a long enough secret")
        user.save()
        return user.username

    username = await threads.in_db(make)
    page = await window(f"{server}/login/?next={urlsplit(show).path}")
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill("a long enough secret")
    await page.get_by_role("button", name="Log in").click()
    await say(guest, "Buy cheap mugs")
    await expect(line(page, "Buy cheap mugs")).to_be_visible()
    await expect(page.get_by_role("button", name="Keep order")).to_be_hidden()
    kept = await sheet(creator)
    await kept.get_by_label("Username").fill(username)
    await kept.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("button", name="Keep order")).to_be_visible()
    await (await menu(page, "Buy cheap mugs")).get_by_role("button", name="Delete", exact=True).click()
    await expect(line(guest, "Buy cheap mugs")).to_have_count(0)
    await kept.get_by_role("button", name=f"Remove: {username}").click()
    await expect(page.get_by_role("button", name="Keep order")).to_be_hidden()


# --- a wave

BOTS, PEOPLE = 50, 20
PER_SECOND = 200  # lines of all bots together, so far as they are taken
ADDRESSES = (f"127.1.{number}.1" for number in itertools.count(1))


@contextlib.asynccontextmanager
async def connected(
    door: sockets.Address, count: int, options: list[dict[str, object]]
) -> AsyncIterator[list[sockets.Client]]:
    """Clients that come from an address each, as a wave from a botnet does."""
    async with contextlib.AsyncExitStack() as stack:
        clients = []
        for number in range(count):
            how: dict[str, Any] = {"local_addr": (next(ADDRESSES), 0), **(options[number] if options else {})}
            client = await sockets.connect(door, **how)
            clients.append(await stack.enter_async_context(client))
        yield clients


async def flood(bot: sockets.Client, session: str, stop: asyncio.Event) -> None:
    for number in itertools.count():
        if stop.is_set():
            return
        await bot.say("send-message", sessionId=session, message=f"CHEAP MUGS {number}")
        await asyncio.sleep(BOTS / PER_SECOND)  # the pace of the wave, and nothing that is waited for


async def drop(client: sockets.Client) -> None:
    """Reads whatever comes, as a bot does, until the connection is closed."""
    with contextlib.suppress(Exception):
        while True:
            await client.connection.recv()


async def test_people_are_heard_through_a_wave_which_a_host_ends_within_three_clicks(
    server: str,
    creator: Page,  # noqa: F811
    show: str,  # noqa: F811
) -> None:
    await go_live_unseen(creator)
    session = urlsplit(show).path.rstrip("/").rpartition("/")[2]
    door = sockets.Address(urlsplit(server).port or 0)
    accounts = await threads.in_db(lambda: [sockets.bearer(factories.user()) for _ in range(PEOPLE)])
    stop, delays = asyncio.Event(), []
    async with connected(door, BOTS, []) as bots, connected(door, PEOPLE, accounts) as people:
        ear = people[0]
        await ear.ask("join-session", sessionId=session)
        tasks = [asyncio.create_task(each) for bot in bots for each in (flood(bot, session, stop), drop(bot))]
        for turn in range(3):
            for number, person in enumerate(people):
                words, at = f"person {number} in turn {turn}", time.monotonic()
                if person is not ear:
                    await person.say("send-message", sessionId=session, message=words, op=f"{turn}")
                else:
                    await ear.say("send-message", sessionId=session, message=words)
                await ear.expect("new-message", message=words)
                delays.append(time.monotonic() - at)
        assert [frame for frame in ear.passed if "CHEAP MUGS" in str(frame)]
        log = creator.get_by_role("log")
        await creator.wait_for_function(AT_THE_END, arg=await log.element_handle())
        # One click: the bots are guests, and guests may write no longer.
        await creator.get_by_role("group", name="Rules of the chat").get_by_label("Guests may write").uncheck()
        await ear.expect("session-updated", guestChat=False)
        ear.passed.clear()
        await people[1].say("send-message", sessionId=session, message="Quiet at last")
        await ear.expect("new-message", message="Quiet at last")
        assert not [frame for frame in ear.passed if "CHEAP MUGS" in str(frame)]
        await expect(line(creator, "Quiet at last")).to_be_visible()
        stop.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    delays.sort()
    logger.info("p95 of people's lines in the wave: %.0f ms", delays[int(len(delays) * 0.95)] * 1000)
