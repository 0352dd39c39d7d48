"""Inserts on the hot path store what the ORM would store."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from realtime.adapters import postgres
from realtime.models import Room, RoomEvent
from realtime.storage import rows
from streams.models import ChatMessage, Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture
def room() -> Room:
    return Room.objects.create(key=f"test:{uuid.uuid4()}")


@pytest.fixture
def stream() -> Stream:
    return factories.stream(factories.user("creator"), "live")


@pytest.fixture
def creator() -> User:
    return factories.user()


def message(stream: Stream, text: str) -> ChatMessage:
    return ChatMessage(
        stream=stream, author="visitor:v", name="V", text=text, extra={"k": [1, "ü"]}, created_at=timezone.now()
    )


def test_rows_of_several_models_are_one_round_trip_where_the_database_can(room: Room, stream: Stream) -> None:
    lines = [message(stream, "it's 100 % — “so”; DROP"), message(stream, "two")]
    events = [RoomEvent(room=room, seq=1, body="{}", author="a"), RoomEvent(room=room, seq=2, body="{}")]
    with CaptureQueriesContext(connection) as asked:
        rows.run(rows.inserts([*lines, *events]))
    assert len(asked) == (1 if isinstance(postgres.executor(), postgres.OneMessage) else 2)
    stored = ChatMessage.objects.get(pk=lines[0].pk)
    assert (stored.text, stored.extra, stored.created_at) == (lines[0].text, {"k": [1, "ü"]}, lines[0].created_at)
    assert [(event.seq, event.author) for event in RoomEvent.objects.filter(room=room).order_by("seq")] == [
        (1, "a"),
        (2, ""),
    ]


def test_columns_with_a_database_default_are_left_to_the_database(room: Room) -> None:
    rows.run(rows.inserts([RoomEvent(room=room, seq=1, body="{}")]))
    event = RoomEvent.objects.get(room=room)
    assert abs((timezone.now() - event.at).total_seconds()) < 3600


def test_an_inserted_row_is_known_to_be_stored(stream: Stream) -> None:
    said = message(stream, "a slip")
    rows.run(rows.inserts([said]))
    said.erase()
    assert ChatMessage.objects.get(pk=said.pk).deleted


def test_no_rows_are_no_statement() -> None:
    with CaptureQueriesContext(connection) as asked:
        rows.run([])
    assert len(asked) == 0


def test_an_expression_in_a_field_is_worked_out_by_the_database_and_then_resolved(room: Room) -> None:
    event = RoomEvent(room=room, seq=rows.DatabaseValue("(SELECT 40 + %s)", (2,)), body="{}")
    rows.run(rows.inserts([event]))
    assert RoomEvent.objects.get(room=room).seq == 42
    event.seq.value = 42  # type: ignore[attr-defined]
    rows.resolve(event)
    assert event.seq == 42


def test_returned_values_come_in_the_order_of_the_rows(room: Room) -> None:
    names = ("room_id", "seq", "body", "author", "to", "but", "redacted")
    values = [(room.pk, seq, "{}", "", "", "", False) for seq in (7, 3, 9, 1)]
    assert rows.run([rows.insert(RoomEvent, names, values, returning="seq")]) == [(7,), (3,), (9,), (1,)]
