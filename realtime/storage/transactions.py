"""Transactions that tell rooms, and verbs, which are functions that run in one and are run again where that helps."""

import functools
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from itertools import count
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError, IntegrityError
from django.db import transaction as database

from realtime.storage import cached_rows, rows, sqlite
from realtime.storage.outbox import Outbox

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

UNIQUE = "23505"
# How often a verb is run again, by the SQLSTATE with which it failed.
RERUNS = {
    "40P01": 3,  # It was chosen as the victim of a deadlock.
    UNIQUE: 3,  # Someone else was first, perhaps with the same `op` on another socket. Now it sees what they stored.
    "23503": 1,  # What it refers to was deleted meanwhile. Now it finds that out.
    cached_rows.CHANGED: 1,  # A cached row was not the newest. Now it reads the row.
}

SELECT = re.compile(r"\s*SELECT\b", re.IGNORECASE)
# What may not stand in the statements of an insert-only verb: locks, sequences, new tables, a second statement.
NOT_A_READ = re.compile(
    r"\bFOR\s+(NO\s+KEY\s+UPDATE|UPDATE|KEY\s+SHARE|SHARE)\b|\bpg_(try_)?advisory_\w+|\b(next|set)val\b|\bINTO\b|;",
    re.IGNORECASE,
)

_rerun: ContextVar[bool | None] = ContextVar("rerun", default=None)  # None: nothing would run it again
_outbox: ContextVar[Outbox | None] = ContextVar("outbox", default=None)


def current() -> Outbox | None:
    """The outbox of the transaction that this code runs in."""
    return _outbox.get()


@contextmanager
def transaction(insert_only: bool = False) -> Iterator[None]:
    """A database transaction that may tell rooms; a nested one joins the outermost.

    Verbs lock domain rows first. Rooms are locked last, when the block is left, and until the commit: so the order of
    `seq` is the order of commits.

    An `insert_only` block reads before its transaction begins, and then everything that it stores is one round trip,
    without Django's `atomic()`. Under READ COMMITTED a plain SELECT sees the same before a transaction as inside it.
    """
    if _outbox.get() is not None:
        yield
        return
    outbox = Outbox()
    token = _outbox.set(outbox)
    guard = database.get_connection().execute_wrapper(_only_reads) if insert_only else nullcontext()
    try:
        if insert_only and rows.is_postgresql() and database.get_autocommit():
            with guard:
                yield
            outbox.transact()
            return
        with nullcontext() if rows.is_postgresql() else sqlite.uncollected, database.atomic():
            with guard:
                yield
            outbox.store()
            _outbox.set(None)  # What `on_commit` calls is after the transaction, and its verbs have one of their own.
    finally:
        _outbox.reset(token)


def _only_reads(execute: Callable[..., Any], sql: object, *details: Any) -> Any:
    """Refuses what an insert-only verb may not do: before its transaction begins, a lock would be gone at once."""
    text = str(sql)
    if not SELECT.match(text):
        raise RuntimeError(f"an insert-only verb may only SELECT, not {text.split(maxsplit=1)[0]}")
    if found := NOT_A_READ.search(text):
        raise RuntimeError(f"an insert-only verb may only read, and this is more than a read: {found[0]}")
    return execute(sql, *details)


def verb(function: Callable[P, R], insert_only: bool = False) -> Callable[P, R]:
    """Decorates a function that runs in `transaction()`, and once more where RERUNS says so.

    It must have no effect outside of the database. Inside another transaction it is simply called, and the outermost
    verb is run again. Raises what the function raises, and Django's database errors.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _outbox.get() is not None:
            return function(*args, **kwargs)
        for times in count(1):
            token = _rerun.set(times > 1)
            try:
                with transaction(insert_only):
                    return function(*args, **kwargs)
            except DatabaseError as error:
                code = getattr(error.__cause__, "sqlstate", UNIQUE if isinstance(error, IntegrityError) else None)
                if times > RERUNS.get(code or "", 0):
                    raise
                logger.warning("%s is run again after %s", function.__qualname__, code)
            finally:
                _rerun.reset(token)
        raise AssertionError("unreachable")

    return run


def insert_only(function: Callable[P, R]) -> Callable[P, R]:
    """As `verb`, for a function whose own statements only read: all that it stores is told and inserted.

    Anything but a plain SELECT raises RuntimeError. So does a lock, which would not last until the commit.
    """
    run = verb(function, insert_only=True)
    run.__dict__["is_insert_only"] = True
    return run


def is_insert_only(function: Callable[..., Any]) -> bool:
    """Whether `function` was decorated with `insert_only`."""
    return getattr(function, "is_insert_only", False)


def is_rerun() -> bool:
    """Whether the verb is run again. One that trusts a unique constraint looks only then for what is in its way."""
    return bool(_rerun.get())


def may_be_rerun() -> bool:
    """Whether this is the first run of a verb, which a failed version check would have run again."""
    return _rerun.get() is False
