"""Rows on the hot path: as the ORM would store and find them, in fewer words."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from realtime.models import Room, RoomEvent
from realtime.storage import rows
from streams.models import ChatMessage, Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture
def room() -> Room:
    return Room.objects.create(key=f"test:{uuid.uuid4()}")


@pytest.fixture
def stream(creator: User) -> Stream:
    return factories.stream(creator, "live")


@pytest.fixture
def creator() -> User:
    return factories.user()


def line(stream: Stream, text: str) -> ChatMessage:
    return ChatMessage(
        stream=stream, author="visitor:v", name="V", text=text, extra={"k": [1, "ü"]}, created_at=timezone.now()
    )


def test_rows_of_several_models_are_one_round_trip(room: Room, stream: Stream) -> None:
    lines = [line(stream, "it's 100 % — “so”; DROP"), line(stream, "two")]
    events = [RoomEvent(room=room, seq=1, body="{}", author="a"), RoomEvent(room=room, seq=2, body="{}")]
    with CaptureQueriesContext(connection) as asked:
        rows.run(rows.inserts([*lines, *events]))
    assert len(asked) == (1 if connection.vendor == "postgresql" else 2)
    stored = ChatMessage.objects.get(pk=lines[0].pk)
    assert (stored.text, stored.extra, stored.created_at) == (lines[0].text, {"k": [1, "ü"]}, lines[0].created_at)
    assert [(event.seq, event.author) for event in RoomEvent.objects.filter(room=room).order_by("seq")] == [
        (1, "a"),
        (2, ""),
    ]


def test_what_the_database_gives_is_left_to_it(room: Room) -> None:
    rows.run(rows.inserts([RoomEvent(room=room, seq=1, body="{}")]))
    event = RoomEvent.objects.get(room=room)
    assert abs((timezone.now() - event.at).total_seconds()) < 3600


def test_an_inserted_row_is_known_to_be_stored(stream: Stream) -> None:
    said = line(stream, "a slip")
    rows.run(rows.inserts([said]))
    said.erase()
    assert ChatMessage.objects.get(pk=said.pk).deleted


def test_no_rows_are_no_statement() -> None:
    with CaptureQueriesContext(connection) as asked:
        rows.run([])
    assert len(asked) == 0


def test_a_row_is_found_as_the_orm_finds_it(stream: Stream) -> None:
    found, same = rows.find(Stream, stream.pk), Stream.objects.get(pk=stream.pk)
    assert found is not None
    names = [field.attname for field in Stream._meta.concrete_fields]
    assert [getattr(found, name) for name in names] == [getattr(same, name) for name in names]


def test_a_row_that_is_not_there_is_none() -> None:
    assert rows.find(Stream, uuid.uuid4()) is None


def test_a_model_that_the_database_cannot_spell_out_is_found_too(stream: Stream) -> None:
    said = line(stream, "with JSON")
    rows.run(rows.inserts([said]))
    found = rows.find(ChatMessage, said.pk)
    assert found is not None
    assert found.extra == {"k": [1, "ü"]}
