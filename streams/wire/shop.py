"""Calling the shop: what those say and hear who take calls, and those who call from a product or a show."""

from typing import Annotated, ClassVar

import msgspec

from realtime import wire

CallId = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
CallerName = Annotated[str, msgspec.Meta(max_length=80, pattern=wire.NO_NUL)]


class TakeCalls(wire.ClientMessage, tag="take-calls"):
    """Staff are available for calls from now on, for as long as this connection lasts."""

    limit: ClassVar[str] = "join"


class StopTakingCalls(wire.ClientMessage, tag="stop-taking-calls"):
    """Staff are not available any more."""


class AboutCall(wire.ClientMessage):
    """A message about one call."""

    limit: ClassVar[str] = "call"
    call_id: CallId


class AcceptShopCall(AboutCall, tag="accept-shop-call"):
    """Staff take the call that rings at them. The ack has the `matchId` and the `userId` to register with."""


class DeclineShopCall(AboutCall, tag="decline-shop-call"):
    """Staff do not take the call that rings at them, so the next one is rung."""


class CallShop(wire.ClientMessage, tag="call-shop"):
    """Calls whoever of the shop is available, from a product, a show, or a product in a show.

    The ack has the `callId`. A guest is shown by `name`, a user by their own.
    """

    limit: ClassVar[str] = "shop-call"
    name: CallerName | None = None
    product_id: wire.Id | None = None
    session_id: wire.Id | None = None


class CancelShopCall(AboutCall, tag="cancel-shop-call"):
    """Whoever calls gives up."""


class ShopCallRinging(wire.ServerMessage, tag="shop-call-ringing"):
    """Tells staff who calls, and from which product or show; it rings for so many seconds, then at the next one."""

    call_id: int
    name: str
    guest: bool
    about: str
    product_id: str | None
    session_id: str | None
    seconds: float


class ShopCallOver(wire.ServerMessage, tag="shop-call-over"):
    """Tells staff that a call does not ring at them any more, on all pages of theirs."""

    call_id: int
    reason: str  # "missed", "cancelled", "declined" or "accepted"


class ShopCallAccepted(wire.ServerMessage, tag="shop-call-accepted"):
    """The shop has taken the call: the caller registers at this match, as this user, and rings."""

    call_id: int
    match_id: str
    user_id: str


class ShopCallEnded(wire.ServerMessage, tag="shop-call-ended"):
    """Tells the caller that nobody could take the call (`unanswered`), or that they gave up (`cancelled`)."""

    call_id: int
    reason: str


class Error(wire.ServerMessage, tag="error", omit_defaults=True):
    """A refusal; `kind` (on Socket.IO `type`) is for programs, `message` for people."""

    kind: str
    message: str
    retry_after: float | None = None
