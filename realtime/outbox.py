"""What a transaction is about to say and to store, on its way into the database."""

import functools
from collections.abc import Callable, Hashable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import DatabaseError, models
from django.db import transaction as database

from realtime import doorbell, rows
from realtime.models import Room, RoomEvent

MAX_BELL = 64 * 1024  # characters of bodies in one bell; hubs read a larger batch from the log
EVENT = ("author", "op", "to", "but", "body", "room_id", "seq", "redacted")  # of a RoomEvent; Told begins so too


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
        self.passing: list[doorbell.Bell] = []
        self.gauges: dict[doorbell.Kind, doorbell.Take] = {}
        self.known: dict[Hashable, Any] = {}
        self.gathered: dict[Hashable, tuple[Any, Callable[[Any], None]]] = {}

    def mark(self) -> tuple[int, int, int]:
        return len(self.told), len(self.rows), len(self.passing)

    def back_to(self, mark: tuple[int, int, int]) -> None:
        del self.told[mark[0] :], self.rows[mark[1] :], self.passing[mark[2] :]

    def store(self, commit: bool) -> None:
        """Numbers and inserts everything, inside a transaction.

        With `commit` it ends with the last statement's round trip instead of one of its own.
        """
        for what, store in self.gathered.values():
            store(what)
        inserts, bells = self._number(begin=False)
        if bells:
            database.on_commit(functools.partial(doorbell.ring, bells))
        if self.gauges:
            database.on_commit(functools.partial(doorbell.gauge, self.gauges), robust=True)
        rows.store(inserts, commit)

    def append(self) -> None:
        """As `store`, in a transaction of its own that begins and ends with the first and the last statement."""
        if self.gathered:
            raise RuntimeError("a verb that appends may not gather")
        try:
            inserts, bells = self._number(begin=True)
            rows.store(inserts, commit=bool(self.told))
        except BaseException:
            _roll_back()
            raise
        doorbell.ring(bells)
        if self.gauges:
            doorbell.gauge(self.gauges)

    def _number(self, begin: bool) -> tuple[list[rows.Insert], list[doorbell.Bell]]:
        """What is inserted and who is told, after each event has its number."""
        if not self.told:
            return rows.inserts(self.rows), self.passing
        events, bells = self._take_numbers(begin)
        return [*rows.inserts(self.rows), rows.insert(RoomEvent, EVENT, events)], bells + self.passing

    def _take_numbers(self, begin: bool) -> tuple[list[Sequence[Any]], list[doorbell.Bell]]:
        """The events as they are stored, and a bell for each room.

        Rooms go in the order of their keys, so that two transactions cannot cross.
        """
        rooms: dict[str, list[Told]] = {}
        for told in sorted(self.told, key=attrgetter("room")):
            rooms.setdefault(told.room, []).append(told)
        taken = Room.objects.advance({key: len(entries) for key, entries in rooms.items()}, begin)
        events: list[Sequence[Any]] = []
        bells = []
        for key, entries in rooms.items():
            room_id, last = taken[key]
            for seq, told in enumerate(entries, start=last - len(entries) + 1):
                events.append((*told[:5], room_id, seq, False))
                if told.row is not None:
                    setattr(told.row, told.field, seq)
            bells.append(_durable(key, last, entries))
        return events, bells


def _roll_back() -> None:
    try:
        database.rollback()
    except DatabaseError:  # the connection is lost, and with it the transaction
        database.get_connection().close()


def _durable(key: str, last: int, entries: list[Told]) -> doorbell.Bell:
    events = [(told.body, told.to, told.but) for told in entries]
    small = sum(len(body) for body, _, _ in events) <= MAX_BELL
    return {"type": "bell", "room": key, "upto": last, "events": events if small else None}
