"""The book of one drop that is locked: here, and nowhere else, pieces pass from hand to hand."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from drops import broadcasts, signals
from drops.models.states import SELLING, UNFINISHED, Outcome, State, Status

if TYPE_CHECKING:
    from drops.models.claim import Claim
    from drops.models.drop import Drop

CHUNK = 1000  # claims whose time is over that are ended at once
CHANGED = ("state", "pieces", "held_until", "line", "extended", "promoted_at", "settled_at", "checkout_at", "order_id")
COUNTED = ("status", "outcome", "quantity", "held", "paid", "waiting", "claimed", "last_line", "opens_at", "closes_at")
TIMES = ("opened_at", "sold_out_at", "closed_at")


class Ledger:
    """Whoever makes one has locked the drop and read the database's clock with it (`DropQuerySet.locked`).

    `save` passes free pieces on, stores what has changed and tells it. Between two saves every claim is changed by one
    instance only.
    """

    def __init__(self, drop: "Drop", now: datetime) -> None:
        self.drop, self.now = drop, now
        self.before = {name: getattr(drop, name) for name in (*COUNTED, *TIMES)}
        self.changed: dict[UUID, Claim] = {}
        self.made: list[Claim] = []
        self.is_revised = False  # whether people have to read anew what the drop says of itself

    @classmethod
    def of(cls, drop: "Drop") -> "Ledger":
        """The book of a drop that `DropQuerySet.locked` has read."""
        return cls(drop, drop.now)  # type: ignore[attr-defined]

    @property
    def free(self) -> int:
        return self.drop.quantity - self.drop.held - self.drop.paid

    @property
    def takes_claims(self) -> bool:
        """Whether somebody new may claim a piece, or a place in the line."""
        return self.drop.status in SELLING and (self.drop.closes_at is None or self.drop.closes_at > self.now)

    # --- time

    def look(self) -> None:
        """Does what is due: the drop opens or closes, and holds end that were not paid for."""
        drop = self.drop
        if drop.status == Status.ANNOUNCED and drop.opens_at is not None and drop.opens_at <= self.now:
            self.open()
        if drop.held:
            due = drop.claims.filter(state=State.HELD, held_until__lte=self.now).order_by("held_until", "number")
            for claim in due[:CHUNK]:
                self.let_go(claim, State.EXPIRED)
        self.fill()
        if drop.status in SELLING and drop.closes_at is not None and drop.closes_at <= self.now and self.free:
            self.close(Outcome.OVER)

    def open(self) -> None:
        drop = self.drop
        drop.status, drop.opened_at, drop.opens_at = Status.OPEN, self.now, None
        drop.closes_at = self.now + timedelta(seconds=drop.open_seconds) if drop.open_seconds else None

    def close(self, outcome: str) -> None:
        """Nobody claims or waits any longer; who holds a piece keeps it until the end of the time."""
        drop = self.drop
        drop.status, drop.outcome, drop.closed_at = Status.CLOSED, outcome, self.now
        if drop.waiting:
            lost = drop.claims.filter(state=State.WAITING).exclude(pk__in=list(self.changed))
            lost.update(state=State.LOST, settled_at=self.now)
            for claim in [*self.changed.values(), *self.made]:
                if claim.state == State.WAITING:
                    self._settle(claim, State.LOST)
            drop.waiting = 0

    # --- pieces

    def hold(self, claim: "Claim") -> None:
        """Gives somebody as many of the pieces that they want as there are; at least one is free."""
        claim.pieces = min(claim.wanted, self.free)
        self.drop.held += claim.pieces
        claim.state, claim.held_until = State.HELD, self.now + timedelta(seconds=self.drop.hold_seconds)

    def prolong(self, claim: "Claim") -> None:
        """Starts the clock of a hold anew."""
        claim.held_until = self.now + timedelta(seconds=self.drop.hold_seconds)
        self.note(claim)

    def wait(self, claim: "Claim") -> None:
        """Puts somebody at the end of the line."""
        self.drop.waiting += 1
        self.drop.last_line += 1
        claim.state, claim.line, claim.place = State.WAITING, self.drop.last_line, self.drop.waiting

    def fill(self) -> None:
        """Passes free pieces on to those who wait, in order; those of a drop that was closed are nobody's."""
        while self.free > 0 and self.drop.waiting and self.drop.status in SELLING:
            line = self.drop.claims.filter(state=State.WAITING).exclude(pk__in=list(self.changed)).order_by("line")
            heads = list(line[: min(self.free, CHUNK)])
            if not heads:
                break
            for claim in heads:
                if self.free <= 0:
                    break
                self.drop.waiting -= 1
                self.hold(claim)
                claim.promoted_at = self.now
                self.note(claim)

    def let_go(self, claim: "Claim", state: str) -> None:
        """Ends a hold, or gives up a place in the line; whose piece it becomes `fill` says."""
        if claim.state == State.HELD:
            self.drop.held -= claim.pieces
        elif claim.state == State.WAITING:
            self.drop.waiting -= 1
        self._settle(claim, state)

    def pay(self, claim: "Claim", pieces: int, order_id: str) -> None:
        """Some or all pieces of a hold have been paid for; the others go on."""
        self.drop.held -= claim.pieces
        claim.pieces = min(pieces, claim.pieces)
        self.drop.paid += claim.pieces
        claim.order_id = order_id
        self._settle(claim, State.PAID)

    def note_late(self, claim: "Claim", pieces: int, order_id: str) -> None:
        """A claim that holds nothing any longer has been paid for; staff decide what becomes of it."""
        if claim.state == State.WAITING:
            self.drop.waiting -= 1
        claim.pieces, claim.order_id = max(min(pieces, claim.wanted), 1), order_id
        self._settle(claim, State.LATE)

    def honour(self, claim: "Claim") -> None:
        """Gives whoever paid too late the pieces all the same, where need be beyond what the drop had."""
        self.drop.quantity += max(claim.pieces - max(self.free, 0), 0)
        self.drop.paid += claim.pieces
        self._settle(claim, State.PAID)

    def refund(self, claim: "Claim") -> None:
        """Pieces that were paid for come back."""
        self.drop.paid -= claim.pieces
        self._settle(claim, State.REFUNDED)

    def respect(self, stock: int) -> None:
        """Keeps no more pieces than the shop has: the last in line lose theirs, and the drop is closed.

        Who is at the checkout already is left alone: the shop may have taken their pieces out of its stock.
        """
        drop = self.drop
        holds = list(drop.claims.filter(state=State.HELD).exclude(pk__in=list(self.changed)).order_by("-number"))
        bound = sum(claim.pieces for claim in holds if claim.checkout_at is not None)
        possible = max(stock, 0) + bound
        if drop.quantity - drop.paid <= possible:
            return
        cut = False
        for claim in holds:
            if drop.held <= possible:
                break
            if claim.checkout_at is None:
                cut = True
                self.let_go(claim, State.CANCELLED)
        drop.quantity = drop.paid + max(possible if not cut else drop.held, drop.held)
        self.is_revised = True
        if drop.status in UNFINISHED and (cut or drop.quantity <= drop.paid):
            self.close(Outcome.STOCK)

    def _settle(self, claim: "Claim", state: str) -> None:
        claim.state, claim.settled_at, claim.held_until = state, self.now, None
        self.note(claim)

    def note(self, claim: "Claim") -> None:
        """Has `save` store a claim, which is not a new one."""
        if claim._state.adding is False:
            self.changed[claim.pk] = claim

    # --- the end

    def save(self) -> None:
        self.fill()
        self._turn()
        drop = self.drop
        counts = {name: getattr(drop, name) for name in (*COUNTED, *TIMES)}
        differs = [name for name, value in counts.items() if value != self.before[name]]
        if self.changed:
            drop.claims.bulk_update(self.changed.values(), CHANGED)
        if differs:
            type(drop).objects.filter(pk=drop.pk).update(**{name: counts[name] for name in differs})
        self._tell(differs)
        self.before, self.changed, self.made, self.is_revised = counts, {}, [], False

    def _turn(self) -> None:
        """Takes the status that follows from the pieces."""
        drop = self.drop
        if drop.status == Status.OPEN and self.free <= 0:
            drop.status, drop.sold_out_at = Status.SOLD_OUT, drop.sold_out_at or self.now
        elif drop.status == Status.SOLD_OUT and self.free > 0:
            drop.status = Status.OPEN
            if not self.takes_claims:
                self.close(Outcome.OVER)
        if drop.status in SELLING and drop.paid == drop.quantity:
            self.close(Outcome.SOLD_OUT)

    def _tell(self, differs: Iterable[str]) -> None:
        drop, claims = self.drop, [*self.made, *self.changed.values()]
        status = drop.status if "status" in differs else ""
        for claim in claims:
            broadcasts.claim_changed(drop, claim)
        if status == Status.CLOSED:
            broadcasts.drop_closed(drop)
        elif (status == Status.OPEN and self.before["status"] == Status.ANNOUNCED) or self.is_revised:
            broadcasts.drop_told(drop)
        elif status:
            broadcasts.drop_turned(drop, free=max(self.free, 0))
        if {"held", "paid", "waiting", "quantity"} & set(differs):
            broadcasts.drop_left(drop)
        if status:
            signals.drop_changed.send(type(drop), drop=drop, status=status)
        if claims:
            signals.claims_changed.send(type(drop), drop=drop, claims=claims)
