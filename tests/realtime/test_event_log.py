"""The log of a room: numbered without a gap, true to what was committed, told to nobody before."""

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from realtime import event_log
from realtime.models import Restriction, Room, RoomEvent
from realtime.runtime import threads
from realtime.storage import outbox
from streams.models import ChatMessage
from tests import sockets
from tests.realtime import room_log, sample_protocol

pytestmark = pytest.mark.usefixtures("live_db")


@pytest.mark.everywhere
def test_racing_threads_leave_no_hole_and_no_double_number(room_key: str) -> None:
    start = threading.Barrier(6)

    def tell(author: str) -> None:
        start.wait()
        for n in range(15):
            with event_log.transaction():
                room_log.note(room_key, n, author=author)

    room_log.in_threads(*(lambda author=author: tell(author) for author in "abcdef"))
    told = room_log.stored_events(room_key)
    assert [event.seq for event in told] == list(range(1, 91))
    for author in "abcdef":
        own = [event.body for event in told if event.author == author]
        assert own == [f'{{"fact":"test-noted","n":{n},"text":""}}' for n in range(15)]
    assert Room.objects.get(key=room_key).seq == 90


def test_transactions_that_cross_two_rooms_do_not_deadlock(room_key: str) -> None:
    rooms = [f"{room_key}-{side}" for side in "ab"]
    start = threading.Barrier(2)

    def tell(order: Iterator[str]) -> None:
        keys = list(order)
        start.wait()
        for _ in range(20):
            with event_log.transaction():
                for key in keys:
                    room_log.note(key)

    room_log.in_threads(lambda: tell(iter(rooms)), lambda: tell(reversed(rooms)))
    assert [Room.objects.get(key=key).seq for key in rooms] == [40, 40]


@pytest.mark.everywhere
def test_a_nested_block_joins_the_outermost(room_key: str, published: room_log.Published) -> None:
    with event_log.transaction():
        room_log.note(room_key, 1)
        with event_log.transaction():
            room_log.note(room_key, 2)
        assert not published
        assert not room_log.stored_events(room_key)
    [[notification]] = published
    assert (notification.room, room_log.upto(notification), room_log.carried(notification)) == (room_key, 2, 2)


def test_two_rooms_of_one_transaction_are_two_notifications_of_one_commit(
    room_key: str, published: room_log.Published
) -> None:
    with event_log.transaction():
        room_log.note(f"{room_key}-b")
        room_log.note(f"{room_key}-a")
        room_log.note(f"{room_key}-b")
    assert [(notification.room, room_log.upto(notification)) for notification in published[0]] == [
        (f"{room_key}-a", 1),
        (f"{room_key}-b", 2),
    ]
    assert len(published) == 1


def test_a_durable_event_outside_a_transaction_is_a_mistake(room_key: str) -> None:
    with pytest.raises(RuntimeError, match=r"inside event_log\.transaction"):
        room_log.note(room_key)
    with pytest.raises(RuntimeError, match=r"inside event_log\.transaction"):
        event_log.insert(Restriction())


def test_a_transient_event_may_be_told_anywhere_but_waits_for_the_commit_of_a_transaction(
    room_key: str, published: room_log.Published
) -> None:
    event_log.tell(room_key, sample_protocol.Passed(n=1))
    assert len(published) == 1
    with event_log.transaction():
        event_log.tell(room_key, sample_protocol.Passed(n=2))
        assert len(published) == 1
    assert len(published) == 2
    assert not room_log.stored_events(room_key)


