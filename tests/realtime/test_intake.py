"""The intake: many items in one call, no more than its bounds, and an answer for each after the commit."""

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest
from django.db import IntegrityError, OperationalError

from realtime import errors, intake
from tests import sockets

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


class Store:
    """Stores items in a list, and waits for each batch until it is let go on."""

    def __init__(self, is_open: bool = True) -> None:
        self.batches: list[list[bytes]] = []
        self.go_on = threading.Event()
        self.fails: Callable[[Sequence[bytes]], Exception | None] = lambda items: None
        self.began = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        if is_open:
            self.go_on.set()

    def __call__(self, items: Sequence[bytes]) -> list[str]:
        self.loop.call_soon_threadsafe(self.began.set)
        assert self.go_on.wait(sockets.PATIENCE)
        if (error := self.fails(items)) is not None:
            raise error
        self.batches.append(list(items))
        return [f"stored {item.decode()}" for item in items]


async def begun(tasks: list[asyncio.Task[str]], store: Store) -> None:
    """All tasks have put what they could, and the first batch is being stored."""
    await asyncio.wait_for(store.began.wait(), sockets.PATIENCE)
    for _ in range(2 * len(tasks)):
        await asyncio.sleep(0)


def items(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


async def test_what_comes_during_a_commit_is_the_next_batch() -> None:
    store = Store(is_open=False)
    taken = intake.Intake[bytes, str](store, len)
    first = asyncio.create_task(taken.put(b"1"))
    await asyncio.wait_for(store.began.wait(), sockets.PATIENCE)
    others = [asyncio.create_task(taken.put(item)) for item in items("2", "3", "4")]
    await begun(others, store)
    assert not first.done()
    store.go_on.set()
    assert await asyncio.gather(first, *others) == ["stored 1", "stored 2", "stored 3", "stored 4"]
    assert store.batches == [items("1"), items("2", "3", "4")]
    assert (taken.items, taken.bytes) == (0, 0)


async def test_who_finds_it_full_waits_in_turn() -> None:
    store = Store(is_open=False)
    taken = intake.Intake[bytes, str](store, len, max_items=2, max_bytes=10)
    tasks = [asyncio.create_task(taken.put(item)) for item in items("1", "2", "333333333", "4", "5")]
    await begun(tasks, store)
    assert (taken.items, len(taken.outside)) == (2, 3)
    store.go_on.set()
    await asyncio.gather(*tasks)
    assert [item for batch in store.batches for item in batch] == items("1", "2", "333333333", "4", "5")
    assert max(sum(map(len, batch)) for batch in store.batches) <= 10


async def test_an_item_above_the_bound_is_let_in_alone() -> None:
    store = Store(is_open=False)
    taken = intake.Intake[bytes, str](store, len, max_bytes=10)
    tasks = [asyncio.create_task(taken.put(item)) for item in items("1", "2" * 50, "3")]
    await begun(tasks, store)
    store.go_on.set()
    await asyncio.gather(*tasks)
    assert store.batches == [items("1"), items("2" * 50), items("3")]


async def test_who_goes_while_waiting_keeps_no_room() -> None:
    store = Store(is_open=False)
    taken = intake.Intake[bytes, str](store, len, max_items=1)
    tasks = [asyncio.create_task(taken.put(item)) for item in items("1", "2", "3")]
    await begun(tasks, store)
    tasks[1].cancel()
    store.go_on.set()
    assert await tasks[2] == "stored 3"
    assert store.batches == [items("1"), items("3")]
    assert (taken.items, taken.bytes, len(taken.outside)) == (0, 0, 0)


@pytest.mark.parametrize("error", [IntegrityError("bad"), ZeroDivisionError("bad")], ids=lambda error: repr(error))
async def test_a_bad_item_fails_alone(error: Exception) -> None:
    store = Store(is_open=False)
    store.fails = lambda items: error if b"bad" in items else None
    taken = intake.Intake[bytes, str](store, len)
    tasks = [asyncio.create_task(taken.put(item)) for item in items("0", "1", "bad", "3", "4")]
    await begun(tasks, store)
    store.go_on.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers == ["stored 0", "stored 1", error, "stored 3", "stored 4"]
    assert sorted(item for batch in store.batches for item in batch) == items("0", "1", "3", "4")


REFUSED = errors.RequestRefused("storage_full", "No space")


@pytest.mark.parametrize("error", [REFUSED, OperationalError("away")], ids=lambda error: repr(error))
async def test_what_holds_for_all_is_not_tried_piece_by_piece(error: Exception) -> None:
    calls: list[int] = []

    def fail(items: Sequence[bytes]) -> Exception:
        calls.append(len(items))
        return error

    store = Store(is_open=False)
    store.fails = fail
    taken = intake.Intake[bytes, str](store, len)
    tasks = [asyncio.create_task(taken.put(item)) for item in items("0", "1", "2", "3")]
    await begun(tasks, store)
    store.go_on.set()
    assert await asyncio.gather(*tasks, return_exceptions=True) == [error] * 4
    assert len(calls) <= 2


async def test_a_process_that_stops_stores_what_it_holds_and_who_waits() -> None:
    store = Store(is_open=False)
    taken = intake.Intake[bytes, str](store, len, max_items=2)
    tasks = [asyncio.create_task(taken.put(item)) for item in items("1", "2", "3", "4", "5")]
    await begun(tasks, store)
    store.go_on.set()
    await taken.stop()
    assert sum(map(len, store.batches)) == 5
    assert len(await asyncio.gather(*tasks)) == 5
