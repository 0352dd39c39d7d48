"""A party on phones: nothing covers names, votes or fields, fingers point, all look different, and the door speaks."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, ViewportSize, expect

from tests import sockets
from tests.browser.conftest import Window
from tests.browser.screens import DESK, ON_ITS_SIDE, PHONE, Box, boxes, violations
from tests.browser.test_party import (  # noqa: F401  # some are fixtures
    Shop,
    card,
    enter,
    faces,
    mia,
    shop,
    tom,
    turn_to,
)

pytestmark = [pytest.mark.browser, pytest.mark.journey]

LOOKS = """async (names) => {
    const { looksOf } = await import("/static/storefront/party/faces.js");
    const looks = looksOf(names.map((userName, number) => ({ userId: String(number), userName })));
    return [...looks.values()].map(({ letters, tint }) => `${letters} ${tint}`);
}"""


# Each face: whose, its letter and its colour.
DRAWN = """(faces) => faces.map(({ dataset, firstElementChild: face }) =>
    `${dataset.user} ${face.textContent[0]} ${face.className}`)"""


@pytest.mark.parametrize("size", [PHONE, ON_ITS_SIDE, DESK], ids=["upright", "on its side", "desk"])
async def test_reactions_and_news_cover_no_names_votes_or_fields(
    mia: Page,  # noqa: F811
    tom: Page,  # noqa: F811
    shop: Shop,  # noqa: F811
    size: ViewportSize,
) -> None:
    await tom.set_viewport_size(size)
    panels, rest = "[data-floor], .side", ".lobby, .composer input, .tabs, .participant"
    for tab in ("Shop", "Cart", "Chat", "People") if size != DESK else ("all at once",):
        if size != DESK:
            await turn_to(tom, tab)
        over: list[Box] = []
        while not over:  # A slow machine looks when the news has gone already.
            await card(mia, shop.mug).get_by_role("button", name="to our cart").click()
            await expect(tom.locator("[data-toasts] p:visible").last).to_have_text(f"Mia added {shop.mug_name}")
            over = await boxes(tom.locator("[data-toasts] p, [data-reactions]"))
        below = await boxes(tom.locator(f"{panels}, {rest}"))
        assert not [(one, other) for one in over for other in below if one.covers(other)], tab
    assert await violations(tom) == []


class Finger:
    """A finger on the screen of a page."""

    def __init__(self, hand: CDPSession) -> None:
        self.hand = hand

    @classmethod
    async def of(cls, page: Page) -> "Finger":
        return cls(await page.context.new_cdp_session(page))

    async def touch(self, kind: str, *points: tuple[float, float]) -> None:
        touched: dict[str, Any] = {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        await self.hand.send("Input.dispatchTouchEvent", touched)


def middle(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, box.top + 60


async def test_a_finger_points_and_a_resting_one_points_without_scrolling_or_opening(
    mia: Page,  # noqa: F811
    tom: Page,  # noqa: F811
    shop: Shop,  # noqa: F811
) -> None:
    pointer, finger = mia.locator(".pointer:not(.still)"), await Finger.of(tom)
    mug, lamp = await Box.of(card(tom, shop.mug)), await Box.of(card(tom, shop.lamp))
    await finger.touch("touchStart", middle(mug))
    await expect(pointer).to_have_text("Tom")
    await until_over(mia, shop.mug)
    await expect(tom.locator(".pointer")).to_have_text("You")  # it has rested long enough to point where it goes
    (from_x, from_y), (to_x, to_y) = middle(mug), middle(lamp)
    for step in range(1, 6):
        await finger.touch("touchMove", (from_x + (to_x - from_x) * step / 5, from_y + (to_y - from_y) * step / 5))
    await until_over(mia, shop.lamp)
    await finger.touch("touchEnd")
    assert await tom.locator("[data-floor]").evaluate("(floor) => floor.scrollTop") == 0
    await expect(tom.locator("[data-looking]")).to_be_hidden()  # it did not open what it pointed at
    await card(tom, shop.mug).get_by_role("link").tap()  # and a tap does, as ever
    await expect(tom.locator("[data-looking]")).to_be_visible()


async def until_over(page: Page, product: str) -> None:
    """Waits until the pointer of someone else has moved over this product."""
    thing, pointer = card(page, product), page.locator(".pointer")
    async with asyncio.timeout(sockets.PATIENCE):
        while True:
            place, tip = await Box.of(thing), await Box.of(pointer.locator("svg"))
            if place.left <= tip.left <= place.right and place.top <= tip.top <= place.bottom:
                return


async def test_a_phone_sees_where_others_point(mia: Page, tom: Page, shop: Shop) -> None:  # noqa: F811
    await card(mia, shop.lamp).hover()
    await expect(tom.locator(".pointer")).to_have_text("Mia")
    await until_over(tom, shop.lamp)


async def test_no_two_people_share_letters_and_colour_and_all_see_the_same(
    mia: Page,  # noqa: F811
    window: Window,
) -> None:
    friends = [mia]
    for name in ("Mia", "Mia", "Moritz"):
        friend = await window(mia.url, phone=True)
        await enter(friend, name, "Join the party")
        friends.append(friend)
    looks: list[list[str]] = []
    for page in friends:
        await expect(faces(page)).to_have_count(4)
        looks.append(sorted(await faces(page).evaluate_all(DRAWN)))
    assert looks == [looks[0]] * 4
    assert len({look.partition(" ")[2] for look in looks[0]}) == 4
    crowd = ["Mia", "Max", "Mo Wu", "Mia"] * 20
    drawn_alone = await mia.evaluate(LOOKS, crowd)
    assert len(set(drawn_alone)) == len(crowd)
    assert await mia.evaluate(LOOKS, crowd) == drawn_alone


async def test_whoever_was_removed_is_told_at_the_door(mia: Page, tom: Page, window: Window) -> None:  # noqa: F811
    link = tom.url
    await mia.get_by_label("What to do about Tom").click()
    await mia.get_by_role("button", name="Remove from the party").click()
    await expect(tom.get_by_text("The host has removed you from it.")).to_be_visible()
    answer = await tom.goto(link)
    assert answer is not None
    assert answer.status == 403
    await expect(tom.get_by_role("heading", name=re.compile("join this party"))).to_be_visible()
    await expect(tom.get_by_text("The host has removed you from it")).to_be_visible()
    await expect(tom.get_by_role("button", name="Join the party")).to_have_count(0)
    assert await violations(tom) == []
    await tom.get_by_role("link", name="Open a new party").click()
    await expect(tom.get_by_role("heading", name="Shop with friends")).to_be_visible()
    of_same_address = await window(link, phone=True)
    await expect(of_same_address.get_by_role("main").get_by_role("link", name="log in")).to_be_visible()
