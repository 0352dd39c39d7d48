"""The player in the plain shop of the examples, at another site than the server's."""

from decimal import Decimal
from typing import Any

from playwright.async_api import FrameLocator, Locator, Page, expect

from accounts.models import User
from streams.models import Stream
from tests import factories

EVENTS = "dataLayer.map(({ event }) => event).filter(Boolean)"


def make_show(**facts: Any) -> Stream:
    creator: User = factories.user("creator")
    mug = factories.product(creator, name="Speckled mug", url="http://127.0.0.1:1/mug?colour=green")
    sizes = [
        {"options": [("Size", "S")], "sku": f"S-{creator.pk}", "stock": 0},
        {"options": [("Size", "M")], "sku": f"M-{creator.pk}", "price": Decimal("12.50")},
    ]
    shirt = factories.product(creator, name="Tea shirt", variants=sizes, url="http://127.0.0.1:1/shirt")
    return factories.stream(creator, "live", title="Everything for tea", product_ids=[mug.pk, shirt.pk], **facts)


def frame(page: Page) -> FrameLocator:
    return page.frame_locator("dialog iframe")


def player(page: Page) -> Locator:
    return page.locator("dialog:has(iframe)")


async def say(page: Page, words: str) -> None:
    inside = frame(page)
    await inside.get_by_role("textbox", name="Your name").fill("Mona")
    await inside.get_by_role("textbox", name="Message").fill(words)
    await inside.get_by_role("button", name="Send").click()
    await expect(inside.locator("[data-lines] .line", has_text=words).locator("time")).to_be_visible()


async def token(page: Page) -> str:
    """The guest's, as the shop's own origin keeps it."""
    kept = await page.evaluate("Object.entries(localStorage).find(([name]) => name.startsWith('vitrine.guest'))?.[1]")
    return str(kept)


async def open_show(page: Page) -> None:
    teaser = page.get_by_role("region", name="Live shows")
    await expect(teaser.first).to_contain_text("Live now")
    await teaser.first.get_by_role("button", name="Watch").click()
    await expect(frame(page).get_by_role("heading", name="Everything for tea")).to_be_visible()
    await expect(frame(page).locator("main:not([inert])")).to_be_attached()
    await expect(frame(page).get_by_text("Live", exact=True)).to_be_visible()
