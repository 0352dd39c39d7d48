"""Avari's events: two people at a match, who call each other and exchange what their browsers need to connect."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from realtime import wire
from signaling.models import match as matches
from signaling.models import seat as seats

SDP = 64 * wire.KIB  # bytes of a session description; those of browsers have a tenth of it
MOST_BYTES = 2 * SDP  # of the message that carries one

Handle = Annotated[str, msgspec.Meta(max_length=128, pattern=wire.NO_NUL)]  # a client's own id for a user or a match
Reason = Annotated[str, msgspec.Meta(max_length=200, pattern=wire.NO_NUL)]
Role = Literal["polite", "impolite"]  # who gives way where both sides offer at once


class Register(wire.ClientMessage, tag="register"):
    """Takes a seat at a match, or the same one again. `resumeToken` is the one that `joined` gave."""

    discriminator: ClassVar[str | None] = "matchId"
    limit: ClassVar[str] = "join"
    user_id: Handle | None = None
    match_id: Handle | None = None
    token: wire.Token | None = None
    resume_token: wire.Key | None = None


class Heartbeat(wire.ClientMessage, tag="heartbeat"):
    """What mobile clients say every five seconds; the socket's own pings do its work."""

    rest: ClassVar[str | None] = "extra"
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class ToPeer(wire.ClientMessage):
    """What is said to the other one at the match."""

    to: Handle


class InitiateCall(ToPeer, tag="initiate-call"):
    """Rings."""


class AcceptCall(ToPeer, tag="accept-call"):
    pass


class RejectCall(ToPeer, tag="reject-call"):
    reason: Reason | None = None


class EndCall(wire.ClientMessage, tag="end-call"):
    """Ends the call with whoever is at the match; `to` is not needed."""

    to: Handle | None = None
    reason: Reason | None = None


class Signal(ToPeer):
    """What a browser says to another, in the field named by `carries`; we look at it no further than at its size."""

    carries: ClassVar[str]

    def __post_init__(self) -> None:
        check_can_be_told(getattr(self, self.carries))


class Offer(Signal, tag="offer"):
    max_bytes: ClassVar[int] = MOST_BYTES
    carries: ClassVar[str] = "offer"
    offer: Any


class Answer(Signal, tag="answer"):
    max_bytes: ClassVar[int] = MOST_BYTES
    carries: ClassVar[str] = "answer"
    answer: Any


class IceCandidate(Signal, tag="ice-candidate"):
    """No candidate, or null, says that there are no more."""

    carries: ClassVar[str] = "candidate"
    candidate: Any = None


class Joined(wire.ServerMessage, tag="joined", omit_defaults=True):
    """`role` is there once the other one is; `resumeToken` keeps the seat for this client."""

    match_id: str
    user_id: str
    participants: list[str]
    participant_count: int
    resume_token: str
    role: Role | UnsetType = UNSET

    @classmethod
    def of(cls, arrival: seats.Arrival) -> "Joined":
        return cls(
            match_id=arrival.match.name,
            user_id=arrival.handle,
            participants=arrival.participants,
            participant_count=len(arrival.participants),
            resume_token=arrival.resume_token,
            role=role(arrival.handle, facing=arrival.other) if arrival.other else UNSET,
        )


class UserJoined(wire.ServerMessage, tag="user-joined"):
    """The other one has taken the seat, or taken it again: what was between the two begins anew."""

    user_id: str
    participant_count: int
    role: Role


class UserReconnecting(wire.ServerMessage, tag="user-reconnecting"):
    """The other one's connection was lost; the seat is kept for a few seconds."""

    user_id: str


class UserLeft(wire.ServerMessage, tag="user-left"):
    user_id: str


class SeatTaken(wire.ServerMessage, tag="seat-taken"):
    """This connection has lost its seat to a newer one of the same user."""

    match_id: str
    user_id: str


class FromPeer(wire.ServerMessage):
    from_: str


class IncomingCall(FromPeer, tag="incoming-call", omit_defaults=True):
    """`caller` is there where both have called each other: whose call it is from now on."""

    caller: str | UnsetType = UNSET
    busy: bool = False


class CallBusy(FromPeer, tag="call-busy"):
    """Whom one has just called is in another call, and is told of this one."""


class CallAccepted(FromPeer, tag="call-accepted"):
    pass


class CallRejected(FromPeer, tag="call-rejected"):
    reason: str


class CallEnded(FromPeer, tag="call-ended"):
    """`reason` is there only if who ended it gave one."""

    reason: str | UnsetType = UNSET


class OfferFrom(FromPeer, tag="offer"):
    offer: Any


class AnswerFrom(FromPeer, tag="answer"):
    answer: Any


class IceCandidateFrom(FromPeer, tag="ice-candidate"):
    candidate: Any


class ServerShutdown(wire.ServerMessage, tag="server-shutdown"):
    """The server is about to go; a client that connects again finds another one, or this one restarted."""

    message: str


class Error(wire.ServerMessage, tag="error", omit_defaults=True):
    """A refusal; `kind` (on Socket.IO `type`) is for programs, `message` for people."""

    kind: str
    message: str
    retry_after: float | None = None


def role(handle: str, facing: str) -> Role:
    """The greater user id gives way: where both call, the call is the lesser one's."""
    return "impolite" if matches.precedes(handle, facing) else "polite"


def check_can_be_told(signal: Any) -> None:
    """Raises ValueError for what is longer than any session description, or holds no text that could be written."""
    encoded = msgspec.json.encode(signal)
    description = signal.get("sdp") if isinstance(signal, dict) else signal
    size = len(description.encode()) if isinstance(description, str) else len(encoded)
    if size > SDP:
        raise ValueError(f"A session description may have at most {SDP} bytes")
