"""What happens to drops, as the log of their show has it, in the words of the show's protocol.

A stored tag keeps its spelling when its class is renamed; see `realtime.events`.
"""

from drops import wire
from realtime import events

LEFT_INTERVAL = 0.25  # seconds between two tellings of what is left


def _left(told: "DropTurned | LeftCounted", first: int | None) -> wire.DropLeft:
    return wire.DropLeft(
        session_id=told.stream_id,
        drop_id=told.drop_id,
        status=told.status,
        left=told.left,
        waiting=told.waiting,
        first=first,
    )


class DropTold(events.Event, tag="drop-told"):
    """A drop was announced or opened, or says something else of itself than before."""

    stream_id: str
    drop: wire.Drop

    def bazaar(self) -> wire.DropAnnounced | wire.DropOpened:
        said = wire.DropAnnounced if self.drop.status == "announced" else wire.DropOpened
        return said(session_id=self.stream_id, drop=self.drop)


class DropTurned(events.Event, tag="drop-turned"):
    """It has sold out, or pieces have come back."""

    stream_id: str
    drop_id: str
    status: str
    left: int
    waiting: int

    def bazaar(self) -> wire.DropLeft:
        return _left(self, first=None)


class LeftCounted(events.Latest, tag="drop-left"):
    stream_id: str
    drop_id: str
    status: str
    left: int
    waiting: int
    first: int | None

    def min_interval(self) -> float:
        return LEFT_INTERVAL

    def bazaar(self) -> wire.DropLeft:
        return _left(self, first=self.first)


class ClaimTold(events.Event, tag="claim-told"):
    """How a claim stands now; it is told to whoever has it."""

    stream_id: str
    claim: wire.Claim

    def bazaar(self) -> wire.DropClaimed | wire.DropWaiting:
        said = wire.DropWaiting if self.claim.state == "waiting" else wire.DropClaimed
        return said(session_id=self.stream_id, claim=self.claim)


class ClaimRefused(events.Transient, tag="claim-refused"):
    """What somebody wrote in the chat has claimed nothing."""

    stream_id: str
    drop_id: str | None
    code: str
    message: str

    def bazaar(self) -> wire.DropRefused:
        return wire.DropRefused(session_id=self.stream_id, drop_id=self.drop_id, code=self.code, message=self.message)


class DropClosed(events.Event, tag="drop-closed"):
    stream_id: str
    drop_id: str
    outcome: str
    left: int
    paid: int

    def bazaar(self) -> wire.DropClosed:
        return wire.DropClosed(
            session_id=self.stream_id,
            drop_id=self.drop_id,
            outcome=self.outcome,
            left=self.left,
            paid=self.paid,
        )
