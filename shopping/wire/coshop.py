"""Shop with Friends' messages, and those that we have added to its protocol."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import msgspec
from django.conf import settings

from realtime import wire
from shopping import bounds
from shopping.wire.goods import Cart, CartItem

if TYPE_CHECKING:
    from shopping import models

MAX_SDP = 64 * wire.KIB  # A session description may have this many bytes.
TRANSIENT = ("CURSOR_MOVE", "SCROLL_REQUEST")  # Only the newest of these event types counts: they are not logged.

UserName = Annotated[str, msgspec.Meta(max_length=1000, pattern=wire.NO_NUL)]  # What is too long to show is cut.
OpId = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=wire.NO_NUL)]


def epoch_ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def now_ms() -> int:
    return int(time.time() * 1000)


# --- what clients send


class CreateSession(wire.ClientMessage, tag="CREATE_SESSION"):
    """Opens a session, of which the sender is the host."""

    limit: ClassVar[str] = "party"
    metadata: dict[str, Any] | None = None
    user_name: UserName | None = None

    def __post_init__(self) -> None:
        wire.check_can_be_told(self.metadata)


class JoinSession(wire.ClientMessage, tag="JOIN_SESSION"):
    """Joins a session, again after a reconnect."""

    limit: ClassVar[str] = "join"
    session_id: wire.Key
    user_name: UserName | None = None


class LeaveSession(wire.ClientMessage, tag="LEAVE_SESSION"):
    """Leaves the session."""

    session_id: wire.Key | None = None


class Sync(wire.ClientMessage, tag="SYNC_EVENT"):
    """An event for the other participants, in whatever fields the client chooses; `eventType` says what it is.

    One of more than 16 KiB reaches those who are there and nobody later: its ack has no `seq`.
    """

    throttled_by_handler: ClassVar[bool] = True
    limit: ClassVar[str] = "sync"
    whole: ClassVar[str | None] = "payload"
    payload: dict[str, Any]

    def __post_init__(self) -> None:
        if bounds.depth(self.payload) > bounds.MAX_DEPTH:
            raise ValueError("The payload is nested too deeply")
        wire.check_can_be_told(self.payload)

    @property
    def event_type(self) -> str:
        said = self.payload.get("eventType")
        return said if isinstance(said, str) else ""


class SendSignal(wire.ClientMessage, tag="WEBRTC_SIGNAL"):
    """A WebRTC signal for one other participant. It is dropped silently where `targetId` is missing or unknown."""

    max_bytes: ClassVar[int] = 128 * wire.KIB
    throttled_by_handler: ClassVar[bool] = True
    limit: ClassVar[str] = "relay"
    target_id: Any = None
    signal: Any = None

    def __post_init__(self) -> None:
        sdp = self.signal.get("sdp") if isinstance(self.signal, dict) else None
        if isinstance(sdp, str) and len(sdp.encode()) > MAX_SDP:
            raise ValueError(f"The description must be at most {MAX_SDP // wire.KIB} KiB")
        if bounds.depth(self.signal) > bounds.MAX_DEPTH:
            raise ValueError("The signal is nested too deeply")
        wire.check_can_be_told(self.signal)


class Heartbeat(wire.ClientMessage, tag="HEARTBEAT"):
    """Says that the client is there; the session lives on."""

    whole: ClassVar[str | None] = "payload"
    payload: Any = None


class CartChange(msgspec.Struct, rename="camel", kw_only=True):
    """One operation on the cart. `qty` may be left out to remove all of a product.

    `variantId` is demanded of a product that has variants. `confirm` agrees to a price that has changed: `price` is
    the item's `unitPrice` as it was seen.
    """

    op_id: OpId
    op: Literal["add", "remove", "set", "confirm"]
    product_id: Any = None
    qty: Any = None
    variant_id: Any = None
    price: Any = None


class CartOp(wire.ClientMessage, tag="CART_OP"):
    """Changes the shared cart. The payload has an `op` of its own; the message's idempotency key stands beside it."""

    limit: ClassVar[str] = "cart"
    whole: ClassVar[str | None] = "payload"
    payload: CartChange


