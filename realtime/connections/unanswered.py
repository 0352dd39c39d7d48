"""What has been handled and is answered later, after a commit, while its client is read on.

Nothing of it is forgotten with the connection: an outcome comes in any case, and then there is nobody to tell.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

# Of one connection. At these bounds it is not read on until something has been answered; a larger message waits alone.
MAX_MESSAGES = 64
MAX_BYTES = 32 * 1024

Answer = Callable[["asyncio.Future[Any]"], None]


class Unanswered:
    """Counts the messages of one connection whose outcome is still to come."""

    __slots__ = ("_answered", "bytes", "messages")

    def __init__(self) -> None:
        self.messages = self.bytes = 0
        self._answered: asyncio.Future[None] | None = None

    def add(self, outcome: "asyncio.Future[Any]", size: int, answer: Answer) -> None:
        """Has `answer` called with the outcome of a message of `size` bytes once it is there."""
        self.messages += 1
        self.bytes += size
        outcome.add_done_callback(partial(self._end, size, answer))

    async def has_room(self) -> None:
        """Returns when the next message may be handled."""
        while self.messages >= MAX_MESSAGES or self.bytes > MAX_BYTES:
            self._answered = self._answered or asyncio.get_running_loop().create_future()
            await asyncio.shield(self._answered)

    def _end(self, size: int, answer: Answer, outcome: "asyncio.Future[Any]") -> None:
        self.messages -= 1
        self.bytes -= size
        answered, self._answered = self._answered, None
        if answered is not None:
            answered.set_result(None)
        answer(outcome)
