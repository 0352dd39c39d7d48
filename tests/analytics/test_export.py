"""Every fact of a day, for staff."""

import csv
import io
import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from django.core.management import CommandError, call_command

from analytics import export
from analytics.models import CartAdd, Checkout, ProductClick, Purchase, ReactionMinute, ShowcaseChange, StreamView
from config.asgi import application
from realtime import wire
from realtime.runtime import threads
from shopping.models import Product
from streams.models import Stream
from tests import factories, sockets

DAY = date(2031, 5, 6)
NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)
EVENTS = [
    *("join", "leave", "showcase", "click", "add_to_cart"),
    *("begin_checkout", "purchase", "refund", "reactions"),
]

everywhere = pytest.mark.everywhere


def happen(stream: Stream, product: Product, at: datetime) -> None:
    who: dict[str, Any] = {"viewer": f"user:{stream.creator_id}", "user": stream.creator}
    left = at + timedelta(seconds=90)
    StreamView.objects.create(
        stream=stream, connection="c", role="publisher", joined_at=at, left_at=left, watch_duration=90, **who
    )
    ShowcaseChange.objects.create(stream=stream, product=product, at=at)
    ProductClick.objects.create(stream=stream, product=product, viewer="visitor:a", at=at)
    CartAdd.objects.create(stream=stream, product=product, at=at, quantity=2, **who)
    Checkout.objects.create(stream=stream, viewer="visitor:a", at=at)
    bought = Purchase.objects.create(
        stream=stream, product=product, order_id=f"=1+{stream.pk}{at:%d}", currency="JPY", value=1990, at=at, **who
    )
    bought.refunds.create(refund_id="a", value=990, at=at)
    ReactionMinute.objects.create(stream=stream, minute=at, kind="=heart", count=3)


@pytest.fixture
def show(live_db: None) -> Stream:
    """A show with facts of that day, of the one before and of the one after."""
    for model in (StreamView, ShowcaseChange, ProductClick, CartAdd, Checkout, Purchase, ReactionMinute):
        model.objects.filter(stream__title="Exported").delete()
    stream = factories.stream(factories.user("creator"), title="Exported")
    product = factories.product(stream.creator)
    for days in (-1, 0, 1):
        happen(stream, product, NOON + timedelta(days=days))
    return stream


async def read(encode: export.Encode) -> str:
    return "".join([piece async for piece in export.of_day(DAY, encode)])


@everywhere
async def test_a_day_is_written_as_json_lines(show: Stream) -> None:
    rows = [json.loads(line) for line in (await read(export.as_json_lines)).splitlines()]
    assert [row["event"] for row in rows] == EVENTS
    product = str((await threads.in_db(show.showcase_changes.latest, "at")).product_id)
    about = {"at": "2031-05-06T12:00:00.000Z", "sessionId": str(show.pk)}
    who = {"viewer": f"user:{show.creator_id}", "userId": show.creator_id}
    bought = {"orderId": f"=1+{show.pk}06", "currency": "JPY"}
    assert rows == [
        {"event": "join", **about, **who, "role": "publisher"},
        {"event": "leave", **about, "at": "2031-05-06T12:01:30.000Z", **who, "role": "publisher", "seconds": 90},
        {"event": "showcase", **about, "productId": product},
        {"event": "click", **about, "viewer": "visitor:a", "userId": None, "productId": product},
        {"event": "add_to_cart", **about, **who, "productId": product, "count": 2},
        {"event": "begin_checkout", **about, "viewer": "visitor:a", "userId": None},
        {"event": "purchase", **about, **who, "productId": product, **bought, "value": 1990, "confirmedAt": None},
        {"event": "refund", **about, **who, **bought, "value": 990},
        {"event": "reactions", **about, "kind": "=heart", "count": 3},
    ]


@everywhere
async def test_a_day_is_written_as_csv_in_which_nothing_is_a_formula(show: Stream) -> None:
    rows = list(csv.DictReader(io.StringIO(await read(export.as_csv))))
    assert [row["event"] for row in rows] == EVENTS
    assert list(rows[0]) == list(export.COLUMNS)
    assert rows[1]["seconds"] == "90"
    assert rows[-1]["kind"] == "'=heart"
    assert rows[-2]["orderId"].startswith("'=1+")


