"""Reads of which many ask at once are done once; what was invalidated or failed is never served again."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from realtime.runtime import caching
from tests import sockets


class Source:
    """Something slow to read, that changes."""

    def __init__(self) -> None:
        self.value = 0
        self.reads = 0
        self.began = threading.Semaphore(0)
        self.may_end = threading.Event()
        self.may_end.set()
        self.error: Exception | None = None

    def read(self, *arguments: object) -> tuple[object, ...]:
        self.reads += 1
        seen, error = self.value, self.error
        self.began.release()
        assert self.may_end.wait(sockets.PATIENCE)
        if error is not None:
            raise error
        return seen, *arguments


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the time."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, 1000.0 + seconds)


def test_an_answer_is_kept_for_its_time(source: Source, clock: Callable[[float], None]) -> None:
    read = caching.SingleFlightCache(source.read, seconds=1.0)
    assert read("a") == (0, "a")
    source.value = 1
    clock(0.9)
    assert read("a") == (0, "a")
    clock(1.1)
    assert read("a") == (1, "a")
    assert source.reads == 2


def test_other_arguments_are_another_read(source: Source) -> None:
    read = caching.SingleFlightCache(source.read, seconds=60)
    assert (read("a"), read("b"), read("a")) == ((0, "a"), (0, "b"), (0, "a"))
    assert source.reads == 2


def test_many_who_ask_at_once_are_one_read(source: Source) -> None:
    read = caching.SingleFlightCache(source.read, seconds=60)
    source.may_end.clear()
    with ThreadPoolExecutor(20) as threads:
        asked = [threads.submit(read, "a") for _ in range(20)]
        assert source.began.acquire(timeout=sockets.PATIENCE)
        source.may_end.set()
        assert {future.result() for future in asked} == {(0, "a")}
    assert source.reads == 1


def test_an_error_reaches_those_who_waited_and_is_not_kept(source: Source) -> None:
    read = caching.SingleFlightCache(source.read, seconds=60)
    source.error = ConnectionError("away")
    with pytest.raises(ConnectionError):
        read("a")
    source.error = None
    assert read("a") == (0, "a")


def test_what_was_being_read_when_it_was_invalidated_is_not_served_to_later_askers(source: Source) -> None:
    """A ban that commits during a read must be seen by whoever asks after it."""
    read = caching.SingleFlightCache(source.read, seconds=60)
    source.may_end.clear()
    with ThreadPoolExecutor(2) as threads:
        early = threads.submit(read, "a")
        assert source.began.acquire(timeout=sockets.PATIENCE)
        source.value = 1
        read.invalidate("a")
        late = threads.submit(read, "a")
        assert source.began.acquire(timeout=sockets.PATIENCE)
        source.may_end.set()
        assert early.result() == (0, "a")
        assert late.result() == (1, "a")
    assert read("a") == (1, "a")


def test_an_error_of_an_invalidated_read_does_not_remove_the_newer_answer(source: Source) -> None:
    read = caching.SingleFlightCache(source.read, seconds=60)
    source.may_end.clear()
    source.error = ConnectionError("away")
    with ThreadPoolExecutor(2) as threads:
        early = threads.submit(read, "a")
        assert source.began.acquire(timeout=sockets.PATIENCE)
        source.error = None
        read.invalidate("a")
        late = threads.submit(read, "a")
        assert source.began.acquire(timeout=sockets.PATIENCE)
        source.may_end.set()
        assert isinstance(early.exception(), ConnectionError)
        assert late.result() == (0, "a")
    reads = source.reads
    assert read("a") == (0, "a")
    assert source.reads == reads


def test_everything_can_be_invalidated_at_once(source: Source) -> None:
    read = caching.SingleFlightCache(source.read, seconds=60)
    assert (read("a"), read("b")) == ((0, "a"), (0, "b"))
    source.value = 1
    read.invalidate_all()
    assert (read("a"), read("b")) == ((1, "a"), (1, "b"))


def test_the_oldest_answer_goes_when_there_are_too_many(source: Source) -> None:
    read = caching.SingleFlightCache(source.read, seconds=60, max_entries=2)
    for name in "abc":
        read(name)
    assert len(read.entries) == 2
    read("b")
    assert source.reads == 3
    read("a")
    assert source.reads == 4


def test_a_read_looks_like_what_it_reads(source: Source) -> None:
    @caching.cached(seconds=1.0)
    def anything(room: str) -> str:
        """What it is."""
        return room

    assert (anything.__doc__, anything("x")) == ("What it is.", "x")
