"""Of what comes too fast, the newest is told."""

import asyncio

import pytest
from django.conf import settings

from realtime import limits
from realtime.connections import coalescer
from tests import conftest, sockets


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    limits.reset()
    monkeypatch.setitem(settings.LIMITS, "test", {"connection": (50, 2)})


class Ear:
    """Hears what is told, and lets a test wait for a value."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.last = asyncio.Event()
        self.latest = coalescer.Coalescer("test", lambda: {"connection": "c"}, self.tell)

    async def tell(self, value: int) -> int:
        self.heard.append(value)
        if value == -1:
            raise ValueError("no words")
        if value == 99:
            self.last.set()
        return value


async def put(ear: Ear, *values: tuple[str, int]) -> None:
    """All in one moment."""
    with conftest.one_moment():
        for kind, value in values:
            await ear.latest.put(kind, value)


async def test_what_comes_in_time_is_told_at_once() -> None:
    ear = Ear()
    assert [await ear.latest.put("a", 1), await ear.latest.put("a", 2)] == [1, 2]
    assert ear.heard == [1, 2]


async def test_the_newest_takes_the_place_of_what_waits() -> None:
    ear = Ear()
    await put(ear, *(("a", value) for value in range(100)))
    await asyncio.wait_for(ear.last.wait(), sockets.PATIENCE)
    assert ear.heard[:2] == [0, 1]
    assert ear.heard[-1] == 99
    assert ear.heard == sorted(ear.heard)
    assert len(ear.heard) < 100


async def test_each_kind_waits_for_itself() -> None:
    ear = Ear()
    await put(ear, ("a", 1), ("a", 2), ("a", 3), ("b", 4), ("a", 5), ("c", 99))
    await asyncio.wait_for(ear.last.wait(), sockets.PATIENCE)
    assert ear.heard == [1, 2, 4, 5, 99]  # in the order in which what is told came


async def test_so_many_kinds_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.LIMITS, "test", {"connection": (0.001, 1)})
    ear = Ear()
    for number in range(coalescer.MAX_KINDS + 10):
        await ear.latest.put(f"kind {number}", number)
    assert len(ear.latest.waiting) == coalescer.MAX_KINDS
    ear.latest.stop()


async def test_nothing_is_told_after_the_end() -> None:
    ear = Ear()
    await put(ear, ("a", 1), ("a", 2), ("a", 3))
    task = ear.latest.task
    ear.latest.stop()
    assert task is not None
    await asyncio.wait({task})
    assert ear.heard == [1, 2]


async def test_one_that_cannot_be_told_does_not_keep_the_next() -> None:
    ear = Ear()
    await put(ear, ("a", 1), ("a", 2), ("a", -1), ("b", 99))
    await asyncio.wait_for(ear.last.wait(), sockets.PATIENCE)


async def test_throttled_says_exactly_how_long(at_once: None) -> None:
    for _ in range(2):
        limits.take("test", {"connection": "c"})
    with pytest.raises(limits.Throttled) as throttled:
        limits.take("test", {"connection": "c"})
    assert 0 < throttled.value.wait <= 0.02
    assert throttled.value.retry_after == 0.1
