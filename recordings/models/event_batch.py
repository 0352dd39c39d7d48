"""What was recorded, as it came: batches of events, compressed and then sealed."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models.functions import Now

from recordings import compression
from recordings.sealing import Box

MAX_KINDS = 500  # characters of the names of all kinds in a batch


def join(batches: Iterable[bytes]) -> bytes:
    """JSON arrays of events as one, which are not taken apart for it."""
    inner = (batch.strip()[1:-1] for batch in batches)
    return b"[" + b",".join(each for each in inner if each.strip()) + b"]"


def lines(kinds: Iterable[str]) -> str:
    """The names of kinds one on each line, without what the database cannot store."""
    names = ("".join(character for character in kind if character.isprintable()) for kind in kinds)
    return "\n".join(names)[:MAX_KINDS]


class EventBatch(models.Model):
    """The events that a client sent under one number; or that the server gathered under one, without a digest."""

    recording = models.ForeignKey("recordings.Recording", models.CASCADE, related_name="batches")
    number = models.BigIntegerField()
    digest = models.BinaryField(max_length=32, help_text="by which the client's batch is known if it comes again")
    data = models.BinaryField()
    count = models.PositiveIntegerField()
    first_ms = models.BigIntegerField()
    last_ms = models.BigIntegerField()
    kinds = models.CharField(max_length=MAX_KINDS, default="", help_text="one on each line")
    stored_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "event batches"
        constraints = [models.UniqueConstraint(fields=["recording", "number"], name="one_batch_of_a_number")]

    def __str__(self) -> str:
        return f"{self.count} events"

    @staticmethod
    def place(recording_id: str, number: int) -> str:
        return f"{recording_id}/events/{number}"

    def read(self, box: Box) -> bytes:
        """The events as a JSON array; raises sealing.Damaged."""
        return compression.decompress(box.open(bytes(self.data), self.place(self.recording_id, self.number)))

    def events(self, box: Box) -> list[dict[str, Any]]:
        """Each is `{event, data, timestamp}`."""
        events: list[dict[str, Any]] = json.loads(self.read(box))
        return events
