"""What the kernel assumes of PostgreSQL and psycopg, for the message of many statements and for one after the other."""

import uuid
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, DataError, IntegrityError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from realtime.adapters import postgres, releases
from realtime.adapters.postgres import Statement
from realtime.models import Room, RoomEvent
from realtime.storage import cached_rows, rows

pytestmark = [
    pytest.mark.usefixtures("live_db"),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="is about PostgreSQL"),
]


@pytest.fixture(params=[postgres.OneMessage, postgres.OneByOne])
def road(request: pytest.FixtureRequest) -> postgres.Executor:
    made: postgres.Executor = request.param()
    return made


@pytest.fixture
def room() -> Iterator[Room]:
    yield Room.objects.create(key=f"test:{uuid.uuid4()}")
    assert not connection.in_atomic_block


def insert(room: Room, *seqs: int, body: str = "{}") -> Statement:
    [statement] = rows.inserts([RoomEvent(room=room, seq=seq, body=body) for seq in seqs])
    return statement


def bodies(room: Room) -> list[str]:
    return [event.body for event in room.events.order_by("seq")]


def test_all_is_stored_and_the_rows_of_the_last_statement_are_returned(road: postgres.Executor, room: Room) -> None:
    body = "it's 100 % — “so”; \\\\ DROP"
    names = ("room_id", "seq", "body", "author", "to", "but", "redacted")
    more = [(room.pk, seq, "{}", "", "", "", False) for seq in (4, 3)]
    returning = rows.insert(RoomEvent, names, more, returning="seq")
    assert road.transact([insert(room, 1, body=body), insert(room, 2), returning]) == [(4,), (3,)]
    assert bodies(room) == [body, "{}", "{}", "{}"]
    assert road.transact([insert(room, 5)]) == []


def test_many_rows_are_inserted_together_or_not_at_all(road: postgres.Executor, room: Room) -> None:
    columns = ("room_id", "seq", "body", "author", "to", "but", "redacted")
    types = [str(RoomEvent._meta.get_field(name).db_type(connection)).partition("(")[0] for name in columns]
    table = postgres.Table(RoomEvent._meta.db_table, columns, types)
    many = [(room.pk, seq, f'{{"n": "it\'s %s {seq}"}}', "", "", "", False) for seq in range(1, 501)]
    with transaction.atomic():
        road.insert_many(table, many)
    assert bodies(room) == [row[2] for row in many]
    with pytest.raises(IntegrityError), transaction.atomic():
        road.insert_many(table, [(room.pk, 501, "{}", "", "", "", False), many[0]])
    assert len(bodies(room)) == 500


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (Statement("SELECT 1 / %s", [0]), DataError),
        (Statement("SELECT nothing", []), ProgrammingError),
        (Statement("SELECT %s", ["a\0; COMMIT"]), DataError),
    ],
    ids=["at execution", "at parsing", "at binding"],
)
def test_if_one_statement_fails_nothing_is_stored(
    road: postgres.Executor, room: Room, bad: Statement, error: type[Exception]
) -> None:
    for statements in ([insert(room, 1), bad], [insert(room, 1), bad, insert(room, 2)]):
        with pytest.raises(error):
            road.transact(statements)
    assert bodies(room) == []
    road.transact([insert(room, 1)])
    assert bodies(room) == ["{}"]


def test_what_only_the_commit_finds_out_is_an_error_too(road: postgres.Executor, room: Room) -> None:
    """PostgreSQL looks at the end whether a row's room exists."""
    gone = Room(pk=room.pk + 1_000_000)
    with pytest.raises(IntegrityError) as raised:
        road.transact([insert(room, 1), insert(gone, 1)])
    assert getattr(raised.value.__cause__, "sqlstate", "") == "23503"
    assert bodies(room) == []


def test_a_later_statement_sees_what_an_earlier_one_did(road: postgres.Executor, room: Room) -> None:
    look = Statement("SELECT count(*) FROM realtime_roomevent WHERE room_id = %s", [room.pk], True)
    assert road.transact([insert(room, 1, 2), look]) == [(2,)]


def test_within_a_transaction_statements_share_its_fate(road: postgres.Executor, room: Room) -> None:
    with transaction.atomic():
        road.run([insert(room, 1), insert(room, 2)])
        transaction.set_rollback(True)
    assert bodies(room) == []


def test_returned_values_come_in_the_order_of_values(road: postgres.Executor, room: Room) -> None:
    names = ("room_id", "seq", "body", "author", "to", "but", "redacted")
    seqs = [n * 37 % 101 for n in range(1, 101)]
    values = [(room.pk, seq, "{}", "", "", "", False) for seq in seqs]
    assert road.transact([rows.insert(RoomEvent, names, values, returning="seq")]) == [(seq,) for seq in seqs]


def test_xmin_changes_with_each_transaction_that_updates_the_row(room: Room) -> None:
    look = Statement("SELECT xmin::text FROM realtime_room WHERE id = %s", [room.pk], True)
    versions = {postgres.OneByOne().run([look])[0]}
    for _ in range(3):
        Room.objects.filter(pk=room.pk).update(seq=1)  # even to what it was
        versions.add(postgres.OneByOne().run([look])[0])
    assert len(versions) == 4


def test_a_lock_or_a_vacuum_leaves_xmin_as_it_is(room: Room) -> None:
    look = Statement("SELECT xmin::text FROM realtime_room WHERE id = %s", [room.pk], True)
    before = postgres.OneByOne().run([look])
    with transaction.atomic():
        Room.objects.select_for_update(no_key=True).get(pk=room.pk)
    postgres.OneByOne().run([Statement("VACUUM FREEZE realtime_room", [])])
    assert postgres.OneByOne().run([look]) == before


def test_our_sqlstate_arrives(road: postgres.Executor) -> None:
    road.transact([Statement("SELECT realtime_check_version(true)", [])])
    with pytest.raises(DatabaseError) as raised:
        road.transact([Statement("SELECT realtime_check_version(%s)", [False])])
    assert getattr(raised.value.__cause__, "sqlstate", "") == cached_rows.CHANGED


def test_django_sees_each_message_once() -> None:
    """In its log of queries and its execute wrappers, which monitoring tools use."""
    seen: list[str] = []

    def watch(execute: object, sql: str, *details: object) -> object:
        seen.append(sql)
        return execute(sql, *details)  # type: ignore[operator]

    with CaptureQueriesContext(connection) as asked, connection.execute_wrapper(watch):
        statements = [Statement("SELECT %s", [1]), Statement("SELECT %s", [2], returns_rows=True)]
        assert postgres.OneMessage().transact(statements) == [(2,)]
    assert (len(asked), seen) == (1, ["SELECT %s; SELECT %s"])


def test_no_statement_is_no_message() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert rows.transact([]) == rows.run([]) == []
    assert len(asked) == 0


def test_the_fast_road_is_taken_unless_the_settings_or_the_release_forbid_it(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose = postgres.executor.__wrapped__
    settings.PLAIN_ADAPTERS = []
    assert isinstance(choose(), postgres.OneMessage)
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "server_side_binding", True)
    assert isinstance(choose(), postgres.OneByOne)
    monkeypatch.undo()
    monkeypatch.setitem(releases.TRIED, "postgres", {"psycopg": ("1.0.",)})
    assert isinstance(choose(), postgres.OneByOne)
    monkeypatch.undo()
    settings.PLAIN_ADAPTERS = ["postgres"]
    assert isinstance(choose(), postgres.OneByOne)
