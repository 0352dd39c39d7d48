"""What those who send a show's picture and those who see it are told. None of it is logged."""

from collections.abc import Iterable
from typing import Any, Literal

from realtime import events, wire
from streams.wire import webrtc

SignalKind = Literal["offer", "answer", "candidate"]


class BroadcastOffered(events.Transient, tag="broadcast-offered"):
    broadcaster: str

    def webrtc(self) -> webrtc.BroadcasterAvailable:
        return webrtc.BroadcasterAvailable(broadcaster=self.broadcaster, broadcaster_id=self.broadcaster)


class BroadcastStopped(events.Transient, tag="broadcast-stopped"):
    broadcaster: str
    reason: str

    def webrtc(self) -> webrtc.BroadcastStopped:
        return webrtc.BroadcastStopped(
            broadcaster=self.broadcaster, broadcaster_id=self.broadcaster, reason=self.reason
        )


class BroadcastFull(events.Transient, tag="broadcast-full"):
    """All places are taken. It is told in two messages, since shipped clients know only the plain refusal."""

    places: int

    def webrtc(self) -> Iterable[wire.ServerMessage]:
        words = f"All {self.places} places of this broadcast are taken. You will see it as soon as one is free."
        return [webrtc.BroadcastFull(viewers=self.places, message=words), wire.Error(message=words)]


class ViewerSeated(events.Transient, tag="viewer-seated"):
    viewer: str

    def webrtc(self) -> webrtc.NewCustomer:
        return webrtc.NewCustomer(customer_id=self.viewer)


class ViewerDeparted(events.Transient, tag="viewer-departed"):
    viewer: str

    def webrtc(self) -> webrtc.CustomerLeft:
        return webrtc.CustomerLeft(customer_id=self.viewer)


class Signalled(events.Transient, tag="signalled"):
    """One browser's WebRTC signal for another; `sender` is the name of the peer that it came from."""

    kind: SignalKind
    sender: str
    signal: Any

    def webrtc(self) -> wire.ServerMessage:
        match self.kind:
            case "offer":
                return webrtc.OfferFrom(from_=self.sender, offer=self.signal)
            case "answer":
                return webrtc.AnswerFrom(from_=self.sender, answer=self.signal)
            case "candidate":
                return webrtc.CandidateFrom(from_=self.sender, candidate=self.signal)
