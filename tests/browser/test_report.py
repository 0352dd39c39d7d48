"""A show's report in Chromium: live and over, on a phone and a desk, on paper and as pictures."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.async_api import Page, expect

from accounts.models import User
from analytics.models import CartAdd, ProductClick, Purchase, ReactionMinute, ShowcaseChange, StreamView
from realtime import database
from streams.models import ChatMessage, Stream
from streams.models.like import Like
from tests import factories
from tests.browser.conftest import PASSWORD, Window
from tests.browser.screens import violations
from tests.browser.test_a_show import nothing_overflows

pytestmark = [pytest.mark.browser, pytest.mark.journey]

LENGTH = 12  # minutes that the show has been on


def happen() -> Stream:
    """A show that has been on for some minutes, with some of everything."""
    creator = factories.user("creator")
    creator.set_password(PASSWORD)
    creator.save()
    stream = factories.stream(creator, "live", title="An evening at the pottery")
    begin = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=LENGTH)
    Stream.objects.filter(pk=stream.pk).update(started_at=begin)
    mug, pot = (factories.listing(stream, factories.product(creator, name=name)).product for name in ("Mug", "Pot"))
    for number, product in enumerate((mug, pot)):
        ShowcaseChange.objects.create(stream=stream, product=product, at=begin + timedelta(minutes=6 * number))
    for number in range(4):
        who, came = f"visitor:{number}", begin + timedelta(minutes=number)
        left = came + timedelta(minutes=5)
        facts: dict[str, Any] = {"stream": stream, "viewer": who}
        StreamView.objects.create(
            **facts, connection="c", role="subscriber", joined_at=came, left_at=left, watch_duration=300
        )
        ProductClick.objects.create(**facts, product=mug, at=came)
    CartAdd.objects.create(stream=stream, viewer="visitor:1", product=mug, quantity=1, at=begin)
    order = {"viewer": "visitor:1", "product": mug, "currency": "JPY", "value": 1990, "refunded": 500}
    Purchase.objects.create(stream=stream, order_id=str(stream.pk), confirmed_at=begin, **order)
    ReactionMinute.objects.create(stream=stream, minute=begin, kind="heart", count=7)
    Like.objects.create(stream=stream, liker="visitor:1")
    ChatMessage.objects.post(stream.pk, factories.identity(creator), "Welcome")
    return Stream.objects.select_related("creator").get(pk=stream.pk)


async def log_in(page: Page, user: User, path: str) -> None:
    await page.get_by_label("Username").fill(user.username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_url(f"**{path}")


async def opened(server: str, window: Window, stream: Stream, phone: bool = False) -> Page:
    path = f"/studio/{stream.pk}/report/"
    page = await window(f"{server}/login/?next={path}", phone=phone)
    await log_in(page, stream.creator, path)
    await expect(page.locator("[data-report][data-drawn]")).to_be_attached()
    return page


def cells(page: Page, table: str, row: str) -> Any:
    return page.locator(f"[data-{table}]").get_by_role("row").filter(has_text=row).get_by_role("cell")


@pytest.mark.parametrize("phone", [True, False])
async def test_a_report_is_read_live_and_when_the_show_is_over(
    live_db: None, server: str, window: Window, phone: bool
) -> None:
    stream = await database.in_db(happen)
    page = await opened(server, window, stream, phone)
    await expect(page.locator('[data-key="views"]')).to_have_text("4")
    await expect(page.locator('[data-key="peak"]')).to_have_text("4")
    await expect(page.locator('[data-chart="viewers"] canvas')).to_be_visible()
    await page.get_by_text("All minutes as a table").click()
    rows = page.locator("[data-minutes] tbody").get_by_role("row")
    await expect(rows.first.get_by_role("cell").nth(4)).to_have_text("7")  # hearts
    await expect(rows.first).to_contain_text("Mug")
    await expect(rows.nth(LENGTH - 1)).to_contain_text("Pot")
    await expect(cells(page, "funnel", "Looked").first).to_have_text("4")
    await expect(cells(page, "money", "JPY")).to_contain_text(["1", "1,990", "500", "1,490", "–"])
    await expect(cells(page, "products", "Mug").last).to_have_text("1")
    await expect(page.get_by_role("heading", name="Who wrote: 1")).to_be_visible()
    assert await nothing_overflows(page)
    assert await violations(page) == []
    await database.in_db(stream.end)  # the page looks again by itself
    await expect(page.locator("[data-standing]")).to_contain_text("The show is over")
    await expect(page.locator('[data-key="views"]')).to_have_text("4")


async def test_charts_are_downloaded_and_printed(live_db: None, server: str, window: Window) -> None:
    stream = await database.in_db(happen)
    page = await opened(server, window, stream)
    for button, name in (("Image of the viewers", "viewers"), ("Image to share", "report")):
        async with page.expect_download() as coming:
            await page.get_by_role("button", name=button).click()
        picture = await coming.value
        assert picture.suggested_filename == f"{name}-{stream.pk}.png"
        path = await picture.path()
        assert path.read_bytes().startswith(b"\x89PNG")
    await page.emulate_media(color_scheme="dark")
    await page.evaluate("""() => {
        window.dressed = [];
        addEventListener("beforeprint", () => dressed.push(document.querySelector("[data-report]").className));
    }""")
    assert (await page.pdf()).startswith(b"%PDF")
    assert "printing" in (await page.evaluate("dressed"))[0]
    await expect(page.locator("[data-report].printing")).to_have_count(0)


def end_two() -> Stream:
    """Two shows of one creator, one of them over."""
    stream = happen()
    other = factories.stream(stream.creator, "live", title="Wool week")
    begin = timezone.now() - timedelta(minutes=3)
    Stream.objects.filter(pk=other.pk).update(started_at=begin)
    facts: dict[str, Any] = {"connection": "c", "role": "subscriber", "joined_at": begin}
    StreamView.objects.create(stream=other, viewer="visitor:9", **facts)
    other.refresh_from_db()
    other.end()
    return stream


@pytest.mark.parametrize("phone", [True, False])
async def test_shows_are_summed_and_compared(live_db: None, server: str, window: Window, phone: bool) -> None:
    stream = await database.in_db(end_two)
    page = await window(f"{server}/login/?next=/studio/figures/", phone=phone)
    await log_in(page, stream.creator, "/studio/figures/")
    await expect(page.locator('[data-key="views"]')).to_have_text("5")
    await expect(page.locator('[data-key="shows"]')).to_have_text("2")
    compared = page.get_by_role("region", name="Side by side")
    for title in ("An evening at the pottery", "Wool week"):
        await expect(compared).to_be_hidden()
        await page.get_by_label(f"Compare {title}").check()
    table = page.get_by_role("region", name="The chosen shows side by side, as a table")
    await expect(table.get_by_role("columnheader")).to_have_text(["Figure", "An evening at the pottery", "Wool week"])
    row = table.get_by_role("row").filter(has_text="Views")
    await expect(row.get_by_role("cell")).to_have_text(["4", "1"])
    await expect(page.locator('[data-chart="compared"] canvas')).to_be_visible()
    assert await nothing_overflows(page)
    assert await violations(page) == []
    await page.get_by_role("link", name="Wool week").click()
    await expect(page.get_by_role("heading", name="Wool week")).to_be_visible()
