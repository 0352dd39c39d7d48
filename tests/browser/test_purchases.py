"""A shop's page, at an origin of its own, reports what its visitor buys after they have looked at it in a show."""

import secrets

import pytest

from analytics.models import Checkout, Purchase
from realtime import database
from shopping.models import Product
from streams.models import Stream
from tests import factories
from tests.browser.conftest import Window
from tests.browser.test_party import foreign_shop  # noqa: F401  # a fixture

pytestmark = [pytest.mark.browser, pytest.mark.journey]

BUYS = """async ([server, show, product, order]) => {
    const { Vitrine } = await import(`${server}/static/realtime/client.js`);
    const { reportCheckout, reportPurchase } = await import(`${server}/static/shopping/purchases.js`);
    const { Together } = await import(`${server}/static/shopping/sdk.js`);
    const shop = new Vitrine({ url: `${server.replace("http", "ws")}/ws/` });
    shop.connect();
    await shop.send("join-session", { sessionId: show });
    await shop.send("track-product-click", { sessionId: show, productId: product });
    const items = [{ productId: product, quantity: 2, price: 995 }];
    await reportCheckout({ items });
    const reported = await reportPurchase({ orderId: order, currency: "EUR", value: 1990, items });
    const together = new Together({ server });
    const again = await together.reportPurchase({ orderId: order, currency: "EUR", value: 1 });
    const refused = await reportPurchase({ orderId: "", currency: "EUR", value: 1 }).catch(({ code }) => code);
    return [reported, again, refused];
}"""


def show_with_product() -> tuple[Stream, Product]:
    show = factories.stream(factories.user("creator"), "live")
    mug = factories.product(show.creator)
    factories.listing(show, mug)
    return show, mug


async def test_a_guest_of_another_origin_looks_begins_to_pay_and_buys(
    server: str,
    foreign_shop: str,  # noqa: F811
    window: Window,
) -> None:
    show, mug = await database.in_db(show_with_product)
    order, page = secrets.token_hex(8), await window(foreign_shop)
    known = {"orderId": order, "confirmed": False}
    assert await page.evaluate(BUYS, [server, str(show.pk), str(mug.pk), order]) == [known, known, "400"]
    bought = await database.in_db(Purchase.objects.get, order_id=order)
    assert (bought.stream_id, bought.product_id, bought.value) == (show.pk, mug.pk, 1990)
    begun = await database.in_db(Checkout.objects.get, stream=show)
    assert begun.viewer == bought.viewer
    assert bought.viewer.startswith("visitor:")
