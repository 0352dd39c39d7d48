"""A minimum interval between items of one key, where only the newest of those that wait is worth releasing."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Throttle(Generic[T]):
    """Lets the first item of a key through at once, and the newest of those that follow when the interval is over."""

    def __init__(self, loop: asyncio.AbstractEventLoop, release: Callable[[T], None]) -> None:
        self.loop, self.release = loop, release
        # The keys whose interval runs, with the item that waits for its end, if there is one.
        self.waiting: dict[Hashable, T | None] = {}

    def delays(self, key: Hashable, min_interval: float, item: T) -> bool:
        """Whether `item` has to wait; if so, `release` gets it or a newer one, `min_interval` seconds later at most.

        An item without an interval never waits, and replaces one that does: released later, the older item would undo
        it.
        """
        if not min_interval:
            if key in self.waiting:
                self.waiting[key] = None
            return False
        if key in self.waiting:
            self.waiting[key] = item
            return True
        self._begin_interval(key, min_interval)
        return False

    def _begin_interval(self, key: Hashable, seconds: float) -> None:
        self.waiting[key] = None
        self.loop.call_later(seconds, self._end_interval, key, seconds)

    def _end_interval(self, key: Hashable, seconds: float) -> None:
        if (item := self.waiting.pop(key)) is not None:
            self._begin_interval(key, seconds)
            self.release(item)
