"""The log of every room: what happened, numbered without a gap, stored in the transaction that made it happen."""

import functools
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from itertools import count
from typing import Any, ParamSpec, TypeVar, overload

from django.db import DataError, IntegrityError, OperationalError, models
from django.db import transaction as database

from realtime import events
from realtime.broker import publisher
from realtime.models import RoomEvent
from realtime.storage import rows, sqlite
from realtime.storage.outbox import Outbox, PendingEvent, Savepoint

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=models.Model)
G = TypeVar("G")

# How often a verb is run again, by PostgreSQL's code: it was a deadlock's victim; someone was first with a unique value
# (the same `op` on another socket, say), whom it now sees; what it speaks of was deleted, which it now finds gone; what
# it recalled has changed.
UNIQUE = "23505"
RERUNS = {"40P01": 3, UNIQUE: 3, "23503": 1, rows.CHANGED: 1}

MAX_SEEN = 5000  # rows that are recalled; beyond it the one that was read first is forgotten

_again: ContextVar[bool | None] = ContextVar("again", default=None)  # None: nothing would run it again
_current: ContextVar[Outbox | None] = ContextVar("outbox", default=None)
_seen: OrderedDict[tuple[type[models.Model], Hashable], rows.Seen[Any]] = OrderedDict()


@contextmanager
def transaction(appends: bool = False) -> Iterator[None]:
    """A database transaction that may tell rooms; a nested one joins the outermost.

    Locks go domain rows first, rooms last and until the commit, so the order of `seq` is the order of commits.

    One that only `appends` reads before it begins, inserts and tells; that takes one round trip, without Django's
    `atomic()`. Under READ COMMITTED a plain SELECT sees the same before a transaction as inside it.
    """
    if _current.get() is not None:
        yield
        return
    outbox = Outbox()
    connection = database.get_connection()
    outermost = not connection.in_atomic_block
    token = _current.set(outbox)
    try:
        if appends and outermost and connection.vendor == "postgresql":
            connection.execute_wrappers.append(_only_reads)
            try:
                yield
            finally:
                connection.execute_wrappers.pop()
            outbox.append()
            return
        with sqlite.uncollected if connection.vendor == "sqlite" else nullcontext(), database.atomic():
            yield
            outbox.store(commit=outermost)
    finally:
        _current.reset(token)


def _only_reads(execute: Callable[..., Any], sql: str, *how: Any) -> Any:
    if not sql.startswith("SELECT"):
        raise RuntimeError(f"a verb that appends may not do this itself: {sql.partition(' ')[0]}")
    return execute(sql, *how)


