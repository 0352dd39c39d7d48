"""Wrencos' live messages: flat objects about the one show that is on."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from realtime import wire
from rest import links
from streams.wire.bazaar import Text
from streams.wire.pins import Pin

if TYPE_CHECKING:
    from streams import models

Handle = Annotated[str, msgspec.Meta(max_length=128, pattern=wire.NO_NUL)]  # a client's own id, which is its secret
StreamData = dict[str, Any]
Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Stamp = Annotated[str, msgspec.Meta(max_length=64, pattern=wire.NO_NUL)] | Whole | float | None

MAX_EXTRA = 2048  # bytes of the fields that a chat message carries beside the documented ones
MAX_PINS = 100  # products that one message may name; the first few are pinned

# What a chat message may carry beside its own fields. It is stored as it came, so it nests one level at most.
Kept = Annotated[str, msgspec.Meta(max_length=MAX_EXTRA, pattern=wire.NO_NUL)]
Plain = bool | Whole | float | Kept | None
Extra = dict[Kept, Plain | list[Plain] | dict[Kept, Plain]]


class Register(wire.ClientMessage, tag="register"):
    """A customer comes. A bad token makes them an anonymous one. `resumeToken` is the one that `registered` gave."""

    limit: ClassVar[str] = "join"
    session_id: Handle
    token: wire.Token | None = None
    resume_token: wire.Key | None = None


class RegisterAdmin(wire.ClientMessage, tag="register_admin"):
    """Registers an admin by their token."""

    limit: ClassVar[str] = "join"
    token: wire.Token | None = None


class ShowFacts(msgspec.Struct, rename="camel"):
    """What an admin's page says of the show it starts. The server knows the counts and times by itself."""

    stream_id: wire.Key | int | None = None
    title: Annotated[str, msgspec.Meta(max_length=255, pattern=wire.NO_NUL)] | None = None
    description: Annotated[str, msgspec.Meta(max_length=5000, pattern=wire.NO_NUL)] | None = None
    stream_url: Annotated[str, msgspec.Meta(max_length=1000, pattern=wire.NO_NUL)] | None = None
    quality: Annotated[str, msgspec.Meta(max_length=32, pattern=wire.NO_NUL)] | None = None

    def address(self) -> str:
        """Where the show is to be seen; pages send a mere word such as "webrtc" too. Nothing that a link could run."""
        return self.stream_url if self.stream_url and links.is_stream_or_word(self.stream_url) else ""


class StreamStart(wire.ClientMessage, tag="stream_started"):
    """An admin's page has gone live."""

    limit: ClassVar[str] = "manage"
    stream_data: ShowFacts = msgspec.field(default_factory=ShowFacts)


class StartStream(wire.ClientMessage, tag="start_stream"):
    """Starts the show of this id; only a registered admin may."""

    limit: ClassVar[str] = "manage"
    stream_id: wire.Id


class StopStream(wire.ClientMessage, tag="stop_stream"):
    """Ends the show of this id; only a registered admin may."""

    limit: ClassVar[str] = "manage"
    stream_id: wire.Id


class StreamStop(wire.ClientMessage, tag="stream_stopped"):
    """An admin's page has ended the show. Shipped pages name no show."""

    limit: ClassVar[str] = "manage"
    stream_id: wire.Key | int | None = None


class AdminUpdate(wire.ClientMessage, tag="stream_update"):
    """An admin's page reports its counts. They are relayed, not believed: the server's own counts stay true."""

    limit: ClassVar[str] = "manage"
    viewer_count: Count | None = None
    likes: Count | None = None


class ToggleLike(wire.ClientMessage, tag="toggle_like"):
    """Likes the current show, or takes the like back. The answer lists its `userId`, else its `sessionId`."""

    limit: ClassVar[str] = "like"
    user_id: Handle | Whole | None = None
    session_id: Handle | None = None

    def own_id(self) -> str | int:
        return self.user_id or self.session_id or ""


