"""A small protocol of bytes, of any names, and of a door that opens wider."""

import asyncio
import hashlib
from typing import Any, ClassVar

import msgspec

from realtime import consumers, errors, handlers, wire
from realtime.connections import core


class Blob(wire.ClientMessage, tag="blob"):
    max_bytes: ClassVar[int] = wire.LARGE_MESSAGE - wire.KIB
    binary: ClassVar[str | None] = "data"
    label: wire.Key | None = None
    data: bytes | None = None


class Small(wire.ClientMessage, tag="small"):
    max_bytes: ClassVar[int] = wire.KIB
    binary: ClassVar[str | None] = "data"
    data: bytes | None = None


class Passed(wire.ClientMessage, tag="passed"):
    raw: ClassVar[str | None] = "content"
    content: msgspec.Raw


class Waiting(wire.ClientMessage, tag="waiting"):
    """Is answered when the test says so."""

    outcomes: ClassVar[list[asyncio.Future[None]]] = []
    padding: str = ""


class OpenUp(wire.ClientMessage, tag="open-up"):
    """Opens the door."""


class Anything(wire.AnyMessage, tag=wire.ANY):
    """Any other message, of a client that has opened the door."""


class Sorry(wire.ServerMessage, tag="sorry"):
    code: str


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Bulk(handlers.ProtocolHandler):
    dialect = "bulk"
    is_open = False

    @handlers.on_binary(Blob)
    async def blob(self, message: Blob) -> handlers.Reply:
        data = message.data or b""
        return handlers.Reply(label=message.label, size=len(data), digest=digest(data))

    @handlers.on_binary(Small)
    async def small(self, message: Small) -> handlers.Reply:
        return handlers.Reply(size=len(message.data or b""))

    @handlers.on(Passed)
    async def passed(self, message: Passed) -> handlers.Reply:
        return handlers.Reply(content=bytes(message.content).decode())

    @handlers.on(Waiting)
    async def waiting(self, message: Waiting) -> handlers.Later:
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        Waiting.outcomes.append(outcome)
        return handlers.Later(outcome, handlers.Reply(said=len(Waiting.outcomes)))

    @handlers.on(OpenUp)
    async def open_up(self, message: OpenUp) -> None:
        self.is_open = True
        await self.connection.allow_large()

    @handlers.on_any(Anything)
    async def anything(self, message: Anything) -> handlers.Reply:
        return handlers.Reply(name=message.name, args=message.args, acked=self.connection.is_acked)

    def takes(self, name: str) -> bool:
        return self.is_open and not name.isupper()

    def refuse(self, refusal: errors.RequestRefused) -> Sorry:
        return Sorry(code=refusal.code)


class Endpoint(consumers.SocketConsumer):
    protocols = (core.CoreHandler, Bulk)


def framed(header: bytes, data: bytes, length: int | None = None) -> bytes:
    """A binary message: the length of its header, the header, and bytes."""
    return (len(header) if length is None else length).to_bytes(4, "big") + header + data


async def raw(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The endpoint on raw sockets; who connects has proved nothing."""
    await Endpoint()({**scope, "visitor": "0" * 32}, receive, send)