@pytest.mark.everywhere
def test_a_rolled_back_transaction_tells_nothing_and_takes_no_number(
    room_key: str, published: room_log.Published
) -> None:
    def tell_and_fail() -> None:
        with event_log.transaction():
            room_log.note(room_key)
            event_log.tell(room_key, sample_protocol.Passed(n=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tell_and_fail()
    with event_log.transaction():
        room_log.note(room_key, 7)
    assert [event.seq for event in room_log.stored_events(room_key)] == [1]
    assert len(published) == 1


def test_what_only_the_commit_refuses_takes_everything_back(room_key: str, published: room_log.Published) -> None:
    def speak_in_a_show_that_is_gone() -> None:
        with event_log.transaction():
            event_log.insert(
                ChatMessage(stream_id=uuid.uuid4(), author="a", name="x", text="hello", created_at=timezone.now())
            )
            room_log.note(room_key)

    with pytest.raises(IntegrityError):
        speak_in_a_show_that_is_gone()
    with event_log.transaction():
        room_log.note(room_key, 7)
    assert [event.seq for event in room_log.stored_events(room_key)] == [1]
    assert len(published) == 1


def test_a_block_inside_an_outer_database_transaction_publishes_at_the_outer_commit(
    room_key: str, published: room_log.Published
) -> None:
    with transaction.atomic():
        with event_log.transaction():
            room_log.note(room_key)
        assert not published
    assert len(published) == 1


def test_a_row_is_inserted_with_the_number_of_its_event(room_key: str) -> None:
    show = sockets.make_show(live=False)
    with event_log.transaction():
        room_log.note(room_key)
        message = ChatMessage(
            stream=show.stream, author="visitor:1", name="x", text="hello", created_at="2024-01-01T00:00Z"
        )
        event_log.insert(message)
        assert event_log.pending(ChatMessage) == [message]
        assert event_log.pending(Restriction) == []
        message.seq = event_log.tell(room_key, sample_protocol.Noted(n=0)).seq
    assert ChatMessage.objects.get(pk=message.pk).seq == 2


def test_an_event_keeps_its_author_its_op_and_its_addresses(room_key: str) -> None:
    with event_log.transaction():
        room_log.note(room_key, author="user:1", op="a", to="user:2", but="user:3")
    [event] = room_log.stored_events(room_key)
    assert (event.author, event.op, event.to, event.but) == ("user:1", "a", "user:2", "user:3")
    assert RoomEvent.objects.done(room_key, "user:1", "a") == event
    assert RoomEvent.objects.done(room_key, "user:2", "a") is None


@pytest.mark.everywhere
def test_an_op_is_done_once_for_each_author_and_room(room_key: str) -> None:
    for author, key in (("user:1", room_key), ("user:2", room_key), ("user:1", room_key + "b")):
        with event_log.transaction():
            room_log.note(key, author=author, op="a")
    with pytest.raises(IntegrityError), event_log.transaction():
        room_log.note(room_key, author="user:1", op="a")
    with event_log.transaction():  # without an op anything may be said twice
        room_log.note(room_key, author="user:1")
        room_log.note(room_key, author="user:1")


def test_a_redacted_event_is_blank_and_leaves_no_hole(room_key: str) -> None:
    for n in (1, 2, 3):
        with event_log.transaction():
            room_log.note(room_key, n)
    with event_log.transaction():
        event_log.tell(room_key, sample_protocol.Retracted(taken_back=2))
    assert [(event.seq, bool(event.body), event.redacted) for event in room_log.stored_events(room_key)] == [
        (1, True, False),
        (2, False, True),
        (3, True, False),
        (4, True, False),
    ]


def test_a_large_batch_is_published_without_its_bodies(room_key: str, published: room_log.Published) -> None:
    with event_log.transaction():
        for n in range(3):
            event_log.tell(room_key, sample_protocol.Noted(n=n, text="x" * (outbox.MAX_NOTIFICATION // 2)))
    [[notification]] = published
    assert (room_log.upto(notification), room_log.carried(notification)) == (3, None)


def test_what_many_verbs_need_to_know_is_asked_once_in_a_transaction(db: None) -> None:
    asked: list[str] = []

    def read() -> int:
        asked.append("read")
        return len(asked)

    with event_log.transaction():
        assert (event_log.memoize("what", read), event_log.memoize("what", read), event_log.memoize("else", read)) == (
            1,
            1,
            2,
        )
    with event_log.transaction():
        assert event_log.memoize("what", read) == 3


# --- insert-only verbs


@event_log.insert_only
def notice(key: str, *rows: Restriction) -> None:
    for row in rows:
        event_log.insert(row)
    room_log.note(key, RoomEvent.objects.filter(room__key=key).count())


@pytest.mark.everywhere
def test_what_an_insert_only_verb_inserts_is_stored_and_told(room_key: str, published: room_log.Published) -> None:
    notice(room_key)
    notice(room_key, Restriction(identity=room_key, kind="mute", room=room_key))
    assert [(event.seq, event.body.partition(",")[2][:5]) for event in room_log.stored_events(room_key)] == [
        (1, '"n":0'),
        (2, '"n":1'),
    ]
    assert [[room_log.upto(notification) for notification in notifications] for notifications in published] == [
        [1],
        [2],
    ]
    assert Restriction.objects.filter(identity=room_key).count() == 1


@pytest.mark.everywhere
def test_what_the_database_refuses_of_an_insert_only_verb_leaves_nothing(
    room_key: str, published: room_log.Published
) -> None:
    with pytest.raises(IntegrityError):
        notice(room_key, Restriction(identity=room_key, kind="odd", room=room_key))
    assert (room_log.stored_events(room_key), published) == ([], [])
    notice(room_key)  # by the same connection
    assert [event.seq for event in room_log.stored_events(room_key)] == [1]


@pytest.mark.everywhere
def test_inside_a_transaction_an_insert_only_verb_adds_to_that_one(
    room_key: str, published: room_log.Published
) -> None:
    with transaction.atomic():
        notice(room_key)
        assert not published
        transaction.set_rollback(True)
    assert (room_log.stored_events(room_key), published) == ([], [])


def refused(named: str, verb: Callable[[], object], key: str) -> None:
    """An insert-only verb may not do what `verb` does, and what it has told before is not stored."""

    @event_log.insert_only
    def meddle() -> None:
        room_log.note(key)
        verb()

    with pytest.raises(RuntimeError, match=f"an insert-only verb may only .*{named}"):
        meddle()
    assert room_log.stored_events(key) == []


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.everywhere
def test_an_insert_only_verb_may_not_write_by_itself(room_key: str, published: room_log.Published) -> None:
    rooms = Room.objects.filter(key=room_key)
    refused("UPDATE", lambda: rooms.update(seq=7), room_key)
    refused("INSERT", lambda: rooms.create(key=room_key), room_key)
    refused("DELETE", lambda: rooms._raw_delete("default"), room_key)
    assert published == []


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks no rows")
@pytest.mark.parametrize("how", [{}, {"no_key": True}, {"skip_locked": True}, {"of": ("self",)}])
def test_an_insert_only_verb_may_not_lock_rows(room_key: str, how: dict[str, Any]) -> None:
    with transaction.atomic():  # which the ORM asks for
        refused("FOR", lambda: list(Room.objects.select_for_update(**how)), room_key)


@pytest.mark.everywhere
@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT 1 FROM realtime_room FOR UPDATE", "FOR UPDATE"),
        ("SELECT 1 FROM realtime_room FOR NO KEY UPDATE", "FOR NO KEY UPDATE"),
        ("SELECT 1 FROM realtime_room FOR SHARE", "FOR SHARE"),
        ("SELECT 1 FROM realtime_room for\nkey  share", "for\\s+key\\s+share"),
        ("SELECT pg_advisory_lock(1)", "pg_advisory_lock"),
        ("SELECT pg_advisory_xact_lock_shared(1)", "pg_advisory_xact_lock_shared"),
        ("select pg_try_advisory_lock(1)", "pg_try_advisory_lock"),
        ("SELECT pg_try_advisory_xact_lock(1)", "pg_try_advisory_xact_lock"),
        ("SELECT nextval('realtime_room_id_seq')", "nextval"),
        ("SELECT setval('realtime_room_id_seq', 1)", "setval"),
        ("SELECT 1 INTO x", "INTO"),
        ("SELECT 1; DELETE FROM realtime_room", ";"),
        ("WITH x AS (INSERT INTO realtime_room (key) VALUES ('x') RETURNING 1) SELECT * FROM x", "WITH"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "WITH"),
        ("LOCK TABLE realtime_room", "LOCK"),
        ("SELECTED", "SELECTED"),
        ("  SET LOCAL lock_timeout = 1", "SET"),
    ],
)
def test_an_insert_only_verb_may_only_read(room_key: str, sql: str, named: str) -> None:
    refused(named, lambda: execute(sql), room_key)


@pytest.mark.everywhere
def test_an_insert_only_verb_may_read_what_only_looks_like_a_lock(room_key: str) -> None:
    @event_log.insert_only
    def look() -> list[str]:
        execute(" select 1 AS formation")
        return list(Room.objects.filter(key="x FOR UPDATE; pg_advisory_lock").values_list("epoch", flat=True))

    assert look() == []


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's verbs have a transaction from the beginning")
def test_an_insert_only_verb_may_not_collect(room_key: str, published: room_log.Published) -> None:
    @event_log.insert_only
    def collect() -> None:
        room_log.note(room_key)
        event_log.collect("key", list[int], lambda collected: None).append(1)

    with pytest.raises(RuntimeError, match="an insert-only verb may not collect"):
        collect()
    assert (room_log.stored_events(room_key), published) == ([], [])


@pytest.mark.skipif(connection.vendor == "sqlite", reason="needs a server that closes connections")
async def test_a_thread_replaces_a_connection_that_was_lost_before_the_end(
    room_key: str, published: room_log.Published
) -> None:
    def ask(sql: str, *values: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            [answer] = cursor.fetchone()
            return int(answer)

    @event_log.insert_only
    def notice_and_lose() -> None:
        room_log.note(room_key)
        server = ask("SELECT pg_backend_pid()")
        room_log.in_threads(lambda: ask("SELECT pg_terminate_backend(%s, 10000)", server))

    with pytest.raises(OperationalError):
        await threads.in_writer(notice_and_lose)
    assert (await threads.in_db(room_log.stored_events, room_key), published) == ([], [])
    await threads.in_writer(notice, room_key)
    assert [event.seq for event in await threads.in_db(room_log.stored_events, room_key)] == [1]
