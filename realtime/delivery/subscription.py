"""A connection's place in a room, and what is on its way to it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from realtime import events, wire
from realtime.delivery import send_queue
from realtime.models import RoomEvent
from realtime.protocol.framing import Burst, Frame, Framing

if TYPE_CHECKING:
    from realtime.delivery.fanout import Crowd

logger = logging.getLogger(__name__)


Style = tuple[str, str, bool]  # dialect, framing, and whether positions are told


class Delivery(NamedTuple):
    """A fact on its way to the members. One that was redacted, or that this version does not know, has no record."""

    seq: int  # 0 for a passing one
    at: float  # seconds since 1970
    record: events.Record | None
    to: str = ""
    but: str = ""

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def is_for(self, addresses: frozenset[str]) -> bool:
        """Whether whoever is known by `addresses` hears it."""
        return (not self.to or self.to in addresses) and self.but not in addresses

    @classmethod
    def told(cls, seq: int, body: str, to: str, but: str) -> Delivery:
        """What a bell has just brought."""
        return cls(seq, time.time(), _known(body), to, but)

    @classmethod
    def logged(cls, event: RoomEvent) -> Delivery:
        record = None if event.redacted else _known(event.body)
        return cls(event.seq, event.at.timestamp(), record, event.to, event.but)


def _known(body: str) -> events.Record | None:
    """What `body` says, or None where a server of another version wrote it: nobody is told, and the room goes on."""
    try:
        return events.decode(body)
    except (KeyError, msgspec.DecodeError) as error:
        logger.warning("a fact of another version was passed over: %s", error)
        return None


class Member:
    """A connection's place in a room: the only door through which the room's frames reach it."""

    __slots__ = (
        "addresses",
        "crowd",
        "framing",
        "gone",
        "held",
        "known_as",
        "marked",
        "outlet",
        "own",
        "positions",
        "size",
        "speaks",
        "style",
    )

    def __init__(
        self,
        outlet: send_queue.Outlet,
        speaks: str,
        framing: Framing,
        *,
        positions: bool = False,
        addresses: frozenset[str] = frozenset(),
    ) -> None:
        self.outlet = outlet
        self.speaks = speaks
        self.framing = framing
        self.positions = positions
        self.addresses = addresses
        self.style: Style = speaks, framing.name, positions
        self.crowd: Crowd | None = None  # the others of this style in the room, who are written the same bytes
        self.own = b""  # the JSON value that stands for this member in a personal message, where it is meant,
        self.known_as = ""  # by which records that mark know it,
        self.marked: bool | None = None  # and whether it is meant, once that is known
        self.held: list[Burst] | None = []  # None once released
        self.size = 0  # bytes held
        self.gone: Callable[[], object] = lambda: None  # hears that the room has let it go

    @property
    def socket(self) -> int | None:
        """What framed bytes can be written to at once, unless they must be kept back or something is in the way."""
        return self.outlet.straight if self.held is None else None

    def turn(self) -> None:
        if self.crowd is not None:
            self.crowd.place(self)

    def hears(self, delivery: Delivery) -> bool:
        return delivery.is_for(self.addresses)

    def pack(self, delivery: Delivery, room: str, epoch: str) -> list[Frame]:
        """The frames that tell `delivery` to members of this style; none, and a line in the log, if it has no words."""
        if delivery.record is None:
            return []
        position = None
        if self.positions and delivery.seq:
            position = wire.Position(room, delivery.seq, epoch)
        try:
            return [self.framing.pack(said, position) for said in events.render(delivery.record, self.speaks)]
        except Exception:
            logger.exception("event %d of %s could not be told", delivery.seq, room)
            return []

    def mark(self, record: events.Record) -> None:
        if self.known_as and (marked := record.marks(self.known_as)) is not None:
            self.marked = marked

    def write(self, burst: Burst) -> None:
        if self.held is None:
            self._put(burst)
        else:
            self.held.append(burst)
            self.size += burst.size
            if self.size > send_queue.MAX_WAITING:
                self.hold()
                self.outlet.cut()

    def hold(self) -> None:
        """Keeps back what comes from now on."""
        self.held, self.size = [], 0
        self.turn()

    def release(self) -> None:
        """Lets through what has come since the member joined; called when the answer to its joining is out."""
        held, self.held = self.held, None
        for burst in held or ():
            self._put(burst)
        self.turn()

    async def replay(self, frames: Iterable[Frame]) -> None:
        """Writes what the member has missed, a piece at a time as it reads: one that is catching up is not slow."""
        piece: list[Frame] = []
        size = 0
        for frame in frames:
            piece.append(frame)
            size += len(frame)
            if size >= send_queue.PIECE:
                self._put(Burst(piece))
                await self.outlet.drain()
                piece, size = [], 0
        self._put(Burst(piece))
        await self.outlet.drain()

    def _put(self, burst: Burst) -> None:
        """Writes `burst`, the personal frames with what is this member's own."""
        if burst.personal:
            own = self.own if self.marked else b""
            burst = Burst(frame.filled(own) for frame in burst)
        self.outlet.write(burst)
