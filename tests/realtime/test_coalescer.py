"""Of values that come too fast, the newest is sent."""

import asyncio

import pytest
from django.conf import settings

from realtime import limits
from realtime.runtime import coalescer
from tests import conftest, sockets


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    limits.reset()
    monkeypatch.setitem(settings.LIMITS, "test", {"connection": (50, 2)})


class Sender:
    """Keeps what is sent, and lets a test wait for a value."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.last = asyncio.Event()
        self.coalescer = coalescer.Coalescer("test", lambda: {"connection": "c"}, self.send)

    async def send(self, value: int) -> int:
        self.sent.append(value)
        if value == -1:
            raise ValueError("no words")
        if value == 99:
            self.last.set()
        return value


async def put(sender: Sender, *values: tuple[str, int]) -> None:
    """All in one moment."""
    with conftest.one_moment():
        for kind, value in values:
            await sender.coalescer.put(kind, value)


async def test_what_comes_in_time_is_sent_at_once() -> None:
    sender = Sender()
    assert [await sender.coalescer.put("a", 1), await sender.coalescer.put("a", 2)] == [1, 2]
    assert sender.sent == [1, 2]


async def test_the_newest_replaces_what_waits() -> None:
    sender = Sender()
    await put(sender, *(("a", value) for value in range(100)))
    await asyncio.wait_for(sender.last.wait(), sockets.PATIENCE)
    assert sender.sent[:2] == [0, 1]
    assert sender.sent[-1] == 99
    assert sender.sent == sorted(sender.sent)
    assert len(sender.sent) < 100


async def test_each_kind_waits_for_itself() -> None:
    sender = Sender()
    await put(sender, ("a", 1), ("a", 2), ("a", 3), ("b", 4), ("a", 5), ("c", 99))
    await asyncio.wait_for(sender.last.wait(), sockets.PATIENCE)
    assert sender.sent == [1, 2, 4, 5, 99]  # in the order in which what is sent came


async def test_so_many_kinds_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.LIMITS, "test", {"connection": (0.001, 1)})
    sender = Sender()
    for number in range(coalescer.MAX_KINDS + 10):
        await sender.coalescer.put(f"kind {number}", number)
    assert len(sender.coalescer.waiting) == coalescer.MAX_KINDS
    sender.coalescer.stop()


async def test_nothing_is_sent_after_the_end() -> None:
    sender = Sender()
    await put(sender, ("a", 1), ("a", 2), ("a", 3))
    task = sender.coalescer.task
    sender.coalescer.stop()
    assert task is not None
    await asyncio.wait({task})
    assert sender.sent == [1, 2]


async def test_one_that_cannot_be_sent_does_not_keep_the_next() -> None:
    sender = Sender()
    await put(sender, ("a", 1), ("a", 2), ("a", -1), ("b", 99))
    await asyncio.wait_for(sender.last.wait(), sockets.PATIENCE)


async def test_throttled_says_exactly_how_long(at_once: None) -> None:
    for _ in range(2):
        limits.take("test", {"connection": "c"})
    with pytest.raises(limits.Throttled) as throttled:
        limits.take("test", {"connection": "c"})
    assert 0 < throttled.value.wait <= 0.02
    assert throttled.value.retry_after == 0.1
