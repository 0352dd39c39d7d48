"""Old clients send every event by itself. When their visit is over, the batches that the server numbered are joined."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from django.db import transaction

from recordings import compression, sealing
from recordings.models.event_batch import EventBatch, join, lines

if TYPE_CHECKING:
    from recordings.models.recording import Recording

PAGE = 500  # batches read at a time
JOINED = 256 * 1024  # bytes of events in one batch, unless one alone has more

Opened = tuple[EventBatch, bytes]  # with its events


def compact(recording: "Recording") -> None:
    """Joins what the server numbered. What clients numbered stays, so that it is known if it comes again, and in order.

    A joined batch has the number of its last: whoever has read a part of it before reads some of it twice, and
    nothing is left out. It does no harm to begin anew where a worker has died.
    """
    box, last = recording.box, -1
    loose = recording.batches.filter(digest=b"").order_by("number")
    while batches := list(loose.filter(number__gt=last)[:PAGE]):
        for group in _groups((batch, batch.read(box)) for batch in batches):
            if len(group) > 1:
                _join(recording, group, box)
        last = batches[-1].number


def _groups(batches: Iterable[Opened]) -> Iterator[list[Opened]]:
    group: list[Opened] = []
    size = 0
    for batch, events in batches:
        if group and (size + len(events) > JOINED or batch.number != group[-1][0].number + 1):
            yield group
            group, size = [], 0
        group.append((batch, events))
        size += len(events)
    yield group


@transaction.atomic
def _join(recording: "Recording", group: list[Opened], box: sealing.Box) -> None:
    batches = [batch for batch, _ in group]
    last = batches[-1]
    data = compression.compress(join(events for _, events in group))
    last.data = box.seal(data, EventBatch.place(recording.pk, last.number))
    last.count = sum(batch.count for batch in batches)
    last.first_ms = min(batch.first_ms for batch in batches)
    last.last_ms = max(batch.last_ms for batch in batches)
    last.kinds = lines(dict.fromkeys(kind for batch in batches for kind in batch.kinds.split("\n")))
    last.save(update_fields=["data", "count", "first_ms", "last_ms", "kinds"])
    EventBatch.objects.filter(pk__in=[batch.pk for batch in batches[:-1]]).delete()