class CastVote(wire.ClientMessage, tag="VOTE", kw_only=True):
    """Votes for a product of the shared cart: 1, -1, or 0 to take the vote back."""

    limit: ClassVar[str] = "cart"
    product_id: Any = None
    value: Literal[1, -1, 0]


class TransferHost(wire.ClientMessage, tag="HOST_TRANSFER"):
    """Makes another participant the host; only the host may."""

    limit: ClassVar[str] = "manage"
    user_id: wire.Key


class RemoveParticipant(wire.ClientMessage, tag="REMOVE_PARTICIPANT"):
    """Removes someone from the session; only the host may."""

    limit: ClassVar[str] = "manage"
    user_id: wire.Key


# --- what the server sends


class ClientId(wire.ServerMessage, tag="CLIENT_ID"):
    """The first frame of every raw connection; it tells the client the id by which the others know it."""

    client_id: str


class SessionCreated(wire.ServerMessage, tag="SESSION_CREATED"):
    """The session that the client asked for."""

    session_id: str
    invite_link: str
    expires_at: int

    @classmethod
    def of(cls, session: "models.ShoppingSession", site: str) -> "SessionCreated":
        """`site` is the address at which the client reached this server; links have it where APP_URL is not set."""
        link = f"{settings.APP_URL.rstrip('/') or site}/join/{session.pk}"
        return cls(session_id=session.pk, invite_link=link, expires_at=epoch_ms(session.expires_at))


class SessionJoined(wire.ServerMessage, tag="SESSION_JOINED"):
    """The participants are plain ids, because shipped clients call every participant that comes as an object."""

    session_id: str
    participants: list[str]


class SessionLeft(wire.ServerMessage, tag="SESSION_LEFT", omit_defaults=True):
    """The client has left the session."""

    session_id: str
    reason: str | None = None


class ParticipantJoined(wire.ServerMessage, tag="PARTICIPANT_JOINED"):
    """Someone has joined the session."""

    user_id: str
    user_name: str


class ParticipantLeft(wire.ServerMessage, tag="PARTICIPANT_LEFT", omit_defaults=True):
    """Someone has left the session."""

    user_id: str
    reason: str | None = None


class HostChanged(wire.ServerMessage, tag="HOST_CHANGED"):
    """Another participant is the host now."""

    user_id: str


class Synced(wire.ServerMessage, tag="SYNC_EVENT"):
    """What another participant sent, with `sourceId` and `timestamp`."""

    whole: ClassVar[str | None] = "payload"
    payload: dict[str, Any]


class Signaled(wire.ServerMessage, tag="WEBRTC_SIGNAL"):
    """A WebRTC signal of another participant."""

    source_id: str
    signal: Any


class HeartbeatAck(wire.ServerMessage, tag="HEARTBEAT_ACK"):
    """The answer to a heartbeat."""

    timestamp: int


class Error(wire.ServerMessage, tag="ERROR"):
    """A refusal."""

    message: str


class Participant(msgspec.Struct, rename="camel"):
    user_id: str
    user_name: str

    @classmethod
    def of(cls, participant: "models.Participant") -> "Participant":
        return cls(user_id=participant.user_id, user_name=participant.name)


class CartState(wire.ServerMessage, tag="CART_STATE"):
    """The shared cart as it is now."""

    items: list[CartItem]
    total: int
    currency: str
    count: int

    @classmethod
    def of(cls, cart: Cart) -> "CartState":
        return cls(items=cart.items, total=cart.total, currency=cart.currency, count=cart.count)


class Tally(msgspec.Struct, rename="camel"):
    product_id: str
    up: int
    down: int


class VoteState(wire.ServerMessage, tag="VOTE_STATE"):
    """The votes for a product as they are now."""

    product_id: str
    up: int
    down: int


class SessionState(wire.ServerMessage, tag="SESSION_STATE"):
    """A session as it is now, for a participant who has just joined."""

    session_id: str
    host: str
    participants: list[Participant]
    metadata: dict[str, Any]
    expires_at: int
    show_id: str | None
    cart: Cart
    votes: list[Tally]
