"""Making files of a show's video in the background, and of what a cut of the show leaves of it.

As with recordings of visits, each try leases the row, so that a task that is lost with its worker is begun again.
"""

import logging
import secrets
import tempfile
from datetime import timedelta
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from django.apps import apps
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django_tasks import task

from recordings import remuxing, segments, storage
from recordings.models import finishing
from recordings.pieces import Pieces

if TYPE_CHECKING:
    from replays.models.video_part import VideoPart

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=30)  # for one try
MAX_TRIES = 8  # then it has failed
SECOND = 1000  # ms
CLOSE = 1000  # ms by which a cut file may be shorter than asked before it is taken for made wrong


class Cut(NamedTuple):
    """The file of what is left of a part between two moments of the show; without a name nothing is left."""

    begin: int
    end: int
    file: str = ""
    size: int = 0
    at_ms: int = 0
    duration_ms: int = 0


@task()
def finish(part_id: str) -> None:
    """Makes the file of a part, if that is due."""
    parts = apps.get_model("replays.VideoPart").objects
    due = parts.filter(pk=part_id, status="finishing", finish_at__lte=Now())
    if not due.update(finish_at=Now() + LEASE, finish_tries=F("finish_tries") + 1):
        return
    part = parts.get(pk=part_id)
    try:
        make(part)
    except Exception as error:
        given_up = part.finish_tries >= MAX_TRIES or isinstance(error, remuxing.Unreadable)
        parts.filter(pk=part_id, status="finishing").update(
            status="failed" if given_up else "finishing",
            finish_at=None if given_up else Now() + finishing.pause(part.finish_tries),
            last_error=f"{type(error).__name__}: {error}"[:500],
        )
        logger.warning("%s: %s", part, error)
        if not isinstance(error, remuxing.Unreadable):
            raise


def make(part: "VideoPart") -> None:
    """Makes one file of all slices, and then deletes them."""
    sweep(part)
    box = part.box
    sizes = list(part.slices.order_by("number").values_list("pk", "size"))

    def read(pk: int) -> bytes:
        piece = part.slices.get(pk=pk)
        with storage.open_at(piece.file, 0, piece.size + box.overhead) as file:
            return box.open(file.read(), f"{part.pk}/{piece.number}")

    name, size, film = _remux(part, Pieces(sizes, read))
    facts = {"file": name, "size": size, "mime": film.mime, "duration_ms": film.duration_ms, "last_error": ""}
    with transaction.atomic():
        unfinished = type(part).objects.filter(pk=part.pk, status="finishing")
        if not unfinished.update(status="finished", finish_at=None, **facts):
            storage.delete(name)  # It was deleted meanwhile, or another worker was faster.
            return
        needless = list(part.slices.values_list("file", flat=True))
        part.slices.all().delete()
    for slice_name in needless:
        storage.delete(slice_name)
    trim.enqueue(str(part.stream_id))


def sweep(part: "VideoPart") -> None:
    """Deletes the files of tries whose worker died."""
    named = set(part.slices.values_list("file", flat=True))
    for name in storage.files(part.folder):
        if name not in named:
            storage.delete(name)


def _remux(part: "VideoPart", source: Pieces, kept: remuxing.Part = remuxing.WHOLE) -> tuple[str, int, remuxing.Film]:
    """Stores a film of what `source` has; returns its name and its size."""
    name = f"{part.folder}/{secrets.token_hex(8)}"
    with tempfile.TemporaryFile() as raw, segments.SegmentedFile(raw, part.box, name) as target:
        film = remuxing.remux_film(cast(IO[bytes], source), target, kept)
        target.flush()
        storage.save(name, raw, film.mime)
    return name, target.size, film


# --- what a cut of the show leaves


@task()
def trim(stream_id: str) -> None:
    """Makes the files of the parts in which the show's cut begins or ends."""
    replay = apps.get_model("replays.Replay").objects.of(apps.get_model("streams.Stream").objects.get(pk=stream_id))
    begin, end = replay.span()
    for part in replay.stream.video_parts.finished():
        if is_whole(part, begin, end) or (part.cut and Cut(*part.cut)[:2] == (begin, end)):
            continue
        _replace(part, _trimmed(part, begin, end))


def _replace(part: "VideoPart", cut: Cut) -> None:
    """Notes a new cut file, and deletes the one before; of a part that was deleted meanwhile, the new one."""
    with transaction.atomic():
        kept = type(part).objects.select_for_update(no_key=True).filter(pk=part.pk).first()
        before = Cut(*kept.cut) if kept is not None and kept.cut else None
        if kept is not None:
            kept.cut = list(cut)
            kept.save(update_fields=["cut"])
    needless = cut if kept is None else before
    if needless is not None and needless.file:
        storage.delete(needless.file)


def is_whole(part: "VideoPart", begin: int, end: int) -> bool:
    """Whether all of the part is within the show's cut."""
    return begin <= part.at_ms and part.at_ms + part.duration_ms <= end + CLOSE


def _trimmed(part: "VideoPart", begin: int, end: int) -> Cut:
    first, last = max(0, begin - part.at_ms), min(part.duration_ms, end - part.at_ms)
    if last <= first:
        return Cut(begin, end)
    step = segments.SEGMENT
    sizes = [(at, min(step, part.size - at)) for at in range(0, part.size, step)]
    box = part.box

    def read(at: int) -> bytes:
        return b"".join(segments.read(box, part.file, part.size, at, min(step, part.size - at)))

    try:
        name, size, film = _remux(part, Pieces(sizes, read), remuxing.Part(first / SECOND, last / SECOND))
    except remuxing.Unreadable:  # No whole picture begins between the two.
        return Cut(begin, end)
    return Cut(begin, end, name, size, part.at_ms + film.begin_ms, film.duration_ms)
