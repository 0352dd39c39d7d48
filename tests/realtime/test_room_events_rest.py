"""A room's log over REST: the rights of the socket, pages without a hole, and an honest word where one cannot be."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from realtime import event_log, rooms
from realtime.models import Restriction, Room, RoomEvent, restricted
from streams.events import shows
from streams.models import ChatMessage, Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    restricted.invalidate_all()
    yield
    restricted.invalidate_all()


@pytest.fixture
def viewer() -> User:
    return factories.user()


@pytest.fixture
def show() -> Stream:
    """Its log stands at 1: it has begun."""
    return factories.stream(factories.user("creator"), "live")


def ask(show: Stream | str, client: APIClient | None = None, **query: Any) -> dict[str, Any]:
    key = show if isinstance(show, str) else show.room_key
    answer = (client or factories.client()).get(f"/api/rooms/{key}/events", query)
    assert answer.status_code == 200, answer.json()
    data: dict[str, Any] = answer.json()["data"]
    return data


def chat(show: Stream, *texts: str) -> list[ChatMessage]:
    return [ChatMessage.objects.post(show.pk, factories.identity(), text) for text in texts]


def lines(data: dict[str, Any]) -> list[tuple[int, str]]:
    return [
        (event["seq"], message["message"])
        for event in data["events"]
        for message in event["messages"]
        if message["type"] == "new-message"
    ]


# --- pages


def test_what_was_missed_comes_in_order_as_on_the_socket(show: Stream) -> None:
    said = chat(show, "one", "two")
    data = ask(show, after=1)
    room = Room.objects.get(key=show.room_key)
    assert {name: value for name, value in data.items() if name != "events"} == {
        "room": show.room_key,
        "epoch": room.epoch,
        "seq": 3,
        "recovered": True,
        "hasMore": False,
        "snapshot": None,
    }
    first = data["events"][0]
    assert first["seq"] == 2
    assert first["at"].endswith("Z")
    [message] = first["messages"]
    assert message.items() >= {"type": "new-message", "id": str(said[0].pk), "message": "one"}.items()
    assert lines(data) == [(2, "one"), (3, "two")]


def test_a_log_is_read_in_pages(show: Stream) -> None:
    chat(show, *"abcdefg")
    after, seen, pages = 0, [], 0
    while True:
        data = ask(show, after=after, limit=3)
        seen += [event["seq"] for event in data["events"]]
        pages += 1
        if not data["hasMore"]:
            break
        after = seen[-1]
    assert (seen, pages) == ([*range(1, 9)], 3)


def test_nothing_missed_is_an_empty_page(show: Stream) -> None:
    data = ask(show, after=1)
    assert (data["recovered"], data["events"], data["hasMore"], data["seq"]) == (True, [], False, 1)


def test_a_room_in_which_nothing_was_said_stands_at_nothing() -> None:
    data = ask(factories.stream(factories.user("creator")))
    assert (data["recovered"], data["events"], data["seq"]) == (True, [], 0)


def test_what_is_not_for_the_reader_leaves_its_number(show: Stream, viewer: User) -> None:
    """Else a page of what is for others could not be read past."""
    me = factories.identity(viewer).key
    for n, how in enumerate([{"to": "user:0"}, {"to": me}, {"but": me}, {}]):
        with event_log.transaction():
            event_log.tell(show.room_key, shows.Paused(stream_id=str(n)), **how)
    expected = {factories.client(viewer): [[], ["1"], [], ["3"]], factories.client(): [[], [], ["2"], ["3"]]}
    for client, heard in expected.items():
        data = ask(show, client, after=1)
        assert [event["seq"] for event in data["events"]] == [2, 3, 4, 5]
        assert [[message["sessionId"] for message in event["messages"]] for event in data["events"]] == heard
    data = ask(show, after=1, limit=1)
    assert (data["events"][0]["messages"], data["hasMore"]) == ([], True)


def test_what_was_taken_back_leaves_its_number(show: Stream) -> None:
    said = chat(show, "a slip", "fine")
    said[0].erase()
    data = ask(show, after=1)
    assert [event["seq"] for event in data["events"]] == [2, 3, 4]
    assert data["events"][0]["messages"] == []
    assert lines(data) == [(3, "fine")]


# --- where there is nothing to go on from


@pytest.mark.parametrize("query", [{"after": 5}, {"after": 2**62}, {"after": 1, "epoch": "nonsense"}])
def test_a_place_that_the_log_does_not_have_gives_the_room_as_it_is_now(show: Stream, query: dict[str, Any]) -> None:
    chat(show, "one", "two")
    data = ask(show, **query)
    assert (data["recovered"], data["events"], data["hasMore"], data["seq"]) == (False, [], False, 3)
    assert data["snapshot"]["id"] == str(show.pk)
    assert [line["message"] for line in data["snapshot"]["messages"]] == ["one", "two"]


def test_the_epoch_that_was_answered_goes_on(show: Stream) -> None:
    epoch = ask(show)["epoch"]
    chat(show, "one")
    assert lines(ask(show, after=1, epoch=epoch)) == [(2, "one")]


def test_what_is_no_longer_kept_is_never_told_in_part(show: Stream) -> None:
    chat(show, "one", "two", "three")
    RoomEvent.objects.filter(room__key=show.room_key, seq__lte=2).delete()
    assert ask(show, after=1)["recovered"] is False
    assert ask(show, after=1, limit=1)["recovered"] is False
    assert lines(ask(show, after=2)) == [(3, "two"), (4, "three")]


def test_a_hole_ends_a_page_and_the_next_one_says_so(show: Stream) -> None:
    chat(show, "one", "two", "three")
    RoomEvent.objects.filter(room__key=show.room_key, seq=3).delete()
    assert ask(show, after=1)["recovered"] is False
    assert lines(ask(show, after=3)) == [(4, "three")]


@pytest.mark.parametrize(
    "query",
    [
        {"after": -1},
        {"after": "x"},
        {"after": 2**64},
        {"limit": 0},
        {"limit": 501},
        {"limit": "all"},
        {"epoch": "x" * 65},
        {"epoch": "\x00"},
        {"dialect": "x" * 21},
        {"dialect": "wrencos"},
        {"dialect": "id"},
        {"dialect": "redacts"},
        {"dialect": "__class__"},
    ],
)
def test_nonsense_is_refused_as_nonsense(show: Stream, query: dict[str, Any]) -> None:
    chat(show, "one")
    assert factories.client().get(f"/api/rooms/{show.room_key}/events", query).status_code == 400


# --- who may


def test_a_room_that_one_may_not_read_answers_like_one_that_there_is_not(show: Stream, viewer: User) -> None:
    Restriction.objects.ban(factories.identity(viewer).key, show.room_key)
    client = factories.client(viewer)
    name = str(show.pk)
    keys = ["show:hello", "show:", "show", "stream:x", "control:all", "lobby:other", f"show:{uuid.uuid4()}"]
    keys += [f"show:{name}", f"show:{name.upper()}", f"show:{{{name}}}", f"show:{name.replace('-', '')}"]
    answers = [client.get(f"/api/rooms/{key}/events") for key in keys]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert Room.objects.filter(key__startswith=f"show:{name[:8]}").count() == 1
    assert factories.client().get(f"/api/rooms/{show.room_key}/events").status_code == 200


def test_one_who_is_muted_may_read(show: Stream, viewer: User) -> None:
    Restriction.objects.mute(factories.identity(viewer).key, show.room_key)
    assert ask(show, factories.client(viewer))["recovered"]


# --- how long it is kept


def age(room: str, days: int) -> None:
    RoomEvent.objects.filter(room__key=room).update(at=timezone.now() - timedelta(days=days))


def test_each_kind_of_room_keeps_its_log_as_long_as_it_says(show: Stream, capsys: pytest.CaptureFixture[str]) -> None:
    lobby = rooms.find("lobby:main")
    with event_log.transaction():
        lobby.tell(shows.Paused(stream_id="old"))
    old = Room.objects.get(key=lobby.key).seq
    age(lobby.key, 8)
    age(show.room_key, 400)
    with event_log.transaction():
        lobby.tell(shows.Paused(stream_id="new"))
    call_command("prune_rooms")
    assert "lobby" in capsys.readouterr().out
    assert [event.seq for event in RoomEvent.objects.filter(room__key=lobby.key)] == [old + 1]
    assert ask(show)["recovered"]
    assert ask(lobby.key, after=old - 1)["recovered"] is False
    data = ask(lobby.key, after=old)
    assert (data["recovered"], data["seq"]) == (True, old + 1)
    with event_log.transaction():
        lobby.tell(shows.Paused(stream_id="newer"))
    assert Room.objects.get(key=lobby.key).seq == old + 2
