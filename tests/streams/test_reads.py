"""What the page of a live show reads costs a fixed number of queries, whoever reads and however much there is."""

from typing import Any

import pytest

from accounts.models import User
from realtime.models import Room
from streams.models import ChatMessage, Like, Pin, Stream
from tests import factories

pytestmark = pytest.mark.django_db

READS = [
    ("/api/sessions/{show}", 3),  # the show with its creator, its reactions, its products
    ("/api/sessions/{show}/chat", 3),  # the show, the messages with their users, and whether a page cuts some off
    ("/api/sessions/{show}/chat/count", 2),
    ("/api/sessions/{show}/products", 2),  # the show, and the listings with their products
    ("/api/sessions/{show}/reactions", 2),
    ("/api/sessions/{show}/pins", 2),
    ("/api/rooms/show:{show}/events", 2),  # where the log stands, and its events
]


def fill(show: Stream, creator: User, viewer: User) -> None:
    """More of everything that can be read."""
    listed = factories.product(creator)
    factories.listing(show, listed)
    Pin.objects.pin(show, listed.pk)
    factories.reactions(show, "heart", "fire")
    for text in ("Hello", "Is it blue?"):
        ChatMessage.objects.post(show.pk, factories.identity(viewer), text)
    Like.objects.toggle(show, f"visitor:{Like.objects.count()}")


@pytest.mark.parametrize("known", [False, True], ids=["guest", "viewer"])
@pytest.mark.parametrize(("path", "queries"), READS)
def test_a_read_of_a_live_show_takes_no_more_queries_as_it_fills(
    path: str, queries: int, known: bool, creator: User, viewer: User, django_assert_num_queries: Any
) -> None:
    show = factories.stream(creator, "live")
    reader = factories.client(viewer if known else None)
    for _ in range(3):
        fill(show, creator, viewer)
        reader.get(path.format(show=show.pk))  # what is shared for a second has been asked by now
        with django_assert_num_queries(queries + known):  # and who asks
            assert reader.get(path.format(show=show.pk)).status_code == 200


def test_an_empty_log_is_read_as_cheaply(creator: User, django_assert_num_queries: Any) -> None:
    show = factories.stream(creator)
    Room.objects.position(f"show:{show.pk}")
    path = f"/api/rooms/show:{show.pk}/events"
    factories.client().get(path)
    with django_assert_num_queries(2):
        factories.client().get(path)
