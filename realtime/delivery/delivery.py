"""An event on its way to the subscribers of a room."""

import logging
import time
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from realtime import events
from realtime.models import RoomEvent

logger = logging.getLogger(__name__)


class Delivery(NamedTuple):
    """An event of a room with its number, its time and whom it is for.

    `event` is None if it was redacted, or if a server of another version wrote it and this one does not know its type.
    Nobody is told such an event, and the room goes on behind it.
    """

    seq: int  # 0 for a transient event
    at: float  # seconds since 1970
    event: events.BaseEvent | None
    to: str = ""  # It is only for this address, or for all if this is empty.
    but: str = ""  # It is for everybody but this address.

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def is_for(self, addresses: frozenset[str], claims: frozenset[str] = frozenset()) -> bool:
        """Whether a subscriber with these addresses is told; unproven `claims` can only leave them out."""
        return (not self.to or self.to in addresses) and self.but not in addresses and self.but not in claims

    @classmethod
    def notified(cls, seq: int, body: str, to: str, but: str) -> "Delivery":
        """What a notification has just brought."""
        return cls(seq, time.time(), _decode(body), to, but)

    @classmethod
    def logged(cls, row: RoomEvent) -> "Delivery":
        """What a row of the event log says."""
        event = None if row.redacted else _decode(row.body)
        return cls(row.seq, row.at.timestamp(), event, row.to, row.but)


def _decode(body: str) -> events.BaseEvent | None:
    try:
        return events.decode(body)
    except (KeyError, msgspec.DecodeError) as error:
        logger.warning("an event of another version was passed over: %s", error)
        return None
