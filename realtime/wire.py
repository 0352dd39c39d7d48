"""The base classes of all messages, bounded types for their fields, and the messages of the core handler."""

import functools
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

import msgspec

from rest import times

KIB = 1024
MIB = 1024 * KIB

# Bytes of one WebSocket message, Socket.IO packet or polling body. A longer one closes the connection with 1009.
MAX_MESSAGE = 256 * KIB
# The same of a connection that may send bulk: see `handlers.Client.allow_large`.
LARGE_MESSAGE = 8 * MIB + 64 * KIB

# These types carry their bounds. PostgreSQL refuses NUL in text, and half a surrogate pair cannot be UTF-8.
NO_NUL = r"\A[^\x00\ud800-\udfff]*\Z"
Key = Annotated[str, msgspec.Meta(max_length=64, pattern=NO_NUL)]
Name = Annotated[str, msgspec.Meta(max_length=150, pattern=NO_NUL)]
ChatText = Annotated[str, msgspec.Meta(max_length=500, pattern=NO_NUL)]
Token = Annotated[str, msgspec.Meta(max_length=4096, pattern=NO_NUL)]
Id = UUID

iso = times.iso


class Message(msgspec.Struct, tag_field="type", rename="camel"):
    """A message; the struct's tag is its name on the wire, where fields are camelCase. See `protocol.framing`.

    - A payload that has a `type` of its own declares it as its first field, `kind`: the flat framing writes `kind`,
      Socket.IO writes `type`.
    - A payload that is not an object is declared as one field, named in `bare`; the flat framing calls it `data`.
    - A payload that may carry undeclared fields keeps them in the field named in `rest`.
    - A payload whose keys its sender chooses is the one field named in `whole`, as the nested framing takes it.
    - Bytes stand in the field named in `binary`, which has a default: an attachment of a Socket.IO event, or what is
      behind the header of a binary frame (`protocol.bulk`). No other message takes any.
    - JSON that is passed on as it came is the field of msgspec.Raw named in `raw`.
    - All arguments of a Socket.IO event, of which the first alone is the payload, stand in the list named in
      `arguments`.
    """

    bare: ClassVar[str | None] = None
    binary: ClassVar[str | None] = None
    raw: ClassVar[str | None] = None
    arguments: ClassVar[str | None] = None
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
        """The wire name of the field that may be the whole payload."""
        names = dict(zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True))
        return names[cls.bare] if cls.bare else None


class ClientMessage(Message, kw_only=True):
    """A message that clients send.

    `op` is an idempotency key that the client chooses: what the message makes or changes for good is not done twice
    where it comes again. What is only shown and counted (reactions, clicks) is counted each time.
    """

    max_bytes: ClassVar[int] = 64 * KIB  # A longer encoded message is refused as `too_big`.
    limit: ClassVar[str] = "message"  # It counts against this one of settings.LIMITS, beside "message".
    throttled_by_handler: ClassVar[bool] = False  # The handler applies the limits itself.
    discriminator: ClassVar[str | None] = None  # This field, on the wire, tells it from another message of its name.

    op: Key | None = None

    def limit_subject(self) -> str:
        """The id of the thing that this message is about, for which a limit per `room` counts."""
        return ""


ANY = "*"  # the wire name of a message that stands for all names which no protocol declares


class AnyMessage(ClientMessage):
    """A message of any name, for a protocol that takes every one: see `handlers.on_any`. Its tag is ANY."""

    arguments: ClassVar[str | None] = "args"

    name: Key
    args: list[Any] = []


# It stands in a personal message where each receiver reads its own value. No client can send it: NUL is refused.
PERSONAL_SLOT = "\x00own"


class ServerMessage(Message):
    """A message that the server sends. A `personal` one may hold PERSONAL_SLOT in a list.

    `additions` are fields that only clients hear who have said hello: the others know the documented shape alone.
    """

    personal: ClassVar[bool] = False
    additions: ClassVar[tuple[str, ...]] = ()

    def without_additions(self) -> Self:
        unset = dict.fromkeys(self.additions, msgspec.UNSET)
        return msgspec.structs.replace(self, **unset) if unset else self


class Position(msgspec.Struct, frozen=True, rename="camel"):
    """A position in a room's log: everything up to and including `seq` has been seen."""

    room: str
    seq: int
    epoch: str


class Hello(ClientMessage, tag="hello"):
    """Sets how this connection is spoken to: with `recover`, messages of rooms carry `room`, `seq` and `epoch`."""

    recover: bool = False


class Welcome(ServerMessage, tag="hello"):
    """The answer to hello: the connection's id, and how it is spoken to."""

    connection: str
    recover: bool


class RoomPosition(ServerMessage, tag="room"):
    """Where the log of a just-joined room stands, for a client that asked for no ack."""

    room: str
    seq: int
    epoch: str


class Error(ServerMessage, tag="error", omit_defaults=True):
    """A refusal, or a frame that could not be read, on the flat socket.

    With the `code` `expired` it answers nothing: the client's token has expired, and it is a guest until it sends
    `renew`. Rooms that are not for guests have been left.
    """

    message: str
    code: str | None = None


class Renew(ClientMessage, tag="renew"):
    """Proves with a new access token of the same user who this connection is, before the old one expires or after.

    Rooms that were left as a guest are to be joined again.
    """

    max_bytes: ClassVar[int] = 8 * KIB
    limit: ClassVar[str] = "join"
    token: Token


class Renewed(ServerMessage, tag="renewed"):
    """The connection is proved until then."""

    expires_at: str | None


class Ping(ClientMessage, tag="ping"):
    """An application's own heartbeat, for clients that can't see WebSocket pings."""


class Pong(ServerMessage, tag="pong"):
    """The answer to a ping."""


def check_can_be_told(value: Any) -> None:
    """Raises ValueError for a value that holds text which cannot be encoded, such as half a surrogate pair."""
    msgspec.json.encode(value)


def plain(message: msgspec.Struct) -> dict[str, Any]:
    """A message's fields as they are on the flat socket, without its name."""
    fields: dict[str, Any] = msgspec.to_builtins(message)
    fields.pop("type", None)
    return fields | fields.pop(message.rest) if isinstance(message, Message) and message.rest else fields
