"""A way in between that can stall: bytes are acknowledged to both ends, so neither end's TCP finds anything out."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Self
from urllib.parse import parse_qs, urlsplit

PLACE = "127.0.0.1"
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Listens at a port of its own. `open` connects to whatever stands behind it, anew for each connection.

    Its methods run on the loop that it was started on.
    """

    def __init__(self, connect: Callable[[], "asyncio.Future[Ends]"]) -> None:
        self.connect = connect
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.is_cut = False
        self.serving: set[asyncio.Task[None]] = set()

    @classmethod
    async def started(cls, connect: Callable[[], "asyncio.Future[Ends]"]) -> Self:
        proxy = cls(connect)
        proxy.server = await asyncio.start_server(proxy._accept, PLACE, 0)
        return proxy

    server: asyncio.Server

    @property
    def port(self) -> int:
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    # --- trouble

    async def half_open(self) -> None:
        """The connections that there are go silent for good; those that come work."""
        self.flowing.clear()
        self.flowing = asyncio.Event()
        self.flowing.set()

    async def hold(self) -> None:
        """All connections go silent, until they flow again."""
        self.flowing.clear()

    async def cut(self) -> None:
        """All connections end, and none is taken until they flow again."""
        self.is_cut = True
        await self._end()

    async def flow(self) -> None:
        self.is_cut = False
        self.flowing.set()

    # --- connections

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.serving.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            return
        flowing = self.flowing
        from_behind, to_behind = await self.connect()
        copying = [
            asyncio.create_task(_copy(source, sink, flowing))
            for source, sink in ((reader, to_behind), (from_behind, writer))
        ]
        try:
            await asyncio.wait(copying, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in copying:
                task.cancel()
            await asyncio.wait(copying)
            to_behind.transport.abort()

    async def _end(self) -> None:
        for task in self.serving:
            task.cancel()
        if self.serving:
            await asyncio.wait(set(self.serving))

    async def stop(self) -> None:
        self.server.close()
        await self._end()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter, flowing: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            await flowing.wait()
            sink.write(data)
            await sink.drain()


def to_postgresql(database_url: str) -> Callable[[], "asyncio.Future[Ends]"]:
    """Connects to where a database URL points, be it a port or the folder of a socket."""
    target = urlsplit(database_url)
    folder = parse_qs(target.query).get("host", [""])[0]
    port = target.port or 5432
    if folder.startswith("/"):
        return lambda: asyncio.ensure_future(asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}"))
    return lambda: asyncio.ensure_future(asyncio.open_connection(target.hostname, port))


def to_port(port: Callable[[], int]) -> Callable[[], "asyncio.Future[Ends]"]:
    return lambda: asyncio.ensure_future(asyncio.open_connection(PLACE, port()))


def through(database_url: str, proxy: Proxy) -> str:
    """The URL of the same database behind the proxy."""
    target = urlsplit(database_url)
    account, at, _ = target.netloc.rpartition("@")
    return target._replace(netloc=f"{account}{at}{PLACE}:{proxy.port}", query="").geturl()
