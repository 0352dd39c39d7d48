"""What a connection has sent one by one, without numbers, until it is stored together."""

import asyncio
from typing import Literal

from realtime import errors
from recordings.ingest import Item

FORGOTTEN = "What was not stored yet has been thrown away"

Kind = Literal["events", "audio"]


class Batch:
    """Events, or the sound of one part, that are stored as one item."""

    __slots__ = ("done", "first_ms", "is_awaited", "last_ms", "names", "pieces")

    def __init__(self, at_ms: int) -> None:
        self.pieces: list[bytes] = []
        self.names: dict[str, None] = {}  # of the events
        self.first_ms = self.last_ms = at_ms
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_awaited = False  # Whoever waits for it is told if it fails.

    def item(self, kind: Kind, part: int) -> Item:
        """What is to be stored; nobody knows of which recording yet."""
        if kind == "audio":
            return Item("", kind, b"".join(self.pieces), self.first_ms, self.last_ms, part=part)
        data = b"[" + b",".join(self.pieces) + b"]"
        names = tuple(self.names)
        return Item("", kind, data, self.first_ms, self.last_ms, count=len(self.pieces), kinds=names)


class Gathered:
    """Batches by what they are made of; `size` is the bytes of all."""

    def __init__(self) -> None:
        self.batches: dict[tuple[Kind, int], Batch] = {}
        self.size = 0
        self._taken: asyncio.Future[None] | None = None

    def add(self, kind: Kind, part: int, piece: bytes, at_ms: int, name: str = "") -> Batch:
        """Adds a piece behind those before; `name` is an event's."""
        batch = self.batches.get((kind, part))
        if batch is None:
            batch = self.batches[kind, part] = Batch(at_ms)
        batch.pieces.append(piece)
        batch.first_ms, batch.last_ms = min(batch.first_ms, at_ms), max(batch.last_ms, at_ms)
        if name:
            batch.names[name] = None
        self.size += len(piece)
        return batch

    def take(self) -> list[tuple[tuple[Kind, int], Batch]]:
        """All batches, which are whoever's that takes them."""
        batches, self.batches, self.size = list(self.batches.items()), {}, 0
        taken, self._taken = self._taken, None
        if taken is not None:
            taken.set_result(None)
        return batches

    async def taken(self) -> None:
        """Returns when there is room again."""
        self._taken = self._taken or asyncio.get_running_loop().create_future()
        await asyncio.shield(self._taken)

    def forget(self) -> None:
        """Throws all of it away; who waits for it hears so."""
        for _, batch in self.take():
            if batch.is_awaited:
                batch.done.set_exception(errors.RequestRefused("gone", FORGOTTEN))
