"""Things of a kind, told no faster than people can follow: the newest takes the place of the one that waits."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Throttle(Generic[T]):
    """Lets the first of a kind through at once, and the newest of those that follow when its turn comes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, release: Callable[[T], None]) -> None:
        self.loop, self.release = loop, release
        self.turns: dict[Hashable, T | None] = {}  # None: one was just told and none waits

    def delays(self, kind: Hashable, seconds: float, thing: T) -> bool:
        """Whether `thing` has to wait: `release` is called with it, or with a newer one, in so many seconds at most."""
        if not seconds:
            if kind in self.turns:
                self.turns[kind] = None  # what waits is older
            return False
        if kind in self.turns:
            self.turns[kind] = thing
            return True
        self._begin(kind, seconds)
        return False

    def _begin(self, kind: Hashable, seconds: float) -> None:
        self.turns[kind] = None
        self.loop.call_later(seconds, self._end, kind, seconds)

    def _end(self, kind: Hashable, seconds: float) -> None:
        if (thing := self.turns.pop(kind)) is not None:
            self._begin(kind, seconds)
            self.release(thing)
