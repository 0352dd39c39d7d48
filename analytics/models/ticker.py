"""The shows whose figures are told again every few seconds."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Now

from realtime.models import Presence
from streams.models import Stream

INTERVAL = timedelta(seconds=2)  # between two times that the figures of a show are told
AT_ONCE = 200  # shows whose turn one process takes at once; another one, or the next moment, takes the others


class TickerQuerySet(models.QuerySet["Ticker"]):
    def start(self, streams: Iterable[Any]) -> None:
        """Has the figures of these shows told from now on; of one that has begun already nothing changes."""
        tickers = [Ticker(stream_id=key, due_at=Now() + INTERVAL) for key in sorted(streams)]
        self.bulk_create(tickers, ignore_conflicts=True)

    def take(self) -> list[Stream]:
        """The shows whose turn has come, each once whichever process asks first. It ends where nobody is left."""
        with transaction.atomic():
            due = self.filter(due_at__lte=Now()).select_related("stream").order_by("due_at")
            shows = [ticker.stream for ticker in due.select_for_update(skip_locked=True, of=("self",))[:AT_ONCE]]
            watched = _watched([stream.room_key for stream in shows])
            going_on = [stream for stream in shows if stream.is_on and stream.room_key in watched]
            self.filter(stream__in=set(shows) - set(going_on)).delete()
            self.filter(stream__in=going_on).update(due_at=Now() + INTERVAL)
        return going_on


def _watched(rooms: list[str]) -> set[str]:
    """Those of these rooms in which somebody is."""
    return set(Presence.objects.live().filter(room__in=rooms).values_list("room", flat=True).distinct())


class Ticker(models.Model):
    """The figures of a show are told again at `due_at`: from the first look at a product to the show's end.

    Nothing of it is in memory, so a process that dies is replaced by any other.
    """

    stream = models.OneToOneField(Stream, models.CASCADE, primary_key=True, related_name="+")
    due_at = models.DateTimeField(db_index=True)

    objects = TickerQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Ticker of {self.stream_id}"
