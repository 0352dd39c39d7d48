"""What the shop says on sockets, and hears: Shop with Friends' words, and what was added to them."""

import time
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from django.conf import settings

from realtime import wire
from shopping import models
from shopping.models import session as sessions

SDP = 64 * wire.KIB  # bytes of a description of media
PASSING = ("CURSOR_MOVE", "SCROLL_REQUEST")  # of which only the newest counts: neither logged nor resumed

UserName = Annotated[str, msgspec.Meta(max_length=1000, pattern=wire.NO_NUL)]  # cut to what is shown
OpId = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=wire.NO_NUL)]


def epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def now_ms() -> int:
    return int(time.time() * 1000)


class Product(msgspec.Struct, rename="camel", kw_only=True):
    """A product as every protocol's clients read it, over REST too. Decimals are strings, as documented for reads."""

    id: str
    name: str
    description: str
    price: str
    original_price: str | None
    currency: str
    category: str
    in_stock: bool
    image_url: str | None
    seller_id: int | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, product: models.Product) -> "Product":
        return cls(
            id=str(product.pk),
            name=product.name,
            description=product.description,
            price=str(product.price),
            original_price=None if product.original_price is None else str(product.original_price),
            currency=product.currency,
            category=product.category,
            in_stock=product.in_stock,
            image_url=product.image_url,
            seller_id=product.seller_id,
            created_at=wire.iso(product.created_at),
            updated_at=wire.iso(product.updated_at),
        )


# --- what clients say


class CreateSession(wire.ClientMessage, tag="CREATE_SESSION"):
    limit: ClassVar[str] = "party"
    metadata: dict[str, Any] | None = None
    user_name: UserName | None = None

    def __post_init__(self) -> None:
        wire.check_can_be_told(self.metadata)


class JoinSession(wire.ClientMessage, tag="JOIN_SESSION"):
    limit: ClassVar[str] = "join"
    session_id: wire.Key
    user_name: UserName | None = None


class LeaveSession(wire.ClientMessage, tag="LEAVE_SESSION"):
    session_id: wire.Key | None = None


class Sync(wire.ClientMessage, tag="SYNC_EVENT"):
    """Something the others see, in whatever fields the client chooses; `eventType` says what."""

    throttled_by_handler: ClassVar[bool] = True
    limit: ClassVar[str] = "sync"
    whole: ClassVar[str | None] = "payload"
    payload: dict[str, Any]

    def __post_init__(self) -> None:
        if sessions.depth(self.payload) > sessions.MAX_DEPTH:
            raise ValueError("The payload is nested too deeply")
        wire.check_can_be_told(self.payload)

    @property
    def event_type(self) -> str:
        said = self.payload.get("eventType")
        return said if isinstance(said, str) else ""


class SendSignal(wire.ClientMessage, tag="WEBRTC_SIGNAL"):
    """For one other participant; a missing or unknown one meets silence."""

    max_bytes: ClassVar[int] = 128 * wire.KIB
    throttled_by_handler: ClassVar[bool] = True
    limit: ClassVar[str] = "relay"
    target_id: Any = None
    signal: Any = None

    def __post_init__(self) -> None:
        sdp = self.signal.get("sdp") if isinstance(self.signal, dict) else None
        if isinstance(sdp, str) and len(sdp.encode()) > SDP:
            raise ValueError(f"The description must be at most {SDP // wire.KIB} KiB")
        if sessions.depth(self.signal) > sessions.MAX_DEPTH:
            raise ValueError("The signal is nested too deeply")
        wire.check_can_be_told(self.signal)


class Heartbeat(wire.ClientMessage, tag="HEARTBEAT"):
    whole: ClassVar[str | None] = "payload"
    payload: Any = None


class CartChange(msgspec.Struct, rename="camel", kw_only=True):
    """`qty` may be left out where all of a product is removed."""

    op_id: OpId
    op: Literal["add", "remove", "set"]
    product_id: Any = None
    qty: Any = None


class CartOp(wire.ClientMessage, tag="CART_OP"):
    """Changes the shared cart. The payload has an `op` of its own; the message's stands beside the payload."""

    limit: ClassVar[str] = "cart"
    whole: ClassVar[str | None] = "payload"
    payload: CartChange


class CastVote(wire.ClientMessage, tag="VOTE", kw_only=True):
    limit: ClassVar[str] = "cart"
    product_id: Any = None
    value: Literal[1, -1, 0]


class TransferHost(wire.ClientMessage, tag="HOST_TRANSFER"):
    limit: ClassVar[str] = "manage"
    user_id: wire.Key


class RemoveParticipant(wire.ClientMessage, tag="REMOVE_PARTICIPANT"):
    limit: ClassVar[str] = "manage"
    user_id: wire.Key


# --- what the server says


class ClientId(wire.ServerMessage, tag="CLIENT_ID"):
    """The first frame of every raw connection: who the client is to others."""

    client_id: str


class SessionCreated(wire.ServerMessage, tag="SESSION_CREATED"):
    session_id: str
    invite_link: str
    expires_at: int

    @classmethod
    def of(cls, session: models.ShoppingSession, site: str) -> "SessionCreated":
        """`site` is where this server was reached, for links where APP_URL does not say it."""
        link = f"{settings.APP_URL.rstrip('/') or site}/join/{session.pk}"
        return cls(session_id=session.pk, invite_link=link, expires_at=epoch_ms(session.expires_at))


class SessionJoined(wire.ServerMessage, tag="SESSION_JOINED"):
    """The participants are plain ids: shipped clients take an object for a peer that they must call."""

    session_id: str
    participants: list[str]


class SessionLeft(wire.ServerMessage, tag="SESSION_LEFT", omit_defaults=True):
    session_id: str
    reason: str | None = None


class ParticipantJoined(wire.ServerMessage, tag="PARTICIPANT_JOINED"):
    user_id: str
    user_name: str


class ParticipantLeft(wire.ServerMessage, tag="PARTICIPANT_LEFT", omit_defaults=True):
    user_id: str
    reason: str | None = None


class HostChanged(wire.ServerMessage, tag="HOST_CHANGED"):
    user_id: str


class Synced(wire.ServerMessage, tag="SYNC_EVENT"):
    """What another participant said, with `sourceId` and `timestamp`."""

    whole: ClassVar[str | None] = "payload"
    payload: dict[str, Any]


class Signaled(wire.ServerMessage, tag="WEBRTC_SIGNAL"):
    source_id: str
    signal: Any


class HeartbeatAck(wire.ServerMessage, tag="HEARTBEAT_ACK"):
    timestamp: int


class Error(wire.ServerMessage, tag="ERROR"):
    message: str


class Person(msgspec.Struct, rename="camel"):
    user_id: str
    user_name: str

    @classmethod
    def of(cls, participant: models.Participant) -> "Person":
        return cls(user_id=participant.user_id, user_name=participant.name)


class Share(msgspec.Struct, rename="camel"):
    user_id: str
    user_name: str
    qty: int


class CartItem(msgspec.Struct, rename="camel"):
    """Money is in minor units of the cart's currency."""

    product_id: str
    name: str
    image_url: str | None
    qty: int
    unit_price: int
    line_total: int
    added_by: list[Share]


class Cart(msgspec.Struct):
    items: list[CartItem]
    total: int
    currency: str
    count: int


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
    product_id: str
    up: int
    down: int


class SessionState(wire.ServerMessage, tag="SESSION_STATE"):
    """A session as it is now, for whoever has just come."""

    session_id: str
    host: str
    participants: list[Person]
    metadata: dict[str, Any]
    expires_at: int
    show_id: str | None
    cart: Cart
    votes: list[Tally]
