"""What is told of matches and calls, with Avari's words for each event.

Arrivals and departures are durable, so that nobody misses one. What two browsers say to each other is transient.
"""

from typing import Any

from msgspec import UNSET

from realtime import events
from signaling import wire


class SeatTaken(events.Event, tag="seat-taken"):
    handle: str
    count: int
    role: wire.Role  # the role of the one who is told

    def avari(self) -> wire.UserJoined:
        return wire.UserJoined(user_id=self.handle, participant_count=self.count, role=self.role)


class SeatReplaced(events.Final, tag="seat-replaced"):
    """The last event that a connection is told of the match."""

    match_name: str
    handle: str

    def avari(self) -> wire.SeatTaken:
        return wire.SeatTaken(match_id=self.match_name, user_id=self.handle)


class SeatLost(events.Transient, tag="seat-lost"):
    handle: str

    def avari(self) -> wire.UserReconnecting:
        return wire.UserReconnecting(user_id=self.handle)


class SeatLeft(events.Event, tag="seat-left"):
    handle: str

    def avari(self) -> wire.UserLeft:
        return wire.UserLeft(user_id=self.handle)


class CallRung(events.Transient, tag="call-rung"):
    by: str
    name: str = ""
    caller: str = ""  # whose call it is, if both have called
    busy: bool = False

    def avari(self) -> wire.IncomingCall:
        return wire.IncomingCall(from_=self.by, name=self.name, caller=self.caller or UNSET, busy=self.busy)


class CallBusy(events.Transient, tag="call-busy"):
    by: str

    def avari(self) -> wire.CallBusy:
        return wire.CallBusy(from_=self.by)


class CallAccepted(events.Transient, tag="call-accepted"):
    by: str

    def avari(self) -> wire.CallAccepted:
        return wire.CallAccepted(from_=self.by)


class CallRejected(events.Transient, tag="call-rejected"):
    by: str
    reason: str

    def avari(self) -> wire.CallRejected:
        return wire.CallRejected(from_=self.by, reason=self.reason)


class CallEnded(events.Transient, tag="call-ended"):
    by: str
    reason: str

    def avari(self) -> wire.CallEnded:
        return wire.CallEnded(from_=self.by, reason=self.reason or UNSET)


class Offered(events.Transient, tag="call-offered"):
    by: str
    offer: Any

    def avari(self) -> wire.OfferFrom:
        return wire.OfferFrom(from_=self.by, offer=self.offer)


class Answered(events.Transient, tag="call-answered"):
    by: str
    answer: Any

    def avari(self) -> wire.AnswerFrom:
        return wire.AnswerFrom(from_=self.by, answer=self.answer)


class Candidate(events.Transient, tag="call-candidate"):
    by: str
    candidate: Any

    def avari(self) -> wire.IceCandidateFrom:
        return wire.IceCandidateFrom(from_=self.by, candidate=self.candidate)
