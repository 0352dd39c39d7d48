"""Wrencos' WebRTC messages, by which the browsers that send and see a show's picture find each other."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec

from realtime import wire
from signaling import wire as calls
from signaling.models import peer

PeerId = Annotated[str, msgspec.Meta(min_length=1, max_length=peer.MAX_NAME, pattern=wire.NO_NUL)]


class Register(wire.ClientMessage, tag="webrtc_register"):
    """Comes to send (admin) or to see (customer) the picture of the show `sessionId`, or of the current one.

    Where another broadcaster is, who comes to send stands by until it starts or the other one has gone.
    """

    limit: ClassVar[str] = "join"
    peer_id: PeerId
    user_type: Literal["admin", "customer"]
    session_id: wire.Id | None = None


class Offer(calls.Offer, tag="webrtc_offer"):
    """An offer to a peer."""

    limit: ClassVar[str] = "signal"


class Answer(calls.Answer, tag="webrtc_answer"):
    """The answer to a peer's offer."""

    limit: ClassVar[str] = "signal"


class Candidate(calls.IceCandidate, tag="webrtc_ice_candidate"):
    """Names a network candidate. None, or null, says that there are no more."""

    limit: ClassVar[str] = "signal"


class BroadcastStart(wire.ClientMessage, tag="webrtc_broadcast_start"):
    """Puts on the air what the sender sends, in place of another broadcaster's picture."""

    limit: ClassVar[str] = "manage"
    peer_id: Any = None  # for one that has not registered; the name of a registration counts otherwise
    session_id: wire.Id | None = None  # likewise; None means the current show


class BroadcastStop(wire.ClientMessage, tag="webrtc_broadcast_stop"):
    """Takes it off the air; one whom another broadcaster has replaced stands by no longer."""

    limit: ClassVar[str] = "manage"
    peer_id: Any = None


class Registered(wire.ServerMessage, tag="webrtc_registered"):
    """The client is registered as a peer."""

    peer_id: str
    user_type: str


class BroadcasterAvailable(wire.ServerMessage, tag="webrtc_broadcaster_available"):
    """There is a picture to see. Shipped clients read one of two names for the same id."""

    broadcaster: str
    broadcaster_id: str


class BroadcastStopped(wire.ServerMessage, tag="webrtc_broadcast_stopped"):
    """The picture is gone: it has `stopped`, its broadcaster has `left` or was `replaced`, or the show has `ended`."""

    broadcaster: str
    broadcaster_id: str
    reason: str


class NewCustomer(wire.ServerMessage, tag="webrtc_new_customer"):
    """Tells the broadcaster to send this viewer an offer."""

    customer_id: str


class CustomerLeft(wire.ServerMessage, tag="webrtc_customer_left"):
    """Tells the broadcaster that this viewer has gone. An addition of ours."""

    customer_id: str


class BroadcastFull(wire.ServerMessage, tag="webrtc_broadcast_full"):
    """All places are taken; those who wait longest get the next free one. An addition of ours."""

    viewers: int
    message: str


class OfferFrom(calls.OfferFrom, tag="webrtc_offer"):
    """A peer's offer."""


class AnswerFrom(calls.AnswerFrom, tag="webrtc_answer"):
    """A peer's answer."""


class CandidateFrom(calls.IceCandidateFrom, tag="webrtc_ice_candidate"):
    """A peer's ICE candidate."""
