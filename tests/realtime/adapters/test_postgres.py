"""Statements that are a transaction of their own, in one message to PostgreSQL."""

import uuid
from collections.abc import Iterator

import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection
from django.test.utils import CaptureQueriesContext

from realtime.models import Room, RoomEvent
from realtime.storage import rows

pytestmark = [
    pytest.mark.usefixtures("live_db"),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite takes one statement at a time"),
]


@pytest.fixture
def room() -> Iterator[Room]:
    yield Room.objects.create(key=f"test:{uuid.uuid4()}")
    assert not connection.in_atomic_block


def event(room: Room, seq: int, body: str = "{}") -> RoomEvent:
    return RoomEvent(room=room, seq=seq, body=body)


def bodies(room: Room) -> list[str]:
    return [said.body for said in room.events.order_by("seq")]


def test_all_is_stored_and_the_last_statement_says_what_it_found(room: Room) -> None:
    said = [event(room, 1, "it's 100 % — “so”; \\\\ DROP"), event(room, 2)]
    names = ("room_id", "seq", "body", "author", "to", "but", "redacted")
    more = [(room.pk, seq, "{}", "", "", "", False) for seq in (3, 4)]
    found = rows.insert(RoomEvent, names, more, finds="seq")
    assert rows.transact([*rows.inserts(said), found]) == [(3,), (4,)]
    assert bodies(room) == [said[0].body, "{}", "{}", "{}"]
    assert rows.transact(rows.inserts([event(room, 5)])) == []


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (rows.Statement("SELECT 1 / %s", [0]), DataError),
        (rows.Statement("SELECT nothing", []), ProgrammingError),
        (rows.Statement("SELECT %s", ["a\0; COMMIT"]), DataError),
    ],
    ids=["late", "unreadable", "unspeakable"],
)
def test_if_one_statement_fails_nothing_is_stored(room: Room, bad: rows.Statement, error: type[Exception]) -> None:
    with pytest.raises(error):
        rows.transact([*rows.inserts([event(room, 1)]), bad])
    assert bodies(room) == []
    rows.transact(rows.inserts([event(room, 1)]))
    assert bodies(room) == ["{}"]


def test_what_only_the_commit_finds_out_is_an_error_too(room: Room) -> None:
    """PostgreSQL looks whether a row's room is there at the end."""
    gone = Room(pk=room.pk + 1_000_000)
    with pytest.raises(IntegrityError) as raised:
        rows.transact(rows.inserts([event(room, 1), event(gone, 1)]))
    assert getattr(raised.value.__cause__, "sqlstate", "") == "23503"
    assert bodies(room) == []


def test_no_statement_is_no_message() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert rows.transact([]) == []
    assert len(asked) == 0
