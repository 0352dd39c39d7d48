"""Avari's events: two people at a match, who call each other and exchange what their browsers need to connect."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from realtime import wire

if TYPE_CHECKING:
    from signaling.models import seat as seats

SDP = 64 * wire.KIB  # A session description may have so many bytes; those of browsers have a tenth of it.
MAX_BYTES = 2 * SDP  # The message that carries one may have so many.

Handle = Annotated[str, msgspec.Meta(max_length=128, pattern=wire.NO_NUL)]  # a client's own id for a user or a match
Reason = Annotated[str, msgspec.Meta(max_length=200, pattern=wire.NO_NUL)]
CallerName = Annotated[str, msgspec.Meta(max_length=80, pattern=wire.NO_NUL)]
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
    """Mobile clients send it every five seconds; it does nothing, because the socket's own pings do its work."""

    rest: ClassVar[str | None] = "extra"
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class ToPeer(wire.ClientMessage):
    """A message for the peer at the match."""

    to: Handle


class InitiateCall(ToPeer, tag="initiate-call"):
    """Calls the peer, who sees the name: a user's own where one is logged in, else the one given."""

    name: CallerName | None = None

    limit: ClassVar[str] = "call"


class AcceptCall(ToPeer, tag="accept-call"):
    """Takes the call that rings."""


class RejectCall(ToPeer, tag="reject-call"):
    """Does not take the call that rings."""

    reason: Reason | None = None


class EndCall(wire.ClientMessage, tag="end-call"):
    """Ends the call with whoever is at the match; `to` may be left out."""

    to: Handle | None = None
    reason: Reason | None = None


class Signal(ToPeer):
    """What a browser says to another, in the field named by `carries`; the server only looks at its size."""

    carries: ClassVar[str]

    def __post_init__(self) -> None:
        check_can_be_told(getattr(self, self.carries))


class Offer(Signal, tag="offer"):
    """An offer to the other one."""

    max_bytes: ClassVar[int] = MAX_BYTES
    limit: ClassVar[str] = "call"
    carries: ClassVar[str] = "offer"
    offer: Any


class Answer(Signal, tag="answer"):
    """The answer to the other one's offer."""

    max_bytes: ClassVar[int] = MAX_BYTES
    carries: ClassVar[str] = "answer"
    answer: Any


class IceCandidate(Signal, tag="ice-candidate"):
    """A candidate that is left out or null says that there are no more."""

    carries: ClassVar[str] = "candidate"
    candidate: Any = None


class Joined(wire.ServerMessage, tag="joined", omit_defaults=True):
    """`role` is there once the peer is; `resumeToken` keeps the seat for this client."""

    match_id: str
    user_id: str
    participants: list[str]
    participant_count: int
    resume_token: str
    role: Role | UnsetType = UNSET

    @classmethod
    def of(cls, assignment: "seats.Assignment") -> "Joined":
        return cls(
            match_id=assignment.match.name,
            user_id=assignment.handle,
            participants=assignment.participants,
            participant_count=len(assignment.participants),
            resume_token=assignment.resume_token,
            role=role(assignment.handle, facing=assignment.other) if assignment.other else UNSET,
        )


class UserJoined(wire.ServerMessage, tag="user-joined"):
    """The peer has taken the seat, or taken it again: the two connect anew."""

    user_id: str
    participant_count: int
    role: Role


class UserReconnecting(wire.ServerMessage, tag="user-reconnecting"):
    """The peer's connection was lost; the seat is kept for a few seconds."""

    user_id: str


class UserLeft(wire.ServerMessage, tag="user-left"):
    """The other one has left the match."""

    user_id: str


class SeatTaken(wire.ServerMessage, tag="seat-taken"):
    """This connection has lost its seat to a newer one of the same user."""

    match_id: str
    user_id: str


class FromPeer(wire.ServerMessage):
    from_: str


class IncomingCall(FromPeer, tag="incoming-call", omit_defaults=True):
    """`name` is there if the caller has one; `caller` if both have called each other, and says whose call it is."""

    name: str = ""
    caller: str | UnsetType = UNSET
    busy: bool = False


class CallBusy(FromPeer, tag="call-busy"):
    """The peer who was just called is in another call, and is told of this one."""


class CallAccepted(FromPeer, tag="call-accepted"):
    """The other one has taken the call."""


class CallRejected(FromPeer, tag="call-rejected"):
    """The other one does not take the call."""

    reason: str


class CallEnded(FromPeer, tag="call-ended"):
    """`reason` is there only if who ended it gave one."""

    reason: str | UnsetType = UNSET


class OfferFrom(FromPeer, tag="offer"):
    """The other one's offer."""

    offer: Any


class AnswerFrom(FromPeer, tag="answer"):
    """The other one's answer."""

    answer: Any


class IceCandidateFrom(FromPeer, tag="ice-candidate"):
    """An ICE candidate of the other one."""

    candidate: Any


class ServerShutdown(wire.ServerMessage, tag="server-shutdown"):
    """The server is about to stop; a client that connects again finds another one, or this one restarted."""

    message: str


class Error(wire.ServerMessage, tag="error", omit_defaults=True):
    """A refusal; `kind` (on Socket.IO `type`) is for programs, `message` for people."""

    kind: str
    message: str
    retry_after: float | None = None


def role(handle: str, facing: str) -> Role:
    """The role of `handle`: the greater user id gives way, and where both call, the call is the lesser one's."""
    return "impolite" if precedes(handle, facing) else "polite"


def precedes(one: str, other: str) -> bool:
    """Whether `one` is the lesser user id, as JavaScript compares texts, so that every client finds the same."""
    return one.encode("utf-16-be", "surrogatepass") < other.encode("utf-16-be", "surrogatepass")


def check_can_be_told(signal: Any) -> None:
    """Raises ValueError for a signal that is longer than any session description, or that cannot be encoded."""
    encoded = msgspec.json.encode(signal)
    description = signal.get("sdp") if isinstance(signal, dict) else signal
    size = len(description.encode()) if isinstance(description, str) else len(encoded)
    if size > SDP:
        raise ValueError(f"A session description may have at most {SDP} bytes")
