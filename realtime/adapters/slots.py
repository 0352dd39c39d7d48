"""A queue and an event like asyncio's, for the many connections that hold one of each.

asyncio's own allocate six deques before anything is in them, which is a third of the memory of an idle connection.
"""

import asyncio
from typing import Any


class Queue:
    """An unbounded queue that few coroutines wait on at a time."""

    __slots__ = ("items", "readers")

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.readers: list[asyncio.Future[None]] | None = None

    def empty(self) -> bool:
        return not self.items

    def put_nowait(self, item: Any) -> None:
        self.items.append(item)
        readers, self.readers = self.readers, None
        wake(readers)

    def get_nowait(self) -> Any:
        if not self.items:
            raise asyncio.QueueEmpty
        return self.items.pop(0)

    async def get(self) -> Any:
        while not self.items:
            reader = asyncio.get_running_loop().create_future()
            self.readers = [*(self.readers or ()), reader]
            await reader
        return self.items.pop(0)


class Flag:
    """An event that is set from the beginning."""

    __slots__ = ("up", "waiting")

    def __init__(self) -> None:
        self.up = True
        self.waiting: list[asyncio.Future[None]] | None = None

    def is_set(self) -> bool:
        return self.up

    def clear(self) -> None:
        self.up = False

    def set(self) -> None:
        self.up = True
        waiting, self.waiting = self.waiting, None
        wake(waiting)

    async def wait(self) -> None:
        while not self.up:
            future = asyncio.get_running_loop().create_future()
            self.waiting = [*(self.waiting or ()), future]
            await future


def wake(waiting: list[asyncio.Future[None]] | None) -> None:
    """Wakes all who wait and were not cancelled meanwhile."""
    for future in waiting or ():
        if not future.done():
            future.set_result(None)
