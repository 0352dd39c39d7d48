"""The database of DATABASE_URL: PostgreSQL behind a pool, or SQLite in a file of ours."""

from pathlib import Path
from typing import Any

import environ

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    },
}

MIN_POOL = 4  # connections: the writer's, one for sockets' threads, two for REST


def configure(env: environ.Env, folder: Path) -> dict[str, Any]:
    """SQLite in `folder` without DATABASE_URL; else PostgreSQL sized for socket threads, writer and REST."""
    if not env.str("DATABASE_URL", default=""):
        folder.mkdir(exist_ok=True)
        return {**SQLITE, "NAME": folder / "vitrine.sqlite3"}
    found: dict[str, Any] = env.db_url("DATABASE_URL")
    if found["ENGINE"].endswith("sqlite3"):
        return {**SQLITE, "NAME": found["NAME"]}
    pool = {"min_size": 2, "max_size": _pool(env), "timeout": 10}
    # A process that stands still in a transaction, such as a paused machine's, would hold its rooms' locks for hours.
    awake = {"options": "-c idle_in_transaction_session_timeout=15s"}
    return {**found, "CONN_MAX_AGE": 0, "OPTIONS": awake | found.get("OPTIONS", {}) | {"pool": pool}}


def _pool(env: environ.Env) -> int:
    return max(MIN_POOL, int(env.int("DATABASE_POOL", default=30)))


def socket_threads(env: environ.Env) -> int:
    """Each keeps a connection while it is busy: they get half of what the writer leaves, REST the other."""
    return max(1, min(int(env.int("SOCKET_DATABASE_THREADS", default=8)), (_pool(env) - 1) // 2))
