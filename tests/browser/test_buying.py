"""A shopper in Chromium: chooses a form of a product during a show, fills the bag, and is led to the seller's shop."""

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from playwright.async_api import Page, expect

from analytics import references
from analytics.models import Checkout, Purchase
from analytics.models.purchase import Order
from realtime import database
from shopping.models import Product
from streams.models import Stream
from tests import factories
from tests.browser import screens
from tests.browser.conftest import Window
from tests.browser.test_party import SilentHandler

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[str]:
    """The seller's shop, at an origin of its own."""
    (tmp_path / "shirt.html").write_text("<!doctype html><html lang=en><title>Checkout</title><h1>Pay for it here</h1>")
    pages = functools.partial(SilentHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), pages) as shop:
        threading.Thread(target=shop.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{shop.server_port}/shirt.html"
        shop.shutdown()


class Offer(NamedTuple):
    show: Stream
    shirt: Product


@pytest.fixture
async def offer(live_db: None, checkout: str) -> Offer:
    def make() -> Offer:
        show = factories.stream(factories.user("creator"), "live")
        rows = [
            {"options": [("Size", size), ("Colour", colour)], "stock": stock, "price": price, "url": page}
            for size, colour, stock, price, page in (
                ("S", "Blue", 3, None, ""),
                ("M", "Blue", 0, None, ""),
                ("M", "Red", 2, Decimal("45.00"), f"{checkout}?variant=m-red"),
            )
        ]
        facts = {"name": "Linen shirt", "price": Decimal("40.00"), "url": checkout, "variants": rows}
        shirt = factories.product(show.creator, **facts)
        factories.listing(show, shirt)
        return Offer(show, shirt)

    return await database.in_db(make)


async def open_sheet(page: Page) -> Any:
    await page.get_by_role("button", name=re.compile("Linen shirt")).first.click()
    sheet = page.get_by_role("dialog", name="Linen shirt")
    await expect(sheet).to_be_visible()
    return sheet


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_a_shopper_chooses_fills_the_bag_and_buys(
    server: str, window: Window, offer: Offer, checkout: str, phone: bool
) -> None:
    page = await window(f"{server}/watch/{offer.show.pk}/", phone=phone)
    if phone:
        await page.locator("[data-wares]").click()
    sheet = await open_sheet(page)
    await expect(sheet.locator("[data-price]")).to_have_text("$40.00")
    await sheet.get_by_label("Size").select_option("M")
    await expect(sheet.get_by_text("Sold out", exact=True)).to_be_visible()
    await expect(sheet.get_by_role("button", name="Add to bag")).to_be_hidden()
    await sheet.get_by_label("Colour").select_option("Red")
    await expect(sheet.locator("[data-price]")).to_have_text("$45.00")
    assert await screens.violations(page) == []
    await sheet.get_by_role("button", name="Add to bag").click()
    await sheet.get_by_role("link", name="your bag").click()

    line = page.locator("[data-lines] > li")
    await expect(line).to_contain_text("M / Red")
    await line.get_by_role("button", name="One Linen shirt, M / Red more").click()
    await expect(page.locator("[data-total]")).to_have_text("$90.00")
    await line.get_by_role("button", name="One Linen shirt, M / Red more").click()
    await expect(page.get_by_role("alert")).to_have_text("Only 2 left")
    assert await screens.violations(page) == []

    def revise() -> None:
        offer.shirt.variants.filter(name="M / Red").update(price_minor=5000)
        offer.shirt.revise()

    await database.in_db(revise)
    await expect(line).to_contain_text("The price has changed from $45.00 to $50.00")
    await expect(line.get_by_role("link", name=re.compile("Buy"))).to_be_hidden()
    await line.get_by_role("button", name="Take the new price").click()
    async with page.expect_popup() as popup:
        await line.get_by_role("link", name=re.compile("Buy")).click()
    shop = await popup.value
    await expect(shop.get_by_role("heading")).to_have_text("Pay for it here")
    assert shop.url.startswith(f"{checkout}?variant=m-red&vitrine_ref=")

    token = parse_qs(urlsplit(shop.url).query)["vitrine_ref"][0]
    bought = await database.in_db(confirm, token)
    assert bought == (offer.show.pk, offer.shirt.pk)
    assert await database.in_db(Checkout.objects.filter(stream=offer.show).count) == 1


def confirm(token: str) -> tuple[Any, Any]:
    """What the seller's server does once it was paid."""
    reference = references.read(token, settings.PURCHASES.window)
    assert reference is not None
    purchase = Purchase.objects.confirm(Order(token[:40], "USD", 10_000, [], reference=reference))
    return purchase.stream_id, purchase.product_id


async def test_what_sells_out_meanwhile_is_seen_at_once(server: str, window: Window, offer: Offer) -> None:
    page = await window(f"{server}/watch/{offer.show.pk}/")
    sheet = await open_sheet(page)
    await expect(sheet.get_by_role("button", name="Add to bag")).to_be_visible()

    def sell_out() -> None:
        offer.shirt.variants.update(stock=0)
        offer.shirt.revise()

    await database.in_db(sell_out)
    await expect(sheet.get_by_text("Sold out", exact=True)).to_be_visible()
    await expect(sheet.get_by_role("button", name="Add to bag")).to_be_hidden()


async def test_a_price_that_was_not_seen_is_shown_before_one_is_led_on(
    server: str, window: Window, offer: Offer, checkout: str
) -> None:
    variant = (await database.in_db(lambda: offer.shirt.forms))[0]
    page = await window(f"{server}/buy/{offer.shirt.pk}/?variant={variant.pk}&price=100")
    await expect(page.get_by_role("status")).to_contain_text("It was $1.00, and is now $40.00")
    assert await screens.violations(page) == []
    await page.get_by_role("link", name="Buy at the new price").click()
    await page.wait_for_url(f"{checkout}?vitrine_ref=*")
