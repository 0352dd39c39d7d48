"""A process finds its way back to a PostgreSQL that was away, and waits for none that hangs."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import environ
import psycopg
import pytest
from django.db import OperationalError, connection
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolTimeout

from config import databases
from tools import backends

AWAY = 8.0  # seconds: long enough for a doubling pause to pass the bound


@pytest.fixture
def home() -> Iterator[backends.Home]:
    with backends.home() as home:
        yield home


def pool_of(url: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> ConnectionPool:
    """The pool that Django would make of this URL."""
    monkeypatch.setenv("DATABASE_URL", url)
    options = databases.configure(environ.Env(), folder)["OPTIONS"]
    pool = options.pop("pool")
    return ConnectionPool(kwargs={**conninfo_to_dict(url), **options}, open=True, **pool)


def test_a_database_that_was_away_is_found_within_five_seconds(
    home: backends.Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with backends.postgresql(home) as url:
        pool = pool_of(url, monkeypatch, tmp_path)
        with pool.connection() as one:
            one.execute("SELECT 1")
    until = time.monotonic() + AWAY
    while time.monotonic() < until:
        with pytest.raises((PoolTimeout, psycopg.OperationalError)), pool.connection(timeout=1) as one:
            one.execute("SELECT 1")
    with backends.postgresql(home):
        began = time.monotonic()
        while True:
            try:
                with pool.connection(timeout=1) as one:
                    one.execute("SELECT 1")
                    break
            except (PoolTimeout, psycopg.OperationalError):
                assert time.monotonic() - began < 5
        pool.close()


def test_whoever_waits_already_is_served_when_the_database_is_back(
    home: backends.Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody new asks, who would make the pool try again."""
    with backends.postgresql(home) as url:
        pass
    pool = pool_of(url, monkeypatch, tmp_path)
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(lambda: pool.putconn(pool.getconn(timeout=2 * AWAY)))
        time.sleep(AWAY / 2)  # the pool has given up by now
        with backends.postgresql(home):
            waiting.result()
            pool.close()


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such settings")
def test_a_statement_that_hangs_is_ended() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"
        )
        assert cursor.fetchone() == ("15s", "15s")
        cursor.execute("SET LOCAL statement_timeout = 10")
        with pytest.raises(OperationalError, match="statement timeout"):
            cursor.execute("SELECT pg_sleep(10)")
