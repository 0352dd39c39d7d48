"""What the log stores of parties, with Shop with Friends' words for each event."""

from typing import Any

from realtime import events
from shopping import wire
from shopping.wire import coshop


class Joined(events.Event, tag="party-joined"):
    user_id: str
    name: str

    def coshop(self) -> coshop.ParticipantJoined:
        return coshop.ParticipantJoined(user_id=self.user_id, user_name=self.name)


class Left(events.Event, tag="party-left"):
    user_id: str
    reason: str | None

    def coshop(self) -> coshop.ParticipantLeft:
        return coshop.ParticipantLeft(user_id=self.user_id, reason=self.reason)


class SentAway(events.Final, tag="party-sent-away"):
    """Told to a participant who was removed, and to all of them when the session ends."""

    session_id: str
    reason: str

    def coshop(self) -> coshop.SessionLeft:
        return coshop.SessionLeft(session_id=self.session_id, reason=self.reason)


class HostChanged(events.Event, tag="party-host"):
    user_id: str

    def coshop(self) -> coshop.HostChanged:
        return coshop.HostChanged(user_id=self.user_id)


class Synced(events.Event, tag="party-did"):
    """What a participant sent to the others, unchanged."""

    payload: dict[str, Any]
    source_id: str
    at: int

    def coshop(self) -> coshop.Synced:
        return coshop.Synced(payload={**self.payload, "sourceId": self.source_id, "timestamp": self.at})


class Relayed(events.Transient, tag="party-relayed"):
    """What a participant sent that is too long for the log: those who are away do not learn of it."""

    payload: dict[str, Any]
    source_id: str
    at: int

    def coshop(self) -> coshop.Synced:
        return coshop.Synced(payload={**self.payload, "sourceId": self.source_id, "timestamp": self.at})


class Pointed(events.Transient, tag="party-pointed"):
    """Where a participant points now."""

    payload: dict[str, Any]
    source_id: str
    at: int

    def coshop(self) -> coshop.Synced:
        return coshop.Synced(payload={**self.payload, "sourceId": self.source_id, "timestamp": self.at})


class Signaled(events.Transient, tag="party-signaled"):
    """What one participant's browser sends to another's so that the two can connect."""

    source_id: str
    signal: Any

    def coshop(self) -> coshop.Signaled:
        return coshop.Signaled(source_id=self.source_id, signal=self.signal)


class CartChanged(events.Event, tag="party-cart"):
    """The whole cart.

    It takes back the event that told the cart before, number `former`: a log of many whole carts would be long, and a
    participant who resumes needs only the newest one.
    """

    cart: wire.Cart
    former: int

    def redacts(self) -> list[int]:
        return [self.former] if self.former else []

    def coshop(self) -> coshop.CartState:
        return coshop.CartState.of(self.cart)


class Voted(events.Event, tag="party-voted"):
    """The votes on one product, all counted."""

    product_id: str
    up: int
    down: int

    def coshop(self) -> coshop.VoteState:
        return coshop.VoteState(product_id=self.product_id, up=self.up, down=self.down)
