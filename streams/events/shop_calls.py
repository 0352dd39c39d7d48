"""What is told of calls to the shop: to the staff at whom it rings, to whoever calls, and to those who could."""

from realtime import events
from streams.wire import bazaar, shop


class AgentRung(events.Event, tag="agent-rung"):
    call_id: int
    name: str
    guest: bool
    about: str
    product_id: str | None
    session_id: str | None
    seconds: float

    def shop(self) -> shop.ShopCallRinging:
        return shop.ShopCallRinging(
            call_id=self.call_id,
            name=self.name,
            guest=self.guest,
            about=self.about,
            product_id=self.product_id,
            session_id=self.session_id,
            seconds=self.seconds,
        )


class AgentReleased(events.Event, tag="agent-released"):
    call_id: int
    reason: str

    def shop(self) -> shop.ShopCallOver:
        return shop.ShopCallOver(call_id=self.call_id, reason=self.reason)


class CallAccepted(events.Final, tag="shop-call-accepted"):
    call_id: int
    match_name: str
    handle: str

    def shop(self) -> shop.ShopCallAccepted:
        return shop.ShopCallAccepted(call_id=self.call_id, match_id=self.match_name, user_id=self.handle)


class CallEnded(events.Final, tag="shop-call-ended"):
    call_id: int
    reason: str

    def shop(self) -> shop.ShopCallEnded:
        return shop.ShopCallEnded(call_id=self.call_id, reason=self.reason)


class ShopAvailable(events.Latest, tag="shop-available"):
    """Whether somebody of the shop can be called now."""

    available: bool

    def bazaar(self) -> bazaar.ShopAvailable:
        return bazaar.ShopAvailable(available=self.available)
