"""The turns in which shows are told their figures: one for each show, whichever process comes first."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from analytics import tasks
from analytics.events import TRENDING
from analytics.models import ProductClick, StreamView, Ticker
from realtime.models import Presence, Worker
from streams.models import Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture
def stream() -> Stream:
    return factories.stream(factories.user("creator"), "live")


@pytest.fixture
def worker() -> str:
    return Worker.objects.create(id="ticking", alive_until=timezone.now() + timedelta(minutes=1)).pk


@pytest.fixture
def watched(stream: Stream, worker: str) -> Presence:
    facts = {"worker": worker, "connection": "a", "identity": "visitor:1", "role": "subscriber"}
    return Presence.objects.create(room=stream.room_key, **facts)


def look(stream: Stream) -> None:
    listing = stream.listings.first() or factories.listing(stream, factories.product(stream.creator))
    stream.click(listing.product_id, factories.identity())


def come_due() -> None:
    Ticker.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_the_first_look_begins_it_and_a_second_one_moves_nothing(stream: Stream, watched: Presence) -> None:
    look(stream)
    due_at = Ticker.objects.get(stream=stream).due_at
    look(stream)
    assert Ticker.objects.get(stream=stream).due_at == due_at > timezone.now()
    assert Ticker.objects.take() == []


def test_a_turn_is_taken_once(stream: Stream, watched: Presence) -> None:
    look(stream)
    come_due()
    assert Ticker.objects.take() == [stream]
    assert Ticker.objects.take() == []
    come_due()
    assert Ticker.objects.take() == [stream]


@pytest.mark.parametrize("status", ["paused", "ended"])
def test_it_goes_on_through_a_break_and_ends_with_the_show(stream: Stream, watched: Presence, status: str) -> None:
    look(stream)
    come_due()
    stream.change_status(status)
    assert Ticker.objects.take() == ([stream] if status == "paused" else [])
    assert Ticker.objects.exists() == (status == "paused")


def test_it_ends_where_nobody_is_left_and_begins_with_the_next_look(stream: Stream, worker: str) -> None:
    look(stream)
    come_due()
    assert Ticker.objects.take() == []
    assert not Ticker.objects.exists()
    look(stream)
    assert Ticker.objects.exists()


def test_those_of_a_dead_process_are_nobody(stream: Stream, watched: Presence) -> None:
    look(stream)
    come_due()
    Worker.objects.update(alive_until=timezone.now() - timedelta(seconds=1))
    assert Ticker.objects.take() == []


def test_a_product_that_is_not_on_the_show_begins_nothing(stream: Stream) -> None:
    stream.click(factories.product(stream.creator).pk, factories.identity())
    assert not Ticker.objects.exists()


def test_both_documented_shapes_are_told(stream: Stream) -> None:
    products = [factories.product(stream.creator, name=f"Mug {n}") for n in range(TRENDING + 1)]
    StreamView.objects.bulk_create(
        StreamView(stream=stream, viewer=str(n), connection=str(n), role="subscriber") for n in range(8)
    )
    for count, product in enumerate(products, start=1):
        ProductClick.objects.bulk_create(ProductClick(stream=stream, product=product, viewer="v") for _ in range(count))
    clicks, trending = tasks.click_stats(stream).bazaar()

    assert (clicks.session_id, clicks.total_viewers) == (str(stream.pk), 8)
    assert [(each.product_name, each.unique_clicks, each.total_clicks) for each in clicks.product_stats] == [
        (f"Mug {n}", n + 1, n + 1) for n in reversed(range(TRENDING + 1))
    ]
    best = clicks.product_stats[0]
    assert best.click_through_rate == best.conversion_rate == 75.0
    assert trending.products == clicks.product_stats[:TRENDING]
    assert [(each.product_id, each.product_name, each.click_count, each.rank) for each in trending.trending] == [
        (str(products[n].pk), f"Mug {n}", n + 1, TRENDING + 1 - n) for n in reversed(range(1, TRENDING + 1))
    ]
    assert trending.total_viewers == 8
    assert clicks.timestamp == trending.timestamp


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite serves one process")
def test_a_turn_that_another_process_is_taking_is_left_to_it(stream: Stream, watched: Presence) -> None:
    look(stream)
    come_due()
    statements: list[str] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        Ticker.objects.take()
    assert any("FOR UPDATE" in sql and "SKIP LOCKED" in sql for sql in statements)
