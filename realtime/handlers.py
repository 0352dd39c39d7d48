"""What an app contributes to a connection: the messages it hears, each with its handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from realtime import errors, rooms, wire
from realtime.protocol import framing

if TYPE_CHECKING:
    from realtime.connections.connection import Connection

F = TypeVar("F", bound=Callable[..., Any])


class Reply:
    """What a handler answers: messages for the caller alone, and what its ack says beside `ok`."""

    __slots__ = ("ack", "messages")

    def __init__(self, *messages: wire.ServerMessage, **ack: Any) -> None:
        self.messages = messages
        self.ack = ack


Method = Callable[[Any, Any], Awaitable[Reply | None]]


def on(heard: type[wire.ClientMessage]) -> Callable[[F], F]:
    """Marks a part's method as the handler of one message."""

    def mark(method: F) -> F:
        method.__dict__["hears"] = heard
        return method

    return mark


class ProtocolHandler:
    """One protocol's share of a connection. A new one is made for each connection."""

    vocabulary: ClassVar[ModuleType]  # the wire module that declares all it hears and says
    dialect: ClassVar[str]  # which of a record's renderings this part's rooms are told in
    framing: ClassVar[framing.Framing] = framing.FLAT  # on a raw socket; on Socket.IO everything is an event

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def opened(self) -> None:
        """The connection has been accepted."""

    async def closed(self) -> None:
        """The connection is gone. Rooms that were joined have been left already."""

    async def rejoin(self, room: rooms.Room) -> Reply:
        """Enters a room again for a client that resumes it; a part that enters rooms its own way does so here too."""
        return await self.connection.join(room, self)

    def refuse(self, refusal: errors.RequestRefused) -> wire.ServerMessage | None:
        """How this protocol says that something was not done; None is its silence."""
        return None

    def farewell(self) -> wire.ServerMessage | None:
        """What this protocol says when the server is about to go; None is its silence."""
        return None

    def unknown(self, name: str | None) -> wire.ServerMessage | None:
        """What this protocol says to a message that it does not know; None is its silence."""
        return None

    def malformed(self, detail: str) -> wire.ServerMessage | None:
        """What this protocol says to a frame that cannot be read; None is its silence."""
        return None


class Route(NamedTuple):
    """Where a message of one name goes."""

    handler: int  # which of the connection's handlers takes it
    message: type[wire.ClientMessage]
    method: Method


class Routes:
    """Which part hears what, found out once per consumer class; an ambiguity fails at start."""

    def __init__(self, parts: Iterable[type[ProtocolHandler]]) -> None:
        self.by_name: dict[str, list[Route]] = {}
        for index, part in enumerate(parts):
            for handler in _handlers(part):
                heard: type[wire.ClientMessage] = handler.hears  # type: ignore[attr-defined]
                self.by_name.setdefault(heard.wire_name(), []).append(Route(index, heard, handler))
        for name, routes in self.by_name.items():
            routes.sort(key=lambda route: route.message.when is None)
            if sum(route.message.when is None for route in routes) > 1:
                raise TypeError(f"two parts hear {name} and nothing tells their messages apart")

    def find(self, name: str, has: Callable[[str], bool]) -> Route | None:
        """The route of message `name`, whose payload can be asked for a field where two messages share a name."""
        routes = self.by_name.get(name, [])
        for route in routes:
            if route.message.when is None or len(routes) == 1 or has(route.message.when):
                return route
        return None


def _handlers(part: type[ProtocolHandler]) -> list[Method]:
    names = dict.fromkeys(name for cls in reversed(part.__mro__) for name in vars(cls))
    return [method for name in names if hasattr(method := getattr(part, name), "hears")]
