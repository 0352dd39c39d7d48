"""A way to Redis that tests can cut, refuse or block."""

import asyncio
import contextlib

from django.conf import settings
from redis import asyncio as redis


class Proxy:
    """A way to Redis that can be cut, or blocked without either end being told."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.copying: set[asyncio.Task[None]] = set()
        self.ends: list[asyncio.StreamWriter] = []
        self.accepted = 0

    async def start(self) -> "Proxy":
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port: int = self.server.sockets[0].getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        return self

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        kwargs = redis.ConnectionPool.from_url(settings.REDIS_URL).connection_kwargs
        if path := kwargs.get("path"):
            from_redis, to_redis = await asyncio.open_unix_connection(path)
        else:
            from_redis, to_redis = await asyncio.open_connection(kwargs.get("host", "localhost"), kwargs.get("port"))
        self.ends += [writer, to_redis]
        for source, sink in ((reader, to_redis), (from_redis, writer)):
            self.copying.add(asyncio.create_task(self._copy(source, sink)))

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                await self.open.wait()
                sink.write(data)
        sink.close()

    async def cut(self) -> None:
        """Closes the connections that there are."""
        ends, self.ends = self.ends, []
        for end in ends:
            end.close()
        for end in ends:
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()

    async def refuse(self) -> None:
        """Closes the connections that there are, and takes no new ones."""
        self.server.close()
        await self.cut()

    async def accept_again(self) -> None:
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def stop(self) -> None:
        self.server.close()
        for task in self.copying:
            task.cancel()
        await asyncio.gather(*self.copying, return_exceptions=True)
        await self.cut()
