"""The models of calls and broadcasts."""

from signaling.models.broadcast import Broadcast
from signaling.models.call import Call
from signaling.models.match import Match
from signaling.models.peer import Peer
from signaling.models.seat import Seat

__all__ = ["Broadcast", "Call", "Match", "Peer", "Seat"]
