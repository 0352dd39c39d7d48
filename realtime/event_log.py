"""The log of every room: what happened, numbered without a gap, stored in the transaction that made it happen.

A domain method is decorated as a `verb`. It changes rows and calls `tell()`; what it tells is stored when the verb ends
and goes out after the commit. `realtime/storage/` has the machinery: transactions, the outbox, the SQL of rows.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar, overload

from django.db import models

from realtime import events
from realtime.broker import publisher
from realtime.models import RoomEvent
from realtime.storage import cached_rows, rows, transactions
from realtime.storage.outbox import Outbox, PendingEvent, Savepoint
from realtime.storage.transactions import insert_only, is_insert_only, is_rerun, transaction, verb

MAX_REDACTED = 1000  # events that one event takes back

__all__ = [
    "PendingEvent",
    "cached_row",
    "collect",
    "insert",
    "insert_only",
    "is_insert_only",
    "is_rerun",
    "memoize",
    "pending",
    "rollback_to",
    "savepoint",
    "tell",
    "tell_latest",
    "transaction",
    "verb",
]

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")


def _outbox() -> Outbox:
    outbox = transactions.current()
    if outbox is None:
        raise RuntimeError("a durable event is told, and a row inserted, only inside event_log.transaction()")
    return outbox


# --- telling


@overload
def tell(room: str, event: events.Transient, *, to: str = ..., but: str = ...) -> None: ...


@overload
def tell(
    room: str,
    event: events.Event,
    *,
    author: str = ...,
    op: str | None = ...,
    to: str = ...,
    but: str = ...,
) -> PendingEvent: ...


@overload
def tell(room: str, event: events.BaseEvent, *, to: str = ..., but: str = ...) -> PendingEvent | None: ...


def tell(
    room: str,
    event: events.BaseEvent,
    *,
    author: str = "",
    op: str | None = None,
    to: str = "",
    but: str = "",
) -> PendingEvent | None:
    """Tells the subscribers of the room with the key `room`; a durable event also goes into its log.

    `to` is the only address that receives the event, `but` the only one that does not. `author` and `op` name the
    client's message that caused it; the same `op` of the same author in the same room is refused by the database, with
    which the verb is run again. Returns the pending event of a durable one: its `seq` is an int after the commit, and
    before it may already be put into a field of a row that is given to `insert()`. Raises RuntimeError for a durable
    event outside of a transaction.
    """
    if isinstance(event, events.Transient):
        _tell_transient(room, event, to, but)
        return None
    assert isinstance(event, events.Event)
    outbox = _outbox()
    if seqs := event.redacts():
        RoomEvent.objects.redact(room, seqs)
    pending = PendingEvent(room, events.encode(event), author, op, to, but)
    outbox.pending.append(pending)
    return pending


@verb
def redact_author(author: str) -> int:
    """Takes back what `author` has said in all rooms; returns how many events that were."""
    said = (
        RoomEvent.objects.filter(author=author, redacted=False).values_list("room__key", "seq").order_by("room", "seq")
    )
    by_room: dict[str, list[int]] = {}
    for room, seq in said:
        by_room.setdefault(room, []).append(seq)
    for room, seqs in by_room.items():
        for begin in range(0, len(seqs), MAX_REDACTED):
            tell(room, events.Redacted(seqs=seqs[begin : begin + MAX_REDACTED]))
    return sum(map(len, by_room.values()))


def _tell_transient(room: str, event: events.Transient, to: str, but: str) -> None:
    read_at = rows.clock() if isinstance(event, events.Latest) else 0.0
    notification = _transient(room, event, read_at, to, but)
    outbox = transactions.current()
    if outbox is None:
        publisher.publish([notification])
    else:
        outbox.transient.append(notification)


def tell_latest(
    room: str, name: str, read: Callable[[], events.Latest], store: Callable[[], None] = lambda: None, to: str = ""
) -> None:
    """Tells the value that `read` finds after this transaction, as often as the event's `min_interval` allows.

    If it were read inside the transaction, it would miss what another one is about to commit. Of two readings the later
    one is told. `store` is called before each reading, outside of a transaction; it stores what was counted in memory.
    `name` distinguishes several values of one room; `to` is the only address that receives it.
    """

    def take() -> publisher.TransientEvent:
        store()
        read_at = rows.clock()  # the database's, or the readings of a process whose clock is behind would be dropped
        return _transient(room, read(), read_at, to)

    outbox = transactions.current()
    if outbox is None:
        publisher.publish_latest({(room, name): take})
    else:
        outbox.latest[room, name] = take


def _transient(
    room: str, event: events.Transient, read_at: float, to: str = "", but: str = ""
) -> publisher.TransientEvent:
    return publisher.TransientEvent(
        room=room,
        body=events.encode(event),
        to=to,
        but=but,
        kind=str(event.__struct_config__.tag),
        min_interval=event.min_interval(),
        read_at=read_at,
    )


# --- storing


def insert(row: models.Model) -> None:
    """Inserts `row` at the end of the transaction, together with the others of its model."""
    _outbox().rows.append(row)


def pending(model: type[M]) -> list[M]:
    """The rows of `model` that this transaction is going to insert."""
    return [row for row in _outbox().rows if isinstance(row, model)]


def collect(key: Hashable, make: Callable[[], T], store: Callable[[T], None]) -> T:
    """The collection that the verbs of one transaction share under `key`; `store` is called once with it at the end.

    `rollback_to()` does not take back what was put into it, so a verb does that after its last check. `store` may
    write, so insert-only verbs may not collect.
    """
    collected = _outbox().collected
    if key not in collected:
        collected[key] = (make(), store)
    collection: T = collected[key][0]
    return collection


def savepoint() -> Savepoint:
    """Where a transaction of many verbs stands now, for `rollback_to()`."""
    return _outbox().savepoint()


def rollback_to(savepoint: Savepoint) -> None:
    """Takes back what was told and inserted since `savepoint`, because a verb has refused."""
    _outbox().rollback_to(savepoint)


# --- reading


def memoize(key: Hashable, read: Callable[[], T]) -> T:
    """What `read` returns, called once in a transaction: many verbs about one thing need to know the same."""
    memo = _outbox().memo
    if key not in memo:
        memo[key] = read()
    answer: T = memo[key]
    return answer


def cached_row(model: type[M], key: Hashable, anew: bool = False) -> M | None:
    """The row with this primary key as this process has read it last; the same instance for all of a transaction.

    The transaction commits only if the row still has that version; else the verb is run again and reads it (optimistic
    locking). A verb that refuses stores nothing that could be checked, so it looks again with `anew` before it refuses.
    Returns None if there is no such row.
    """
    outbox, address = _outbox(), (model, key)
    is_allowed = transactions.may_be_rerun() and not anew and address not in outbox.memo
    cached = cached_rows.get(model, key) if is_allowed else None
    if cached is None:
        row: M | None = memoize(address, lambda: cached_rows.read(model, key))
        return row
    if address not in outbox.relied_on:
        outbox.relied_on[address] = cached, cached.instance()
    known: M = outbox.relied_on[address][1]
    return known
