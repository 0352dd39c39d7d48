"""What happened in a show, by the show's own time: milliseconds since its start, pauses included.

All of it is read from rows that stay as long as the show. What was taken back, or seen by its author alone, is left
out at the reading, so that it is gone from the replay at the moment in which it is gone from the chat.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from accounts import identity as identities
from replays.models import Kind, Moment, Replay
from replays.models.replay import MAX_MS
from shopping.models import Product
from streams.models import ChatMessage

MAX_LINES = 500  # chat messages of one page, and as many moments
MAX_AT_ONCE = 500  # further ones of a millisecond that a page would cut in two
MAX_CHAPTERS = 300
SHORTEST = 3_000  # ms for which a product has to be on screen to be a chapter


class Page(NamedTuple):
    """A part of a timeline: from `begin` to before `end`. `next` is where the next one begins, or None."""

    begin: int
    end: int
    next: int | None
    messages: list[ChatMessage]
    moments: list[Moment]


def read(replay: Replay, begin: int, end: int, limit: int = MAX_LINES) -> Page:
    """What happened from `begin` to before `end`, or as much of it as a page takes."""
    messages = _messages(replay, begin, end, limit + 1)
    moments = _moments(replay, begin, end, limit + 1)
    cuts = [replay.ms_of(message.created_at) for message in messages[limit:]]
    cuts += [replay.ms_of(moment.at) for moment in moments[limit:]]
    if not cuts:
        return Page(begin, end, None, messages, moments)
    cut = min(cuts)
    if cut == begin:  # One millisecond alone is more than a page: it is told whole.
        cut += 1
        messages = _messages(replay, begin, cut, limit + MAX_AT_ONCE)
        moments = _moments(replay, begin, cut, limit + MAX_AT_ONCE)
    kept_messages = [message for message in messages if replay.ms_of(message.created_at) < cut]
    kept_moments = [moment for moment in moments if replay.ms_of(moment.at) < cut]
    return Page(begin, cut, cut, kept_messages, kept_moments)


def _messages(replay: Replay, begin: int, end: int, limit: int) -> list[ChatMessage]:
    visible = replay.stream.messages.visible()
    within = visible.filter(created_at__gte=replay.at(begin), created_at__lt=replay.at(end))
    return list(within.order_by("created_at", "seq")[:limit])


def _moments(replay: Replay, begin: int, end: int, limit: int) -> list[Moment]:
    within = replay.stream.moments.filter(at__gte=replay.at(begin), at__lt=replay.at(end))
    return list(within.order_by("at", "pk")[:limit])


def state(replay: Replay, begin: int) -> dict[Kind, Any]:
    """What was so just before `begin`. A show is live from its start on."""
    at = replay.at(begin)
    found = {kind: replay.stream.moments.before(kind, at) for kind in Kind}
    values = {kind: moment.value if moment else None for kind, moment in found.items()}
    values[Kind.STATUS] = "live" if begin == 0 or not values[Kind.STATUS] else values[Kind.STATUS]
    values[Kind.PINS] = values[Kind.PINS] or []
    return values


class Things:
    """The products and messages that moments speak of, as far as they may still be seen."""

    def __init__(self, replay: Replay, values: Iterable[tuple[str, Any]]) -> None:
        products: set[str] = set()
        messages: set[str] = set()
        for kind, value in values:
            if kind == Kind.SHOWCASE and value:
                products.add(value)
            elif kind == Kind.PINS:
                products.update(value)
            elif kind == Kind.PINNED_MESSAGE and value:
                messages.add(value)
        self.products = {str(product.pk): product for product in Product.objects.filter(pk__in=products)}
        visible = replay.stream.messages.visible().filter(pk__in=messages) if messages else []
        self.messages = {str(message.pk): message for message in visible}

    def shown(self, kind: str, value: Any) -> Any:
        """The value of a moment without what is gone."""
        if kind == Kind.SHOWCASE:
            return value if value in self.products else None
        if kind == Kind.PINS:
            return [each for each in value if each in self.products]
        if kind == Kind.PINNED_MESSAGE:
            return self.messages.get(value)
        return value


# --- what a player draws before anything is played


class Chapter(NamedTuple):
    """A product was on screen from `t` on."""

    t: int
    product_id: UUID
    name: str


def chapters(replay: Replay, begin: int, end: int) -> list[Chapter]:
    """The products in the order in which they were on screen; one that came right back is one chapter still."""
    changes = replay.stream.moments.filter(kind=Kind.SHOWCASE, at__lt=replay.at(end)).order_by("at", "pk")
    shown = [(replay.ms_of(at), value) for at, value in changes.values_list("at", "value")]
    products = dict(Product.objects.filter(pk__in={value for _, value in shown if value}).values_list("pk", "name"))
    found: list[Chapter] = []
    for (t, value), (until, _) in pairwise([*shown, (end, None)]):
        key = UUID(value) if value else None
        if key not in products or until - max(t, begin) < SHORTEST or (found and found[-1].product_id == key):
            continue
        found.append(Chapter(max(t, begin), key, products[key]))
    return found[:MAX_CHAPTERS]


def pauses(replay: Replay, begin: int, end: int) -> list[tuple[int, int]]:
    """From where to where nothing was on."""
    changes = replay.stream.moments.filter(kind=Kind.STATUS).order_by("at", "pk").values_list("at", "value")
    steps = [(replay.ms_of(at), value) for at, value in changes]
    found = []
    for (t, value), (until, _) in pairwise([*steps, (end, None)]):
        first, last = max(t, begin), min(until, end)
        if value == "paused" and first < last:
            found.append((first, last))
    return found


def within(rows: Sequence[Any], begin: int, end: int) -> list[Any]:
    """The rows of figures, which begin with their time, of a part of the show."""
    return [row for row in rows if begin <= row[0] < end]


def window(replay: Replay, identity: identities.Identity, begin: int | None, end: int | None) -> tuple[int, int]:
    """The part of a show that is asked for, as far as this person may see it; the end is not in it any more.

    Raises as `Replay.check_may_see`.
    """
    first, last = replay.span(whole=replay.check_may_see(identity))
    return max(first, begin or 0), min(last + 1, MAX_MS if end is None else end)
