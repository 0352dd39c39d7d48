"""Facts of a show as rows: views from joining to leaving, and clicks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.models import ProductClick, StreamView
from realtime import event_log
from realtime.models import Presence, Restriction
from streams.models import Stream
from streams.rooms import ShowRoom
from tests import factories

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def stream() -> Stream:
    return factories.stream(factories.user("creator"), "live")


def presence(stream: Stream, connection: str, identity: str = "visitor:1", role: str = "subscriber") -> Presence:
    return Presence(room=stream.room_key, worker="w", connection=connection, identity=identity, role=role)


def come(stream: Stream, *presences: Presence) -> None:
    with event_log.transaction():
        ShowRoom(stream.pk).entered(presences)


def go(stream: Stream, *presences: Presence) -> None:
    with event_log.transaction():
        ShowRoom(stream.pk).left(presences)


def views(stream: Stream) -> list[StreamView]:
    return list(StreamView.objects.filter(stream=stream).order_by("pk"))


def test_a_view_begins_with_joining_and_says_who_and_as_what(stream: Stream) -> None:
    user = factories.user()
    come(stream, presence(stream, "a", f"user:{user.pk}"), presence(stream, "b"))
    known, guest = views(stream)
    assert (known.user_id, known.viewer, known.connection, known.role) == (
        user.pk,
        f"user:{user.pk}",
        "a",
        "subscriber",
    )
    assert (guest.user_id, guest.viewer) == (None, "visitor:1")
    assert known.left_at is guest.left_at is None


def test_a_view_ends_with_leaving_after_so_many_whole_seconds(stream: Stream) -> None:
    watching = presence(stream, "a")
    come(stream, watching)
    StreamView.objects.update(joined_at=timezone.now() - timedelta(seconds=90.9))
    go(stream, watching)
    [view] = views(stream)
    assert view.left_at is not None
    assert view.watch_duration == 90


def test_leaving_ends_only_the_view_of_that_connection(stream: Stream) -> None:
    one, two = presence(stream, "a", "visitor:1"), presence(stream, "b", "visitor:2")
    come(stream, one, two)
    go(stream, one)
    assert [view.left_at is None for view in views(stream)] == [False, True]


def test_coming_again_ends_the_view_that_was_still_open(stream: Stream) -> None:
    come(stream, presence(stream, "a"))
    come(stream, presence(stream, "b"))
    assert [view.left_at is None for view in views(stream)] == [False, True]


def test_nobody_coming_ends_nobodys_view(stream: Stream) -> None:
    come(stream, presence(stream, "a"))
    StreamView.objects.begin([])
    assert [view.left_at for view in views(stream)] == [None]


def test_a_view_of_another_show_stays_open(stream: Stream) -> None:
    other = factories.stream(factories.user("creator"), "live")
    come(stream, presence(stream, "a"))
    come(other, presence(other, "a"))
    assert [view.left_at for view in views(stream)] == [None]


def test_a_view_never_ends_before_it_began(stream: Stream) -> None:
    come(stream, presence(stream, "a"))
    StreamView.objects.filter(stream=stream).close(timezone.now() - timedelta(hours=1))
    [view] = views(stream)
    assert (view.left_at, view.watch_duration) == (view.joined_at, 0)


def test_what_has_ended_stays_as_it_ended(stream: Stream) -> None:
    come(stream, presence(stream, "a"))
    StreamView.objects.filter(stream=stream).close()
    [ended] = views(stream)
    StreamView.objects.filter(stream=stream).close(timezone.now() + timedelta(hours=1))
    assert [view.left_at for view in views(stream)] == [ended.left_at]


def test_the_end_of_the_show_ends_every_view(stream: Stream) -> None:
    come(stream, presence(stream, "a", "visitor:1"), presence(stream, "b", "visitor:2"))
    stream.end()
    assert [view.left_at for view in views(stream)] == [stream.ended_at] * 2


def test_a_click_is_stored_for_a_listed_product_of_a_live_show_only(stream: Stream) -> None:
    listed, stranger = factories.product(stream.creator), factories.product(stream.creator)
    factories.listing(stream, listed)
    user, guest = factories.identity(factories.user()), factories.identity()
    for identity in (user, guest):
        stream.click(listed.pk, identity)
        stream.click(stranger.pk, identity)
    stream.end()
    stream.click(listed.pk, user)
    clicks = ProductClick.objects.filter(stream=stream).order_by("pk")
    assert [(click.product_id, click.user_id, click.viewer) for click in clicks] == [
        (listed.pk, user.user_id, user.key),
        (listed.pk, None, guest.key),
    ]


def test_what_restricted_people_look_at_is_counted_all_the_same(stream: Stream) -> None:
    """Only what others would see of them is restricted."""
    product, muted = factories.product(stream.creator), factories.identity()
    factories.listing(stream, product)
    Restriction.objects.mute(muted.key, stream.room_key)
    come(stream, presence(stream, "a", muted.key))
    stream.click(product.pk, muted)
    assert [view.viewer for view in views(stream)] == [muted.key]
    assert ProductClick.objects.get(stream=stream).viewer == muted.key
