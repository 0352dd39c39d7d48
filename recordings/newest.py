"""The newest events of recordings, kind by kind, in the words of ShopAloud's REST."""

import logging
from typing import Any

import msgspec

from recordings import redaction, sealing
from recordings.models import EventBatch, Recording

logger = logging.getLogger(__name__)

MAX_EVENTS = 1000  # of each kind
MAX_BYTES = 32 * 1024**2  # of batches that one answer reads, as they are stored
PAGE = 50  # batches read at a time

NAMES = {
    "mouse:position": "mousePositions",
    "scroll:position": "scrollPositions",
    "click:event": "clickEvents",
    "dom:mutation": "domMutations",
    "videoStream": "videoStream",
    "videoStream:start": "videoStream",
}
OTHER = "other"


class Budget:
    """What one answer may still read."""

    def __init__(self, size: int = MAX_BYTES) -> None:
        self.left = size


class Newest:
    """Reads batches from the newest on, until every kind that it meets has MAX_EVENTS or the budget is used up."""

    def __init__(self, budget: Budget) -> None:
        self.budget, self.truncated = budget, False
        self.found: dict[str, list[dict[str, Any]]] = {}

    def read(self, recording: Recording) -> None:
        try:
            box, last = recording.box, None
            while batches := self._page(recording, last):
                for batch in batches:
                    if self.budget.left <= 0:
                        self.truncated = True
                        return
                    self.budget.left -= len(batch.data)
                    self._add(batch, box)
                last = batches[-1].number
        except sealing.Damaged as error:
            logger.error("events cannot be read: %s", error)
            self.truncated = True

    def as_events(self, connections: int | None = None) -> dict[str, Any]:
        """The keys of what there is; of each kind the oldest first."""
        events: dict[str, Any] = {name: rows[::-1] for name, rows in self.found.items()}
        return events if connections is None else {**events, "connectionCount": connections}

    def _page(self, recording: Recording, last: int | None) -> list[EventBatch]:
        older = recording.batches.all() if last is None else recording.batches.filter(number__lt=last)
        return list(older.order_by("-number")[:PAGE])

    def _add(self, batch: EventBatch, box: sealing.Box) -> None:
        for event in reversed(msgspec.json.decode(batch.read(box), type=list[redaction.Event])):
            name = NAMES.get(event.event, OTHER)
            rows = self.found.setdefault(name, [])
            if len(rows) >= MAX_EVENTS:
                self.truncated = True
                continue
            row = {"data": _data(event), "timestamp": event.timestamp}
            rows.append({"event": event.event, **row} if name == OTHER else row)


def _data(event: redaction.Event) -> Any:
    """None for what nobody can tell, such as the number 1e999."""
    try:
        return msgspec.json.decode(event.data)
    except msgspec.DecodeError:
        return None
