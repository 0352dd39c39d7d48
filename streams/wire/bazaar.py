"""Stream Bazaar's messages. A show is called a session here."""

from typing import Annotated, ClassVar

import msgspec

from realtime import wire
from shopping.wire import Product
from streams.wire.announcement import Announced
from streams.wire.clicks import ClickStats, Trend
from streams.wire.pins import Pin

Kind = Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=wire.NO_NUL)]
UserId = int | wire.Key | None  # as a client declares it; Connection.declare decides what it is worth
Text = Annotated[str, msgspec.Meta(max_length=4000, pattern=wire.NO_NUL)]  # the chat's bound is lower, and has words


class AboutSession(wire.ClientMessage):
    """A message about one session."""

    session_id: wire.Id

    def limit_subject(self) -> str:
        return str(self.session_id)


class JoinSession(AboutSession, tag="join-session"):
    """Begins to watch. Clients may send the plain session id instead."""

    bare: ClassVar[str | None] = "session_id"
    limit: ClassVar[str] = "join"
    user_id: UserId = None


class LeaveSession(AboutSession, tag="leave-session"):
    """Stops watching. Shipped clients send the plain session id."""

    bare: ClassVar[str | None] = "session_id"
    user_id: UserId = None


class SendMessage(AboutSession, tag="send-message"):
    """Writes in the chat."""

    limit: ClassVar[str] = "chat"
    message: Text
    user_id: UserId = None
    user_name: wire.Name | None = None
    username: wire.Name | None = None


class SendReaction(AboutSession, tag="send-reaction"):
    """Reacts to the show."""

    limit: ClassVar[str] = "reaction"
    kind: Kind


class ShowcaseProduct(AboutSession, tag="showcase-product"):
    """Shows viewers a product; null shows none."""

    limit: ClassVar[str] = "manage"
    product_id: wire.Id | None


class TrackProductClick(AboutSession, tag="track-product-click"):
    """Counts that a product was looked at; an older name of `product-click`."""

    limit: ClassVar[str] = "click"
    product_id: wire.Id
    user_id: UserId = None


class ProductClick(TrackProductClick, tag="product-click"):
    """The documented name of track-product-click."""


class ToggleLike(AboutSession, tag="toggle-like"):
    """Likes the show, or takes the like back. An addition of ours."""

    limit: ClassVar[str] = "like"


class RaiseHand(AboutSession, tag="raise-hand"):
    """Raises a hand so that the creator sees it, or lowers it again. An addition of ours."""

    limit: ClassVar[str] = "chat"
    raised: bool = True


class JoinShop(wire.ClientMessage, tag="join-shop"):
    """Begins to hear what changes on the shop front. An addition of ours."""

    limit: ClassVar[str] = "join"


class LeaveShop(wire.ClientMessage, tag="leave-shop"):
    """Hears no more of it. An addition of ours."""


class ViewerCount(wire.ServerMessage, tag="viewer-count"):
    """How many watch now, without the publisher; a bare number."""

    bare: ClassVar[str | None] = "data"
    data: int


class NewMessage(wire.ServerMessage, tag="new-message"):
    """Someone wrote in the chat. A guest has no `userId`. Additions of ours: `role`, which only who has power has;
    `answers`, the id of the line that staff answer; and for clients that have said hello `badge` (`host`, `moderator`,
    `staff`, `guest` or none) and `author`, the same for all that one person writes.
    """

    additions: ClassVar[tuple[str, ...]] = ("badge", "author")

    id: str
    message: str
    user_id: int | None
    user_name: str
    username: str
    session_id: str
    created_at: str
    role: str | msgspec.UnsetType = msgspec.UNSET
    answers: str | msgspec.UnsetType = msgspec.UNSET
    badge: str | msgspec.UnsetType = msgspec.UNSET
    author: str | msgspec.UnsetType = msgspec.UNSET


class MessageDeleted(wire.ServerMessage, tag="message-deleted"):
    """A chat message was taken back."""

    session_id: str
    message_id: str


