"""The base of every message class: what clients may say to us, and what we say to them."""

import functools
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec

from rest import times

KIB = 1024

# Types that carry their own bounds. PostgreSQL refuses NUL in text, and half a surrogate pair is no UTF-8.
NO_NUL = r"\A[^\x00\ud800-\udfff]*\Z"
Key = Annotated[str, msgspec.Meta(max_length=64, pattern=NO_NUL)]
Name = Annotated[str, msgspec.Meta(max_length=150, pattern=NO_NUL)]
Line = Annotated[str, msgspec.Meta(max_length=500, pattern=NO_NUL)]
Token = Annotated[str, msgspec.Meta(max_length=4096, pattern=NO_NUL)]
Id = UUID

iso = times.iso


class Message(msgspec.Struct, tag_field="type", rename="camel"):
    """A message by its wire name (the struct's tag): camelCase on the wire, snake_case here.

    A payload that has a `type` of its own declares it as its first field, `kind`: the flat framing says `kind`,
    Socket.IO says `type`. A payload that is no object is declared as one field, named in `bare`; the flat framing
    calls it `data`. A payload that may carry fields beside the declared ones keeps them in the field named in `rest`.
    One whose keys are its sender's own is the one field named in `whole`; the nested framing takes it as it is.
    """

    bare: ClassVar[str | None] = None
    rest: ClassVar[str | None] = None
    whole: ClassVar[str | None] = None

    @classmethod
    def wire_name(cls) -> str:
        return str(cls.__struct_config__.tag)

    @classmethod
    @functools.cache
    def has_kind(cls) -> bool:
        return "kind" in cls.__struct_fields__

    @classmethod
    @functools.cache
    def bare_key(cls) -> str | None:
        """The wire's name of the field that may stand alone."""
        names = dict(zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True))
        return names[cls.bare] if cls.bare else None


class ClientMessage(Message, kw_only=True):
    """What a client says. `op` is the client's own id of this message: what it makes or changes for good is not done
    twice where it comes again. What is only shown and counted (reactions, clicks) is counted each time.
    """

    max_bytes: ClassVar[int] = 64 * KIB  # of one encoded message; above it the socket is closed with 1009
    limit: ClassVar[str] = "message"  # which of settings.LIMITS it counts against, beside "message"
    paced: ClassVar[bool] = False  # True: its part keeps the pace itself, and no limit is applied here
    when: ClassVar[str | None] = None  # the field that tells this message from another of the same name

    op: Key | None = None

    def place(self) -> str:
        """Whom its room limit counts for: the thing this message is about."""
        return ""


PERSONAL_SLOT = (
    "\x00own"  # stands in a personal message where each receiver reads what is its own; no client can send it
)


class ServerMessage(Message):
    """What the server says. A `personal` message may hold PERSONAL_SLOT in a list."""

    personal: ClassVar[bool] = False


class Position(msgspec.Struct, frozen=True, rename="camel"):
    """A place in a room's log: everything up to and including `seq` has been seen."""

    room: str
    seq: int
    epoch: str


class Hello(ClientMessage, tag="hello"):
    """Sets how this connection is spoken to: with `recover`, messages of rooms carry `room`, `seq` and `epoch`."""

    recover: bool = False


class Welcome(ServerMessage, tag="hello"):
    connection: str
    recover: bool


class RoomPosition(ServerMessage, tag="room"):
    """Where the log of a just-joined room stands, for a client that asked for no ack."""

    room: str
    seq: int
    epoch: str


class Error(ServerMessage, tag="error"):
    """A refusal by the house itself, in the words that Wrencos' clients know."""

    message: str


class Ping(ClientMessage, tag="ping"):
    """An application's own heartbeat, for clients that can't see WebSocket pings."""


class Pong(ServerMessage, tag="pong"):
    pass


def check_can_be_told(value: Any) -> None:
    """Raises ValueError for a value with text in it that is no Unicode and could not be written."""
    msgspec.json.encode(value)


def plain(message: msgspec.Struct) -> dict[str, Any]:
    """A message's fields as they stand on the wire, without its name."""
    fields: dict[str, Any] = msgspec.to_builtins(message)
    fields.pop("type", None)
    return fields | fields.pop(message.rest) if isinstance(message, Message) and message.rest else fields
