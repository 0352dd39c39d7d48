"""Who is told when something happens at a match: always one connection, the other one's or the one that is replaced."""

from typing import Any

from django.dispatch import receiver

from realtime.events import BaseEvent
from signaling import events, signals, wire
from signaling.models import Call, Seat
from signaling.models import call as calls
from signaling.rooms import MatchRoom


def tell(peer: Seat | None, event: BaseEvent) -> None:
    if peer is not None:
        MatchRoom(peer.match_id).tell(event, to=peer.connection)


@receiver(signals.seat_taken)
def tell_taken(sender: object, seat: Seat, peer: Seat | None, count: int, **_: Any) -> None:
    if peer is not None:
        role = wire.role(peer.handle, facing=seat.handle)
        tell(peer, events.SeatTaken(handle=seat.handle, count=count, role=role))


@receiver(signals.seat_replaced)
def tell_replaced(sender: object, seat: Seat, connection: str, **_: Any) -> None:
    replaced = events.SeatReplaced(match_name=seat.match.name, handle=seat.handle)
    MatchRoom(seat.match_id).tell(replaced, to=connection)


@receiver(signals.seat_lost)
def tell_lost(sender: object, seat: Seat, peer: Seat | None, **_: Any) -> None:
    tell(peer, events.SeatLost(handle=seat.handle))


@receiver(signals.seat_left)
def tell_left(sender: object, seat: Seat, peer: Seat | None, **_: Any) -> None:
    tell(peer, events.SeatLeft(handle=seat.handle))


@receiver(signals.call_rung)
def tell_rung(sender: object, call: Call, by: Seat, peer: Seat, glare: bool, busy: bool, **_: Any) -> None:
    tell(peer, events.CallRung(by=by.handle, caller=call.caller if glare else "", busy=busy))
    if busy:
        tell(by, events.CallBusy(by=peer.handle))


@receiver(signals.call_accepted)
def tell_accepted(sender: object, by: Seat, peer: Seat, **_: Any) -> None:
    tell(peer, events.CallAccepted(by=by.handle))


@receiver(signals.call_rejected)
def tell_rejected(sender: object, by: Seat, peer: Seat, reason: str, **_: Any) -> None:
    tell(peer, events.CallRejected(by=by.handle, reason=reason))


@receiver(signals.call_ended)
def tell_ended(sender: object, by: Seat, peer: Seat, reason: str, **_: Any) -> None:
    tell(peer, events.CallEnded(by=by.handle, reason=reason))


@receiver(signals.call_timed_out)
def tell_timed_out(sender: object, call: Call, caller: Seat | None, callee: Seat | None, **_: Any) -> None:
    tell(caller, events.CallRejected(by=call.callee, reason=calls.TIMEOUT))
    tell(callee, events.CallEnded(by=call.caller, reason=""))  # for nobody gave one
