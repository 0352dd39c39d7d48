"""Likes: one of each person, even in a race, and told as one count."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connections, transaction

from realtime import event_log, events, wire
from realtime.broker import publisher
from realtime.delivery import subscriptions
from realtime.protocol import framing
from streams.events.shows import Likers, LikesCounted
from streams.models import Like, Stream
from tests import factories
from tests.conftest import Commits
from tests.streams.lobby import current


class Published:
    """The transient events that were told, as (room, event)."""

    def __init__(self) -> None:
        self.told: list[tuple[str, events.BaseEvent]] = []

    def publish(self, notifications: list[publisher.Notification]) -> None:
        self.told += [
            (notification.room, events.decode(notification.body))
            for notification in notifications
            if isinstance(notification, publisher.TransientEvent)
        ]


@pytest.fixture
def notifications(monkeypatch: pytest.MonkeyPatch) -> Published:
    notifications = Published()
    monkeypatch.setattr(publisher, "publish", notifications.publish)
    return notifications


def test_a_like_is_given_and_taken_back(live: Stream) -> None:
    assert Like.objects.toggle(live, "user:1") is True
    assert Like.objects.toggle(live, "user:2") is True
    assert live.likes.count() == 2
    assert Like.objects.toggle(live, "user:1") is False
    assert list(live.likes.values_list("liker", flat=True)) == ["user:2"]


def test_a_person_likes_each_show_apart(live: Stream, stream: Stream) -> None:
    Like.objects.toggle(live, "user:1")
    Like.objects.toggle(stream, "user:1")
    assert (live.likes.count(), stream.likes.count()) == (1, 1)


def test_a_toggle_that_comes_again_is_answered_as_the_first_time(live: Stream) -> None:
    assert [Like.objects.toggle(live, "user:1", op) for op in ("a", "a", "b", "c", "a", "b", "c")] == [
        *(True, True, False, True),
        *(True, False, True),
    ]
    assert live.likes.count() == 1
    assert Like.objects.toggle(live, "user:2", "a") is True  # another's, who chose the same
    assert live.likes.count() == 2


def test_the_database_keeps_it_once(live: Stream) -> None:
    Like.objects.create(stream=live, liker="user:1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Like.objects.create(stream=live, liker="user:1")


def test_likes_go_with_their_show(live: Stream) -> None:
    Like.objects.toggle(live, "user:1")
    live.remove()
    assert not Like.objects.exists()


def test_likes_of_one_transaction_are_one_count(live: Stream, notifications: Published, commits: Commits) -> None:
    with commits(), event_log.transaction():
        for liker in ("user:1", "user:2", "user:1"):
            Like.objects.toggle(live, liker)
    assert notifications.told == [(live.room_key, LikesCounted(stream_id=str(live.pk), count=1))]


@pytest.mark.django_db
def test_the_lobby_is_told_who_likes_the_current_show(notifications: Published, commits: Commits) -> None:
    stream = current()
    with commits(), event_log.transaction():
        Like.objects.toggle(stream, "user:1")
        Like.objects.toggle(stream, "user:2")
        Like.objects.toggle(stream, "user:2")
    told = [event for room, event in notifications.told if room == "lobby:main"]
    assert told[-2:] == [
        Likers(likes={"user:1": True, "user:2": False}),
        LikesCounted(stream_id=str(stream.pk), count=1),
    ]


@pytest.mark.django_db
def test_the_lobby_is_told_who_likes_a_show_when_it_becomes_current(notifications: Published, commits: Commits) -> None:
    creator = factories.user("admin")
    stream = factories.stream(creator)
    Like.objects.toggle(stream, "user:1")
    with commits():
        stream.feature(factories.identity(creator))
    told = [event for room, event in notifications.told if room == "lobby:main"]
    assert told == [
        Likers(likes={"user:1": True}, everyone=True),
        LikesCounted(stream_id=str(stream.pk), count=1),
    ]


def test_a_like_of_what_is_over_stays_in_its_room(notifications: Published, commits: Commits, db: None) -> None:
    stream = current()
    stream.end()
    with commits():
        Like.objects.toggle(stream, "user:1")
    assert {room for room, _ in notifications.told} == {stream.room_key}


def test_counts_of_big_shows_are_paced() -> None:
    assert [LikesCounted(stream_id="", count=count).min_interval() for count in (0, 49, 50)] == [0.0, 0.0, 1.0]


# --- races


@pytest.mark.everywhere
def test_racing_toggles_neither_double_nor_lose_a_like(live_db: None) -> None:
    stream = factories.stream(factories.user("creator"), "live")
    likers = ["user:1"] * 9 + ["user:2"] * 8 + ["user:3"]

    def toggle(liker: str) -> tuple[str, bool]:
        try:
            return liker, Like.objects.toggle(stream, liker)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        outcomes = Counter(pool.map(toggle, likers))
    assert set(stream.likes.values_list("liker", flat=True)) == {"user:1", "user:3"}
    assert stream.likes.count() == 2
    assert outcomes == {
        ("user:1", True): 5,
        ("user:1", False): 4,
        ("user:2", True): 4,
        ("user:2", False): 4,
        ("user:3", True): 1,
    }


@pytest.mark.everywhere
def test_a_toggle_that_comes_twice_at_once_is_done_once(live_db: None) -> None:
    stream = factories.stream(factories.user("creator"), "live")

    def toggle(op: str) -> bool:
        try:
            return Like.objects.toggle(stream, "user:1", op)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(toggle, ["a", "a"])) == [True, True]
    assert stream.likes.count() == 1


# --- the personal slot


class Liked(wire.ServerMessage, tag="test-liked"):
    personal = True
    likes: int
    liked_by: list[str]


class Subscriber:
    def __init__(self) -> None:
        self.heard: list[framing.Frame] = []

    def write(self, frames: list[framing.Frame]) -> None:
        self.heard += frames


def member(personal_key: str, own: str, held: bool = False) -> tuple[subscriptions.Subscription, Subscriber]:
    subscriber = Subscriber()
    made = subscriptions.Subscription(subscriber, "wrencos", framing.FLAT)  # type: ignore[arg-type]
    made.personal_value, made.personal_key = f'"{own}"'.encode(), personal_key
    if not held:
        made.release()
    return made, subscriber


def test_each_reads_its_own_id_and_nothing_else() -> None:
    frame = framing.FLAT.pack(Liked(likes=2, liked_by=[wire.PERSONAL_SLOT]))
    (ann, ann_hears), (ben, ben_hears), (eve, eve_hears) = member("a", "ann"), member("b", "ben"), member("", "eve")
    for one in (ann, ben, eve):
        one.personalise(Likers(likes={"a": True, "": True}))
        one.write(framing.FrameBatch([frame]))
    said = '{"type":"test-liked","likes":2,"likedBy":[%s]}'
    assert [subscriber.heard[0].text for subscriber in (ann_hears, ben_hears, eve_hears)] == [
        said % '"ann"',
        said % "",
        said % "",
    ]
    assert ben_hears.heard[0] is eve_hears.heard[0]  # encoded once


def test_a_member_that_is_held_reads_what_is_true_when_it_is_released() -> None:
    ann, subscriber = member("a", "ann", held=True)
    ann.write(framing.FrameBatch([framing.FLAT.pack(Liked(likes=1, liked_by=[wire.PERSONAL_SLOT]))]))
    ann.personalise(Likers(likes={"a": True}))
    ann.release()
    assert subscriber.heard[0].text == '{"type":"test-liked","likes":1,"likedBy":["ann"]}'


def test_a_new_show_is_liked_by_nobody_until_it_is_said() -> None:
    (ann, _), (ben, _) = member("a", "ann"), member("b", "ben")
    for one in (ann, ben):
        one.personalise(Likers(likes={"a": True}))
        assert one.is_personal is (True if one is ann else None)
        one.personalise(Likers(likes={"b": True}, everyone=True))
    assert (ann.is_personal, ben.is_personal) == (False, True)


def test_what_is_the_same_for_everyone_is_one_frame() -> None:
    frame = framing.FLAT.pack(Liked(likes=0, liked_by=[]))
    ann, subscriber = member("a", "ann")
    ann.write(framing.FrameBatch([frame]))
    assert subscriber.heard == [frame]
