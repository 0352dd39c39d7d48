"""Drops on sockets: what people say to claim a piece, and what they are told. All of it is ours."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from realtime import wire

if TYPE_CHECKING:
    from drops import models

Pieces = Annotated[int, msgspec.Meta(ge=1, le=100)]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else wire.iso(moment)


class Drop(msgspec.Struct, rename="camel"):
    """A drop, as everybody is told of it. Moments are ISO 8601 by the server's clock; `at` is when this was said.

    `status` is `announced`, `open`, `sold_out` or `closed`, `mode` `claimed` or `paid`. Without `closesAt` it is open
    until it is closed by hand; with an empty `keyword` nothing that is said in the chat claims a piece.
    """

    id: str
    session_id: str
    product_id: str | None
    variant_id: str | None
    title: str
    form: str
    price: str
    price_minor: int
    currency: str
    quantity: int
    left: int
    waiting: int
    per_person: int
    hold_seconds: int
    extensions: int
    mode: str
    keyword: str
    status: str
    outcome: str
    opens_at: str | None
    closes_at: str | None
    opened_at: str | None
    sold_out_at: str | None
    closed_at: str | None
    at: str

    @classmethod
    def of(cls, drop: "models.Drop", now: datetime) -> "Drop":
        return cls(
            id=str(drop.pk),
            session_id=str(drop.stream_id),
            product_id=str(drop.product_id) if drop.product_id else None,
            variant_id=str(drop.variant_id) if drop.variant_id else None,
            title=drop.title,
            form=drop.form,
            price=str(drop.price),
            price_minor=drop.price_minor,
            currency=drop.currency,
            quantity=drop.quantity,
            left=drop.left,
            waiting=drop.waiting,
            per_person=drop.per_person,
            hold_seconds=drop.hold_seconds,
            extensions=drop.extensions,
            mode=drop.mode,
            keyword=drop.keyword,
            status=drop.status,
            outcome=drop.outcome,
            opens_at=_iso(drop.opens_at),
            closes_at=_iso(drop.closes_at),
            opened_at=_iso(drop.opened_at),
            sold_out_at=_iso(drop.sold_out_at),
            closed_at=_iso(drop.closed_at),
            at=wire.iso(now),
        )


class Claim(msgspec.Struct, rename="camel"):
    """What one person has claimed, as they alone are told.

    `state` is `held`, `waiting`, `paid`, `expired`, `returned`, `passed`, `cancelled`, `lost`, `late`, `refused` or
    `refunded`. `pieces` are those that they have, of those `wanted`; `place` is that in the line, 0 for one that does
    not wait, and `line` the number by which `drop-left` says how far the line has come. `extensions` is how often the
    hold may still be extended. `checkout` is the path at this server that leads to the shop while it is held.
    """

    id: str
    drop_id: str
    state: str
    pieces: int
    wanted: int
    held_until: str | None
    extensions: int
    line: int | None
    place: int
    checkout: str | None
    at: str

    @classmethod
    def of(cls, claim: "models.Claim", now: datetime) -> "Claim":
        return cls(
            id=str(claim.pk),
            drop_id=str(claim.drop_id),
            state=claim.state,
            pieces=claim.pieces,
            wanted=claim.wanted,
            held_until=_iso(claim.held_until),
            extensions=max(claim.drop.extensions - claim.extended, 0) if claim.state == "held" else 0,
            line=claim.line,
            place=claim.place_in_line(),
            checkout=claim.checkout_path if claim.state == "held" else None,
            at=wire.iso(now),
        )


class AboutDrop(wire.ClientMessage):
    """A message about a drop of a session."""

    session_id: wire.Id

    def limit_subject(self) -> str:
        return str(self.session_id)


class ClaimDrop(AboutDrop, tag="claim-drop"):
    """Claims pieces of a drop. The ack has the `claim`: it is `held`, or `waiting` at its `place` in the line.

    Refusals are `not_open`, `sold_out`, `limit`, and `forbidden` for those who may not claim.
    """

    limit: ClassVar[str] = "claim"
    drop_id: wire.Id
    pieces: Pieces = 1


class AboutClaim(AboutDrop):
    """A message about one's own claim. The ack has it as it is then."""

    limit: ClassVar[str] = "claim"
    claim_id: wire.Id


class ReturnClaim(AboutClaim, tag="return-claim"):
    """Gives back what one holds, or one's place in the line."""


class ExtendClaim(AboutClaim, tag="extend-claim"):
    """Starts the clock of one's hold anew, as often as the drop allows."""


class DropAnnounced(wire.ServerMessage, tag="drop-announced"):
    """A drop has been announced, or what it says of itself has changed before it opens."""

    session_id: str
    drop: Drop


class DropOpened(wire.ServerMessage, tag="drop-opened"):
    """A drop has opened, or what it says of itself has changed since: more pieces, more time."""

    session_id: str
    drop: Drop


class DropLeft(wire.ServerMessage, tag="drop-left"):
    """How many pieces are left now, and how many wait.

    `first` is the line number of whoever is the first in line: a claim's place is at most `line - first + 1`.
    """

    session_id: str
    drop_id: str
    status: str
    left: int
    waiting: int
    first: int | None


class DropClaimed(wire.ServerMessage, tag="drop-claimed"):
    """Tells somebody how their own claim stands now; nobody else hears it."""

    session_id: str
    claim: Claim


class DropWaiting(wire.ServerMessage, tag="drop-waiting"):
    """Tells somebody their place in the line; nobody else hears it."""

    session_id: str
    claim: Claim


class DropRefused(wire.ServerMessage, tag="drop-refused"):
    """Tells somebody why what they wrote in the chat has claimed nothing; nobody else hears it."""

    session_id: str
    drop_id: str | None
    code: str
    message: str


class DropClosed(wire.ServerMessage, tag="drop-closed"):
    """A drop is over, and whoever waited waits no longer.

    `outcome` is `sold_out`, `over`, `closed`, `undone`, `stock` (the shop has fewer pieces) or `ended` (the show is).
    """

    session_id: str
    drop_id: str
    outcome: str
    left: int
    paid: int


class Error(wire.ServerMessage, tag="error", omit_defaults=True):
    """A refusal; `kind` (on Socket.IO `type`) is for programs, `message` for people."""

    kind: str
    message: str
    retry_after: float | None = None
