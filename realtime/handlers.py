"""What an app contributes to a connection: protocol handlers, each of which answers the messages of one protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeVar

from realtime import errors, rooms, wire
from realtime.delivery.outgoing import COME_BACK
from realtime.delivery.subscriptions import Subscription
from realtime.protocol import framing
from realtime.runtime.coalescer import Coalescer

if TYPE_CHECKING:
    from accounts import identity as identities

__all__ = [
    "COME_BACK",
    "FLAT",
    "NESTED",
    "Client",
    "Coalescer",
    "Later",
    "Membership",
    "ProtocolHandler",
    "Reply",
    "Route",
    "Routes",
    "Subscription",
    "on",
    "on_any",
    "on_binary",
]

FLAT, NESTED = framing.FLAT, framing.NESTED  # how a protocol's messages stand on a raw socket

F = TypeVar("F", bound=Callable[..., Any])


class Reply:
    """What a handler answers: messages for the sender alone, and what its ack says beside `ok`."""

    __slots__ = ("ack", "messages")

    def __init__(self, *messages: wire.ServerMessage, **ack: Any) -> None:
        self.messages = messages
        self.ack = ack


class Later:
    """A handler's answer that is given when `outcome` is there, such as a commit: the client is read on meanwhile.

    It is then `reply`, or the refusal that stands for what `outcome` raises. How many may wait of one client is bounded
    by `connections.unanswered`. On Socket.IO a client that asks for an ack is not read on.
    """

    __slots__ = ("outcome", "reply")

    def __init__(self, outcome: asyncio.Future[Any], reply: Reply | None = None) -> None:
        self.outcome, self.reply = outcome, reply or Reply()


class Membership:
    """A room that a connection is in, in one dialect."""

    __slots__ = ("handle", "is_present", "role", "room", "subscription")

    def __init__(self, room: rooms.Room, role: str, subscription: Subscription, handle: str = "") -> None:
        self.room, self.role, self.subscription, self.handle = room, role, subscription, handle
        self.is_present = True  # False once the client answers no pings


class Client(Protocol):
    """What a protocol handler may ask of the client that it serves. A handler keeps it as `self.connection`."""

    id: str
    identity: identities.Identity  # It changes when the client authenticates or declares itself.
    subjects: Mapping[str, str]  # These are the `limits` subjects of this client: connection, identity, address.
    base_url: str  # This is how the client reached the server, as in `https://shop.example`.
    framing: framing.Framing | None  # None where each handler has a framing of its own, as on a raw socket.
    recover: bool  # The client wants each message of a room to carry its position.
    is_unresponsive: bool  # The client answers no pings. Nobody counts it as present until it does.
    is_acked: bool  # The client is told when the message that is being handled has been done.
    closed_by_client: bool  # The client itself ended the connection, rather than its network.
    memberships: dict[tuple[str, str], Membership]  # The keys are (room key, dialect).
    handlers: list[ProtocolHandler]  # These serve the same client.

    def send(self, handler: ProtocolHandler, *messages: wire.ServerMessage) -> None:
        """Writes messages to this client alone; they come before the reply of the handler that is running."""

    async def join(self, room: rooms.Room, handler: ProtocolHandler, handle: str = "") -> Reply:
        """Enters `room`; the client is told everything after the position in the reply's ack, once the reply is out.

        `handle` stands for the id that a client gave itself, in rooms that count such ids. Raises what
        `Room.admits` raises, and RequestRefused `too_many` beyond connection.MAX_ROOMS rooms.
        """

    def stay(self, room: rooms.Room, handler: ProtocolHandler) -> Reply | None:
        """Joins `room` again without leaving it, so that nobody sees the client go; None if it is not in the room."""

    async def leave(self, room: rooms.Room, handler: ProtocolHandler) -> None:
        """Leaves `room`; does nothing if the client is not in it."""

    async def end_dead(self, room: rooms.Room) -> None:
        """Has those leave `room` whose server process has died, of which presence knows only half a minute later.

        A handler calls it where someone who comes back must find their own place.
        """

    async def reach(self, room: rooms.Room, seq: int) -> None:
        """Waits until this process has delivered the event number `seq` of a room that the client is in."""

    async def authenticate(self, token: str) -> None:
        """Makes the client the user whom an access token proves; raises tokens.InvalidToken."""

    async def renew(self, token: str) -> None:
        """Proves anew who the client is; raises tokens.InvalidToken, and RequestRefused for another user's token."""

    async def declare(self, user_id: Any, name: str | None) -> None:
        """Takes the client's word for who it is, which gives it a label but no rights."""

    def count_refusal(self) -> None:
        """Counts a message that was dropped without a word; a client that is refused on and on is cut off (1008)."""

    async def allow_large(self) -> None:
        """Lets this client send messages of up to wire.LARGE_MESSAGE from now on: it has shown that it sends bulk.

        A process takes in only a few such messages at a time; see `realtime.large_messages`.
        """

    async def close(self, code: int) -> None:
        """Closes the socket with a WebSocket close code, behind what has been written already."""


