"""Who is told when something happens at a match: always one connection, the other one's or the one that is replaced."""

from typing import Any

from django.dispatch import receiver

from realtime.records import Record
from signaling import records, signals, wire
from signaling.models import Call, Seat
from signaling.models import call as calls
from signaling.rooms import MatchRoom


def tell(peer: Seat | None, record: Record) -> None:
    if peer is not None:
        MatchRoom(peer.match_id).tell(record, to=peer.connection)


@receiver(signals.seat_taken)
def tell_taken(sender: object, seat: Seat, peer: Seat | None, count: int, **_: Any) -> None:
    if peer is not None:
        role = wire.role(peer.handle, facing=seat.handle)
        tell(peer, records.SeatTaken(handle=seat.handle, count=count, role=role))


@receiver(signals.seat_replaced)
def tell_replaced(sender: object, seat: Seat, connection: str, **_: Any) -> None:
    replaced = records.SeatReplaced(match_name=seat.match.name, handle=seat.handle)
    MatchRoom(seat.match_id).tell(replaced, to=connection)


@receiver(signals.seat_lost)
def tell_lost(sender: object, seat: Seat, peer: Seat | None, **_: Any) -> None:
    tell(peer, records.SeatLost(handle=seat.handle))


@receiver(signals.seat_left)
def tell_left(sender: object, seat: Seat, peer: Seat | None, **_: Any) -> None:
    tell(peer, records.SeatLeft(handle=seat.handle))


@receiver(signals.call_rung)
def tell_rung(sender: object, call: Call, by: Seat, peer: Seat, glare: bool, busy: bool, **_: Any) -> None:
    tell(peer, records.CallRung(by=by.handle, caller=call.caller if glare else "", busy=busy))
    if busy:
        tell(by, records.CallBusy(by=peer.handle))


@receiver(signals.call_accepted)
def tell_accepted(sender: object, by: Seat, peer: Seat, **_: Any) -> None:
    tell(peer, records.CallAccepted(by=by.handle))


@receiver(signals.call_rejected)
def tell_rejected(sender: object, by: Seat, peer: Seat, reason: str, **_: Any) -> None:
    tell(peer, records.CallRejected(by=by.handle, reason=reason))


@receiver(signals.call_ended)
def tell_ended(sender: object, by: Seat, peer: Seat, reason: str, **_: Any) -> None:
    tell(peer, records.CallEnded(by=by.handle, reason=reason))


@receiver(signals.call_timed_out)
def tell_timed_out(sender: object, call: Call, caller: Seat | None, callee: Seat | None, **_: Any) -> None:
    tell(caller, records.CallRejected(by=call.callee, reason=calls.TIMEOUT))
    tell(callee, records.CallEnded(by=call.caller, reason=""))  # for nobody gave one
