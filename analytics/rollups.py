"""The figures of shows that are over, counted once and kept: a show may have had a hundred thousand viewers.

The database counts, or views are read one after the other, so only figures come into memory. What is kept of a section
holds as long as its marks are those that it was counted over; whoever reads it after that has it counted anew.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Exists, Max, OuterRef, Q, Sum
from django.utils import timezone

from analytics import audience, funnel, goods, metrics, minutes, signals
from analytics.models import Rollup, StreamView
from realtime import event_log, wire
from streams.models import Stream

AT_ONCE = 100  # shows that one run of the job rolls up

Figures = dict[str, Any]
Marks = dict[str, Any]


class Section(NamedTuple):
    """Some figures, as JSON has them, and the marks of what they are counted from."""

    count: Callable[[Stream], Any]
    marks: tuple[str, ...]


SECTIONS: dict[str, Section] = {
    "viewers": Section(metrics.viewers, ("views",)),
    "viewerTimeline": Section(metrics.timeline, ("views",)),
    "retention": Section(metrics.retention, ("views",)),
    "audience": Section(audience.of, ("views",)),
    "chat": Section(metrics.chat, ("lines",)),
    "minutes": Section(minutes.packed, ("watched", "lines", "clicks", "carts", "reactions", "shown")),
    "funnel": Section(funnel.of, ("views", "clicks", "carts", "checkouts", "purchases")),
    "goods": Section(goods.packed, ("clicks", "carts", "purchases")),
}
SUMMARY = ("viewers", "viewerTimeline", "retention", "audience")  # what others are told when a show has been counted


def _views(stream: Stream) -> int | None:
    """None as long as somebody is there: what is counted then changes by itself."""
    return None if stream.views.open().exists() else stream.views.count()


def _watched(stream: Stream) -> int | None:
    """The same of those who came before the end: whoever watches the replay changes no minute of the show."""
    views = stream.views.filter(joined_at__lt=minutes.end_of(stream))
    return None if views.open().exists() else views.count()


def _lines(stream: Stream) -> list[int]:
    """Their sum too: one that is taken back and another that is not any longer would leave the count as it was."""
    found = stream.messages.visible().aggregate(count=Count("pk"), sum=Sum("seq", default=0))
    return [found["count"], int(found["sum"])]


def _purchases(stream: Stream) -> list[Any]:
    last = stream.purchases.aggregate(at=Max("confirmed_at"))["at"]  # a confirmation may change who has bought
    return [stream.purchases.count(), last and wire.iso(last)]


MARKS: dict[str, Callable[[Stream], Any]] = {
    "views": _views,
    "watched": _watched,
    "lines": _lines,
    "clicks": lambda stream: stream.clicks.count(),
    "carts": lambda stream: stream.cart_adds.count(),
    "checkouts": lambda stream: stream.checkouts.count(),
    "purchases": _purchases,
    "reactions": lambda stream: int(stream.reaction_minutes.aggregate(n=Sum("count", default=0))["n"]),
    "shown": lambda stream: stream.showcase_changes.exclude(product=None).count(),
}


def _marks(stream: Stream, sections: Iterable[str]) -> dict[str, Marks]:
    """The marks of each section as they are now."""
    now = {mark: MARKS[mark](stream) for mark in sorted({mark for name in sections for mark in SECTIONS[name].marks})}
    return {name: {mark: now[mark] for mark in SECTIONS[name].marks} for name in sections}


def read(stream: Stream, *sections: str) -> Figures:
    """These figures of a show, from its roll-up as far as that holds."""
    if stream.status != Stream.Status.ENDED or stream.ended_at is None:
        return {name: SECTIONS[name].count(stream) for name in sections}
    kept = Rollup.objects.filter(stream=stream).first()
    if kept is None:
        figures = roll_up(stream)
        return {name: figures[name] for name in sections}
    marks = _marks(stream, sections)
    void = [name for name in sections if kept.marks.get(name) != marks[name] or None in marks[name].values()]
    figures = kept.figures | (roll_up(stream, void) if void else {})
    return {name: figures[name] for name in sections}


def roll_up(stream: Stream, sections: Iterable[str] = tuple(SECTIONS)) -> Figures:
    """Counts a show that is over, and keeps of the figures what nobody's coming or going has changed meanwhile."""
    before, moment = _marks(stream, sections), timezone.now()
    figures = {name: SECTIONS[name].count(stream) for name in before}
    settled = {
        name: marks
        for name, marks in _marks(stream, sections).items()
        if marks == before[name] and None not in marks.values()
    }
    if settled:
        _keep(stream, settled, figures, moment)
    return figures


@event_log.verb
def _keep(stream: Stream, marks: dict[str, Marks], figures: Figures, moment: datetime) -> None:
    rollup, _ = Rollup.objects.select_for_update(of=("self",), no_key=True).get_or_create(stream=stream)
    rollup.marks |= marks
    rollup.figures |= {name: figures[name] for name in marks}
    is_first = not rollup.told and set(SUMMARY) <= marks.keys()
    rollup.told |= is_first
    if set(SUMMARY) <= marks.keys():
        rollup.at = moment
    rollup.save()
    if is_first:
        signals.show_counted.send(Stream, stream=stream, figures={name: figures[name] for name in SUMMARY})


def roll_up_ended() -> int:
    """Rolls up the shows that have ended since the last time; returns how many.

    Of those at which somebody looks, what that changes would not be kept, and be counted again every minute: it waits.
    """
    is_open = Exists(StreamView.objects.open().filter(stream=OuterRef("pk")))
    due = Q(rollup=None) | Q(~is_open, rollup__told=False)
    ended = Stream.objects.listed().filter(due, status=Stream.Status.ENDED, ended_at__isnull=False)
    return len([roll_up(stream) for stream in ended.order_by("-ended_at")[:AT_ONCE]])