def verb(function: Callable[P, R], appends: bool = False) -> Callable[P, R]:
    """Runs a model's verb in `transaction()`, again where RERUNS says so."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _current.get() is not None:
            return function(*args, **kwargs)
        for times in count(1):
            again = _again.set(times > 1)
            try:
                with transaction(appends):
                    return function(*args, **kwargs)
            except (OperationalError, IntegrityError, DataError) as error:
                code = getattr(error.__cause__, "sqlstate", UNIQUE if isinstance(error, IntegrityError) else "")
                if times > RERUNS.get(code, 0):
                    raise
                logger.warning("%s is run again after %s", function.__qualname__, code)
            finally:
                _again.reset(again)
        raise AssertionError("unreachable")

    return run


def insert_only(function: Callable[P, R]) -> Callable[P, R]:
    """As `verb`, for one whose own statements only read: all that it writes are `insert()` and durable `tell()`."""
    run = verb(function, appends=True)
    run.__dict__["appends"] = True
    return run


def is_insert_only(function: Callable[..., Any]) -> bool:
    """Whether a verb was declared to be `appending`."""
    return getattr(function, "appends", False)


def savepoint() -> Savepoint:
    """How much is told and inserted by now, inside a transaction of many verbs."""
    return _outbox().savepoint()


def rollback_to(savepoint: Savepoint) -> None:
    """Forgets what was told and inserted since: a verb has refused."""
    _outbox().rollback_to(savepoint)


def _outbox() -> Outbox:
    outbox = _current.get()
    if outbox is None:
        raise RuntimeError("a room is told something durable only inside log.transaction()")
    return outbox


def insert(row: models.Model) -> None:
    """Inserts `row` when the block is left, together with the others of its model."""
    _outbox().rows.append(row)


def pending(model: type[M]) -> list[M]:
    """The rows of `model` that this transaction has not inserted yet."""
    return [row for row in _outbox().rows if isinstance(row, model)]


def is_rerun() -> bool:
    """Whether this is a second run. A verb that trusts a unique constraint looks only then for what is in its way."""
    return bool(_again.get())


def memoize(key: Hashable, read: Callable[[], G]) -> G:
    """What `read` returns, asked once in a transaction: many verbs about one thing need to know it."""
    known = _outbox().known
    if key not in known:
        known[key] = read()
    answer: G = known[key]
    return answer


def cached_row(model: type[M], key: Hashable, anew: bool = False) -> M | None:
    """The row of this key as this process has seen it, without asking the database; one object in a transaction.

    What is stored is stored only if the row is still the same. If it is not, the verb is run again with what it is now.
    A verb that refuses stores nothing, so it looks `anew` before.
    """
    outbox, place = _outbox(), (model, key)
    anew = anew or _again.get() is not False or place in outbox.known
    seen = None if anew else _seen.get(place)
    if seen is None:
        found: M | None = memoize(place, lambda: _look(model, key))
        return found
    if place not in outbox.relied_on:
        outbox.relied_on[place] = seen, seen.row()
    recalled: M = outbox.relied_on[place][1]
    return recalled


def _look(model: type[M], key: Hashable) -> M | None:
    seen = rows.see(model, key)
    if seen is None:
        return rows.find(model, key)
    _seen[model, key] = seen
    if len(_seen) > MAX_SEEN:
        _seen.popitem(last=False)
    return seen.row()


def collect(key: Hashable, make: Callable[[], G], store: Callable[[G], None]) -> G:
    """What the verbs of one transaction collect under `key`, stored once when the block is left.

    Not taken back when a verb refuses: gather last. Not for verbs that append.
    """
    collections = _outbox().collected
    if key not in collections:
        collections[key] = (make(), store)
    collection: G = collections[key][0]
    return collection


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
    row: object = ...,
    field: str = ...,
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
    row: object = None,
    field: str = "seq",
) -> PendingEvent | None:
    """Tells the subscribers of `room`: a durable event through its log, a transient one only to those who are there.

    `to` names the only address that receives it, `but` the only one that does not. Of a durable event the answer's
    `seq` is its number once the transaction has committed; a row that is inserted may hold it before.
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
    if row is not None:
        setattr(row, field, pending.seq)
        outbox.rows_to_resolve.append(row)
    return pending


def _tell_transient(room: str, event: events.Transient, to: str, but: str) -> None:
    notification = _transient(room, event, time.time(), to, but)
    outbox = _current.get()
    if outbox is None:
        publisher.publish([notification])
    else:
        outbox.transient.append(notification)


def tell_latest(
    room: str, name: str, read: Callable[[], events.Latest], store: Callable[[], None] = lambda: None
) -> None:
    """Tells how something stands, as `read` finds it after this transaction, at the pace that its record asks for.

    Read before, it would miss what another transaction is about to commit. Of two readings the later one is told.
    `store` is called before each reading, outside of a transaction, and brings what has been counted in memory.
    `name` tells latest of one room apart.
    """

    def take() -> publisher.TransientEvent:
        store()
        at = time.time()
        return _transient(room, read(), at)

    outbox = _current.get()
    if outbox is None:
        publisher.publish_latest({(room, name): take})
    else:
        outbox.latest[room, name] = take


def _transient(room: str, event: events.Transient, at: float, to: str = "", but: str = "") -> publisher.TransientEvent:
    return publisher.TransientEvent(
        room=room,
        body=events.encode(event),
        to=to,
        but=but,
        kind=str(event.__struct_config__.tag),
        min_interval=event.min_interval(),
        read_at=at if isinstance(event, events.Latest) else 0.0,
    )
