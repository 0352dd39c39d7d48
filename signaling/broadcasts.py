"""Who is told when something happens at a match: always one connection, the peer's or the one that was replaced.

A verb calls these functions. They take model instances and do not ask the database, so they stand below the models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime import event_log
from realtime.events import BaseEvent
from signaling import events, wire

if TYPE_CHECKING:
    from signaling.models import Call, Seat

TIMEOUT = "timeout"  # This is the reason of a rejection that nobody has made.


def _tell(seat: Seat | None, event: BaseEvent) -> None:
    if seat is not None:
        event_log.tell(seat.match.room_key, event, to=seat.connection)


def seat_taken(seat: Seat, peer: Seat | None, count: int) -> None:
    """Tells the peer who it faces; `count` is how many are at the match now."""
    if peer is not None:
        role = wire.role(peer.handle, facing=seat.handle)
        _tell(peer, events.SeatTaken(handle=seat.handle, count=count, role=role))


def seat_replaced(seat: Seat, connection: str) -> None:
    """Tells the `connection` that had the seat before a newer one of the same user."""
    replaced = events.SeatReplaced(match_name=seat.match.name, handle=seat.handle)
    event_log.tell(seat.match.room_key, replaced, to=connection)


def seat_lost(seat: Seat, peer: Seat | None) -> None:
    """Tells the peer that the connection broke; the seat is kept for a while."""
    _tell(peer, events.SeatLost(handle=seat.handle))


def seat_left(seat: Seat, peer: Seat | None) -> None:
    """Tells the peer that the user is gone."""
    _tell(peer, events.SeatLeft(handle=seat.handle))


def call_rung(call: Call, by: Seat, peer: Seat, name: str, glare: bool, busy: bool) -> None:
    """Tells the peer that it is called, and by whom; `name` may be empty.

    `glare`: both call each other; `busy`: the peer is in another call.
    """
    _tell(peer, events.CallRung(by=by.handle, name=name, caller=call.caller if glare else "", busy=busy))
    if busy:
        _tell(by, events.CallBusy(by=peer.handle))


def call_accepted(by: Seat, peer: Seat) -> None:
    _tell(peer, events.CallAccepted(by=by.handle))


def call_rejected(by: Seat, peer: Seat, reason: str) -> None:
    _tell(peer, events.CallRejected(by=by.handle, reason=reason))


def call_ended(by: Seat, peer: Seat, reason: str) -> None:
    """Tells the peer; `reason` is what the sender gave, or empty."""
    _tell(peer, events.CallEnded(by=by.handle, reason=reason))


def call_timed_out(call: Call, caller: Seat | None, callee: Seat | None) -> None:
    """Tells both sides that nobody took the call; a side that has gone is None."""
    _tell(caller, events.CallRejected(by=call.callee, reason=TIMEOUT))
    _tell(callee, events.CallEnded(by=call.caller, reason=""))  # Nobody has given a reason.
