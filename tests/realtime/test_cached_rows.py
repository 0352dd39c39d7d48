"""Cached rows: kept with their version, which changes whenever the row does."""

import copy
from collections import OrderedDict
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from realtime.adapters import postgres
from realtime.models import Room, Worker
from realtime.storage import cached_rows, rows
from streams.models import ChatMessage

pytestmark = pytest.mark.usefixtures("live_db")
versioned = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's rows have no versions")


@pytest.fixture
def room(room_key: str) -> Room:
    return Room.objects.create(key=room_key)


def cached(room: Room) -> cached_rows.CachedRow[Room]:
    assert cached_rows.read(Room, room.pk) is not None
    row = cached_rows.get(Room, room.pk)
    assert row is not None
    return row


@pytest.mark.everywhere
def test_a_row_is_read_as_the_orm_reads_it(room: Room) -> None:
    read = cached_rows.read(Room, room.pk)
    assert read is not None
    assert (read, read.key, read.seq, read.epoch) == (room, room.key, room.seq, room.epoch)
    assert (read._state.adding, read._state.db) == (False, "default")
    read.seq = 5
    read.save()
    assert Room.objects.get(pk=room.pk).seq == 5


@pytest.mark.everywhere
def test_a_row_that_does_not_exist_is_none_and_not_kept() -> None:
    assert cached_rows.read(Worker, "nobody") is None
    assert cached_rows.get(Worker, "nobody") is None


@versioned
def test_each_change_gives_a_row_another_version(room: Room) -> None:
    versions = {cached(room).version}
    for seq in (1, 2):
        Room.objects.filter(pk=room.pk).update(seq=seq)
        row = cached(room)
        assert row.instance().seq == seq
        versions.add(row.version)
    assert len(versions) == 3


@versioned
def test_an_unchanged_row_passes_its_check_and_a_changed_or_deleted_one_does_not(room: Room) -> None:
    row = cached(room)
    rows.transact([row.version_check()])
    Room.objects.filter(pk=room.pk).update(epoch="another")
    for _ in ("changed", "deleted"):
        with pytest.raises(DatabaseError) as raised:
            rows.transact([row.version_check()])
        assert getattr(raised.value.__cause__, "sqlstate", "") == cached_rows.CHANGED
        Room.objects.filter(pk=room.pk).delete()


@versioned
def test_what_a_transaction_reads_after_it_has_written_is_not_kept(room: Room) -> None:
    """It may write the row once more, and both versions would be the number of this transaction."""
    cached(room)
    with transaction.atomic():
        Room.objects.filter(pk=room.pk).update(seq=1)
        read = cached_rows.read(Room, room.pk)
        assert read is not None
        assert read.seq == 1
        assert cached_rows.get(Room, room.pk) is None
        Room.objects.filter(pk=room.pk).update(seq=2)
    assert cached(room).instance().seq == 2


@versioned
def test_what_a_transaction_reads_before_it_writes_is_kept(room: Room) -> None:
    with transaction.atomic():
        assert cached(room).instance().seq == 0


@versioned
def test_each_caller_gets_an_instance_of_its_own(room: Room) -> None:
    row = cached(room)
    row.instance().seq = 99
    assert row.instance().seq == 0


@versioned
@pytest.mark.parametrize("extra", [{"a": [1]}, ["a", "b"], [["a"]]])
def test_of_json_each_caller_gets_a_copy(extra: Any) -> None:
    names = [field.attname for field in ChatMessage._meta.concrete_fields]
    row = cached_rows.CachedRow(ChatMessage, 1, "1", tuple(extra if name == "extra" else None for name in names))
    before = copy.deepcopy(extra)
    row.instance().extra.clear()
    assert row.instance().extra == before
    assert cached_rows._is_versioned(ChatMessage)


@versioned
def test_the_number_of_rows_that_are_kept_is_bounded(monkeypatch: pytest.MonkeyPatch, room_key: str) -> None:
    monkeypatch.setattr(cached_rows, "MAX_ROWS", 2)
    monkeypatch.setattr(cached_rows, "_rows", OrderedDict())
    made = [Room.objects.create(key=f"{room_key}-{n}") for n in range(5)]
    for room in made:
        cached_rows.read(Room, room.pk)
    assert [key for _, key in cached_rows._rows] == [room.pk for room in made[-2:]]


@versioned
def test_the_check_is_a_statement_for_either_road(room: Room) -> None:
    check = cached(room).version_check()
    for road in (postgres.OneMessage(), postgres.OneByOne()):
        road.transact([check])
