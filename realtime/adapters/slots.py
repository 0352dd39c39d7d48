"""asyncio's queue and event for the many: theirs preallocate six deques, which is a third of an idle connection."""

import asyncio
from typing import Any


class Queue:
    """An unbounded queue that few wait on at a time: a connection's."""

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
            await self.more()
        return self.get_nowait()

    def more(self) -> asyncio.Future[None]:
        """Is done when something has been put."""
        reader = asyncio.get_running_loop().create_future()
        self.readers = [*(self.readers or ()), reader]
        return reader


class Flag:
    """An event that begins set."""

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
    """Wakes whoever waits and was not cancelled meanwhile."""
    for future in waiting or ():
        if not future.done():
            future.set_result(None)
