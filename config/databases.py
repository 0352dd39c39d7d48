"""The database of DATABASE_URL: PostgreSQL behind a pool, or SQLite in a file of ours."""

import contextlib
from pathlib import Path
from typing import Any

import environ
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    },
}

# How long a connection may be silent, hang or be held: a half-open one must not stop a process. libpq's names
# (https://www.postgresql.org/docs/current/libpq-connect.html, section Parameter Key Words).
WIRE: dict[str, Any] = {
    "connect_timeout": 5,  # seconds
    "keepalives": 1,
    "keepalives_idle": 10,  # seconds of silence until the other end is asked whether it is there,
    "keepalives_interval": 3,  # asked again so often,
    "keepalives_count": 3,  # and given up after so many
    "tcp_user_timeout": 15_000,  # milliseconds until what was sent and not acknowledged ends the connection
}

# A process that stands still in a transaction, such as a paused machine's, would hold its rooms' locks for hours; a
# statement that waits longer than its caller does is of no use to anyone.
SESSION = "-c idle_in_transaction_session_timeout=15s -c statement_timeout={statement_timeout}s"

# Seconds until the pool gives up on a connection that cannot be made, after which `ask_again` has it begin anew. It
# doubles its pauses up to then, from one second, so this is also how late it notices that the server is back.
RECONNECT = 2.0

WAIT = 5.0  # seconds that a request waits for a connection: less than its client waits for an answer

MIN_POOL = 4  # connections: the writer's, one for sockets' threads, two for REST


def configure(env: environ.Env, folder: Path) -> dict[str, Any]:
    """SQLite in `folder` without DATABASE_URL; else PostgreSQL sized for socket threads, writer and REST."""
    if not env.str("DATABASE_URL", default=""):
        folder.mkdir(exist_ok=True)
        return {**SQLITE, "NAME": folder / "vitrine.sqlite3"}
    found: dict[str, Any] = env.db_url("DATABASE_URL")
    if found["ENGINE"].endswith("sqlite3"):
        return {**SQLITE, "NAME": found["NAME"]}
    pool = {
        "min_size": 2,
        "max_size": _pool(env),
        "timeout": WAIT,
        "reconnect_timeout": RECONNECT,
        "reconnect_failed": ask_again,
    }
    options = SESSION.format(statement_timeout=env.int("DATABASE_STATEMENT_SECONDS", default=15))
    given = {**WIRE, "options": options, **found.get("OPTIONS", {}), "pool": pool}
    return {**found, "CONN_MAX_AGE": 0, "OPTIONS": given}


def ask_again(pool: ConnectionPool[Any]) -> None:
    """The pool calls it when it has given up; a request for a connection makes it try again, as any other would.

    Without it, those who wait already would wait in vain until somebody new asks.
    """
    with contextlib.suppress(PoolTimeout, PoolClosed):
        pool.putconn(pool.getconn(timeout=0.01))


def _pool(env: environ.Env) -> int:
    return max(MIN_POOL, int(env.int("DATABASE_POOL", default=30)))


def socket_threads(env: environ.Env) -> int:
    """Each keeps a connection while it is busy: they get half of what the writer leaves, REST the other."""
    return max(1, min(int(env.int("SOCKET_DATABASE_THREADS", default=8)), (_pool(env) - 1) // 2))
