"""Reads a feed: finds out what it is, bounds it, and says of each row what it means or what is wrong with it."""

import codecs
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from shopping.feeds import merchant, shops, tables
from shopping.feeds.items import MAX_BYTES, MAX_PROBLEMS, MAX_ROWS, Item, Problem, Row, Unreadable, Wrong, item_of

BOMS = [(codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")]
ENCODINGS = ("utf-8", "windows-1252", "iso-8859-1", "utf-16")
FORMATS = ("table", "merchant", "shop")
TOLD = 1000  # rows after which it is said again how far it is


class Reading(NamedTuple):
    """What a feed says. Where there are problems, none of it is to be believed."""

    items: list[Item]
    problems: list[Problem]
    problem_count: int


def read(
    content: bytes,
    currency: str,
    encoding: str = "",
    shop: str = "",
    tell: Callable[[int], object] = lambda _: None,
) -> Reading:
    """Reads a whole feed; `tell` hears how many rows have been read. Raises Unreadable."""
    if len(content) > MAX_BYTES:
        raise Unreadable(f"A feed has at most {MAX_BYTES // 1024**2} MiB")
    items: list[Item] = []
    problems: list[Problem] = []
    count, number, seen = 0, 0, dict[str, int]()
    for number, row in enumerate(_rows(content, encoding, shop), start=1):
        if number > MAX_ROWS:
            raise Unreadable(f"A feed has at most {MAX_ROWS:,} rows")
        if number % TOLD == 0:
            tell(number)
        try:
            items.append(_item(row, currency, seen))
        except Wrong as wrong:
            count += 1
            line = row.line if isinstance(row, Row) else number
            if len(problems) < MAX_PROBLEMS:
                problems.append(Problem(line, str(wrong)))
    if not number:
        raise Unreadable("There is nothing in this feed")
    tell(number)
    return Reading(items, problems, count)


def _item(row: Row | Wrong, currency: str, seen: dict[str, int]) -> Item:
    if isinstance(row, Wrong):
        raise row
    item = item_of(row, currency)
    if item.sku in seen:
        raise Wrong(f"its id stands in line {seen[item.sku]} already: {item.sku}")
    seen[item.sku] = item.line
    return item


def _rows(content: bytes, encoding: str, shop: str) -> Iterator[Row | Wrong]:
    kind = kind_of(content)
    if kind == "merchant":
        yield from merchant.rows(content)
    elif kind == "shop":
        yield from shops.rows(_decoded(content, encoding).encode(), shop)
    else:
        yield from tables.rows(_decoded(content, encoding))


def kind_of(content: bytes) -> str:
    """What a feed is, by how it begins."""
    begin = content[:200]
    for mark, name in BOMS:
        if begin.startswith(mark):
            begin = begin.decode(name, errors="ignore").encode()
    begin = begin.lstrip()
    return "merchant" if begin.startswith(b"<") else "shop" if begin[:1] in (b"{", b"[") else "table"


def _decoded(content: bytes, encoding: str) -> str:
    """The text of a feed: a byte order mark stands above what is said of the encoding, which is UTF-8 without both."""
    if encoding and encoding not in ENCODINGS:
        raise Unreadable(f"The encoding is none of {', '.join(ENCODINGS)}")
    named = next((name for mark, name in BOMS if content.startswith(mark)), encoding or "utf-8")
    try:
        return content.decode(named)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"Line {line} is not {named}: say in which encoding the file is, such as windows-1252"
        ) from None


def shop_of(url: str) -> str:
    """The shop that a feed's address belongs to."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""
