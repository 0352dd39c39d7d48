"""Tables: CSV and TSV with a heading, such as a spreadsheet or Google Merchant Center writes them."""

import csv
import io
from collections.abc import Iterator

from shopping.feeds.items import OPTIONS, Row, Unreadable

MAX_COLUMNS = 200
MAX_FIELD = 100_000  # characters

# What else columns are called, in lower case; blanks, `-` and `_` are the same.
NAMES = {
    "id": "sku",
    "sku": "sku",
    "variant sku": "sku",
    "item group id": "group",
    "group": "group",
    "group id": "group",
    "handle": "group",
    "parent": "group",
    "title": "name",
    "name": "name",
    "description": "description",
    "body (html)": "description",
    "product type": "category",
    "google product category": "",
    "category": "category",
    "categories": "category",
    "price": "price",
    "regular price": "price",
    "variant price": "price",
    "sale price": "sale_price",
    "original price": "original_price",
    "price before": "original_price",
    "variant compare at price": "original_price",
    "compare at price": "original_price",
    "currency": "currency",
    "stock": "stock",
    "quantity": "stock",
    "inventory": "stock",
    "variant inventory qty": "stock",
    "availability": "availability",
    "in stock": "availability",
    "link": "url",
    "url": "url",
    "image link": "image_url",
    "image": "image_url",
    "image url": "image_url",
    "image src": "image_url",
    "images": "image_url",
}


def rows(text: str) -> Iterator[Row]:
    """The rows below the heading. Raises Unreadable."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        heading = next(lines, [])
        names = [" ".join(each.replace("_", " ").replace("-", " ").lower().split()) for each in heading]
        _check(names)
        before = lines.line_num
        for cells in lines:
            line, before = before + 1, lines.line_num
            if any(cell.strip() for cell in cells):
                yield _row(line, names, heading, cells)
    except csv.Error as error:
        raise Unreadable(f"Line {lines.line_num} is no CSV: {error}") from None


def _row(line: int, names: list[str], heading: list[str], cells: list[str]) -> Row:
    if len(cells) > len(names):
        raise Unreadable(f"Line {line} has more cells than the heading has names")
    said: dict[str, str] = {}
    options = []
    for name, title, cell in zip(names, heading, cells, strict=False):
        if name in OPTIONS:
            if cell.strip():
                options.append((title.strip().capitalize(), cell.strip()))
        elif (known := NAMES.get(name)) and (cell.strip() or known not in said):
            said[known] = cell
    return Row(line, said, tuple(options))


def _check(names: list[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise Unreadable(f"A table has at most {MAX_COLUMNS} columns")
    known = {NAMES.get(name) for name in names}
    if "sku" not in known:
        raise Unreadable("The first line has to name the columns, and one of them has to be id or sku")


def _delimiter(text: str) -> str:
    heading = text[:MAX_FIELD].partition("\n")[0]
    return max("\t", ";", ",", key=heading.count)
