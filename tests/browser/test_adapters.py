"""The adapters of the examples for others' shops, against carts that answer as those shops' documentation has it."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route

from tests.browser.conftest import Window
from tests.journeys import server as servers

EXAMPLES = servers.ROOT / "examples"

ITEM = {"productId": "p", "variantId": "v", "quantity": 2, "reference": "sealed", "sku": "SHIRT-M"}


class Shop:
    """Answers for a shop's cart, and remembers what it was asked."""

    def __init__(self, script: Path, attributes: str, answers: dict[str, Any]) -> None:
        self.script, self.attributes, self.answers = script, attributes, answers
        self.asked: list[tuple[str, Any]] = []

    async def answer(self, route: Route) -> None:
        path = route.request.url.partition("https://shop.test")[2]
        if path == "/":
            tag = f'<!doctype html><title>A shop</title><script src="/adapter.js" {self.attributes}></script>'
            return await route.fulfill(body=tag, content_type="text/html")
        if path == "/adapter.js":
            return await route.fulfill(body=self.script.read_text(), content_type="text/javascript")
        body = json.loads(route.request.post_data) if route.request.post_data else None
        self.asked.append((path, body))
        status, said = self.answers.get(path, (404, {"message": "There is no such thing"}))
        return await route.fulfill(
            status=status, body=json.dumps(said), content_type="application/json", headers={"Nonce": "n"}
        )

    async def open(self, window: Window) -> Page:
        """Its page, with what `/embed.js` would offer the adapter."""
        page = await window("about:blank")
        await page.context.route("https://shop.test/**", self.answer)
        await page.add_init_script("window.Vitrine = { cart: (handlers) => (window.handlers = handlers) };")
        await page.goto("https://shop.test/")
        return page


SHOPIFY_CART = {
    "currency": "EUR",
    "total_price": 2500,
    "items": [
        {
            "key": "41:abc",
            "sku": "SHIRT-M",
            "product_title": "Shirt",
            "variant_title": "M",
            "quantity": 2,
            "final_price": 1250,
        }
    ],
}
WOO_CART = {
    "totals": {"currency_code": "EUR", "currency_minor_unit": 2, "total_price": "2500"},
    "items": [
        {
            "key": "abc",
            "sku": "SHIRT-M",
            "name": "Shirt",
            "quantity": 2,
            "prices": {"price": "1250"},
            "variation": [{"attribute": "Size", "value": "M"}],
        }
    ],
}


def shown(key: str) -> dict[str, Any]:
    line = {"key": key, "sku": "SHIRT-M", "name": "Shirt", "variant": "M", "quantity": 2, "price": 12.5}
    return {"currency": "EUR", "total": 25, "items": [line]}


@pytest.fixture
def shopify() -> Shop:
    return Shop(
        EXAMPLES / "shopify/assets/vitrine-cart.js",
        "",
        {
            "/cart.js": (200, SHOPIFY_CART),
            "/cart/add.js": (200, {"items": []}),
            "/cart/change.js": (200, SHOPIFY_CART),
            "/products/shirt.js": (200, {"variants": [{"id": 40, "sku": "SHIRT-S"}, {"id": 41, "sku": "SHIRT-M"}]}),
        },
    )


@pytest.fixture
def woo() -> Shop:
    api = "/wp-json/wc/store/v1"
    return Shop(
        EXAMPLES / "woocommerce/vitrine-cart.js",
        'data-nonce="first"',
        {
            f"{api}/cart": (200, WOO_CART),
            f"{api}/cart/add-item": (201, WOO_CART),
            f"{api}/cart/update-item": (200, WOO_CART),
            f"{api}/cart/remove-item": (200, WOO_CART),
            f"{api}/products?sku=SHIRT-M&type=variation": (200, [{"id": 41}]),
        },
    )


@pytest.mark.browser
async def test_shopifys_cart_is_filled_with_the_form_that_was_chosen(shopify: Shop, window: Window) -> None:
    page = await shopify.open(window)
    for url in ("https://shop.test/products/shirt?variant=41", "https://shop.test/products/shirt?vitrine_ref=x"):
        await page.evaluate("(item) => handlers.onAddToCart(item)", ITEM | {"url": url})
    added = {"items": [{"id": 41, "quantity": 2, "properties": {"_vitrine_ref": "sealed"}}]}
    assert shopify.asked == [("/cart/add.js", added), ("/products/shirt.js", None), ("/cart/add.js", added)]
    assert await page.evaluate("handlers.getCart()") == shown("41:abc")
    await page.evaluate("handlers.onUpdateItem({ key: '41:abc', quantity: 1 })")
    assert shopify.asked[-1] == ("/cart/change.js", {"id": "41:abc", "quantity": 1})


@pytest.mark.browser
async def test_shopifys_refusal_is_told_in_its_words(shopify: Shop, window: Window) -> None:
    shopify.answers["/cart/add.js"] = (422, {"status": 422, "description": "All 3 shirts are in your cart."})
    page = await shopify.open(window)
    said = await page.evaluate(
        "(item) => handlers.onAddToCart(item).catch(({ message }) => message)",
        ITEM | {"url": "https://shop.test/products/shirt?variant=41"},
    )
    assert said == "All 3 shirts are in your cart."


@pytest.mark.browser
async def test_woocommerces_cart_is_filled_by_sku_and_the_reference_is_kept(woo: Shop, window: Window) -> None:
    page = await woo.open(window)
    await page.evaluate("(item) => handlers.onAddToCart(item)", ITEM | {"url": ""})
    assert [path.rpartition("/v1/")[2] for path, _ in woo.asked] == [
        "products?sku=SHIRT-M&type=variation",
        "cart/add-item",
    ]
    assert woo.asked[-1][1] == {"id": 41, "quantity": 2}
    assert await page.evaluate("document.cookie") == "vitrine_ref=sealed"
    assert await page.evaluate("handlers.getCart()") == shown("abc")
    for quantity, path in ((1, "update-item"), (0, "remove-item")):
        await page.evaluate("(quantity) => handlers.onUpdateItem({ key: 'abc', quantity })", quantity)
        assert woo.asked[-1][0].endswith(path)


@pytest.mark.browser
async def test_what_woocommerce_does_not_sell_is_refused(woo: Shop, window: Window) -> None:
    page = await woo.open(window)
    say = "(item) => handlers.onAddToCart(item).catch(({ message }) => message)"
    assert await page.evaluate(say, ITEM | {"sku": "OTHER"}) == "There is no such thing"
    assert await page.evaluate(say, ITEM | {"sku": ""}) == "The shop does not know this product"


@pytest.mark.skipif(shutil.which("php") is None, reason="needs PHP")
def test_the_plugin_is_php() -> None:
    plugin = EXAMPLES / "woocommerce/vitrine.php"
    checked = subprocess.run(["php", "-n", "-l", plugin], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_the_block_of_a_theme_has_a_schema_that_can_be_read() -> None:
    block = (EXAMPLES / "shopify/blocks/vitrine.liquid").read_text()
    schema = json.loads(block.partition("{% schema %}")[2].partition("{% endschema %}")[0])
    named = {setting["id"] for setting in schema["settings"]}
    used = {
        word.split(".")[2].split()[0] for word in block.split("{% schema %}")[0].split() if "block.settings." in word
    }
    assert schema["target"] == "body"
    assert used <= named
