"""A way to PostgreSQL that can stall as a half-open connection does: what was open goes silent, what is new works."""

import asyncio
import contextlib
from urllib.parse import parse_qs, urlsplit

PORT = 5432


class Proxy:
    """Both ends still have their bytes acknowledged, so that neither end's TCP finds anything out."""

    def __init__(self, database_url: str) -> None:
        self.target = urlsplit(database_url)
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.copying: set[asyncio.Task[None]] = set()
        self.ends: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "Proxy":
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    @property
    def url(self) -> str:
        port = self.server.sockets[0].getsockname()[1]
        account, at, _ = self.target.netloc.rpartition("@")
        return self.target._replace(netloc=f"{account}{at}127.0.0.1:{port}", query="").geturl()

    def freeze(self) -> None:
        """The connections that there are go silent, for good; those that come work."""
        self.flowing.clear()
        self.flowing = asyncio.Event()
        self.flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        folder = parse_qs(self.target.query).get("host", [""])[0]
        port = self.target.port or PORT
        if folder.startswith("/"):
            from_server, to_server = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        else:
            from_server, to_server = await asyncio.open_connection(self.target.hostname, port)
        self.ends += [writer, to_server]
        for source, sink in ((reader, to_server), (from_server, writer)):
            self.copying.add(asyncio.create_task(self._copy(source, sink, self.flowing)))

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, flowing: asyncio.Event) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                await flowing.wait()
                sink.write(data)
        sink.close()

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        for task in self.copying:
            task.cancel()
        await asyncio.gather(*self.copying, return_exceptions=True)
        for end in self.ends:
            end.close()
        for end in self.ends:
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()
