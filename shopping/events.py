"""What the log says of parties: each fact once, in Shop with Friends' words."""

from typing import Any

from realtime import events
from shopping import wire


class Joined(events.Event, tag="party-joined"):
    user_id: str
    name: str

    def coshop(self) -> wire.ParticipantJoined:
        return wire.ParticipantJoined(user_id=self.user_id, user_name=self.name)


class Left(events.Event, tag="party-left"):
    user_id: str
    reason: str | None

    def coshop(self) -> wire.ParticipantLeft:
        return wire.ParticipantLeft(user_id=self.user_id, reason=self.reason)


class SentAway(events.Final, tag="party-sent-away"):
    """Told to one who was removed, or to all when the session ends."""

    session_id: str
    reason: str

    def coshop(self) -> wire.SessionLeft:
        return wire.SessionLeft(session_id=self.session_id, reason=self.reason)


class HostChanged(events.Event, tag="party-host"):
    user_id: str

    def coshop(self) -> wire.HostChanged:
        return wire.HostChanged(user_id=self.user_id)


class Did(events.Event, tag="party-did"):
    """What a participant said to the others, as it was said."""

    payload: dict[str, Any]
    source_id: str
    at: int

    def coshop(self) -> wire.Synced:
        return wire.Synced(payload={**self.payload, "sourceId": self.source_id, "timestamp": self.at})


class Pointed(events.Transient, tag="party-pointed"):
    """Where a participant points just now."""

    payload: dict[str, Any]
    source_id: str
    at: int

    def coshop(self) -> wire.Synced:
        return wire.Synced(payload={**self.payload, "sourceId": self.source_id, "timestamp": self.at})


class Signaled(events.Transient, tag="party-signaled"):
    source_id: str
    signal: Any

    def coshop(self) -> wire.Signaled:
        return wire.Signaled(source_id=self.source_id, signal=self.signal)


class CartChanged(events.Event, tag="party-cart"):
    """The whole cart. The event that told it before, number `former`, is needless from now on: a log of many whole
    carts would be long, and whoever comes back wants to know the last one only.
    """

    cart: wire.Cart
    former: int

    def redacts(self) -> list[int]:
        return [self.former] if self.former else []

    def coshop(self) -> wire.CartState:
        return wire.CartState.of(self.cart)


class Voted(events.Event, tag="party-voted"):
    product_id: str
    up: int
    down: int

    def coshop(self) -> wire.VoteState:
        return wire.VoteState(product_id=self.product_id, up=self.up, down=self.down)
