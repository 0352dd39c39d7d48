"""What socket tests stand on: a server in this process, and clients that await what they expect instead of sleeping."""

import asyncio
import base64
import contextlib
import json
import os
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple, Self

import aiohttp
import pytest
import socketio
import uvicorn
import websockets
from django.conf import settings

from accounts import tokens
from accounts.models import Role, User
from realtime.adapters import releases
from realtime.connections import registry
from realtime.connections.connection import Connection
from realtime.endpoints import server
from streams.models import Stream

PATIENCE = 30.0  # seconds until an expectation fails: far beyond what it takes, for the machine may be busy

Frame = dict[str, Any]

# Daphne is such a server: what it is likely to do in its own way is tried on it too.
DAPHNE = pytest.param("daphne", marks=pytest.mark.skipif(not settings.REDIS_URL, reason="another process needs Redis"))
FAST = pytest.mark.skipif(not releases.is_fast("uvicorn"), reason="frames take the plain road")
FAST_SOCKETIO = pytest.mark.skipif(not releases.is_fast("engineio"), reason="Socket.IO takes the plain road")
ON_BOTH = pytest.mark.parametrize("server", ["uvicorn", DAPHNE], indirect=True)


# --- the server


class Address(NamedTuple):
    """Where a server listens."""

    port: int

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ws(self, path: str = "/") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"


class _Server(uvicorn.Server):
    """Uvicorn inside a test run: it leaves the runner's signals alone and says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextlib.asynccontextmanager
async def serving(application: Any, **given: Any) -> AsyncIterator[Address]:
    """`application` served as in production, on a port of its own and on this loop."""
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        options = {**server.options(), "log_level": "warning", "timeout_graceful_shutdown": 2, **given}
        serving = _Server(uvicorn.Config(application, **options))
        task = asyncio.create_task(serving.serve(sockets=[listener]))
        await asyncio.wait_for(serving.ready.wait(), PATIENCE)
        try:
            yield Address(listener.getsockname()[1])
        finally:
            serving.should_exit = True
            await task


# --- clients


class Client:
    """A plain WebSocket client of flat frames."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection
        self.passed: list[Frame] = []  # frames that came while another one was awaited

    async def say(self, type: str, **fields: Any) -> None:
        await self.send({"type": type, **fields})

    async def send(self, frame: Any) -> None:
        await self.connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def next(self, patience: float = PATIENCE) -> Frame:
        frame: Frame = json.loads(await asyncio.wait_for(self.connection.recv(), patience))
        return frame

    async def expect(self, type: str, patience: float = PATIENCE, **fields: Any) -> Frame:
        """The next frame of this type that has these fields; those before it are kept in `passed`."""
        async with asyncio.timeout(patience):
            while True:
                frame = await self.next()
                if frame["type"] == type and fields.items() <= frame.items():
                    return frame
                self.passed.append(frame)

    async def ask(self, type: str, **fields: Any) -> Frame:
        """Says something and returns its ack, which comes behind everything that answers it."""
        op = secrets.token_hex(8)
        await self.say(type, **{"op": op, **fields})
        return await self.expect("ack", op=fields.get("op", op))

    async def settle(self) -> list[Frame]:
        """Everything that has come so far: handlers take turns, so a pong comes after all earlier answers."""
        await self.say("ping")
        await self.expect("pong")
        came, self.passed = self.passed, []
        return came

    async def close_code(self) -> int | None:
        """Waits for the server to close."""
        await asyncio.wait_for(self.connection.wait_closed(), PATIENCE)
        return self.connection.close_code

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connection.close()

    def abandon(self) -> None:
        """Goes without a word, as a phone in a tunnel does."""
        self.connection.transport.abort()


async def connect(address: Address, path: str = "/", greeted: bool = True, **options: Any) -> Client:
    """A connected client; at doors that greet with CLIENT_ID the greeting has been read."""
    options = {"open_timeout": PATIENCE} | options
    connection = await websockets.connect(address.ws(path), compression=None, max_size=None, **options)
    client = Client(connection)
    if greeted and path.partition("?")[0] in ("/", "/ws/", "/ws/shopping/"):
        assert (await client.next())["type"] == "CLIENT_ID"
    return client