@everywhere
async def test_no_more_than_a_chunk_is_in_memory(show: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    product = (await threads.in_db(show.showcase_changes.select_related("product").latest, "at")).product
    assert product is not None
    clicks = [ProductClick(stream=show, product=product, viewer=f"visitor:{n}", at=NOON) for n in range(25)]
    await threads.in_db(ProductClick.objects.bulk_create, clicks)
    monkeypatch.setattr(export, "CHUNK", 10)
    sizes = []
    seen = []
    async for piece in export.of_day(DAY, export.as_json_lines):
        rows = [json.loads(line) for line in piece.splitlines()]
        sizes.append(len(rows))
        seen += [row["viewer"] for row in rows if row["event"] == "click"]
    assert max(sizes) == 10
    assert sorted(seen) == sorted(["visitor:a", *(f"visitor:{n}" for n in range(25))])


@everywhere
async def test_a_day_without_facts_is_a_head_alone(live_db: None) -> None:
    heads = [piece async for piece in export.of_day(date(1999, 1, 1), export.as_csv)]
    assert heads == [",".join(export.COLUMNS) + "\r\n"]
    assert [piece async for piece in export.of_day(date(1999, 1, 1), export.as_json_lines)] == []


# --- into a file


def written(suffix: str, folder: Path) -> Path:
    file = folder / f"day{suffix}"
    call_command("export_facts", DAY.isoformat(), str(file), stdout=io.StringIO())
    assert [path.name for path in folder.iterdir()] == [file.name]
    return file


@everywhere
async def test_a_file_has_what_rest_answers(show: Stream, tmp_path: Path) -> None:
    for suffix, encode in ((".csv", export.as_csv), (".jsonl", export.as_json_lines)):
        (folder := tmp_path / suffix[1:]).mkdir()
        file = await threads.in_db(written, suffix, folder)
        assert file.read_bytes().decode() == await read(encode)


@everywhere
async def test_a_parquet_file_has_the_same_rows_with_their_types(
    show: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(export, "CHUNK", 2)
    table = parquet.read_table(await threads.in_db(written, ".parquet", tmp_path))
    assert table.column_names == list(export.COLUMNS)
    lines = [json.loads(line) for line in (await read(export.as_json_lines)).splitlines()]
    rows = table.to_pylist()
    assert [row | {"at": wire.iso(row["at"])} for row in rows] == [dict.fromkeys(export.COLUMNS) | row for row in lines]
    assert rows[1]["at"] == NOON + timedelta(seconds=90)


def test_without_pyarrow_nothing_is_left_behind(live_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(CommandError, match="pip install pyarrow"):
        call_command("export_facts", DAY.isoformat(), str(tmp_path / "day.parquet"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("day", "name"), [("2031-13-06", "day.csv"), ("2031-05-06", "day.xlsx")])
def test_another_day_or_kind_of_file_is_refused(live_db: None, tmp_path: Path, day: str, name: str) -> None:
    with pytest.raises(CommandError, match="must"):
        call_command("export_facts", day, str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []


# --- over REST


@pytest.mark.parametrize(
    ("role", "status"),
    [(None, 401), ("viewer", 403), ("creator", 403), ("moderator", 403), ("staff", 200), ("admin", 200)],
)
@pytest.mark.django_db
@everywhere
def test_exports_are_for_staff(role: str | None, status: int) -> None:
    client = factories.client(factories.user(role) if role else None)
    for ending in ("csv", "jsonl"):
        assert client.get(f"/api/analytics/export/2031-05-06.{ending}").status_code == status


@pytest.mark.parametrize("day", ["yesterday", "2031-13-01", "2031-5-6x", "20310506", "9999-12-31", "0000-01-01"])
@pytest.mark.django_db
@everywhere
def test_a_day_is_a_date(day: str) -> None:
    answer = factories.client(factories.user("staff")).get(f"/api/analytics/export/{day}.csv")
    assert (answer.status_code, answer.json()["message"]) == (400, "Day must be written YYYY-MM-DD")


@everywhere
async def test_a_server_streams_a_day(show: Stream) -> None:
    async with sockets.serving(application) as address:
        options = await threads.in_db(sockets.bearer, await threads.in_db(factories.user, "staff"))
        token = options["subprotocols"][1]
        text, kind = await fetch(f"{address.http}/api/analytics/export/2031-05-06.csv", token)
    assert kind == "text/csv; charset=utf-8"
    assert [line.partition(",")[0] for line in text.splitlines()] == ["event", *EVENTS]


async def fetch(url: str, token: str) -> tuple[str, str]:
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/csv"}
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        assert answer.status == 200
        return await answer.text(), answer.headers["Content-Type"]
