"""The outbox of a transaction: what it stores, in which order, and whom it notifies when."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from realtime import event_log
from realtime.adapters import postgres
from realtime.models import Restriction, Room, RoomEvent
from realtime.storage import cached_rows
from realtime.storage.outbox import MAX_NOTIFICATION, Outbox, PendingEvent
from tests.realtime import room_log, sample_protocol

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


@pytest.fixture
def outbox() -> Iterator[Outbox]:
    yield Outbox()
    assert not connection.in_atomic_block


def tell(outbox: Outbox, room: str, body: str = "{}") -> PendingEvent:
    pending = PendingEvent(room, body, "", None, "", "")
    outbox.pending.append(pending)
    return pending


def store(outbox: Outbox) -> None:
    with transaction.atomic():
        outbox.store()


def test_events_of_several_rooms_are_numbered_in_the_order_in_which_they_were_told(
    outbox: Outbox, room_key: str, published: room_log.Published
) -> None:
    rooms = [f"{room_key}-{name}" for name in "babab"]
    told = [tell(outbox, room, str(n)) for n, room in enumerate(rooms)]
    store(outbox)
    assert [pending.seq for pending in told] == [1, 1, 2, 2, 3]
    assert [event.body for event in room_log.stored_events(f"{room_key}-b")] == ["0", "2", "4"]
    assert [(each.room[-1], room_log.upto(each)) for each in published[0]] == [("a", 2), ("b", 3)]


def test_the_number_of_an_event_is_an_int_after_the_commit(room_key: str) -> None:
    with event_log.transaction():
        pending = event_log.tell(room_key, sample_protocol.Noted(n=1))
        assert pending is not None
        assert not isinstance(pending.seq, int)
    assert pending.seq == 1


def test_a_row_may_hold_the_number_of_an_event_before_it_is_known(room_key: str) -> None:
    with event_log.transaction():
        earlier = event_log.tell(f"{room_key}-b", sample_protocol.Noted(n=1))
        pending = event_log.tell(room_key, sample_protocol.Noted(n=1))
        assert earlier is not None
        assert pending is not None
        row = RoomEvent(room=Room.objects.create(key=f"{room_key}-c"), seq=pending.seq, body="{}")
        event_log.insert(row)
    assert row.seq == pending.seq == 1
    assert [event.seq for event in room_log.stored_events(f"{room_key}-c")] == [1]


def test_nothing_is_published_before_the_commit_and_nothing_after_a_rollback(
    outbox: Outbox, room_key: str, published: room_log.Published
) -> None:
    tell(outbox, room_key)
    with transaction.atomic():
        outbox.store()
        transaction.set_rollback(True)
    assert (published, room_log.stored_events(room_key)) == ([], [])


def test_bodies_travel_with_the_notification_unless_they_are_too_long(
    outbox: Outbox, room_key: str, published: room_log.Published
) -> None:
    tell(outbox, f"{room_key}-a", "x" * MAX_NOTIFICATION)
    tell(outbox, f"{room_key}-b", "x" * (MAX_NOTIFICATION + 1))
    store(outbox)
    assert [room_log.carried(each) for each in published[0]] == [1, None]


def test_a_rollback_to_a_savepoint_keeps_what_came_before(outbox: Outbox, room_key: str) -> None:
    tell(outbox, room_key, "kept")
    savepoint = outbox.savepoint()
    tell(outbox, room_key, "taken back")
    outbox.rows.append(Restriction(identity=room_key, kind="odd"))  # which the database would refuse
    outbox.rollback_to(savepoint)
    store(outbox)
    assert [(event.seq, event.body) for event in room_log.stored_events(room_key)] == [(1, "kept")]


def test_collections_are_stored_first_and_may_tell_more(outbox: Outbox, room_key: str) -> None:
    tell(outbox, room_key, "told")
    outbox.collected["sum"] = ([1, 2], lambda numbers: (tell(outbox, room_key, str(sum(numbers))), None)[1])
    store(outbox)
    assert [event.body for event in room_log.stored_events(room_key)] == ["told", "3"]


def test_a_transaction_of_its_own_stores_all_or_nothing(
    outbox: Outbox, room_key: str, published: room_log.Published
) -> None:
    tell(outbox, room_key)
    outbox.rows.append(Restriction(identity=room_key, kind="odd"))
    with pytest.raises(DatabaseError):
        outbox.transact()
    assert (published, room_log.stored_events(room_key)) == ([], [])
    outbox.rows[0] = Restriction(identity=room_key, kind="mute", room=room_key)
    outbox.transact()
    assert [event.seq for event in room_log.stored_events(room_key)] == [1]
    assert len(published) == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's rows have no versions")
@pytest.mark.parametrize("tells", [True, False])
def test_nothing_is_stored_that_relies_on_a_row_which_has_changed(outbox: Outbox, room_key: str, tells: bool) -> None:
    room = Room.objects.create(key=f"{room_key}-seen")
    cached_rows.read(Room, room.pk)
    cached = cached_rows.get(Room, room.pk)
    assert cached is not None
    outbox.relied_on["room"] = cached, cached.instance()
    outbox.rows.append(Restriction(identity=room_key, kind="mute", room=room_key))
    if tells:
        tell(outbox, room_key)
    Room.objects.filter(pk=room.pk).update(epoch="another")
    with pytest.raises(DatabaseError) as raised:
        outbox.transact()
    assert getattr(raised.value.__cause__, "sqlstate", "") == cached_rows.CHANGED
    assert room_log.stored_events(room_key) == []
    assert not Restriction.objects.filter(identity=room_key).exists()


@pytest.mark.skipif(not isinstance(postgres.executor(), postgres.OneMessage), reason="takes the plain road")
def test_events_rows_and_checks_are_one_message(outbox: Outbox, room_key: str) -> None:
    messages: list[str] = []

    def count(execute: object, sql: str, *details: object) -> object:
        messages.append(sql)
        return execute(sql, *details)  # type: ignore[operator]

    tell(outbox, room_key)
    tell(outbox, f"{room_key}-b")
    outbox.rows.append(Restriction(identity=room_key, kind="mute", room=room_key))
    with connection.execute_wrapper(count):
        outbox.transact()
    assert len(messages) == 1
