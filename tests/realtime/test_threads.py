"""The threads of sockets' database work: few, warm, and bounded."""

import asyncio
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.transaction import get_connection

from realtime.runtime import deadlines, threads
from tests import sockets


class Gate:
    """A call that ends when the gate is opened."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.open.wait(sockets.PATIENCE)


@pytest.fixture
def pool() -> threads.LifoThreadPool:
    return threads.LifoThreadPool("test", 2)


@pytest.fixture
def busy(pool: threads.LifoThreadPool) -> Iterator[list[Gate]]:
    """What all threads of the pool are in the middle of."""
    gates = [Gate() for _ in range(pool.size)]
    for gate in gates:
        pool.take(gate)
    for gate in gates:
        assert gate.reached.wait(sockets.PATIENCE)
    yield gates
    for gate in gates:
        gate.open.set()


async def all_idle(pool: threads.LifoThreadPool) -> None:
    async with asyncio.timeout(sockets.PATIENCE):
        while len(pool.idle) < pool.started:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)


async def test_the_thread_that_worked_last_works_next(pool: threads.LifoThreadPool, busy: list[Gate]) -> None:
    for gate in busy:
        gate.open.set()
    await all_idle(pool)
    seen = set()
    for _ in range(5):
        seen.add(await threads.run(pool, threading.get_ident))
        await all_idle(pool)
    assert len(seen) == 1


async def test_what_finds_no_thread_waits_for_its_turn(pool: threads.LifoThreadPool, busy: list[Gate]) -> None:
    done: list[int] = []
    for n in range(3):
        pool.take(lambda n=n: done.append(n))  # type: ignore[misc]
    assert done == []
    busy[0].open.set()
    await threads.run(pool, lambda: None)
    assert done == [0, 1, 2]


async def test_no_more_wait_than_there_is_room_for(
    pool: threads.LifoThreadPool, busy: list[Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "MAX_WAITING", 1)
    pool.take(lambda: None)
    with pytest.raises(TimeoutError):
        await threads.run(pool, lambda: None)


async def test_what_was_cancelled_before_its_turn_is_not_done(pool: threads.LifoThreadPool, busy: list[Gate]) -> None:
    done: list[str] = []
    waiting = asyncio.create_task(threads.run(pool, lambda: done.append("cancelled")))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    busy[0].open.set()
    await threads.run(pool, lambda: done.append("next"))
    assert done == ["next"]


async def test_an_error_reaches_whoever_waits(pool: threads.LifoThreadPool) -> None:
    def fail() -> None:
        raise KeyError("nothing")

    with pytest.raises(KeyError):
        await threads.run(pool, fail)


def test_a_thread_outlives_the_loop_that_called(pool: threads.LifoThreadPool) -> None:
    gate = Gate()

    async def call() -> None:
        pending.append(asyncio.create_task(threads.run(pool, gate)))
        await asyncio.sleep(0)

    pending: list[asyncio.Task[None]] = []
    loop = asyncio.new_event_loop()
    loop.run_until_complete(call())
    loop.close()
    gate.open.set()
    with asyncio.Runner() as runner:
        assert runner.run(threads.run(pool, lambda: "alive")) == "alive"
    pending[0].get_coro().close()


# --- their connections


def connected() -> Any:
    """What the thread's connection is made of."""
    connection.ensure_connection()
    return connection.connection


@pytest.mark.usefixtures("live_db")
@pytest.mark.everywhere
async def test_a_connection_is_kept_for_the_next_call_and_let_go_when_there_is_none(
    pool: threads.LifoThreadPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "KEPT", sockets.PATIENCE)
    first = await threads.run(pool, connected)
    await all_idle(pool)
    monkeypatch.setattr(threads, "KEPT", 0)
    assert await threads.run(pool, connected) is first
    await all_idle(pool)
    async with asyncio.timeout(sockets.PATIENCE):
        while await threads.run(pool, lambda: get_connection().connection) is not None:
            await all_idle(pool)


async def test_a_connection_that_cannot_be_closed_costs_no_thread(
    pool: threads.LifoThreadPool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def spoil() -> None:
        monkeypatch.setattr(get_connection(), "errors_occurred", True)
        monkeypatch.setattr(get_connection(), "close", lambda: 1 / 0)

    await threads.run(pool, spoil)
    await all_idle(pool)
    assert await threads.run(pool, lambda: "alive") == "alive"
    assert "a connection could not be closed" in caplog.messages


async def test_a_call_is_let_go_when_it_is_done(pool: threads.LifoThreadPool) -> None:
    call = Gate()
    call.open.set()
    gone = weakref.ref(call)
    await threads.run(pool, call)
    await all_idle(pool)
    del call
    assert gone() is None


@pytest.mark.usefixtures("live_db")
@pytest.mark.everywhere
async def test_a_connection_that_had_an_error_is_not_kept(
    pool: threads.LifoThreadPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes back to where connections are lent, which looks whether it may be lent again."""
    monkeypatch.setattr(threads, "KEPT", sockets.PATIENCE)

    def fail() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM nowhere")

    with pytest.raises(Exception, match="nowhere"):
        await threads.run(pool, fail)
    await all_idle(pool)
    assert await threads.run(pool, lambda: get_connection().connection) is None


# --- calls that hang


@pytest.mark.usefixtures("live_db")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connection that could hang")
async def test_a_call_that_hangs_in_the_database_fails_and_the_next_has_another_connection(
    pool: threads.LifoThreadPool,
) -> None:
    def hang() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")

    first = await threads.run(pool, connected)
    with pytest.raises(OperationalError):
        await threads.run(pool, hang, deadline=0.1)
    await all_idle(pool)
    assert await threads.run(pool, connected, deadline=0.1) is not first


async def test_a_call_that_takes_long_without_the_database_goes_on(pool: threads.LifoThreadPool) -> None:
    looks = deadlines.watch._look
    assert await threads.run(pool, lambda: looks() or "done", deadline=-1) == "done"
