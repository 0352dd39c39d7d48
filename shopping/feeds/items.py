"""What one row of a feed says, in one form whatever the feed is written in."""

import html
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from rest import links
from shopping import money

MAX_BYTES = 16 * 1024 * 1024  # of one feed
MAX_ROWS = 20_000  # of one feed, each of which is a product or one of its variants
MAX_PROBLEMS = 200  # that are kept of one feed
MAX_ID, MAX_TITLE, MAX_DESCRIPTION, MAX_CATEGORY, MAX_ADDRESS = 100, 255, 5000, 100, 1000  # characters
MAX_MARKUP = 50_000  # characters of a description that are looked at
MAX_STOCK = 1_000_000

OPTIONS = ("size", "color", "colour", "material", "pattern", "scent", "length", "flavor", "flavour", "style")
IN_STOCK = {"in stock", "instock", "available", "true", "1", "yes", "preorder", "backorder", "onbackorder"}
OUT_OF_STOCK = {"out of stock", "outofstock", "unavailable", "false", "0", "no", "sold out", "discontinued"}

_PRICE = re.compile(r"(?:([A-Z]{3})\s*)?(\d{1,12})(?:[.,](\d{1,6}))?(?:\s*([A-Z]{3}))?", re.ASCII)
_TAG = re.compile(r"<[^<>]{0,2000}>")


class Unreadable(ValueError):
    """The whole feed is not what it should be; the words are for whoever gave it."""


class Wrong(ValueError):
    """One row is not; the words are for the same person."""


class Problem(NamedTuple):
    """What is wrong, and where: a line of a text, or the number of a product where there are no lines."""

    line: int
    message: str


class Row(NamedTuple):
    """A row as it stands: texts by the names of `Item`, and the options as pairs."""

    line: int
    said: Mapping[str, str]
    options: tuple[tuple[str, str], ...] = ()


class Item(NamedTuple):
    """A product, or one variant of a product where there is a `group`. What is None is not said, and stays as it is."""

    line: int
    sku: str
    group: str
    name: str | None
    description: str | None
    category: str | None
    price: int | None  # in minor units
    original_price: int | None
    is_priced: bool  # whether the feed says prices, so that one without a price before has none any longer
    stock: int | None
    is_counted: bool  # whether it says stocks
    in_stock: bool | None
    url: str | None
    image_url: str | None
    options: tuple[tuple[str, str], ...]


def item_of(row: Row, currency: str) -> Item:
    """What a row means. Raises Wrong."""
    said = {name: text.strip() for name, text in row.said.items()}
    if any("\0" in text for text in said.values()):
        raise Wrong("a text contains NUL")
    price, original = _prices(said, currency)
    return Item(
        line=row.line,
        sku=_demanded(said, "sku", MAX_ID),
        group=_short(said, "group", MAX_ID) or "",
        name=_short(said, "name", MAX_TITLE) or None,
        description=None if not said.get("description") else plain(said["description"])[:MAX_DESCRIPTION],
        category=_short(said, "category", MAX_CATEGORY),
        price=price,
        original_price=original,
        is_priced=price is not None,
        stock=_stock(said.get("stock", "")),
        is_counted="stock" in said,
        in_stock=_availability(said.get("availability", "")),
        url=_address(said, "url", links.WEB),
        image_url=_address(said, "image_url", links.PICTURE),
        options=row.options,
    )


def plain(text: str) -> str:
    """A description without its markup."""
    words = html.unescape(_TAG.sub(" ", text[:MAX_MARKUP])).splitlines()
    return "\n".join(" ".join(line.split()) for line in words if line.strip())


def _demanded(said: Mapping[str, str], name: str, most: int) -> str:
    text = _short(said, name, most)
    if not text:
        raise Wrong("it has no id or SKU")
    return text


def _short(said: Mapping[str, str], name: str, most: int) -> str | None:
    text = said.get(name)
    if text is not None and len(text) > most:
        raise Wrong(f"its {name.replace('_', ' ')} is longer than {most} characters")
    return text


def _address(said: Mapping[str, str], name: str, pattern: str) -> str | None:
    text = _short(said, name, MAX_ADDRESS)
    if text and not re.match(pattern, text, re.IGNORECASE):
        raise Wrong(f"its {name.replace('_', ' ')} is no address that begins with http:// or https://")
    return text


def _prices(said: Mapping[str, str], currency: str) -> tuple[int | None, int | None]:
    """The price, and the one before it if it is reduced."""
    regular, sale = (_price(said, name, currency) for name in ("price", "sale_price"))
    before = _price(said, "original_price", currency)
    if regular is None or sale is None:
        return regular, before if before is not None and regular is not None and before > regular else None
    return (sale, regular) if sale < regular else (regular, None)


def _price(said: Mapping[str, str], name: str, currency: str) -> int | None:
    text = said.get(name, "")
    if not text:
        return None
    found = _PRICE.fullmatch(text)
    if found is None:
        raise Wrong(f"its {name.replace('_', ' ')} is no number such as 12.50: {text[:40]}")
    before, whole, part, after = found.groups()
    named = before or after or said.get("currency") or currency
    if named != currency:
        raise Wrong(f"its {name.replace('_', ' ')} is in {named[:10]}, and the shop's currency is {currency}")
    part = (part or "").rstrip("0")
    if len(part) > money.exponent(currency):
        raise Wrong(f"its {name.replace('_', ' ')} has more decimals than {currency}: {text[:40]}")
    try:
        minor = money.to_minor(Decimal(f"{whole}.{part or 0}"), currency)
    except InvalidOperation:
        minor = 10**money.MAX_DIGITS
    if minor >= 10**money.MAX_DIGITS:
        raise Wrong(f"its {name.replace('_', ' ')} is too high: {text[:40]}")
    return minor


def _stock(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,9}(\.0+)?", text, re.ASCII):
        raise Wrong(f"its stock is no whole number: {text[:40]}")
    number = max(int(text.partition(".")[0]), 0)  # shops that have sold more than they had say so
    if number > MAX_STOCK:
        raise Wrong(f"its stock is above {MAX_STOCK:,}")
    return number


def _availability(text: str) -> bool | None:
    if not text:
        return None
    word = text.lower().replace("_", " ").strip()
    if word in IN_STOCK:
        return True
    if word in OUT_OF_STOCK:
        return False
    raise Wrong(f"its availability is none that is known: {text[:40]}")
