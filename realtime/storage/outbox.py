"""What a transaction is about to say and to store, on its way into the database."""

import functools
from collections.abc import Callable, Hashable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import models
from django.db import transaction as database

from realtime.broker import notifications
from realtime.models import Room, RoomEvent
from realtime.storage import rows

MAX_BELL = 64 * 1024  # characters of bodies in one bell; hubs read a larger batch from the log
EVENT = ("author", "op", "to", "but", "body", "room_id", "seq", "redacted")  # of a RoomEvent; Told begins so too

Savepoint = tuple[int, int, int]  # how many events, rows and passing bells there are


class Told(NamedTuple):
    """One event on its way into the log, and the row that wants to know its number."""

    author: str
    op: str | None
    to: str
    but: str
    body: str
    room: str
    row: object
    field: str


class Outbox:
    """What one transaction will tell and insert when its block is left."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.rows: list[models.Model] = []
        self.passing: list[notifications.Bell] = []
        self.gauges: dict[notifications.Kind, notifications.Take] = {}
        self.known: dict[Hashable, Any] = {}
        self.relied_on: dict[Hashable, tuple[rows.Seen[Any], Any]] = {}  # and the object that is made of it
        self.collected: dict[Hashable, tuple[Any, Callable[[Any], None]]] = {}

    def savepoint(self) -> Savepoint:
        return len(self.told), len(self.rows), len(self.passing)

    def rollback_to(self, mark: Savepoint) -> None:
        del self.told[mark[0] :], self.rows[mark[1] :], self.passing[mark[2] :]

    def store(self, commit: bool) -> None:
        """Numbers and inserts everything, inside a transaction.

        With `commit` it ends with the last statement's round trip instead of one of its own.
        """
        for what, store in self.collected.values():
            store(what)
        bells = self._write(functools.partial(rows.run, commit=commit))
        if bells:
            database.on_commit(functools.partial(notifications.ring, bells))
        if self.gauges:
            database.on_commit(functools.partial(notifications.gauge, self.gauges), robust=True)

    def append(self) -> None:
        """As `store`, in a transaction of its own that takes one round trip in all."""
        if self.collected:
            raise RuntimeError("a verb that appends may not gather")
        notifications.ring(self._write(rows.transact))
        if self.gauges:
            notifications.gauge(self.gauges)

    def _write(self, carry_out: Callable[[list[rows.Statement]], list[tuple[int]]]) -> list[notifications.Bell]:
        """Who is told. An event, and the row that goes with it, is given its number while it is inserted.

        Rooms go in the order of their keys, so that two transactions cannot cross.
        """
        rooms: dict[str, list[Told]] = {}
        for told in sorted(self.told, key=attrgetter("room")):
            rooms.setdefault(told.room, []).append(told)
        checks = [seen.check for seen, _ in self.relied_on.values()]
        if not rooms:
            carry_out([*checks, *rows.inserts(self.rows)])
            return self.passing
        events: list[Sequence[Any]] = []
        for key, entries in rooms.items():
            room_id = Room.id_of(key)
            for index, told in enumerate(entries, start=1):
                seq = Room.seq_of(key, before=len(entries) - index)
                events.append((*told[:5], room_id, seq, False))
                if told.row is not None:
                    setattr(told.row, told.field, seq)
        advance = Room.advance({key: len(entries) for key, entries in rooms.items()})
        log = rows.insert(RoomEvent, EVENT, events, finds="seq")
        seqs = iter(carry_out([advance, *checks, *rows.inserts(self.rows), log]))
        return [_told(key, [next(seqs)[0] for _ in entries], entries) for key, entries in rooms.items()] + self.passing


def _told(key: str, seqs: list[int], entries: list[Told]) -> notifications.Bell:
    """Lets the rows know their numbers, and returns the bell that tells of them."""
    for seq, told in zip(seqs, entries, strict=True):
        if told.row is not None:
            setattr(told.row, told.field, seq)
    events = [(told.body, told.to, told.but) for told in entries]
    small = sum(len(body) for body, _, _ in events) <= MAX_BELL
    return {"type": "bell", "room": key, "upto": seqs[-1], "events": events if small else None}
