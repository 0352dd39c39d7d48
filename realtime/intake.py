"""The intake: bulk that many connections send is gathered, stored in one go and acknowledged after the commit.

An intake holds no more than its bounds. A connection whose item finds no room waits, is not read meanwhile, and its
client is slowed down by TCP: nothing is dropped. While one batch is being committed the next one gathers, so the busier
a process is, the larger its batches are. A process that dies has lost only what it did not acknowledge.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from realtime import errors, lifecycle
from realtime.runtime import threads

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

MAX_ITEMS = 2_000  # that a process holds, those included that are being stored
MAX_BYTES = 32 * 1024 * 1024  # of them; a larger item is let in when there is nothing else
BATCH_ITEMS = 1_000  # in one transaction
BATCH_BYTES = 8 * 1024 * 1024


class _Held(Generic[Item]):
    """One item, and who waits for its outcome."""

    __slots__ = ("future", "item", "size")

    def __init__(self, item: Item, size: int) -> None:
        self.item, self.size = item, size
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()


class Intake(Generic[Item, Outcome]):
    """Gathers items and stores them in batches; see `declare`."""

    def __init__(
        self,
        store: Callable[[Sequence[Item]], Sequence[Outcome]],
        size: Callable[[Item], int],
        max_items: int = MAX_ITEMS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.store, self.size = store, size
        self.max_items, self.max_bytes = max_items, max_bytes
        self.items = self.bytes = 0  # held
        self.gathered: deque[_Held[Item]] = deque()
        self.outside: deque[tuple[int, asyncio.Future[None]]] = deque()  # who waits for room, for how many bytes
        self.task: asyncio.Task[None] | None = None

    async def put(self, item: Item) -> Outcome:
        """Stores `item`, and returns after the commit what has become of it.

        Raises what `store` raised: whether the item was stored is not known then, and its sender may send it again.
        """
        return await (await self.offer(item))

    async def offer(self, item: Item) -> "asyncio.Future[Outcome]":
        """Takes `item` as soon as there is room, behind what was taken before; the future has what `put` returns."""
        size = self.size(item)
        await self._enter(size)
        held = _Held(item, size)
        self.gathered.append(held)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._drain())
        return held.future

    async def stop(self) -> None:
        """Waits until everything that was put has been stored, those included who wait for room."""
        while self.task is not None and not self.task.done():
            await self.task
            await asyncio.sleep(0)  # Those who have just found room put their items now.

    # --- room

    async def _enter(self, size: int) -> None:
        if not self.outside and self._has_room(size):
            self._hold(size)
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.outside.append((size, place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # It was let in, and goes again.
                self._let_go(1, size)
            raise

    def _has_room(self, size: int) -> bool:
        return not self.items or (self.items < self.max_items and self.bytes + size <= self.max_bytes)

    def _hold(self, size: int) -> None:
        self.items += 1
        self.bytes += size

    def _let_go(self, items: int, size: int) -> None:
        """Makes room, and lets in those who wait for it, in turn."""
        self.items -= items
        self.bytes -= size
        while self.outside and (self.outside[0][1].done() or self._has_room(self.outside[0][0])):
            wanted, place = self.outside.popleft()
            if not place.done():
                self._hold(wanted)
                place.set_result(None)

    # --- storing

    async def _drain(self) -> None:
        while self.gathered:
            batch = self._next_batch()
            try:
                outcomes = await threads.in_intake(self._store, batch)
            except Exception as error:
                outcomes = [error] * len(batch)
            for held, outcome in zip(batch, outcomes, strict=True):
                is_error = isinstance(outcome, Exception)
                threads.settle(held.future, None if is_error else outcome, outcome if is_error else None)
            self._let_go(len(batch), sum(held.size for held in batch))

    def _next_batch(self) -> list[_Held[Item]]:
        batch = [self.gathered.popleft()]
        size = batch[0].size
        while self.gathered and len(batch) < BATCH_ITEMS and size + self.gathered[0].size <= BATCH_BYTES:
            batch.append(self.gathered.popleft())
            size += batch[-1].size
        return batch

    def _store(self, batch: list[_Held[Item]]) -> list[Any]:
        """Called in a database thread; returns an outcome, or the error, for each item.

        An item that cannot be stored fails alone. A refusal, and a database that is away, hold for all alike.
        """
        try:
            return list(self.store([held.item for held in batch]))
        except Exception as error:
            is_for_all = isinstance(error, errors.RequestRefused) or errors.as_busy(error) is not None
            if is_for_all or len(batch) == 1:
                return [error] * len(batch)
        middle = len(batch) // 2
        return [*self._store(batch[:middle]), *self._store(batch[middle:])]


def declare(
    store: Callable[[Sequence[Item]], Sequence[Outcome]], size: Callable[[Item], int], **bounds: int
) -> Callable[[], Intake[Item, Outcome]]:
    """Declares an intake, of which each event loop has one, and returns its accessor.

    `store` stores items in one transaction, in a database thread, and returns an outcome for each. Where it raises
    because of one item, that one fails alone: `store` is called again for the others. `size` is the number of an
    item's bytes. A process that ends stores what it holds.
    """
    return lifecycle.per_loop(lambda: Intake(store, size, **bounds), lifecycle.Stage.WRITER, Intake.stop)
