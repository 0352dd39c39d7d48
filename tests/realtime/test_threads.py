"""The threads of sockets' database work: few, warm, and bounded."""

import asyncio
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.transaction import get_connection

from realtime.runtime import threads
from tests import sockets


class Gate:
    """A call that ends when the gate is opened."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.open.wait(sockets.PATIENCE)


@pytest.fixture
def crew() -> threads.LifoThreadPool:
    return threads.LifoThreadPool("test", 2)


@pytest.fixture
def busy(crew: threads.LifoThreadPool) -> Iterator[list[Gate]]:
    """What all threads of the crew are in the middle of."""
    gates = [Gate() for _ in range(crew.size)]
    for gate in gates:
        crew.take(gate)
    for gate in gates:
        assert gate.reached.wait(sockets.PATIENCE)
    yield gates
    for gate in gates:
        gate.open.set()


async def all_rest(crew: threads.LifoThreadPool) -> None:
    async with asyncio.timeout(sockets.PATIENCE):
        while len(crew.idle) < crew.started:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)


async def test_the_thread_that_worked_last_works_next(crew: threads.LifoThreadPool, busy: list[Gate]) -> None:
    for gate in busy:
        gate.open.set()
    await all_rest(crew)
    seen = set()
    for _ in range(5):
        seen.add(await threads.run(crew, threading.get_ident))
        await all_rest(crew)
    assert len(seen) == 1


async def test_what_finds_no_thread_waits_for_its_turn(crew: threads.LifoThreadPool, busy: list[Gate]) -> None:
    done: list[int] = []
    for n in range(3):
        crew.take(lambda n=n: done.append(n))  # type: ignore[misc]
    assert done == []
    busy[0].open.set()
    await threads.run(crew, lambda: None)
    assert done == [0, 1, 2]


async def test_no_more_wait_than_there_is_room_for(
    crew: threads.LifoThreadPool, busy: list[Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "MAX_WAITING", 1)
    crew.take(lambda: None)
    with pytest.raises(TimeoutError):
        await threads.run(crew, lambda: None)


async def test_what_was_cancelled_before_its_turn_is_not_done(crew: threads.LifoThreadPool, busy: list[Gate]) -> None:
    done: list[str] = []
    waiting = asyncio.create_task(threads.run(crew, lambda: done.append("cancelled")))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    busy[0].open.set()
    await threads.run(crew, lambda: done.append("next"))
    assert done == ["next"]


async def test_an_error_reaches_whoever_waits(crew: threads.LifoThreadPool) -> None:
    def fail() -> None:
        raise KeyError("nothing")

    with pytest.raises(KeyError):
        await threads.run(crew, fail)


def test_a_thread_outlives_the_loop_that_called(crew: threads.LifoThreadPool) -> None:
    gate = Gate()

    async def call() -> None:
        pending.append(asyncio.create_task(threads.run(crew, gate)))
        await asyncio.sleep(0)

    pending: list[asyncio.Task[None]] = []
    loop = asyncio.new_event_loop()
    loop.run_until_complete(call())
    loop.close()
    gate.open.set()
    with asyncio.Runner() as runner:
        assert runner.run(threads.run(crew, lambda: "alive")) == "alive"
    pending[0].get_coro().close()


# --- their connections


def connected() -> Any:
    """What the thread's connection is made of."""
    connection.ensure_connection()
    return connection.connection


@pytest.mark.usefixtures("live_db")
@pytest.mark.everywhere
async def test_a_connection_is_kept_for_the_next_call_and_let_go_when_there_is_none(
    crew: threads.LifoThreadPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "KEPT", sockets.PATIENCE)
    first = await threads.run(crew, connected)
    await all_rest(crew)
    monkeypatch.setattr(threads, "KEPT", 0)
    assert await threads.run(crew, connected) is first
    await all_rest(crew)
    async with asyncio.timeout(sockets.PATIENCE):
        while await threads.run(crew, lambda: get_connection().connection) is not None:
            await all_rest(crew)


async def test_a_connection_that_cannot_be_closed_costs_no_thread(
    crew: threads.LifoThreadPool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def spoil() -> None:
        monkeypatch.setattr(get_connection(), "errors_occurred", True)
        monkeypatch.setattr(get_connection(), "close", lambda: 1 / 0)

    await threads.run(crew, spoil)
    await all_rest(crew)
    assert await threads.run(crew, lambda: "alive") == "alive"
    assert "a connection could not be closed" in caplog.messages


async def test_a_call_is_let_go_when_it_is_done(crew: threads.LifoThreadPool) -> None:
    call = Gate()
    call.open.set()
    gone = weakref.ref(call)
    await threads.run(crew, call)
    await all_rest(crew)
    del call
    assert gone() is None


@pytest.mark.usefixtures("live_db")
@pytest.mark.everywhere
async def test_a_connection_that_had_an_error_is_not_used_again(crew: threads.LifoThreadPool) -> None:
    def fail() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM nowhere")

    first = await threads.run(crew, connected)
    with pytest.raises(Exception, match="nowhere"):
        await threads.run(crew, fail)
    await all_rest(crew)
    assert await threads.run(crew, connected) is not first