class NewReaction(wire.ServerMessage, tag="new-reaction"):
    """Someone reacted."""

    kind: str
    timestamp: str


class ReactionStats(wire.ServerMessage, tag="reaction-stats"):
    """The share of each kind in whole per cents, and the exact total."""

    session_id: str
    percentages: dict[str, int]
    counts: dict[str, int]
    total: int


class ProductClickStats(wire.ServerMessage, tag="product-click-stats"):
    """How often the show's products were looked at, every 2 seconds from the first look on."""

    session_id: str
    product_stats: list[ClickStats]
    total_viewers: int
    timestamp: str


class TrendingProducts(wire.ServerMessage, tag="trending-products"):
    """The products that most people looked at, in two shapes; `clickCount` is the `uniqueClicks` of the other one."""

    session_id: str
    products: list[ClickStats]
    trending: list[Trend]
    total_viewers: int
    timestamp: str


class StreamStarted(wire.ServerMessage, tag="stream-started"):
    """The show has begun."""

    session_id: str
    channel_name: str
    status: str
    started_at: str


class StreamPaused(wire.ServerMessage, tag="stream-paused"):
    """The show has a break."""

    session_id: str
    status: str


class StreamResumed(wire.ServerMessage, tag="stream-resumed"):
    """The show goes on after a break."""

    session_id: str
    status: str


class StreamEnded(wire.ServerMessage, tag="stream-ended"):
    """The show is over."""

    session_id: str
    status: str
    ended_at: str


class HostAway(wire.ServerMessage, tag="host-away"):
    """Whether the host of the live show has lost every connection; they will be right back. An addition of ours."""

    session_id: str
    away: bool


class ProductShowcased(wire.ServerMessage, tag="product-showcased"):
    """The product that is on the show's screen now."""

    session_id: str
    product_id: str
    product: Product


class ShowcaseCleared(wire.ServerMessage, tag="showcase-cleared"):
    """No product is on the show's screen any more."""

    session_id: str


class SessionUpdated(Announced, tag="session-updated"):
    """What people read about the show, or the rules of its chat, have changed. An addition of ours."""

    session_id: str
    title: str
    description: str | None
    category: str | None
    tags: list[str]
    slow_mode: int
    guest_chat: bool
    frozen: bool
    links_by_moderators: bool
    hold_messages: bool
    account_minutes: int  # so old an account must be to take part; 0 is any
    reaction_kinds: list[str]


class ChatRestricted(wire.ServerMessage, tag="chat-restricted"):
    """Whether this person may write in the chat now; `until` is when they may again. An addition of ours."""

    session_id: str
    allowed: bool
    until: str | None


class LineupUpdated(wire.ServerMessage, tag="lineup-updated"):
    """The products on the show, in order, and the one among them that is new here, if any. An addition of ours."""

    session_id: str
    product_ids: list[str]
    product: Product | None


class ProductUpdated(wire.ServerMessage, tag="product-updated"):
    """What people read about a product has changed, such as its price or stock. An addition of ours."""

    product: Product


class ShopUpdated(wire.ServerMessage, tag="shop-updated"):
    """The shop front has other shows or products than before: read it again. An addition of ours."""


class ShopAvailable(wire.ServerMessage, tag="shop-available"):
    """Whether staff are available for a call (`call-shop`), told in shows and on the front. An addition of ours."""

    available: bool


class LikesUpdated(wire.ServerMessage, tag="likes-updated"):
    """How many like the show now."""

    session_id: str
    likes: int


class PinsUpdated(wire.ServerMessage, tag="pins-updated"):
    """What the show has pinned now."""

    session_id: str
    pinned_products: list[Pin]


class HandRaised(wire.ServerMessage, tag="hand-raised"):
    """Tells the creator whose hand is up, or no longer up. A guest has no `userId`. An addition of ours."""

    session_id: str
    user_id: int | None
    user_name: str
    raised: bool


class Error(wire.ServerMessage, tag="error", omit_defaults=True):
    """A refusal; `kind` (on Socket.IO `type`) is for programs, `message` for people."""

    kind: str
    message: str
    retry_after: float | None = None