Method = Callable[[Any, Any], Awaitable[Reply | Later | None]]


def on(message: type[wire.ClientMessage]) -> Callable[[F], F]:
    """Marks a method of a protocol handler as the one that answers `message`."""

    def mark(method: F) -> F:
        method.__dict__["receives"] = message
        return method

    return mark


def on_binary(message: type[wire.ClientMessage]) -> Callable[[F], F]:
    """As `on`, for a message with a field of bytes; raises TypeError for one without."""
    if message.binary is None:
        raise TypeError(f"{message.__name__} has no field of bytes")
    return on(message)


def on_any(message: type[wire.AnyMessage]) -> Callable[[F], F]:
    """Marks the method that answers what no protocol of the endpoint declares, where `ProtocolHandler.takes` it."""
    return on(message)


class ProtocolHandler:
    """One protocol's side of a connection: its messages, its framing and its words. Each connection has its own."""

    vocabulary: ClassVar[ModuleType]  # The wire module that declares all messages of this protocol.
    dialect: ClassVar[str]  # Rooms that are joined through this handler render their events in this dialect.
    framing: ClassVar[framing.Framing] = framing.FLAT  # It counts on a raw socket; on Socket.IO all are events.

    def __init__(self, client: Client) -> None:
        self.connection = client

    async def opened(self) -> None:
        """Runs once the connection has been accepted."""

    async def closed(self) -> None:
        """Runs once the connection is gone and has left its rooms."""

    async def became_unresponsive(self) -> None:
        """Runs once the client has answered no pings for a while, and is not present in its rooms any more."""

    async def became_responsive(self) -> None:
        """Runs once an unresponsive client has answered a ping, and is present in its rooms again."""

    def limit_room(self, message: wire.ClientMessage) -> str:
        """The id of the room that `message` is for, where limits per room count it; empty where it is for none."""
        return message.limit_subject()

    async def rejoin(self, room: rooms.Room) -> Reply:
        """Enters a room again for a client that resumes it; a handler that joins rooms its own way overrides it."""
        return await self.connection.join(room, self)

    def takes(self, name: str) -> bool:
        """Whether a message that no protocol declares is this one's, for a method that is marked by `on_any`."""
        return False

    def refuse(self, refusal: errors.RequestRefused) -> wire.ServerMessage | None:
        """Returns the message by which this protocol says that something was not done, or None for silence."""
        return None

    def goodbye(self) -> wire.ServerMessage | None:
        """Returns the message by which this protocol says that the server is about to stop, or None for silence."""
        return None

    def expired(self) -> wire.ServerMessage | None:
        """Returns the message by which this protocol says that the client is a guest again, or None for silence.

        That is when the token, or the page's session, has expired that proved who it was.
        """
        return None

    def unknown(self, name: str | None) -> wire.ServerMessage | None:
        """Returns this protocol's answer to a message of an unknown `name` (None: it had none), or None for silence.

        A frame that belongs to another protocol by the look of its name is to be answered with silence.
        """
        return None

    def malformed(self, detail: str) -> wire.ServerMessage | None:
        """Returns this protocol's answer to a frame that cannot be decoded, or None for silence."""
        return None


class Route(NamedTuple):
    """Where messages of one class go."""

    handler: int  # the index of the handler in the connection's list
    message: type[wire.ClientMessage]
    method: Method


class Routes:
    """Which handler receives what. It is made once per consumer class, so that an ambiguity fails at start."""

    def __init__(self, protocols: Iterable[type[ProtocolHandler]]) -> None:
        """Raises TypeError where two messages have one name and no discriminator tells them apart."""
        self.protocols = tuple(protocols)
        self.by_name: dict[str, list[Route]] = {}
        for index, protocol in enumerate(self.protocols):
            for method in _methods(protocol):
                message: type[wire.ClientMessage] = method.receives  # type: ignore[attr-defined]
                self.by_name.setdefault(message.wire_name(), []).append(Route(index, message, method))
        for name, routes in self.by_name.items():
            routes.sort(key=lambda route: route.message.discriminator is None)
            if sum(route.message.discriminator is None for route in routes) > 1:
                raise TypeError(f"two handlers receive {name} and nothing tells their messages apart")
        self.any = next(iter(self.by_name.get(wire.ANY, [])), None)

    def find(self, name: str, has: Callable[[str], bool]) -> Route | None:
        """The route of message `name`; `has(field)` says whether the payload has a field, where two share the name."""
        routes = self.by_name.get(name, []) if name != wire.ANY else []
        for route in routes:
            discriminator = route.message.discriminator
            if discriminator is None or len(routes) == 1 or has(discriminator):
                return route
        return None


def _methods(protocol: type[ProtocolHandler]) -> list[Method]:
    names = dict.fromkeys(name for cls in reversed(protocol.__mro__) for name in vars(cls))
    return [method for name in names if hasattr(method := getattr(protocol, name), "receives")]
