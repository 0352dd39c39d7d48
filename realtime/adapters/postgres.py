"""How statements reach the database: as one message where PostgreSQL takes them so, or one after the other.

Many rows of one table come by COPY, or by one INSERT. Django's cursors hand psycopg's `copy()` through, which is not
documented, and neither is `wrap_database_errors`.

Otherwise both roads use documented interfaces alone: Django's cursors, which are psycopg's client-side binding cursors
unless the option `server_side_binding` is set, and psycopg's `Cursor.set_result()`, which came with its release 3.3.
The fast road relies on the chapter "Multiple Statements in a Simple Query" of PostgreSQL's manual about its protocol:
statements that come in one message are one transaction, unless one is open.
"""

import contextlib
import functools
import os
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from realtime.adapters import releases

Row = tuple[Any, ...]


class Statement(NamedTuple):
    """One SQL statement with `%s` for each of its parameters."""

    sql: str
    params: Sequence[Any]
    returns_rows: bool = False  # whether those who execute it fetch what it returns


class Executor(Protocol):
    """Executes statements, at least one. Both methods return the rows of the last one, and raise Django's errors.

    Rows are fetched, and the list is not empty, only where that statement says that it returns some.
    """

    def run(self, statements: Sequence[Statement]) -> list[Row]:
        """Executes them in the transaction that is open."""

    def transact(self, statements: Sequence[Statement]) -> list[Row]:
        """Executes them in a transaction of their own: all take effect, or none."""

    def insert_many(self, table: "Table", rows: Sequence[Sequence[Any]]) -> None:
        """Inserts rows, at least one, in the transaction that is open."""


class Table(NamedTuple):
    """Where rows go: a table, its columns that they have values for, and the types of these."""

    name: str
    columns: Sequence[str]
    types: Sequence[str]

    @property
    def target(self) -> str:
        return f'"{self.name}" (' + ", ".join(f'"{column}"' for column in self.columns) + ")"


class OneMessage:
    """The fast road: one round trip for all statements together."""

    def run(self, statements: Sequence[Statement]) -> list[Row]:
        script = "; ".join([statement.sql for statement in statements])
        params = [param for statement in statements for param in statement.params]
        with transaction.get_connection().cursor() as cursor:
            cursor.execute(script, params)
            if not statements[-1].returns_rows:
                return []
            cursor.set_result(-1)
            return list(cursor.fetchall())

    def transact(self, statements: Sequence[Statement]) -> list[Row]:
        return self.run(statements)

    def insert_many(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        connection = transaction.get_connection()
        sql = f"COPY {table.target} FROM STDIN (FORMAT BINARY)"
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql) as copy:
            copy.set_types(table.types)
            for row in rows:
                copy.write_row(row)


class OneByOne:
    """The plain road, which any database takes."""

    def run(self, statements: Sequence[Statement]) -> list[Row]:
        with transaction.get_connection().cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.sql, statement.params)
            return list(cursor.fetchall()) if statements[-1].returns_rows else []

    def transact(self, statements: Sequence[Statement]) -> list[Row]:
        with transaction.atomic():
            return self.run(statements)

    def insert_many(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        holes = "(" + ", ".join(["%s"] * len(table.columns)) + ")"
        sql = f"INSERT INTO {table.target} VALUES " + ", ".join([holes] * len(rows))
        self.run([Statement(sql, [value for row in rows for value in row])])


@functools.cache
def executor() -> Executor:
    """The road of this process."""
    connection = transaction.get_connection()
    binds_itself = connection.settings_dict["OPTIONS"].get("server_side_binding", False)
    if connection.vendor == "postgresql" and not binds_itself and releases.is_fast("postgres"):
        return OneMessage()
    return OneByOne()


# --- connections that are lost

RENEW_INTERVAL = 1.0  # seconds between two renewals: many find out at once that the server was away
LOST_CODES = (None, "57P01", "57P02", "57P03")  # SQLSTATEs of a lost connection, which has none, and of a server's end

_renewing = threading.Lock()
_renewed_at = 0.0


def shut_down(connection: BaseDatabaseWrapper) -> bool:
    """Shuts the connection of another thread down under whatever waits in it; returns whether there was one.

    Only the socket is touched, which libpq reads as the server's end: psycopg's `close()` is not safe from here.
    """
    session: Any = connection.connection
    if connection.vendor != "postgresql" or session is None or session.closed:
        return False
    # Its own thread may have just closed it.
    with contextlib.suppress(Exception), socket.socket(fileno=os.dup(session.fileno())) as duplicate:
        if not session.closed:  # so the number was that of this socket, and of no newer one
            duplicate.shutdown(socket.SHUT_RDWR)
            return True
    return False


def renew_idle(error: BaseException | None = None) -> None:
    """Replaces the pool's idle connections, if `error` is that of a lost one: the others are likely to be lost as well.

    Each would cost somebody a refusal. `pool` of Django's connection is not documented; without it they are found out
    one by one.
    """
    global _renewed_at
    if error is not None and getattr(error, "sqlstate", None) not in LOST_CODES:
        return
    with _renewing:
        if time.monotonic() < _renewed_at + RENEW_INTERVAL:
            return
        _renewed_at = time.monotonic()
    pool = getattr(transaction.get_connection(), "pool", None) if releases.is_fast("postgres") else None
    if pool is not None:
        pool.drain()
