"""Every fact of one day, one after the other, as CSV, JSON lines or Parquet.

Rows are read in chunks, each in a call of its own, so a day of any size takes the memory of one chunk and no long
transaction.
"""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import IO, Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Max, Min, Model, QuerySet

from analytics.models import (
    CartAdd,
    Checkout,
    ProductClick,
    Purchase,
    ReactionMinute,
    Refund,
    ReplayClick,
    ShowcaseChange,
    StreamView,
)
from realtime import database, wire

CHUNK = 1000  # rows that are in memory at once
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how what a spreadsheet runs begins
COLUMNS = (
    *("event", "at", "sessionId", "viewer", "userId", "role", "productId", "seconds", "kind", "count"),
    *("orderId", "currency", "value", "confirmedAt"),
)


class Fact(NamedTuple):
    """A kind of fact: its name, its rows, when each happened, and the columns that it fills from which fields."""

    event: str
    model: type[Model]
    at: str
    columns: dict[str, str]
    stream: str = "stream"


WHO = {"viewer": "viewer", "userId": "user"}
MONEY = {"orderId": "order_id", "currency": "currency", "value": "value"}
BOUGHT = {"orderId": "purchase__order_id", "currency": "purchase__currency"}
PAID_BACK = {"viewer": "purchase__viewer", "userId": "purchase__user", **BOUGHT, "value": "value"}
FACTS = (
    Fact("join", StreamView, "joined_at", {**WHO, "role": "role"}),
    Fact("leave", StreamView, "left_at", {**WHO, "role": "role", "seconds": "watch_duration"}),
    Fact("showcase", ShowcaseChange, "at", {"productId": "product"}),
    Fact("click", ProductClick, "at", {**WHO, "productId": "product"}),
    Fact("replay_click", ReplayClick, "at", {**WHO, "productId": "product"}),
    Fact("add_to_cart", CartAdd, "at", {**WHO, "productId": "product", "count": "quantity"}),
    Fact("begin_checkout", Checkout, "at", WHO),
    Fact("purchase", Purchase, "at", {**WHO, "productId": "product", **MONEY, "confirmedAt": "confirmed_at"}),
    Fact("refund", Refund, "at", PAID_BACK, "purchase__stream"),
    Fact("reactions", ReactionMinute, "minute", {"kind": "kind", "count": "count"}),
)


Row = dict[str, Any]
HEAD: Row = dict(zip(COLUMNS, COLUMNS, strict=True))  # the first line of CSV
Encode = Callable[[Iterable[Row]], str]


def as_csv(rows: Iterable[Row]) -> str:
    """Lines of CSV (RFC 4180). What a spreadsheet would run as a formula is written as text: a client chose it."""
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS)
    for row in rows:
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    return written.getvalue()


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_json_lines(rows: Iterable[Row]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def write_csv(chunks: Iterable[list[Row]], file: IO[bytes]) -> int:
    """Writes the chunks below a head; returns how many rows."""
    file.write(as_csv([HEAD]).encode())
    return _write(chunks, file, as_csv)


def write_json_lines(chunks: Iterable[list[Row]], file: IO[bytes]) -> int:
    """Writes the chunks; returns how many rows."""
    return _write(chunks, file, as_json_lines)


def _write(chunks: Iterable[list[Row]], file: IO[bytes], encode: Encode) -> int:
    written = 0
    for rows in chunks:
        file.write(encode(rows).encode())
        written += len(rows)
    return written


def read_day(words: str) -> date:
    """A day as `YYYY-MM-DD`; raises ValidationError for anything else, or the last one, after which there is none."""
    try:
        day = date.fromisoformat(words)
    except ValueError:
        day = date.max
    if day == date.max or words != day.isoformat():
        raise ValidationError("Day must be written YYYY-MM-DD")
    return day


async def of_day(day: date, encode: Encode) -> AsyncIterator[str]:
    """The facts of a day of UTC, each kind in the order in which it was stored, a chunk at a time."""
    if encode is as_csv:
        yield encode([HEAD])
    read = chunks(day)
    while (rows := await database.in_db(next, read, None)) is not None:
        yield encode(rows)


def chunks(day: date) -> Iterator[list[Row]]:
    """The same as lists of at most CHUNK rows."""
    for fact in FACTS:
        rows = _of_day(fact, day)
        following, last = _keys(rows)
        while following is not None:
            chunk = _chunk(fact, rows, following, last)
            if chunk:
                yield [row for _, row in chunk]
            following = chunk[-1][0] + 1 if len(chunk) == CHUNK else None


def _of_day(fact: Fact, day: date) -> QuerySet[Any]:
    begin = datetime.combine(day, time(), UTC)
    manager: Any = fact.model._default_manager
    rows: QuerySet[Any] = manager.filter(**{f"{fact.at}__gte": begin, f"{fact.at}__lt": begin + timedelta(days=1)})
    return rows


def _keys(rows: QuerySet[Any]) -> tuple[Any, Any]:
    """The first and the last key of the day, or None. Chunks are found by keys, for times have no index."""
    found = rows.aggregate(first=Min("pk"), last=Max("pk"))
    return found["first"], found["last"]


def _chunk(fact: Fact, rows: QuerySet[Any], first: int, last: int) -> list[tuple[int, Row]]:
    within = rows.filter(pk__gte=first, pk__lte=last).order_by("pk")
    chunk = within.values_list("pk", fact.at, fact.stream, *fact.columns.values())[:CHUNK]
    return [(pk, _row(fact, at, stream, values)) for pk, at, stream, *values in chunk]


def _row(fact: Fact, at: datetime, stream: UUID | None, values: Iterable[Any]) -> Row:
    columns = dict(zip(fact.columns, map(_plain, values), strict=True))
    return {"event": fact.event, "at": wire.iso(at), "sessionId": _plain(stream), **columns}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return wire.iso(value)
    return str(value) if isinstance(value, UUID) else value
