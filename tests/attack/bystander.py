"""Somebody who has nothing to do with the attack: their chat must go on, and how long it takes is noted."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

from accounts.models import Role
from realtime.runtime import threads
from tests import sockets

SOURCE = "127.0.0.2"  # not the attackers' address
PAUSE = 0.05  # seconds between two lines


class Bystander:
    """Two people of a show, of whom one writes. A moderator may write faster than others."""

    def __init__(self, show: sockets.Show, writer: sockets.Client, reader: sockets.Client) -> None:
        self.show, self.writer, self.reader = show, writer, reader
        self.taken: list[float] = []  # seconds from writing a line to reading it

    async def _talk(self) -> None:
        while True:
            began = time.monotonic()
            ack = await self.writer.ask("send-message", sessionId=self.show.id, message=f"line {len(self.taken)}")
            assert ack["ok"], ack
            await self.reader.expect("new-message", id=ack["id"])
            self.taken.append(time.monotonic() - began)
            self.writer.passed.clear()
            self.reader.passed.clear()
            await asyncio.sleep(PAUSE)

    async def talk(self, seconds: float) -> float:
        """Talks for a while; returns the 95th percentile in milliseconds."""
        self.taken.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._talk()
        return self.p95

    @property
    def p95(self) -> float:
        return sorted(self.taken)[int(len(self.taken) * 0.95)] * 1000 if self.taken else float("inf")

    @contextlib.asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """Talks as long as the block runs. Every line is answered and heard, or this fails."""
        self.taken.clear()
        task = asyncio.create_task(self._talk())
        try:
            yield
            lines = len(self.taken)
            async with asyncio.timeout(sockets.PATIENCE):
                while len(self.taken) < lines + 2 and not task.done():  # noqa: ASYNC110 - it is a clock's turn
                    await asyncio.sleep(PAUSE)
        finally:
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled():
            task.result()


@contextlib.asynccontextmanager
async def present(address: sockets.Address) -> AsyncIterator[Bystander]:
    show = await threads.in_db(sockets.make_show)
    moderator = await threads.in_db(sockets.make_user, Role.MODERATOR)
    options: dict[str, Any] = {"local_addr": (SOURCE, 0)}
    async with (
        await sockets.connect(address, **options, **sockets.bearer(moderator)) as writer,
        await sockets.connect(address, **options) as reader,
    ):
        for client in (writer, reader):
            assert (await client.ask("join-session", sessionId=show.id))["ok"]
        yield Bystander(show, writer, reader)
