"""The current show, which protocols show that know only one: who makes one current, and who hears of it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts import identity as identities
from accounts.models import User
from realtime.models import RoomEvent
from streams.models import ChatMessage, Pin, Stream
from tests import factories
from tests.streams.lobby import current

LOBBY = "lobby:main"


@pytest.fixture
def admin(db: None) -> User:
    return factories.user("admin")


@pytest.fixture
def boss(admin: User) -> identities.Identity:
    return factories.identity(admin)


def facts(room: str = LOBBY) -> list[str]:
    return factories.facts(room)


# --- becoming the current one


@pytest.mark.parametrize("role", ["staff", "admin"])
def test_what_staff_start_is_the_current_show(db: None, role: str) -> None:
    by = factories.user(role)
    stream = factories.stream(by)
    assert Stream.objects.current() is None
    stream.start(by=factories.identity(by))
    assert Stream.objects.current() == stream
    assert facts(stream.room_key) == ["started"]
    assert facts() == ["headlined", "pins-changed"]


def test_what_others_start_is_not(creator: User, stream: Stream) -> None:
    stream.start(by=factories.identity(creator))
    stream.change_status("paused")
    stream.change_status("live")
    assert Stream.objects.current() is None
    assert facts() == []


def test_a_paused_show_that_staff_resume_becomes_it(boss: identities.Identity, creator: User) -> None:
    """Those in the lobby have not heard of it yet."""
    stream = factories.stream(creator, "paused")
    stream.change_status("live", by=boss)
    assert Stream.objects.current() == stream
    assert facts() == ["headlined", "pins-changed"]
    stream.change_status("paused")
    stream.change_status("live", by=boss)
    assert facts() == ["headlined", "pins-changed", "paused", "resumed"]


def test_the_current_show_may_be_paused(boss: identities.Identity, stream: Stream) -> None:
    stream.start(by=boss)
    stream.change_status("paused")
    assert Stream.objects.current() == stream


def test_a_second_show_takes_the_place_of_the_first(boss: identities.Identity, creator: User) -> None:
    first, second = factories.stream(creator), factories.stream(creator)
    first.start(by=boss)
    second.start(by=boss)
    assert Stream.objects.current() == second
    first.refresh_from_db()
    assert (first.is_live, first.is_current) == (True, False)
    first.end()
    assert facts() == ["headlined", "pins-changed"] * 2
    assert facts(first.room_key) == ["started", "ended"]


def test_its_end_leaves_none(boss: identities.Identity, creator: User) -> None:
    factories.stream(creator, "live")
    stream = factories.stream(creator)
    stream.start(by=boss)
    stream.end()
    assert Stream.objects.current() is None
    assert facts()[-1] == "ended"


@pytest.mark.everywhere
def test_shows_that_are_started_at_once_take_turns(live_db: None) -> None:
    shows = [factories.stream(factories.user("admin")) for _ in range(4)]

    def start(stream: Stream) -> None:
        try:
            stream.feature(factories.identity(stream.creator))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(start, shows))
    assert Stream.objects.filter(featured=True).count() == 1
    last = Stream.objects.current()
    assert last in shows
    told = [fact["data"]["streamId"] for fact in factories.told(LOBBY) if fact["fact"] == "headlined"]
    assert told[-1] == str(last.pk)
    for stream in shows:
        Stream.objects.get(pk=stream.pk).end()


# --- feature and go_live


@pytest.mark.parametrize("status", ["scheduled", "live", "paused"])
def test_a_show_is_made_the_current_one(boss: identities.Identity, creator: User, status: str) -> None:
    stream = factories.stream(creator, status)
    stream.feature(boss)
    assert Stream.objects.current() == stream
    assert stream.is_live


def test_what_is_over_is_not(boss: identities.Identity, creator: User) -> None:
    with pytest.raises(ValidationError, match="Cannot change status from ended to live"):
        factories.stream(creator, "ended").feature(boss)


def test_the_current_show_is_announced_again(boss: identities.Identity, stream: Stream) -> None:
    stream.feature(boss)
    stream.feature(boss)
    assert facts() == ["headlined", "pins-changed"] * 2
    stream.change_status("paused")
    stream.feature(boss)
    assert facts()[-3:] == ["resumed", "headlined", "pins-changed"]


def test_staff_feature_their_own_shows_only(stream: Stream) -> None:
    staff = factories.user("staff")
    with pytest.raises(PermissionDenied):
        stream.feature(factories.identity(staff))
    factories.stream(staff).feature(factories.identity(staff))


@pytest.mark.parametrize(
    "id", [None, "", "1732190000000", 1732190000000, "507f1f77bcf86cd799439011", "x" * 64], ids=str
)
def test_an_id_that_is_none_of_ours_makes_a_new_show(boss: identities.Identity, id: Any) -> None:
    stream = Stream.objects.go_live(boss, id, title="Big", description="d")
    assert (stream.creator, stream.title, stream.description) == (boss.user, "Big", "d")
    assert Stream.objects.current() == stream


def test_a_show_without_a_title_gets_one(boss: identities.Identity) -> None:
    assert Stream.objects.go_live(boss, None, title="").title == "Live"


def test_the_id_of_one_of_ours_starts_it_as_it_is(boss: identities.Identity, stream: Stream) -> None:
    assert Stream.objects.go_live(boss, str(stream.pk), title="Other") == stream
    stream.refresh_from_db()
    assert (stream.title, stream.is_current) == ("Tea time", True)


def test_nobody_starts_what_they_do_not_run(stream: Stream) -> None:
    with pytest.raises(PermissionDenied):
        Stream.objects.go_live(factories.identity(factories.user("staff")), str(stream.pk))
    with pytest.raises(PermissionDenied):
        Stream.objects.go_live(factories.identity(), None)
    assert Stream.objects.current() is None


# --- what the lobby is told of it


def test_the_lobby_hears_what_the_current_show_does(boss: identities.Identity, stream: Stream) -> None:
    stream.start(by=boss)
    message = ChatMessage.objects.post(stream.pk, boss, "hello")
    product = factories.product(stream.creator)
    Pin.objects.pin(stream, product.pk)
    message.erase()
    stream.change_status("paused")
    expected = ["pins-changed", "chat-deleted", "paused"]
    assert facts(stream.room_key) == ["started", *expected]
    assert facts() == ["headlined", "pins-changed", *expected]


def test_pins_that_were_there_before_the_show_are_told_with_it(boss: identities.Identity, stream: Stream) -> None:
    product = factories.product(stream.creator)
    Pin.objects.pin(stream, product.pk)
    stream.start(by=boss)
    assert [pin["productId"] for pin in factories.told(LOBBY)[-1]["pins"]] == [str(product.pk)]


def test_what_happens_to_it_when_it_is_over_stays_in_its_room(boss: identities.Identity, stream: Stream) -> None:
    stream.start(by=boss)
    stream.end()
    Pin.objects.pin(stream, factories.product(stream.creator).pk)
    assert facts()[-1] == "ended"


def test_nothing_that_was_said_in_it_outlives_it(boss: identities.Identity, stream: Stream) -> None:
    stream.start(by=boss)
    ChatMessage.objects.post(stream.pk, boss, "my secret")
    stream.remove()
    assert not RoomEvent.objects.filter(body__contains="my secret").exists()
    assert facts()[-2:] == ["ended", "chat-erased"]


def test_its_chat_leaves_the_lobby_as_one(boss: identities.Identity, stream: Stream) -> None:
    stream.start(by=boss)
    for number in range(30):
        ChatMessage.objects.post(stream.pk, boss, f"line {number}")
    with CaptureQueriesContext(connection) as asked:
        stream.remove()
    assert len(asked) < 75  # some for the show, and not three for each line
    events = factories.client().get("/api/rooms/lobby:main/events").json()["data"]["events"]
    assert [message["type"] for event in events for message in event["messages"]] == [
        *("stream_started", "pinned_products_updated", "stream_stopped", "chat_history")
    ]
    assert events[-1]["messages"][0]["messages"] == []


def test_of_a_show_before_the_current_one_nobody_has_the_chat_on_the_screen(
    boss: identities.Identity, admin: User, stream: Stream
) -> None:
    stream.start(by=boss)
    ChatMessage.objects.post(stream.pk, boss, "my secret")
    factories.stream(admin).start(by=boss)
    Stream.objects.get(pk=stream.pk).remove()
    assert not RoomEvent.objects.filter(body__contains="my secret").exists()
    assert factories.told(LOBBY)[-1] == {"fact": "chat-erased", "seqs": [3], "shown": False}


def test_rest_makes_a_show_of_staff_the_current_one(admin: User) -> None:
    first, second = factories.stream(admin), factories.stream(admin)
    client = factories.client(admin)
    assert client.post(f"/api/sessions/{first.pk}/start-stream").status_code == 200
    assert Stream.objects.current() == first
    assert client.patch(f"/api/sessions/{second.pk}/status", {"status": "live"}).status_code == 200
    assert Stream.objects.current() == second


def test_rest_leaves_a_creators_show_where_it_is(creator: User, stream: Stream) -> None:
    factories.client(creator).post(f"/api/sessions/{stream.pk}/start-stream")
    assert Stream.objects.current() is None


@pytest.mark.django_db
def test_the_log_of_the_lobby_is_read_over_rest_as_on_the_socket() -> None:
    stream = current()
    guest = factories.identity()
    ChatMessage.objects.post(stream.pk, guest, "hi", extra={"id": 7, "timestamp": "noon", "color": "red"})
    events = factories.client().get("/api/rooms/lobby:main/events").json()["data"]["events"]
    assert events[0]["messages"][0]["streamData"]["likedBy"] == []
    assert events[-1]["messages"] == [
        {
            "type": "chat_message",
            "username": "Guest",
            "message": "hi",
            "timestamp": "noon",
            "isAdmin": False,
            "id": 7,
            "color": "red",
        }
    ]
