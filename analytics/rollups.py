"""The figures of shows that are over, counted once and kept: a show may have had a hundred thousand viewers.

The database counts, or views are read one after the other, so only figures come into memory. A roll-up holds as long
as the views are those that it was counted over; whoever reads the figures after that has them counted anew.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef

from analytics import audience, metrics, signals
from analytics.models import Rollup, StreamView
from realtime import event_log
from streams.models import Stream

AT_ONCE = 100  # shows that one run of the job rolls up

Figures = dict[str, Any]

SECTIONS: dict[str, Callable[[Stream], Any]] = {
    "viewers": metrics.viewers,
    "viewerTimeline": metrics.timeline,
    "retention": metrics.retention,
    "audience": audience.of,
}


def read(stream: Stream, *sections: str) -> Figures:
    """These figures of a show, from its roll-up where there is one that holds."""
    if stream.status != Stream.Status.ENDED:
        return {name: SECTIONS[name](stream) for name in sections}
    kept = Rollup.objects.filter(stream=stream, views=stream.views.count()).first()
    figures: Figures = kept.figures if kept is not None and not stream.views.open().exists() else roll_up(stream)
    return {name: figures[name] for name in sections}


def roll_up(stream: Stream) -> Figures:
    """Counts a show that is over, and keeps the figures unless somebody comes, is there or goes meanwhile."""
    before = stream.views.count()
    figures = {name: count(stream) for name, count in SECTIONS.items()}
    if not stream.views.open().exists() and stream.views.count() == before:
        _keep(stream, before, figures)
    return figures


@event_log.verb
def _keep(stream: Stream, views: int, figures: Figures) -> None:
    _, is_first = Rollup.objects.update_or_create(stream=stream, defaults={"views": views, "figures": figures})
    if is_first:
        signals.show_counted.send(Stream, stream=stream, figures=figures)


def roll_up_ended() -> int:
    """Rolls up the shows that have ended since the last time and that nobody looks at now; returns how many.

    What is counted while a page is open would not be kept, and be counted again every minute.
    """
    is_open = Exists(StreamView.objects.open().filter(stream=OuterRef("pk")))
    ended = (
        Stream.objects.listed()
        .filter(~is_open, status=Stream.Status.ENDED, rollup=None)
        .order_by("-ended_at")[:AT_ONCE]
    )
    return len([roll_up(stream) for stream in ended])
