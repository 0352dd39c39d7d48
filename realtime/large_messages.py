"""How many large messages a process takes in at a time, for many at once would fill its memory.

A message above wire.MAX_MESSAGE has to wait for its turn, and its connection is not read meanwhile. The turn ends when
the message has been handled, or when it has not come whole within PATIENCE.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable

from realtime import lifecycle, wire

AT_ONCE = 7
PATIENCE = 60.0  # seconds
MEMORY = AT_ONCE * wire.LARGE_MESSAGE  # bytes of a process, at most


class Turns:
    """So many at a time; whoever comes when all turns are taken waits in line."""

    def __init__(self, size: int = AT_ONCE) -> None:
        self.free = size
        self.waiting: deque[Callable[[], None]] = deque()

    def take(self, begin: Callable[[], None]) -> None:
        """Calls `begin` when its turn has come, which may be at once."""
        if self.free:
            self.free -= 1
            begin()
        else:
            self.waiting.append(begin)

    def give_back(self) -> None:
        """Ends a turn: the next in line begins."""
        if self.waiting:
            self.waiting.popleft()()
        else:
            self.free += 1

    def cancel(self, begin: Callable[[], None]) -> None:
        """Leaves the line."""
        with contextlib.suppress(ValueError):
            self.waiting.remove(begin)

    @contextlib.asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """A turn for as long as the block runs."""
        come = asyncio.Event()
        self.take(come.set)
        try:
            await come.wait()
        except BaseException:
            if come.is_set():
                self.give_back()
            else:
                self.cancel(come.set)
            raise
        try:
            yield
        finally:
            self.give_back()


turns = lifecycle.per_loop(Turns)