async def taken_up(client: Client) -> Connection:
    """The server's side of a client that lives in the same process."""
    await client.say("hello")
    told = await client.expect("hello")
    return next(connection for connection in registry.connections.open if connection.id == told["connection"])


class Events:
    """A Socket.IO client that keeps its events in the order they came."""

    def __init__(self, **options: Any) -> None:
        self.http = aiohttp.ClientSession()  # python-socketio leaves one of its own open where it is refused
        self.io = socketio.AsyncClient(reconnection=False, http_session=self.http, **options)
        self.came: asyncio.Queue[tuple[str, tuple[Any, ...]]] = asyncio.Queue()
        self.passed: list[tuple[str, tuple[Any, ...]]] = []
        self.gone = asyncio.Event()
        self.io.on("*", self._hear)
        self.io.on("disconnect", self._lose)

    async def _hear(self, event: str, *arguments: Any) -> None:
        self.came.put_nowait((event, arguments))

    async def _lose(self, *_: Any) -> None:
        self.gone.set()

    async def connect(self, address: Address, transports: list[str] | None = None, **options: Any) -> Self:
        try:
            await self.io.connect(address.http, transports=transports, wait_timeout=PATIENCE, **options)
        except BaseException:
            await self.close()
            raise
        return self

    async def emit(self, event: str, *arguments: Any) -> None:
        await self.io.emit(event, arguments or None)

    async def ask(self, event: str, *arguments: Any) -> Any:
        return await self.io.call(event, arguments or None, timeout=PATIENCE)

    async def expect(self, event: str, patience: float = PATIENCE) -> Any:
        """The payload of the next such event; those before it are kept in `passed`."""
        return (await self.expect_all(event, patience))[0]

    async def expect_all(self, event: str, patience: float = PATIENCE) -> tuple[Any, ...]:
        async with asyncio.timeout(patience):
            while True:
                name, arguments = await self.came.get()
                if name == event:
                    return arguments
                self.passed.append((name, arguments))

    async def settle(self) -> list[tuple[str, tuple[Any, ...]]]:
        """Everything that has come so far, as Client.settle."""
        await self.emit("ping")
        await self.expect("pong")
        came, self.passed = self.passed, []
        return came

    async def __aenter__(self) -> Self:
        return self

    async def close(self) -> None:
        """Waits for the library's own loops too: one that is still polling would open another session."""
        # On the plain road Engine.IO leaves a polling client's last request open until the next ping is due.
        patience = PATIENCE if releases.is_fast("engineio") else 0.5
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self.io.disconnect()
        loops = {task for task in (self.io.eio.read_loop_task, self.io.eio.write_loop_task) if task is not None}
        if loops:
            _, left = await asyncio.wait(loops, timeout=patience)
            for task in left:
                task.cancel()
        await self.io.eio.http.close()
        await self.http.close()

    async def __aexit__(self, *_: object) -> None:
        await self.close()


# --- people and shows of a test's own, which stay: nothing is flushed between socket tests


class Show(NamedTuple):
    """A show and who runs it."""

    stream: Stream
    creator: User

    @property
    def id(self) -> str:
        return str(self.stream.pk)

    @property
    def key(self) -> str:
        return self.stream.room_key


def make_user(role: str = Role.VIEWER, password: str | None = None) -> User:
    name = f"user-{secrets.token_hex(6)}"
    return User.objects.create_user(name, f"{name}@example.org", password, role)


def make_show(live: bool = True, **fields: Any) -> Show:
    creator = make_user(Role.CREATOR)
    stream = Stream.objects.create(creator=creator, title="A show", **fields)
    if live:
        stream.start()
    return Show(stream, creator)


def bearer(user: User) -> dict[str, Any]:
    """Options for `connect`: the user's token as a WebSocket subprotocol."""
    return {"subprotocols": ["vitrine", tokens.access_token(user)]}


async def stall(address: Address, path: str, *frames: str) -> socket.socket:
    """A client that says so much and never reads again."""
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", address.port))
    key = base64.b64encode(os.urandom(16)).decode()
    await loop.sock_sendall(
        client,
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{address.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode(),
    )
    await loop.sock_recv(client, 1024)
    for frame in frames:
        text = frame.encode()
        await loop.sock_sendall(client, bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)  # masked by zeros
    return client
