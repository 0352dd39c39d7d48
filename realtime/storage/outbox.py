"""What a transaction is about to say and to store, on its way into the database."""

import functools
from collections.abc import Callable, Hashable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from django.db import models
from django.db import transaction as database

from realtime.broker import publisher
from realtime.models import Room, RoomEvent
from realtime.storage import rows

MAX_NOTIFICATION = 64 * 1024  # characters of bodies in one bell; hubs read a larger batch from the log
EVENT = ("author", "op", "to", "but", "body", "room_id", "seq", "redacted")  # the columns of a RoomEvent

Savepoint = tuple[int, int, int]  # how many events, rows and passing bells there are


class PendingEvent:
    """One event on its way into the log.

    `seq` is an SQL expression until the event is stored, and its number from then on. A row that is inserted by the
    same transaction may hold it in a field, which becomes the number with it.
    """

    __slots__ = ("author", "body", "but", "op", "room", "seq", "to")

    def __init__(self, room: str, body: str, author: str, op: str | None, to: str, but: str) -> None:
        self.room, self.body, self.author, self.op, self.to, self.but = room, body, author, op, to, but
        self.seq: Any = rows.Given()


class Outbox:
    """What one transaction will tell and insert when its block is left."""

    def __init__(self) -> None:
        self.pending: list[PendingEvent] = []
        self.rows: list[models.Model] = []
        self.rows_to_resolve: list[Any] = []
        self.transient: list[publisher.Notification] = []
        self.latest: dict[publisher.Topic, publisher.ReadLatest] = {}
        self.known: dict[Hashable, Any] = {}
        self.relied_on: dict[Hashable, tuple[rows.Seen[Any], Any]] = {}  # and the object that is made of it
        self.collected: dict[Hashable, tuple[Any, Callable[[Any], None]]] = {}

    def savepoint(self) -> Savepoint:
        return len(self.pending), len(self.rows), len(self.transient)

    def rollback_to(self, mark: Savepoint) -> None:
        del self.pending[mark[0] :], self.rows[mark[1] :], self.transient[mark[2] :]

    def store(self, commit: bool) -> None:
        """Numbers and inserts everything, inside a transaction.

        With `commit` it ends with the last statement's round trip instead of one of its own.
        """
        for what, store in self.collected.values():
            store(what)
        notifications = self._write(functools.partial(rows.run, commit=commit))
        if notifications:
            database.on_commit(functools.partial(publisher.publish, notifications))
        if self.latest:
            database.on_commit(functools.partial(publisher.publish_latest, self.latest), robust=True)

    def append(self) -> None:
        """As `store`, in a transaction of its own that takes one round trip in all."""
        if self.collected:
            raise RuntimeError("a verb that appends may not gather")
        publisher.publish(self._write(rows.transact))
        if self.latest:
            publisher.publish_latest(self.latest)

    def _write(self, carry_out: Callable[[list[rows.Statement]], list[tuple[int]]]) -> list[publisher.Notification]:
        """Who is told. An event, and the row that goes with it, is given its number while it is inserted.

        Rooms go in the order of their keys, so that two transactions cannot cross.
        """
        rooms: dict[str, list[PendingEvent]] = {}
        for pending in sorted(self.pending, key=attrgetter("room")):
            rooms.setdefault(pending.room, []).append(pending)
        checks = [seen.check for seen, _ in self.relied_on.values()]
        if not rooms:
            carry_out([*checks, *rows.inserts(self.rows)])
            return self.transient
        advance = Room.advance({key: len(entries) for key, entries in rooms.items()})
        log = rows.insert(RoomEvent, EVENT, [row for key in rooms for row in _numbered(key, rooms[key])], finds="seq")
        seqs = iter(carry_out([advance, *checks, *rows.inserts(self.rows), log]))
        told = [_notify(key, [next(seqs)[0] for _ in entries], entries) for key, entries in rooms.items()]
        for row in [*self.rows, *self.rows_to_resolve]:
            rows.resolve(row)
        return told + self.transient


def _numbered(key: str, entries: list[PendingEvent]) -> Iterator[Sequence[Any]]:
    """The rows of a room's events; each finds its number while it is inserted."""
    room_id = Room.id_of(key)
    for index, pending in enumerate(entries, start=1):
        pending.seq.sql, pending.seq.params = Room.seq_of(key, before=len(entries) - index)
        yield pending.author, pending.op, pending.to, pending.but, pending.body, room_id, pending.seq, False


def _notify(key: str, seqs: list[int], entries: list[PendingEvent]) -> publisher.Notification:
    """Gives the events their numbers, and returns the notification that tells of them."""
    for seq, pending in zip(seqs, entries, strict=True):
        pending.seq.value = pending.seq = seq
    events = [(pending.body, pending.to, pending.but) for pending in entries]
    small = sum(len(body) for body, _, _ in events) <= MAX_NOTIFICATION
    return publisher.StoredEvents(key, seqs[-1], events if small else None)
