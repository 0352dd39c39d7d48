"""Clients of several kinds that say and hear the same: events with payloads, as Socket.IO has them."""

import asyncio
import base64
import itertools
import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from tests import sockets

HERE = Path(__file__).resolve().parent

Fits = Callable[[Any], bool]


class Visitor(ABC):
    """Someone at a show."""

    @classmethod
    @abstractmethod
    async def arrive(cls, address: sockets.Address, token: str = "") -> Self: ...

    @abstractmethod
    async def ask(self, event: str, payload: Any = None) -> Any:
        """The ack of an event."""

    @abstractmethod
    async def hear(self, event: str) -> Any:
        """The payload of the next such event."""

    @abstractmethod
    async def go(self) -> None:
        """Leaves and closes."""

    async def expect(self, event: str, fits: Fits = lambda _: True) -> Any:
        """The payload of the next such event that fits."""
        async with asyncio.timeout(sockets.PATIENCE):
            while not fits(payload := await self.hear(event)):
                pass
        return payload


class SocketIO(Visitor):
    """python-socketio's client."""

    transports: list[str]

    def __init__(self, client: sockets.Events) -> None:
        self.client = client

    @classmethod
    async def arrive(cls, address: sockets.Address, token: str = "") -> Self:
        client = sockets.Events()
        await client.connect(address, cls.transports, auth={"token": token} if token else None)
        assert client.io.transport() == cls.transports[-1]
        return cls(client)

    async def ask(self, event: str, payload: Any = None) -> Any:
        return await self.client.ask(event, *([] if payload is None else [payload]))

    async def hear(self, event: str) -> Any:
        return await self.client.expect(event)

    async def go(self) -> None:
        await self.client.close()


class Upgrading(SocketIO):
    """Polls first and goes on over WebSocket, as most libraries do."""

    transports = ["polling", "websocket"]


class OverWebSocket(SocketIO):
    transports = ["websocket"]


class OverPolling(SocketIO):
    transports = ["polling"]


class Plain(Visitor):
    """A WebSocket of flat frames."""

    def __init__(self, client: sockets.Client) -> None:
        self.client = client

    @classmethod
    async def arrive(cls, address: sockets.Address, token: str = "") -> Self:
        options: dict[str, Any] = {"subprotocols": ["vitrine", token]} if token else {}
        return cls(await sockets.connect(address, **options))

    async def ask(self, event: str, payload: Any = None) -> Any:
        fields = dict(payload) if isinstance(payload, dict) else {} if payload is None else {"data": payload}
        if "type" in fields:
            fields["kind"] = fields.pop("type")
        data = fields.get("data")
        if isinstance(data, bytes):
            return await self._ask_with_bytes(event, data, fields)
        return await self.client.ask(event, **fields)

    async def _ask_with_bytes(self, event: str, data: bytes, fields: dict[str, Any]) -> Any:
        """As a binary frame: the length of its header, the header, and the bytes."""
        del fields["data"]
        header = json.dumps({"type": event, "op": "bytes", **fields}).encode()
        await self.client.send(len(header).to_bytes(4, "big") + header + data)
        return await self.client.expect("ack", op="bytes")

    async def hear(self, event: str) -> Any:
        for frame in self.client.passed:
            if frame["type"] == event:
                self.client.passed.remove(frame)
                break
        else:
            frame = await self.client.expect(event)
        fields = {key: value for key, value in frame.items() if key != "type"}
        if "kind" in fields:
            fields["type"] = fields.pop("kind")
        return fields["data"] if set(fields) == {"data"} else fields

    async def go(self) -> None:
        await self.client.connection.close()


class Node(Visitor):
    """The JavaScript client that browsers load, run by Node and told by lines of JSON what to do."""

    transports = ["polling", "websocket"]
    reconnection = False

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.events: dict[str, asyncio.Queue[Any]] = {}
        self.acks: dict[int, asyncio.Future[Any]] = {}
        self.numbers = itertools.count(1)
        self.reading = asyncio.create_task(self._read())

    @classmethod
    async def arrive(cls, address: sockets.Address, token: str = "") -> Self:
        skip_without_node()
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec("node", HERE / "client.js", stdin=pipe, stdout=pipe)
        visitor = cls(process)
        options: dict[str, Any] = {"transports": cls.transports, "reconnection": cls.reconnection}
        if token:
            options["auth"] = {"token": token}
        await visitor._tell({"connect": address.http, "options": options})
        await visitor.expect("connect")
        return visitor

    async def _tell(self, order: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order, default=_bytes).encode() + b"\n")
        await self.process.stdin.drain()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            said = json.loads(line)
            if "ack" in said:
                self.acks.pop(said["ack"]).set_result(said["data"])
            else:
                self._queue(said["event"]).put_nowait(said["data"])

    def _queue(self, event: str) -> asyncio.Queue[Any]:
        return self.events.setdefault(event, asyncio.Queue())

    async def ask(self, event: str, payload: Any = None) -> Any:
        number = next(self.numbers)
        ack = self.acks[number] = asyncio.get_running_loop().create_future()
        await self._tell({"emit": event, "arguments": [] if payload is None else [payload], "number": number})
        return await asyncio.wait_for(ack, sockets.PATIENCE)

    async def hear(self, event: str) -> Any:
        return await asyncio.wait_for(self._queue(event).get(), sockets.PATIENCE)

    async def go(self) -> None:
        await self._tell({"close": True})
        await asyncio.wait_for(self.process.wait(), sockets.PATIENCE)
        await self.reading


def _bytes(data: bytes) -> dict[str, str]:
    """Bytes as client.js reads them."""
    return {"$bytes": base64.b64encode(data).decode()}


def skip_without_node() -> None:
    if shutil.which("node") is None:
        pytest.skip("needs Node.js")
    if not (HERE / "node_modules" / "socket.io-client").exists():
        pytest.skip("needs socket.io-client: cd tests/journeys && npm ci")
