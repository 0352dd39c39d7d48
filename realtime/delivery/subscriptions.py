"""A connection's subscription to a room."""

import logging
from collections.abc import Callable, Iterable

from realtime import events, wire
from realtime.delivery import outgoing
from realtime.delivery.delivery import Delivery
from realtime.protocol.framing import Frame, FrameBatch, Framing

logger = logging.getLogger(__name__)

Encoding = tuple[str, str, bool]  # dialect, name of the framing, and whether positions are sent


def ignore() -> None:
    """For callbacks that nobody has set."""


class Subscription:
    """What writes a room's frames to one connection, in one dialect.

    It buffers them from the moment of subscribing until `release`, so that the answer to the client's request goes out
    before the first event does.
    """

    __slots__ = (
        "addresses",
        "buffered",
        "claims",
        "dialect",
        "encoding",
        "framing",
        "is_personal",
        "on_final",
        "on_writability_changed",
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
        self.personal_key = ""  # A `Personalisation` knows this subscriber by this name.
        self.personal_value = b""  # This JSON fills the personal slot of frames while `is_personal` is True.
        self.is_personal: bool | None = None  # None until a `Personalisation` has said
        self.buffered: list[FrameBatch] | None = []  # None once released
        self.size = 0  # bytes buffered
        self.on_final: Callable[[], object] = ignore  # It is called when a `Final` event has ended the subscription.
        self.on_writability_changed: Callable[[], None] = ignore  # It is called when `descriptor` may have changed.

    @property
    def descriptor(self) -> int | None:
        """The socket that frames can be written into at once, or None while they must wait for something."""
        return self.send_queue.descriptor if self.buffered is None else None

    def is_addressed(self, delivery: Delivery) -> bool:
        return delivery.is_for(self.addresses, self.claims)

    def pack(self, delivery: Delivery, room: str, epoch: str) -> list[Frame]:
        """The frames that tell `delivery` to all subscribers of this encoding.

        There are none for an event that this dialect has no message for. An event that cannot be rendered is logged
        and passed over: an error in one message must not stop a room.
        """
        if delivery.event is None:
            return []
        position = None
        if self.positions and delivery.seq:
            position = wire.Position(room, delivery.seq, epoch)
        try:
            messages = events.render(delivery.event, self.dialect)
            if not self.positions:
                messages = tuple(message.without_additions() for message in messages)
            return [self.framing.pack(message, position) for message in messages]
        except Exception:
            logger.exception("event %d of %s could not be told", delivery.seq, room)
            return []

    def personalise(self, event: events.Personalisation) -> None:
        """Takes from `event` whether personal messages mean this subscriber from now on, if it says so."""
        if self.personal_key and (is_personal := event.applies_to(self.personal_key)) is not None:
            self.is_personal = is_personal

    def write(self, batch: FrameBatch) -> None:
        """Writes or buffers. A connection whose buffer is full is disconnected."""
        if self.buffered is None:
            self._put(batch)
        else:
            self.buffered.append(batch)
            self.size += batch.size
            if self.size > outgoing.MAX_WAITING:
                self.buffer()
                self.send_queue.disconnect()

    def buffer(self) -> None:
        """Buffers what comes from now on, beginning with nothing."""
        self.buffered, self.size = [], 0
        self.on_writability_changed()

    def release(self) -> None:
        """Writes what was buffered, and from now on at once. Called when the answer to the request is out."""
        buffered, self.buffered = self.buffered, None
        for batch in buffered or ():
            self._put(batch)
        self.on_writability_changed()

    async def replay(self, frames: Iterable[Frame]) -> None:
        """Writes the events that a client has missed, piece by piece as it reads: one that catches up is not slow."""
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
        """Writes `batch`, with the slots of personal frames filled for this subscriber."""
        if batch.personal:
            personal_value = self.personal_value if self.is_personal else b""
            batch = FrameBatch(frame.filled(personal_value) for frame in batch)
        self.send_queue.write(batch)
