"""A connection's place in a room, and what is on its way to it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from realtime import events, wire
from realtime.delivery import outgoing
from realtime.models import RoomEvent
from realtime.protocol.framing import Frame, FrameBatch, Framing

if TYPE_CHECKING:
    from realtime.delivery.fanout import FanoutGroup

logger = logging.getLogger(__name__)


Encoding = tuple[str, str, bool]  # dialect, framing, and whether positions are told


class Delivery(NamedTuple):
    """A fact on its way to the members. One that was redacted, or that this version does not know, has no record."""

    seq: int  # 0 for a passing one
    at: float  # seconds since 1970
    event: events.BaseEvent | None
    to: str = ""
    but: str = ""

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def is_for(self, addresses: frozenset[str], claims: frozenset[str] = frozenset()) -> bool:
        """Whether a reader with these addresses is told it; unproven `claims` can only leave the reader out."""
        return (not self.to or self.to in addresses) and self.but not in addresses and self.but not in claims

    @classmethod
    def told(cls, seq: int, body: str, to: str, but: str) -> Delivery:
        """What a bell has just brought."""
        return cls(seq, time.time(), _known(body), to, but)

    @classmethod
    def logged(cls, row: RoomEvent) -> Delivery:
        event = None if row.redacted else _known(row.body)
        return cls(row.seq, row.at.timestamp(), event, row.to, row.but)


def _known(body: str) -> events.BaseEvent | None:
    """What `body` says, or None where a server of another version wrote it: nobody is told, and the room goes on."""
    try:
        return events.decode(body)
    except (KeyError, msgspec.DecodeError) as error:
        logger.warning("a fact of another version was passed over: %s", error)
        return None


class Subscription:
    """A connection's place in a room: the only door through which the room's frames reach it."""

    __slots__ = (
        "addresses",
        "buffered",
        "claims",
        "dialect",
        "encoding",
        "framing",
        "group",
        "is_personal",
        "on_final",
        "personal_key",
        "personal_value",
        "positions",
        "send_queue",
        "size",
    )

    def __init__(
        self,
        send_queue: outgoing.SendQueue,
        dialect: str,
        framing: Framing,
        *,
        positions: bool = False,
        addresses: frozenset[str] = frozenset(),
    ) -> None:
        self.send_queue = send_queue
        self.dialect = dialect
        self.framing = framing
        self.positions = positions
        self.addresses = addresses
        self.claims: frozenset[str] = frozenset()  # see Identity.claims
        self.encoding: Encoding = dialect, framing.name, positions
        self.group: FanoutGroup | None = None  # the others of this style in the room, who are written the same bytes
        self.personal_value = (
            b""  # the JSON value that stands for this member in a personal message, where it is meant,
        )
        self.personal_key = ""  # by which records that mark know it,
        self.is_personal: bool | None = None  # and whether it is meant, once that is known
        self.buffered: list[FrameBatch] | None = []  # None once released
        self.size = 0  # bytes held
        self.on_final: Callable[[], object] = lambda: None  # hears that the room has let it go

    @property
    def descriptor(self) -> int | None:
        """What framed bytes can be written to at once, unless they must be kept back or something is in the way."""
        return self.send_queue.descriptor if self.buffered is None else None

    def on_writability_changed(self) -> None:
        if self.group is not None:
            self.group.sort_in(self)

    def is_addressed(self, delivery: Delivery) -> bool:
        return delivery.is_for(self.addresses, self.claims)

    def pack(self, delivery: Delivery, room: str, epoch: str) -> list[Frame]:
        """The frames that tell `delivery` to members of this style; none, and a line in the log, if it has no words."""
        if delivery.event is None:
            return []
        position = None
        if self.positions and delivery.seq:
            position = wire.Position(room, delivery.seq, epoch)
        try:
            return [self.framing.pack(said, position) for said in events.render(delivery.event, self.dialect)]
        except Exception:
            logger.exception("event %d of %s could not be told", delivery.seq, room)
            return []

    def personalise(self, event: events.Personalisation) -> None:
        if self.personal_key and (is_personal := event.applies_to(self.personal_key)) is not None:
            self.is_personal = is_personal

    def write(self, batch: FrameBatch) -> None:
        if self.buffered is None:
            self._put(batch)
        else:
            self.buffered.append(batch)
            self.size += batch.size
            if self.size > outgoing.MAX_WAITING:
                self.buffer()
                self.send_queue.disconnect()

    def buffer(self) -> None:
        """Keeps back what comes from now on."""
        self.buffered, self.size = [], 0
        self.on_writability_changed()

    def release(self) -> None:
        """Lets through what has come since the member joined; called when the answer to its joining is out."""
        buffered, self.buffered = self.buffered, None
        for batch in buffered or ():
            self._put(batch)
        self.on_writability_changed()

    async def replay(self, frames: Iterable[Frame]) -> None:
        """Writes what the member has missed, a piece at a time as it reads: one that is catching up is not slow."""
        piece: list[Frame] = []
        size = 0
        for frame in frames:
            piece.append(frame)
            size += len(frame)
            if size >= outgoing.PIECE:
                self._put(FrameBatch(piece))
                await self.send_queue.drain()
                piece, size = [], 0
        self._put(FrameBatch(piece))
        await self.send_queue.drain()

    def _put(self, batch: FrameBatch) -> None:
        """Writes `burst`, the personal frames with what is this member's own."""
        if batch.personal:
            personal_value = self.personal_value if self.is_personal else b""
            batch = FrameBatch(frame.filled(personal_value) for frame in batch)
        self.send_queue.write(batch)
