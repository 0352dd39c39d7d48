"""Finishing a recording in the background: its pieces of audio become files. The row says what is due and what failed.

A task may be lost with its worker. So each try leases the row; where the lease is over and the recording is not
finished, a periodic job enqueues it again. The pieces stay until all files are made and no further piece has come.
"""

import logging
import secrets
import tempfile
from datetime import timedelta
from typing import IO, TYPE_CHECKING, cast

from django.apps import apps
from django.db import transaction
from django.db.models import Count, Sum
from django_tasks import task

from realtime import event_log
from recordings import remuxing, sealing, segments, signals, storage
from recordings.models import compacting
from recordings.models.audio import AudioChunk, AudioTrack
from recordings.pieces import Pieces

if TYPE_CHECKING:
    from recordings.models.recording import Recording

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)  # for one try
FORGOTTEN = timedelta(hours=1)  # after which a task that was enqueued and not begun is enqueued once more
MAX_TRIES = 8  # then it has failed, until staff have it tried again
MAX_MS = 2**31 - 1  # that the database takes; clients' clocks may say anything
MAX_ROUNDS = 5  # in which further pieces may come while files are made
FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=2)


class Unsettled(Exception):
    """Pieces kept coming while files were made of those before."""


@task()
def finish(recording_id: str) -> None:
    """Makes files of what was said in a recording, if that is due."""
    apps.get_model("recordings.Recording").objects.finish(recording_id)


def pause(tries: int) -> timedelta:
    """How long after its failure a try is followed by the next."""
    return min(FIRST_RETRY * int(2 ** (tries - 1)), LAST_RETRY)


def complete(recording: "Recording") -> None:
    """Makes all files that are missing, and settles. Raises the first of what went wrong."""
    compacting.compact(recording)
    for _ in range(MAX_ROUNDS):
        problems = []
        for part, count in outdated(recording).items():
            try:
                make_track(recording, part, count)
            except (remuxing.Unreadable, sealing.Damaged, OSError) as error:
                logger.warning("part %s of %s: %s", part, recording.pk, error)
                problems.append(error)
        if problems:
            raise problems[0]
        if settle(recording):
            sweep(recording)
            return
    raise Unsettled("audio kept coming")


def outdated(recording: "Recording") -> dict[int, int]:
    """The parts that have more pieces than their file was made of, each with the number of its pieces."""
    parts = recording.chunks.values_list("part").annotate(Count("pk"), Sum("size")).order_by("part")
    made = dict(AudioTrack.objects.filter(recording=recording).values_list("part", "chunks"))
    return {part: count for part, count, size in parts if size and made.get(part) != count}


def make_track(recording: "Recording", part: int, count: int) -> None:
    """Makes one file of the first `count` pieces of a part, in place of an older one."""
    name = f"{recording.pk}/{part}-{secrets.token_hex(8)}"
    box = recording.box
    with tempfile.TemporaryFile() as raw, segments.SegmentedFile(raw, box, name) as target:
        made = remuxing.remux(cast(IO[bytes], pieces(recording, part, count)), target)
        target.flush()
        storage.save(name, raw, made.mime)
    facts = {
        "file": name,
        "mime": made.mime,
        "duration_ms": made.duration_ms,
        "size": target.size,
        "offset_ms": 0,  # It is known for certain when the recording is settled.
        "chunks": count,
    }
    with transaction.atomic():
        kept = _lock(recording)
        if kept is not None:
            AudioTrack.objects.update_or_create(recording=recording, part=part, defaults=facts)
    if kept is None:  # The recording was deleted meanwhile, or another worker was faster.
        storage.delete(name)


@event_log.verb
def settle(recording: "Recording") -> bool:
    """Says that the recording is finished and deletes the pieces, unless more have come; returns whether it is over."""
    locked = _lock(recording)
    if locked is None:
        return True
    if outdated(locked):
        return False
    if not locked.event_count and not locked.tracks.exists():
        locked.remove()  # Nobody needs a visit of which nothing came.
        return True
    duration = locked.duration_ms
    for track in locked.tracks.all():
        first = locked.chunks.filter(part=track.part).order_by("number").first()
        if first is not None and locked.first_ms is not None:
            track.offset_ms = min(max(0, first.at_ms - locked.first_ms), MAX_MS)
            track.save(update_fields=["offset_ms"])
        duration = max(duration, track.offset_ms + track.duration_ms)
    locked.chunks.all().delete()
    locked.finished(duration)
    signals.recording_finished.send(type(locked), recording=locked)
    return True


def sweep(recording: "Recording") -> None:
    """Deletes files of tries whose worker died before anybody knew of them."""
    known = set(AudioTrack.objects.filter(recording=recording).values_list("file", flat=True))
    for name in storage.files(recording.pk):
        if name not in known:
            storage.delete(name)


def _lock(recording: "Recording") -> "Recording | None":
    """The recording, locked, if it still is to be finished."""
    rows = type(recording).objects.kept().select_for_update(no_key=True)
    return rows.filter(pk=recording.pk, status="finishing").first()


def pieces(recording: "Recording", part: int, count: int) -> Pieces:
    """The first `count` pieces of a part as one file to read."""
    box = recording.box
    rows = AudioChunk.objects.filter(recording=recording, part=part).order_by("number")
    sizes = list(rows.values_list("pk", "size")[:count])
    return Pieces(sizes, lambda pk: AudioChunk.objects.get(pk=pk).read(box))
