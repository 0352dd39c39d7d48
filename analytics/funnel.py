"""How far people come, from seeing a show to buying what they saw, by the names of Google Analytics 4."""

from typing import Any

from django.db.models import QuerySet

from analytics.metrics import SUBSCRIBER, percent
from streams.models import Stream


def of(stream: Stream) -> list[dict[str, Any]]:
    """Each step: how many people took it or a later one, their share of all, and how often it was taken."""
    steps: dict[str, QuerySet[Any]] = {
        "view_item_list": stream.views.filter(role=SUBSCRIBER),
        "select_item": stream.clicks.all(),
        "add_to_cart": stream.cart_adds.all(),
        "begin_checkout": stream.checkouts.all(),
        "purchase": stream.purchases.all(),
    }
    names = list(steps)
    found: list[dict[str, Any]] = []
    for place, name in enumerate(names):
        first, *later = (steps[other].order_by().values("viewer") for other in names[place:])
        people = first.union(*later).count() if later else first.distinct().count()
        everyone = found[0]["people"] if found else people
        found.append(
            {"event": name, "people": people, "rate": percent(people, everyone), "events": steps[name].count()}
        )
    return found
