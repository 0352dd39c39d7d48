"""Values of which only the newest counts: one that comes too fast waits, and a newer one takes its place."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from realtime import limits

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

MAX_KINDS = 16  # that wait at once; what comes too fast of another kind is dropped


class Latest(Generic[T, R]):
    """What one client tells others, no faster than `limit` allows. Of each kind one value at most is waiting."""

    def __init__(
        self, limit: str, subjects: Callable[[], Mapping[str, str]], tell: Callable[[T], Awaitable[R]]
    ) -> None:
        self.limit, self.subjects, self.tell = limit, subjects, tell
        self.waiting: dict[str, T] = {}
        self.task: asyncio.Task[None] | None = None

    async def put(self, kind: str, value: T) -> R | None:
        """Tells `value` and returns what came of it, or None where it has to wait."""
        self.waiting.pop(kind, None)  # it is older
        try:
            limits.take(self.limit, self.subjects())
        except limits.Throttled as throttled:
            if len(self.waiting) < MAX_KINDS:
                self.waiting[kind] = value
            if self.task is None or self.task.done():
                self.task = asyncio.create_task(self._tell_later(throttled.wait))
            return None
        return await self.tell(value)

    def stop(self) -> None:
        """What is waiting is not told any more."""
        self.waiting.clear()
        if self.task is not None:
            self.task.cancel()

    async def _tell_later(self, wait: float) -> None:
        while self.waiting:
            await asyncio.sleep(wait)
            try:
                limits.take(self.limit, self.subjects())
            except limits.Throttled as throttled:
                wait = throttled.wait
                continue
            if self.waiting:
                await self._tell_one()

    async def _tell_one(self) -> None:
        value = self.waiting.pop(next(iter(self.waiting)))
        try:
            await self.tell(value)
        except Exception as error:
            logger.info("what had waited could not be told: %s", type(error).__name__)
