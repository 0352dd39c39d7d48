"""The rooms of matches, in which each of two people is told what the other one says."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts import identity as identities
from realtime import rooms
from realtime.models import Presence
from signaling.models import Match, Seat
from signaling.models import match as matches
from signaling.models.seat import SeatQuerySet

PARTICIPANT = "participant"


class MatchRoom(rooms.Room):
    """The room admits only those who ask for a seat, and addresses them by the handle that they ask for."""

    kind = matches.KIND
    ids = "[1-9][0-9]{0,17}"
    dialects = ("avari",)
    retention = timedelta(days=1)
    only_resumable = True

    def __init__(self, id: object, handle: str = "") -> None:
        super().__init__(id)
        self.handle = handle

    def admits(self, identity: identities.Identity) -> str:
        if not self.handle:
            raise Match.DoesNotExist("Room not found")
        return PARTICIPANT

    def addresses(self, identity: identities.Identity) -> frozenset[str]:
        return frozenset({address_of(self.handle)})

    def entered(self, presences: Sequence[Presence]) -> None:
        self._seats.restore({presence.connection for presence in presences})

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        self._seats.keep_for_grace({presence.connection for presence in presences}, since=at)

    @property
    def _seats(self) -> SeatQuerySet:
        return Seat.objects.filter(match_id=int(self.id))

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        match = Match.objects.get(pk=self.id)
        return {
            "matchId": match.name,
            "participants": [seat.handle for seat in match.present],
            "participantCount": match.headcount,
        }


def address_of(handle: str) -> str:
    """The address of whoever has the seat of `handle`. It cannot be the address of an identity."""
    return f"seat:{handle}"