class SendChat(wire.ClientMessage, tag="chat_message"):
    """Posts in the current show's chat. Other fields are kept and relayed; `isAdmin` is not the client's to set."""

    rest: ClassVar[str | None] = "extra"
    limit: ClassVar[str] = "chat"
    message: Text
    username: wire.Name | None = None
    timestamp: Stamp = None
    is_admin: Any = None
    id: Stamp = None
    extra: Extra = msgspec.field(default_factory=dict)

    def limit_subject(self) -> str:
        return "lobby"

    def kept(self) -> dict[str, Any]:
        """What is shown again as it was sent. Fields of more than MAX_EXTRA bytes together are dropped."""
        own = {key: value for key, value in (("id", self.id), ("timestamp", self.timestamp)) if value is not None}
        return own | self.extra if len(msgspec.json.encode(self.extra)) <= MAX_EXTRA else own


class Pick(msgspec.Struct, rename="camel"):
    product_id: wire.Id
    display_order: int = 0


class UpdatePins(wire.ClientMessage, tag="pinned_products_updated"):
    """Pins exactly these products; only a registered admin may."""

    limit: ClassVar[str] = "manage"
    pinned_products: Annotated[list[Pick], msgspec.Meta(max_length=MAX_PINS)]


class Registered(wire.ServerMessage, tag="registered"):
    """The client is registered. `resumeToken` proves next time that the session is its own."""

    session_id: str
    status: str = "connected"
    resume_token: str | UnsetType = UNSET


class AdminRegistered(wire.ServerMessage, tag="admin_registered"):
    """The client is registered as an admin."""

    user_id: int
    status: str = "connected"


class StreamStarted(wire.ServerMessage, tag="stream_started"):
    """A show has begun, or goes on as a client comes."""

    stream_data: StreamData


class StreamStopped(wire.ServerMessage, tag="stream_stopped"):
    """The show is over."""

    stream_id: str
    stream_data: StreamData


class StreamUpdate(wire.ServerMessage, tag="stream_update"):
    """What has changed of the current show. `likedBy` carries the receiver's own id if they like it."""

    personal: ClassVar[bool] = True
    viewer_count: int | UnsetType = UNSET
    likes: int | UnsetType = UNSET
    liked_by: list[str] | UnsetType = UNSET
    status: str | UnsetType = UNSET


class ChatMessage(wire.ServerMessage, tag="chat_message"):
    """Someone wrote in the chat."""

    rest: ClassVar[str | None] = "extra"
    username: str
    message: str
    timestamp: Stamp
    is_admin: bool
    id: Stamp
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class HistoryMessage(msgspec.Struct, rename={"is_admin": "isAdmin", "id": "_id"}):
    username: str
    message: str
    timestamp: Stamp
    is_admin: bool
    id: Stamp

    @classmethod
    def of(cls, message: "models.ChatMessage") -> "HistoryMessage":
        return cls(
            username=message.name,
            message=message.text,
            timestamp=message.extra.get("timestamp", wire.iso(message.created_at)),
            is_admin=message.by_staff,
            id=message.extra.get("id", str(message.pk)),
        )


class ChatHistory(wire.ServerMessage, tag="chat_history"):
    """The newest messages of the chat, the oldest first."""

    messages: list[HistoryMessage]


class ChatDeleted(wire.ServerMessage, tag="chat_message_deleted"):
    """A chat message was taken back."""

    id: Stamp


class Pinned(wire.ServerMessage, tag="pinned_products_updated"):
    """What the show has pinned now."""

    pinned_products: list[Pin]


def stream_data(stream: "models.Stream", viewers: int, liked_by: list[str]) -> StreamData:
    """The current show, as clients that come late read it."""
    assert stream.started_at is not None
    return {
        "_id": str(stream.pk),
        "streamId": str(stream.pk),
        "title": stream.title,
        "description": stream.description,
        "startTime": wire.iso(stream.started_at),
        "viewerCount": viewers,
        "likes": stream.likes.count(),
        "likedBy": liked_by,
        "streamUrl": stream.stream_url,
        "quality": stream.quality,
        "status": stream.status,
    }
