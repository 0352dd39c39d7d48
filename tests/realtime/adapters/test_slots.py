"""The small queue and flag behave as asyncio's own where they are used."""

import asyncio

import pytest

from realtime.adapters import slots


async def test_items_come_in_the_order_they_were_put() -> None:
    queue = slots.Queue()
    assert queue.empty()
    for n in range(3):
        queue.put_nowait(n)
    assert [await queue.get(), queue.get_nowait(), await queue.get()] == [0, 1, 2]
    assert queue.empty()


async def test_nothing_is_there_to_be_had_at_once() -> None:
    with pytest.raises(asyncio.QueueEmpty):
        slots.Queue().get_nowait()


async def test_a_reader_waits_for_an_item() -> None:
    queue = slots.Queue()
    reader = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not reader.done()
    queue.put_nowait("late")
    assert await reader == "late"


async def test_every_reader_gets_one_item() -> None:
    queue = slots.Queue()
    readers = [asyncio.create_task(queue.get()) for _ in range(3)]
    await asyncio.sleep(0)
    for n in range(3):
        queue.put_nowait(n)
    assert sorted(await asyncio.gather(*readers)) == [0, 1, 2]


async def test_a_reader_that_gave_up_takes_nothing_with_it() -> None:
    queue = slots.Queue()
    one, two = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    one.cancel()
    queue.put_nowait("kept")
    assert await two == "kept"


async def test_a_flag_begins_set_and_lets_through() -> None:
    flag = slots.Flag()
    assert flag.is_set()
    await flag.wait()


async def test_a_lowered_flag_holds_everyone_until_it_is_set() -> None:
    flag = slots.Flag()
    flag.clear()
    waiting = [asyncio.create_task(flag.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    waiting[0].cancel()
    flag.set()
    await waiting[1]
