"""`/api/sessions/<id>/chat`: reading back, writing without a socket, and taking back."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from realtime.models import Restriction
from streams.models import ChatMessage, Stream
from tests import factories
from tests.streams import desks
from tests.streams.rest import refused

pytestmark = pytest.mark.django_db

MESSAGE = {"id", "message", "userId", "userName", "sessionId", "createdAt", "user", "seq", "badge", "author"}
GUEST = identities.Identity(None, "a" * 32, label="Ada")


def url(stream: Stream, rest: str = "") -> str:
    return f"/api/sessions/{stream.pk}/chat{rest}"


def said(stream: Stream, *texts: str) -> list[ChatMessage]:
    """One a second, the last a second ago."""
    messages = [desks.said(stream, text, GUEST) for text in texts]
    for age, message in enumerate(reversed(messages), start=1):
        message.created_at = timezone.now() - timedelta(seconds=age)
        message.save()
    return messages


# --- reading


def test_chat_is_read_oldest_first(live: Stream) -> None:
    said(live, "one", "two", "three")
    body = factories.client().get(url(live)).json()
    assert [row["message"] for row in body["data"]] == ["one", "two", "three"]
    assert (body["success"], body["count"]) == (True, 3)


def test_a_message_says_who_wrote_it(live: Stream, viewer: User) -> None:
    message = ChatMessage.objects.post(live.pk, factories.identity(viewer), "Hello")
    (row,) = factories.client().get(url(live)).json()["data"]
    assert set(row) == MESSAGE
    assert row == row | {
        "id": str(message.pk),
        "message": "Hello",
        "userId": viewer.pk,
        "userName": viewer.username,
        "sessionId": str(live.pk),
    }
    assert (row["user"]["username"], row["user"]["email"]) == (viewer.username, None)
    (row,) = factories.client(viewer).get(url(live)).json()["data"]
    assert row["user"]["email"] == viewer.email


def test_a_guest_has_a_name_and_no_user(live: Stream) -> None:
    said(live, "Hello")
    (row,) = factories.client().get(url(live)).json()["data"]
    assert (row["user"], row["userId"], row["userName"]) == (None, None, "Ada")
    assert GUEST.visitor not in str(row)


def test_the_newest_are_read_and_earlier_ones_on_demand(live: Stream) -> None:
    said(live, "one", "two", "three", "four")
    client = factories.client()
    rows = client.get(url(live, "?limit=2")).json()["data"]
    assert [row["message"] for row in rows] == ["three", "four"]
    rows = client.get(url(live), {"limit": 2, "before": rows[0]["createdAt"]}).json()["data"]
    assert [row["message"] for row in rows] == ["one", "two"]
    assert client.get(url(live), {"before": rows[0]["createdAt"]}).json()["data"] == []


def paged(stream: Stream, field: str, limit: int) -> list[list[str]]:
    """All pages from the newest to the first, each asked for by the `field` of the earliest message of the last one."""
    pages: list[list[str]] = []
    before: dict[str, Any] = {}
    while rows := factories.client().get(url(stream), {"limit": limit, **before}).json()["data"]:
        pages.append([row["message"] for row in rows])
        before = {"before": rows[0][field]}
    return pages


@pytest.mark.everywhere
@pytest.mark.parametrize("field", ["seq", "createdAt"])
def test_no_message_is_lost_between_two_pages_however_quickly_they_were_written(live: Stream, field: str) -> None:
    """Several share a millisecond, and the clock of one process is ahead of the other's."""
    texts = [str(n) for n in range(40)]
    begin = timezone.now().replace(microsecond=0)
    for n, message in enumerate(said(live, *texts)):
        message.created_at = begin + timedelta(microseconds=250 * n, milliseconds=3 * (n % 2))
        message.save(update_fields=["created_at"])
    for limit in (1, 3, 7):
        pages = paged(live, field, limit)
        assert [text for page in reversed(pages) for text in page] == texts
        assert field == "createdAt" or {len(page) for page in pages[1:-1]} == {limit}


