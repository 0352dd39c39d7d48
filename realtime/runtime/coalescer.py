"""Throttles values of which only the newest counts: one that comes too fast waits, and a newer one replaces it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from realtime import limits

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

MAX_KINDS = 16  # So many kinds may wait at once; a value of another kind that comes too fast is dropped.


async def _drop(value: object) -> None:
    pass


class Coalescer(Generic[T, R]):
    """Sends what one client tells others, no faster than `limit` allows. At most one value of each kind is waiting."""

    def __init__(
        self,
        limit: str,
        subjects: Callable[[], Mapping[str, str]],
        send: Callable[[T], Awaitable[R]],
        late: Callable[[], None] = lambda: None,
    ) -> None:
        """`late` is called for each value that cannot be sent at once."""
        self.limit, self.subjects, self.late = limit, subjects, late
        self.send: Callable[[T], Awaitable[R | None]] = send
        self.waiting: dict[str, T] = {}
        self.task: asyncio.Task[None] | None = None

    async def put(self, kind: str, value: T) -> R | None:
        """Sends `value` and returns what `send` returned, or None where the value has to wait."""
        self.waiting.pop(kind, None)  # What waits is older than `value`.
        try:
            limits.take(self.limit, self.subjects())
        except limits.Throttled as throttled:
            self.late()
            if len(self.waiting) < MAX_KINDS:
                self.waiting[kind] = value
            if self.task is None or self.task.done():
                self.task = asyncio.create_task(self._send_later(throttled.wait))
            return None
        return await self.send(value)

    def stop(self) -> None:
        """Drops what is waiting, and what comes from now on."""
        self.waiting.clear()
        self.send = _drop  # `send` is a method of whoever has this coalescer: the two would keep each other.
        if self.task is not None:
            self.task.cancel()

    async def _send_later(self, wait: float) -> None:
        while self.waiting:
            await asyncio.sleep(wait)
            try:
                limits.take(self.limit, self.subjects())
            except limits.Throttled as throttled:
                wait = throttled.wait
                continue
            if self.waiting:
                await self._send_one()

    async def _send_one(self) -> None:
        value = self.waiting.pop(next(iter(self.waiting)))
        try:
            await self.send(value)
        except Exception as error:
            logger.info("a coalesced value could not be sent: %s", type(error).__name__)
