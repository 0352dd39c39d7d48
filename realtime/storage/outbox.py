"""The outbox of a transaction: what it will insert, and the notifications that go out after its commit."""

import functools
from collections.abc import Callable, Hashable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from django.db import models
from django.db import transaction as database

from realtime.broker import publisher
from realtime.models import Room, RoomEvent
from realtime.storage import rows
from realtime.storage.cached_rows import CachedRow

# A notification has at most so many characters of bodies; hubs read a larger batch from the log.
MAX_NOTIFICATION = 64 * 1024
COLUMNS = ("author", "op", "to", "but", "body", "room_id", "seq", "redacted")  # of a RoomEvent

Savepoint = tuple[int, int, int]  # the numbers of events, rows and transient notifications


class PendingEvent:
    """One event on its way into the log.

    `seq` is an SQL expression until the event is stored, and its number from then on. A row that is inserted by the
    same transaction may hold it in a field, which becomes the number as well.
    """

    __slots__ = ("author", "body", "but", "op", "room", "seq", "to")

    def __init__(self, room: str, body: str, author: str, op: str | None, to: str, but: str) -> None:
        self.room, self.body, self.author, self.op, self.to, self.but = room, body, author, op, to, but
        self.seq: Any = rows.DatabaseValue()


class Outbox:
    """Collects what one transaction tells and inserts, and stores all of it at the end of its block."""

    def __init__(self) -> None:
        self.pending: list[PendingEvent] = []
        self.rows: list[models.Model] = []
        self.transient: list[publisher.Notification] = []
        self.latest: dict[publisher.Topic, publisher.ReadLatest] = {}
        self.memo: dict[Hashable, Any] = {}
        # The cached rows whose versions are to be checked, each with the one instance that all verbs are given.
        self.relied_on: dict[Hashable, tuple[CachedRow[Any], Any]] = {}
        self.collected: dict[Hashable, tuple[Any, Callable[[Any], None]]] = {}

    def savepoint(self) -> Savepoint:
        return len(self.pending), len(self.rows), len(self.transient)

    def rollback_to(self, savepoint: Savepoint) -> None:
        events, inserted, transient = savepoint
        del self.pending[events:], self.rows[inserted:], self.transient[transient:]

    def store(self) -> None:
        """Stores everything inside the open transaction, and publishes when that has committed."""
        for collection, store in self.collected.values():
            store(collection)
        notifications = self._write(rows.run)
        if notifications:
            database.on_commit(functools.partial(publisher.publish, notifications))
        if self.latest:
            database.on_commit(functools.partial(publisher.publish_latest, self.latest), robust=True)

    def transact(self) -> None:
        """Stores everything in a transaction of its own, and publishes."""
        if self.collected:
            raise RuntimeError("an insert-only verb may not collect(): storing a collection may take locks")
        publisher.publish(self._write(rows.transact))
        if self.latest:
            publisher.publish_latest(self.latest)

    def _write(self, execute: Callable[[list[rows.Statement]], list[tuple[Any, ...]]]) -> list[publisher.Notification]:
        """Inserts events and rows, and returns whom to notify.

        The first statement takes the rooms' numbers and so locks the rooms, in the order of their keys, so that two
        transactions cannot deadlock. Versions are checked behind that lock. Events come last and return their numbers.
        """
        rooms: dict[str, list[PendingEvent]] = {}
        for pending in sorted(self.pending, key=attrgetter("room")):
            rooms.setdefault(pending.room, []).append(pending)
        checks = [row.version_check() for row, _ in self.relied_on.values()]
        if not rooms:
            execute([*checks, *rows.inserts(self.rows)])
            return self.transient
        advance = Room.advance({key: len(entries) for key, entries in rooms.items()})
        numbered = [values for key, entries in rooms.items() for values in _numbered(key, entries)]
        log = rows.insert(RoomEvent, COLUMNS, numbered, returning="seq")
        seqs = iter(execute([advance, *checks, *rows.inserts(self.rows), log]))
        durable = [_notify(key, [next(seqs)[0] for _ in entries], entries) for key, entries in rooms.items()]
        for row in self.rows:
            rows.resolve(row)
        return durable + self.transient


def _numbered(key: str, entries: list[PendingEvent]) -> Iterator[Sequence[Any]]:
    """The values of COLUMNS for each event of a room; the database works `seq` out while it inserts the row."""
    room_id = Room.id_of(key)
    for index, pending in enumerate(entries, start=1):
        pending.seq.sql, pending.seq.params = Room.seq_of(key, before=len(entries) - index)
        yield pending.author, pending.op, pending.to, pending.but, pending.body, room_id, pending.seq, False


def _notify(key: str, seqs: list[int], entries: list[PendingEvent]) -> publisher.Notification:
    """Gives the events of a room their numbers, and returns the notification of them."""
    for seq, pending in zip(seqs, entries, strict=True):
        pending.seq.value = seq  # Rows may hold the expression.
        pending.seq = seq
    events = [(pending.body, pending.to, pending.but) for pending in entries]
    is_small = sum(len(body) for body, _, _ in events) <= MAX_NOTIFICATION
    return publisher.StoredEvents(key, seqs[-1], events if is_small else None)