def test_a_time_at_which_nothing_was_said_has_a_place_too(live: Stream) -> None:
    said(live, "one", "two")
    client = factories.client()
    for before, texts in ((timezone.now() + timedelta(days=1), ["one", "two"]), (timezone.now() - timedelta(1), [])):
        rows = client.get(url(live), {"before": before.isoformat()}).json()["data"]
        assert [row["message"] for row in rows] == texts


@pytest.mark.parametrize("limit", ["0", "101", "x", "-1", ""])
def test_a_limit_is_between_1_and_100(live: Stream, limit: str) -> None:
    answer = factories.client().get(url(live, f"?limit={limit}"))
    assert refused(answer) == (400, "Limit must be between 1 and 100")


@pytest.mark.parametrize(
    "before", ["x", "2030-13-01T00:00:00Z", "2030-01-01", "2030-01-01T00:00:00", "9" * 400, "-1", "1.5"]
)
def test_before_is_a_seq_or_a_time(live: Stream, before: str) -> None:
    assert factories.client().get(url(live), {"before": before}).status_code == 400


def test_chat_is_read_in_two_queries(live: Stream, viewer: User, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        ChatMessage.objects.post(live.pk, factories.identity(viewer), "Hello")
        with django_assert_num_queries(3):  # the show, the messages with their users, and whether a page cuts some off
            factories.client().get(url(live))


def test_what_was_taken_back_is_neither_shown_nor_counted(live: Stream) -> None:
    first, _ = said(live, "one", "two")
    first.erase()
    client = factories.client()
    assert [row["message"] for row in client.get(url(live)).json()["data"]] == ["two"]
    assert client.get(url(live, "/count")).json() == {"success": True, "data": {"count": 1}}


# --- writing


def test_a_message_is_stored_and_told_to_the_room(live: Stream, viewer: User) -> None:
    answer = factories.client(viewer).post(url(live), {"message": "  Hello  "})
    body = answer.json()
    assert (answer.status_code, body["message"]) == (201, "Message sent successfully")
    assert set(body["data"]) == MESSAGE
    assert (body["data"]["message"], body["data"]["userId"]) == ("Hello", viewer.pk)
    told = factories.told(live.room_key)[-1]
    assert (told["id"], told["text"], told["user_id"]) == (body["data"]["id"], "Hello", viewer.pk)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Message is required and must be a string"),
        ({"message": None}, "Message is required and must be a string"),
        ({"message": "  "}, "Message is required and must be a string"),
        ({"message": ["x"]}, "Message is required and must be a string"),
        ({"message": "x" * 501}, "Message must be at most 500 characters"),
        ({"message": "a\0b"}, "NUL characters are not allowed"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_this_is_no_message(live: Stream, viewer: User, body: dict[str, Any], message: str) -> None:
    assert refused(factories.client(viewer).post(url(live), body))[0] == 400
    assert message in factories.client(viewer).post(url(live), body).json()["message"]
    assert not ChatMessage.objects.exists()


def test_a_message_sent_again_with_its_key_is_said_once(live: Stream, viewer: User) -> None:
    client, key = factories.client(viewer), {"Idempotency-Key": "1"}
    first, again = (client.post(url(live), {"message": "Hello"}, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ChatMessage.objects.count() == 1
    client.post(url(live), {"message": "Hello"}, headers={"Idempotency-Key": "2"})
    assert ChatMessage.objects.count() == 2


def test_a_key_has_a_length(live: Stream, viewer: User) -> None:
    answer = factories.client(viewer).post(url(live), {"message": "Hello"}, headers={"Idempotency-Key": "x" * 65})
    assert refused(answer) == (400, "Idempotency-Key must be at most 64 characters")


def test_slow_mode_says_when_to_try_again(live: Stream, viewer: User) -> None:
    live.revise(slow_mode=30)
    client = factories.client(viewer)
    client.post(url(live), {"message": "Hello"})
    answer = client.post(url(live), {"message": "Hello"})
    assert answer.status_code == 429
    wait = answer.json()["retryAfter"]
    assert wait in range(20, 31)
    assert answer.json() == {"success": False, "message": "Slow mode: one message every 30 seconds", "retryAfter": wait}
    assert answer.headers["Retry-After"] == str(wait)


def test_rest_is_no_way_around_the_limit_of_sockets(live: Stream, viewer: User, settings: Any, at_once: None) -> None:
    settings.LIMITS = {"chat": {"identity": (0.1, 2)}}
    client = factories.client(viewer)
    statuses = [client.post(url(live), {"message": "Hello"}).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]
    assert factories.client(factories.user()).post(url(live), {"message": "Hello"}).status_code == 201


def test_one_address_cannot_take_the_whole_chat(live: Stream, settings: Any, at_once: None) -> None:
    settings.LIMITS = {"chat": {"room": (0.1, 8), "room-address": (0.1, 2)}}
    clients = [factories.client(factories.user()) for _ in range(3)]
    statuses = [client.post(url(live), {"message": "Hello"}).status_code for client in clients]
    assert statuses == [201, 201, 429]
    elsewhere = clients[2].post(url(live), {"message": "Hello"}, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 201


@pytest.mark.parametrize("role", ["moderator", "staff", "admin"])
def test_those_who_keep_order_are_not_limited_as_on_sockets(live: Stream, role: str, settings: Any) -> None:
    settings.LIMITS = {"chat": {"identity": (0.1, 1)}}
    client = factories.client(factories.user(role))
    assert [client.post(url(live), {"message": "Hello"}).status_code for _ in range(3)] == [201, 201, 201]


def test_someone_muted_is_told_so(live: Stream, viewer: User) -> None:
    Restriction.objects.mute(f"user:{viewer.pk}", live.room_key)
    assert refused(factories.client(viewer).post(url(live), {"message": "Hello"})) == (403, "You may not write here")


def test_a_chat_closes_with_its_session(creator: User, viewer: User) -> None:
    answer = factories.client(viewer).post(url(factories.stream(creator, "ended")), {"message": "Hello"})
    assert refused(answer) == (400, "This session has ended")


# --- taking back


@pytest.mark.parametrize("role", ["moderator", "staff", "admin"])
def test_moderators_take_back_what_was_said(live: Stream, role: str) -> None:
    (message,) = said(live, "Hello")
    client = factories.client(factories.user(role))
    answer = client.delete(url(live, f"/{message.pk}"))
    assert answer.json() == {"success": True, "message": "Message deleted successfully"}
    told = factories.told(live.room_key)[-1]
    assert (told["fact"], told["id"]) == ("chat-deleted", str(message.pk))
    assert refused(client.delete(url(live, f"/{message.pk}"))) == (404, "Message not found")


def test_the_creator_takes_back_what_was_said_in_their_session(live: Stream, creator: User) -> None:
    (message,) = said(live, "Hello")
    assert factories.client(creator).delete(url(live, f"/{message.pk}")).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "creator"])
def test_others_do_not(live: Stream, role: str) -> None:
    (message,) = said(live, "Hello")
    answer = factories.client(factories.user(role)).delete(url(live, f"/{message.pk}"))
    assert refused(answer) == (403, "Insufficient permissions")
    assert ChatMessage.objects.visible().exists()


def test_a_message_is_found_in_its_own_session_only(live: Stream, creator: User) -> None:
    (message,) = said(live, "Hello")
    other = factories.stream(creator)
    assert refused(factories.client(creator).delete(url(other, f"/{message.pk}"))) == (404, "Message not found")


# --- who may not


@pytest.mark.parametrize(("method", "path"), [("post", ""), ("delete", f"/{uuid.UUID(int=1)}")])
def test_these_need_a_token(live: Stream, method: str, path: str) -> None:
    answer = getattr(factories.client(), method)(url(live, path))
    assert refused(answer) == (401, "No token provided. Authentication required.")


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("get", "/count"), ("post", "")])
def test_an_unknown_session_is_not_found(viewer: User, method: str, path: str) -> None:
    client = factories.client(viewer)
    answer = getattr(client, method)(f"/api/sessions/{uuid.uuid4()}/chat{path}", {"message": "Hello"})
    assert refused(answer) == (404, "Session not found")
