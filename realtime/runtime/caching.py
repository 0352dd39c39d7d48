"""A single-flight cache: what many connections ask for at once is read once, and its answer is kept for a while."""

import functools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

R = TypeVar("R")

MAX_ENTRIES = 10_000  # Each read keeps so many answers; the oldest goes.


class SingleFlightCache(Generic[R]):
    """Calls `read` once for the same arguments within `seconds`; threads that ask during a read wait for its answer.

    An error reaches everyone who waited for it, and is not kept. What is invalidated while it is being read is still
    given to those who asked before, and to nobody who asks later: a ban that commits during a read must be seen then.
    """

    def __init__(self, read: Callable[..., R], seconds: float, max_entries: int = MAX_ENTRIES) -> None:
        functools.update_wrapper(self, read)
        self.read, self.seconds, self.max_entries = read, seconds, max_entries
        self.lock = threading.Lock()
        self.entries: OrderedDict[tuple[Hashable, ...], tuple[float, Future[R]]] = OrderedDict()

    def __call__(self, *arguments: Hashable) -> R:
        now = time.monotonic()
        with self.lock:
            expires_at, answer = self.entries.get(arguments, (0.0, None))
            is_missing = answer is None or expires_at < now
            if is_missing:
                answer = Future()
                self.entries[arguments] = (now + self.seconds, answer)
                self.entries.move_to_end(arguments)
                if len(self.entries) > self.max_entries:
                    self.entries.popitem(last=False)
        assert answer is not None
        if is_missing:
            self._read(arguments, answer)
        return answer.result()

    def _read(self, arguments: tuple[Hashable, ...], answer: "Future[R]") -> None:
        try:
            answer.set_result(self.read(*arguments))
        except BaseException as error:
            with self.lock:
                if self.entries.get(arguments, (0.0, None))[1] is answer:
                    del self.entries[arguments]
            answer.set_exception(error)

    def invalidate(self, *arguments: Hashable) -> None:
        """Has the next who asks with these arguments read again."""
        with self.lock:
            self.entries.pop(arguments, None)

    def invalidate_all(self) -> None:
        with self.lock:
            self.entries.clear()


def cached(seconds: float, max_entries: int = MAX_ENTRIES) -> Callable[[Callable[..., R]], SingleFlightCache[R]]:
    """Decorates a read whose answer may be `seconds` old, at most `max_entries` answers of it."""

    def decorate(read: Callable[..., Any]) -> SingleFlightCache[R]:
        return SingleFlightCache(read, seconds, max_entries)

    return decorate
