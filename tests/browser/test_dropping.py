"""A drop between a creator at her desk and two buyers, one of them with a phone."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.async_api import Page, expect

from accounts import identity as identities
from accounts.models import User
from drops.models import Claim, Drop, State
from realtime import database
from streams.models import Stream
from tests import factories
from tests.browser import screens
from tests.browser.conftest import Window
from tests.drops.dropping import ask

pytestmark = [pytest.mark.browser, pytest.mark.journey]

PICTURES = os.environ.get("DROP_PICTURES", "")  # a folder, to look at what the pages show


def prepare() -> tuple[User, Stream]:
    creator = factories.user("creator")
    stream = factories.stream(creator, "live")
    mug = factories.product(creator, name="Moss mug", url="https://shop.example/mug", stock=10)
    factories.listing(stream, mug)
    return creator, stream


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def log_in(page: Page, server: str, user: User) -> None:
    cookie: Any = {"name": settings.SESSION_COOKIE_NAME, "value": await database.in_db(session_of, user), "url": server}
    await page.context.add_cookies([cookie])


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png")


async def test_a_drop_from_its_announcement_to_the_next_in_line(server: str, window: Window) -> None:
    creator, stream = await database.in_db(prepare)
    desk = await window(f"{server}/watch/{stream.pk}/")
    await log_in(desk, server, creator)
    await desk.goto(f"{server}/studio/{stream.pk}/")
    first = await window(f"{server}/watch/{stream.pk}/")
    second = await window(f"{server}/watch/{stream.pk}/", phone=True)
    drops = desk.get_by_role("region", name="Drops")

    # She announces one piece, which opens by hand.
    await drops.get_by_text("Announce a drop").click()
    await drops.get_by_label("Product").select_option("Moss mug")
    await drops.get_by_label("Price").fill("7.50")
    await drops.get_by_role("button", name="Announce", exact=True).click()
    for buyer in (first, second):
        await expect(buyer.get_by_text("Soon · 1 piece")).to_be_visible()
    await picture(desk, "desk-announced")
    await drops.get_by_role("button", name="Open now: Moss mug").click()
    await expect(first.get_by_text("Open · 1 left")).to_be_visible()
    await picture(second, "phone-open")
    await picture(first, "wide-open")

    # The first one claims it by the button, the second by a word in the chat.
    await first.get_by_role("button", name="Claim Moss mug").click()
    await expect(first.get_by_text("Yours for now: 1 piece").first).to_be_visible()
    await expect(first.get_by_text("Pay within")).to_be_visible()
    await expect(second.get_by_text("All taken").first).to_be_visible()
    await second.get_by_role("textbox", name="Message").fill("mine")
    await second.get_by_role("textbox", name="Message").press("Enter")
    await expect(second.get_by_text("Your place in the line: 1").first).to_be_visible()
    await picture(first, "wide-held")
    await picture(second, "phone-waiting")
    for buyer in (first, second):
        assert await screens.violations(buyer) == []

    # The desk sees both; a hold can be extended once, and leads to the shop.
    await expect(drops.get_by_text("holds 1")).to_be_visible()
    await expect(drops.get_by_text("waits for 1, place 1")).to_be_visible()
    await first.get_by_role("button", name="More time").click()
    await expect(first.get_by_role("button", name="More time")).to_be_hidden()
    leads = await first.get_by_role("link", name="Pay now").get_attribute("href")
    answer = await first.context.request.get(f"{server}{leads}", max_redirects=0)
    assert answer.headers["location"].startswith("https://shop.example/mug?vitrine_ref=")
    await picture(desk, "desk-claims")
    assert await screens.violations(desk) == []

    # She passes it on, and the phone is told.
    await drops.get_by_role("button", name="Pass on what Guest has").first.click()
    await expect(second.get_by_role("link", name="Pay now")).to_be_visible()
    await expect(first.get_by_text("The host has passed it on.").first).to_be_visible()
    await picture(second, "phone-held")
    assert await screens.violations(second) == []

    # Who reloads finds what they hold.
    await second.reload()
    await expect(second.get_by_role("link", name="Pay now")).to_be_visible()
    await second.get_by_role("button", name="Give it back").click()
    await expect(second.get_by_text("You gave it back.").first).to_be_visible()
    await drops.get_by_role("button", name="Close: Moss mug").click()
    await expect(first.get_by_text("Closed").first).to_be_visible()
    states = await database.in_db(
        lambda: list(Claim.objects.order_by("-created_at").values_list("state", flat=True)[:2])
    )
    assert sorted(states) == sorted([State.RETURNED, State.PASSED])


def prepare_past() -> Stream:
    _, stream = prepare()
    mug = stream.listings.get().product
    drop = Drop.objects.announce(stream, identities.Identity(stream.creator, ""), mug.pk, quantity=1)
    drop.open()
    ask(drop)
    stream.end()
    begin = timezone.now() - timedelta(minutes=5)
    Stream.objects.filter(pk=stream.pk).update(started_at=begin, ended_at=begin + timedelta(minutes=4))
    at = {"opened_at": 0, "sold_out_at": 12, "closed_at": 200}
    Drop.objects.filter(pk=drop.pk).update(**{name: begin + timedelta(seconds=late) for name, late in at.items()})
    return stream


async def test_a_replay_shows_what_was_dropped_and_sells_by_the_ordinary_way(server: str, window: Window) -> None:
    stream = await database.in_db(prepare_past)
    for phone in (False, True):
        page = await window(f"{server}/watch/{stream.pk}/?t=30", phone=phone)
        drops = page.get_by_role("region", name="Drops")
        await expect(drops.get_by_text("1 dropped, gone after 12 s")).to_be_visible()
        await picture(page, f"replay-{'phone' if phone else 'wide'}")
        assert await screens.violations(page) == []
        await drops.get_by_role("button", name="See Moss mug").click()
        await expect(page.get_by_role("dialog").get_by_text("Moss mug").first).to_be_visible()
