"""Many small verbs in one transaction: fewer commits, and nobody pays for another's mistake."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError

from realtime import errors, event_log
from realtime.models import Restriction, RoomEvent
from realtime.runtime import threads
from realtime.storage import writer
from tests import sockets
from tests.realtime import room_log, sample_protocol

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


class Gate:
    """A verb that keeps the writer busy until it is opened, so that what is submitted meanwhile shares a batch."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = threading.Event()
        self.loop = asyncio.get_running_loop()

    def __call__(self) -> None:
        self.loop.call_soon_threadsafe(self.reached.set)
        assert self.open.wait(sockets.PATIENCE)


@pytest.fixture
async def busy() -> AsyncIterator[tuple[writer.Writer, Gate]]:
    """A writer in the middle of a commit."""
    gate = Gate()
    line = writer.Writer()
    first = asyncio.create_task(line.submit(gate))
    await gate.reached.wait()
    yield line, gate
    gate.open.set()
    await first


def say(key: str, n: int) -> int:
    event_log.tell(key, sample_protocol.Noted(n=n))
    return n


def refuse(key: str, n: int) -> int:
    say(key, n)
    raise PermissionDenied("no")


def store_badly(key: str, n: int) -> int:
    """What no check finds and only the database refuses."""
    say(key, n)
    event_log.insert(Restriction(identity=key, kind="odd"))
    return n


async def outcomes(line: writer.Writer, gate: Gate, *calls: Callable[[], int]) -> list[Any]:
    """What becomes of calls that were all waiting for one commit to end."""
    tasks = [asyncio.create_task(line.submit(call)) for call in calls]
    await asyncio.sleep(0)  # lets them queue up
    gate.open.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_comes_soon_after_a_commit_shares_the_next(
    room_key: str, published: room_log.Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "WRITE_DELAY", 0.3)
    line = writer.Writer()
    await line.submit(partial(say, room_key, 1))
    later = [asyncio.create_task(line.submit(partial(say, room_key, n))) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in later)
    assert await asyncio.gather(*later) == [2, 3, 4]
    assert [room_log.carried(notification) for notifications in published for notification in notifications] == [1, 3]


async def test_a_writer_for_whom_nothing_waits_does_not_stay(room_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WRITE_DELAY", 3600)
    line = writer.Writer()
    await line.submit(partial(say, room_key, 1))
    assert line.task is not None
    await asyncio.wait_for(line.task, sockets.PATIENCE)


async def told(key: str) -> list[int]:
    """The n of each event, by seq, which must have no gap."""
    rows = await threads.in_db(lambda: list(RoomEvent.objects.filter(room__key=key).order_by("seq")))
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    return [int(row.body.split('"n":')[1].split(",")[0]) for row in rows]


async def test_verbs_that_wait_together_share_one_commit(
    busy: tuple[writer.Writer, Gate], published: room_log.Published, room_key: str
) -> None:
    assert await outcomes(*busy, *(partial(say, room_key, n) for n in range(100))) == list(range(100))
    assert len(published) == 1
    assert await told(room_key) == list(range(100))


async def test_a_batch_is_bounded(
    busy: tuple[writer.Writer, Gate], published: room_log.Published, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "BATCH", 4)
    await outcomes(*busy, *(partial(say, room_key, n) for n in range(10)))
    assert len(published) == 3
    assert await told(room_key) == list(range(10))


async def test_a_refusal_fails_its_sender_alone(
    busy: tuple[writer.Writer, Gate], published: room_log.Published, room_key: str
) -> None:
    first, second, third = await outcomes(
        *busy, partial(say, room_key, 1), partial(refuse, room_key, 2), partial(say, room_key, 3)
    )
    assert (first, third) == (1, 3)
    assert isinstance(second, PermissionDenied)
    assert await told(room_key) == [1, 3]
    assert len(published) == 1


@pytest.mark.parametrize("bad", [0, 3, 6])
async def test_bad_data_is_halved_out_and_the_order_is_kept(
    busy: tuple[writer.Writer, Gate], room_key: str, bad: int
) -> None:
    calls = [partial(store_badly if n == bad else say, room_key, n) for n in range(7)]
    results = await outcomes(*busy, *calls)
    assert isinstance(results.pop(bad), IntegrityError)
    others = [n for n in range(7) if n != bad]
    assert results == others
    assert await told(room_key) == others


async def test_two_senders_with_bad_data_do_not_hide_behind_each_other(
    busy: tuple[writer.Writer, Gate], room_key: str
) -> None:
    calls = [partial(store_badly if n in (1, 2) else say, room_key, n) for n in range(4)]
    results = await outcomes(*busy, *calls)
    assert [isinstance(result, IntegrityError) for result in results] == [False, True, True, False]
    assert await told(room_key) == [0, 3]


async def test_when_the_database_is_gone_everyone_in_the_batch_is_told_and_the_next_batch_works(
    busy: tuple[writer.Writer, Gate], room_key: str
) -> None:
    def lose_the_connection() -> int:
        raise OperationalError("server closed the connection unexpectedly")

    line, gate = busy
    results = await outcomes(line, gate, partial(say, room_key, 1), lose_the_connection)
    assert all(isinstance(result, OperationalError) for result in results)
    assert await line.submit(partial(say, room_key, 2)) == 2
    assert await told(room_key) == [2]


async def test_beyond_the_bound_senders_are_told_to_try_again(
    busy: tuple[writer.Writer, Gate], room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_WAITING", 2)
    results = await outcomes(*busy, *(partial(say, room_key, n) for n in range(3)))
    assert results[:2] == [0, 1]
    assert isinstance(results[2], errors.Busy)


async def test_a_sender_who_is_gone_does_not_hold_up_the_others(
    busy: tuple[writer.Writer, Gate], room_key: str
) -> None:
    line, gate = busy
    gone = asyncio.create_task(line.submit(partial(say, room_key, 1)))
    await asyncio.sleep(0)
    gone.cancel()
    assert await outcomes(line, gate, partial(say, room_key, 2)) == [2]
    assert await told(room_key) == [1, 2]  # it had been accepted


async def test_a_stalled_database_does_not_hold_a_sender_for_ever(
    busy: tuple[writer.Writer, Gate], room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "DEADLINE", 0.05)
    line, _ = busy
    with pytest.raises(TimeoutError):
        await line.submit(partial(say, room_key, 1))


async def test_submit_returns_after_the_commit(room_key: str) -> None:
    assert await writer.submit(say, room_key, 5) == 5
    assert await told(room_key) == [5]
