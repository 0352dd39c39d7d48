"""Products as Shopify and WooCommerce write them in JSON."""

import json
from collections.abc import Iterator
from typing import Any

from shopping.feeds.items import Row, Unreadable, Wrong

ALONE = "Default Title"  # Shopify's name of the one variant of a product that has none
Json = dict[str, Any]


def rows(content: bytes, shop: str) -> Iterator[Row | Wrong]:
    """One row for each variant, numbered by their products; `shop` is where a Shopify shop's own pages are."""
    products = _products(content)
    for number, product in enumerate(products, start=1):
        if not isinstance(product, dict):
            raise Unreadable(f"Product {number} is no object")
        is_shopify = isinstance(product.get("variants"), list)
        yield from _shopify(number, product, shop) if is_shopify else _woocommerce(number, product)


def _products(content: bytes) -> list[Any]:
    try:
        said = json.loads(content, parse_constant=_refuse, parse_float=str)
    except RecursionError:
        raise Unreadable("The JSON is nested too deeply") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise Unreadable(f"This is no JSON: {str(error)[:100]}") from None
    if isinstance(said, dict):
        said = said.get("products", [said] if "id" in said else None)
    if not isinstance(said, list):
        raise Unreadable("The JSON has no list of products")
    return said


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _text(value: Any) -> str:
    """A value as text: only texts and numbers are some, and `None` is nothing."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _objects(value: Any) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _shopify(number: int, product: Json, shop: str) -> Iterator[Row]:
    names = [_text(option.get("name")) for option in _objects(product.get("options"))]
    pictures = {_text(image.get("id")): _text(image.get("src")) for image in _objects(product.get("images"))}
    first = next(iter(pictures.values()), "")
    page = f"{shop.rstrip('/')}/products/{_text(product.get('handle'))}" if shop and product.get("handle") else ""
    variants = _objects(product.get("variants"))
    for variant in variants:
        is_alone = len(variants) == 1 and _text(variant.get("title")) in ("", ALONE)
        values = [_text(variant.get(f"option{place}")) for place in (1, 2, 3)]
        own = variant.get("featured_image")
        picture = pictures.get(_text(variant.get("image_id")), "") or (_text(own.get("src")) if own else "")
        said = {
            "sku": _text(variant.get("sku")) or f"shopify-{_text(variant.get('id'))}",
            "group": "" if is_alone else f"shopify-{_text(product.get('id'))}",
            "name": _text(product.get("title")),
            "description": _text(product.get("body_html")),
            "category": _text(product.get("product_type")),
            "price": _text(variant.get("price")),
            "original_price": _text(variant.get("compare_at_price")),
            "url": page and (page if is_alone else f"{page}?variant={_text(variant.get('id'))}"),
            "image_url": picture or first,
            **_shopify_stock(variant),
        }
        options = () if is_alone else tuple((name, value) for name, value in zip(names, values, strict=False) if value)
        yield Row(number, said, options)


def _shopify_stock(variant: Json) -> dict[str, str]:
    """A stock that is not managed, or is sold on without end, is not counted."""
    said = {}
    if isinstance(variant.get("available"), bool):
        said["availability"] = "in stock" if variant["available"] else "out of stock"
    if "inventory_quantity" in variant:
        counted = variant.get("inventory_management") and variant.get("inventory_policy") != "continue"
        said["stock"] = _text(variant["inventory_quantity"]) if counted else ""
    return said


def _woocommerce(number: int, product: Json) -> Iterator[Row | Wrong]:
    variations = product.get("variations")
    if isinstance(variations, list) and variations and not _objects(variations):
        yield Wrong("its variations are only named by their ids: they have to stand in the file themselves")
        return
    parent = _woo_said(product)
    if not (inner := _objects(variations)):
        yield Row(number, parent)
        return
    for variation in inner:
        said = {name: value for name, value in _woo_said(variation).items() if value or name == "stock"}
        said["name"], said["description"] = parent["name"], parent["description"]
        attributes = _objects(variation.get("attributes"))
        options = tuple((_text(each.get("name")), _text(each.get("option", each.get("value")))) for each in attributes)
        yield Row(number, {**parent, **said, "group": f"woocommerce-{_text(product.get('id'))}"}, options)


def _woo_said(product: Json) -> dict[str, str]:
    categories, images = _objects(product.get("categories")), _objects(product.get("images"))
    image = product.get("image") if isinstance(product.get("image"), dict) else next(iter(images), {})
    regular = _text(product.get("regular_price")) or _text(product.get("price"))
    return {
        "sku": _text(product.get("sku")) or f"woocommerce-{_text(product.get('id'))}",
        "name": _text(product.get("name")),
        "description": _text(product.get("short_description")) or _text(product.get("description")),
        "category": _text(categories[0].get("name")) if categories else "",
        "price": regular,
        "sale_price": _text(product.get("sale_price")),
        "url": _text(product.get("permalink")),
        "image_url": _text(image.get("src")) if image else "",
        "availability": _text(product.get("stock_status")),
        "stock": _text(product.get("stock_quantity")) if product.get("manage_stock") is True else "",
    }
