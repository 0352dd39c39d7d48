"""`/api/sessions` and `/api/users/live`: the course of a show, what its viewers read of it, and who runs it."""

import itertools
import uuid
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from realtime.models import Restriction
from shopping.models import Product
from streams.models import Stream
from tests import factories
from tests.streams.rest import ACCESS, USER, refused, url

pytestmark = pytest.mark.django_db


# --- its course


def test_a_session_goes_through_its_statuses(creator: User, stream: Stream) -> None:
    client = factories.client(creator)
    for status in ("live", "paused", "live", "ended"):
        answer = client.patch(url(stream, "/status"), {"status": status})
        assert (answer.status_code, answer.json()["message"]) == (200, "Session status updated successfully")
        assert answer.json()["data"]["status"] == status
    assert answer.json()["data"]["endedAt"] is not None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Status is required"),
        ({"status": None}, "Status is required"),
        ({"status": ""}, "Invalid status"),
        ({"status": "over"}, "Invalid status"),
        ({"status": ["live"]}, "Invalid status"),
        ({"status": "ended"}, "Cannot change status from scheduled to ended"),
    ],
    ids=str,
)
def test_no_other_status_is_taken(creator: User, stream: Stream, body: dict[str, Any], message: str) -> None:
    assert refused(factories.client(creator).patch(url(stream, "/status"), body)) == (400, message)


def test_starting_gives_the_creator_a_place_to_send_from(creator: User, stream: Stream) -> None:
    answer = factories.client(creator).post(url(stream, "/start-stream"))
    data = answer.json()["data"]
    assert (answer.status_code, answer.json()["message"]) == (200, "Stream started successfully")
    assert set(data) == ACCESS
    assert data == data | {
        "sessionId": str(stream.pk),
        "channelName": str(stream.pk),
        "uid": creator.pk,
        "role": "publisher",
        "provider": "p2p",
        "token": "",
        "appId": "",
    }
    assert data["expiresAt"] > timezone.now().isoformat()
    assert Stream.objects.get().is_live


def test_a_stream_starts_once_and_ends_once(creator: User, stream: Stream) -> None:
    client = factories.client(creator)
    assert refused(client.post(url(stream, "/end-stream"))) == (400, "Stream is not currently live")
    client.post(url(stream, "/start-stream"))
    assert refused(client.post(url(stream, "/start-stream"))) == (400, "Stream is already live")
    answer = client.post(url(stream, "/end-stream"))
    assert (answer.status_code, answer.json()["message"]) == (200, "Stream ended successfully")
    assert answer.json()["data"]["status"] == "ended"
    assert refused(client.post(url(stream, "/end-stream"))) == (400, "Stream is not currently live")
    assert client.post(url(stream, "/start-stream")).status_code == 400


# --- tokens


def test_viewers_and_guests_get_a_place_to_watch_from(live: Stream, viewer: User) -> None:
    for reader, uid in ((viewer, viewer.pk), (None, 0)):
        data = factories.client(reader).get(url(live, "/stream-token")).json()["data"]
        assert (data["uid"], data["role"], data["channelName"]) == (uid, "subscriber", str(live.pk))
        assert set(data) == ACCESS


@pytest.mark.parametrize("status", ["scheduled", "paused", "ended"])
def test_there_is_nothing_to_watch_in_a_session_that_is_not_live(creator: User, status: str) -> None:
    stream = factories.stream(creator, status)
    client = factories.client(creator)
    answer = client.get(url(stream, "/stream-token"))
    assert refused(answer) == (400, "Stream is not currently live")
    assert answer.json()["currentStatus"] == status
    for role in ("publisher", "subscriber"):
        answer = client.post(url(stream, "/refresh-token"), {"role": role})
        assert refused(answer) == (400, "Cannot refresh token - stream is not live")


def test_a_place_can_be_kept(live: Stream, creator: User) -> None:
    for who, role in ((creator, "publisher"), (creator, "subscriber"), (None, "subscriber")):
        data = factories.client(who).post(url(live, "/refresh-token"), {"role": role}).json()["data"]
        assert (set(data), data["role"], data["uid"]) == (ACCESS, role, who.pk if who else 0)
    assert factories.client().post(url(live, "/refresh-token")).json()["data"]["role"] == "subscriber"


@pytest.mark.parametrize("role", ["viewer", "creator", "staff", None])
def test_only_the_creator_may_send(live: Stream, role: str | None) -> None:
    client = factories.client(factories.user(role) if role else None)
    answer = client.post(url(live, "/refresh-token"), {"role": "publisher"})
    assert refused(answer) == (403, "You don't have permission to publish to this stream")


@pytest.mark.parametrize("role", ["host", "", None, []], ids=str)
def test_there_is_no_other_role(live: Stream, creator: User, role: Any) -> None:
    answer = factories.client(creator).post(url(live, "/refresh-token"), {"role": role})
    assert refused(answer) == (400, "Invalid role")


def test_someone_banned_gets_no_place(live: Stream, viewer: User) -> None:
    Restriction.objects.ban(f"user:{viewer.pk}", live.room_key)
    client = factories.client(viewer)
    assert client.get(url(live, "/stream-token")).status_code == 403
    assert client.post(url(live, "/refresh-token")).status_code == 403


# --- reactions and the showcase


def test_reactions_are_listed_most_first(live: Stream) -> None:
    factories.reactions(live, "fire", "heart", "heart", "clap")
    assert factories.client().get(url(live, "/reactions")).json() == {
        "success": True,
        "data": {
            "sessionId": str(live.pk),
            "sessionStatus": "live",
            "isLive": True,
            "reactions": {"fire": 1, "heart": 2, "clap": 1},
            "sortedReactions": [
                {"type": "heart", "count": 2},
                {"type": "clap", "count": 1},
                {"type": "fire", "count": 1},
            ],
            "total": 4,
        },
    }


def test_a_session_nobody_reacted_to_has_no_reactions(stream: Stream) -> None:
    data = factories.client().get(url(stream, "/reactions")).json()["data"]
    assert (data["reactions"], data["sortedReactions"], data["total"]) == ({}, [], 0)


@pytest.mark.parametrize("nothing", [{}, {"productId": None}], ids=str)
def test_a_product_is_showcased_and_cleared(
    creator: User, live: Stream, product: Product, nothing: dict[str, Any]
) -> None:
    factories.listing(live, product)
    client = factories.client(creator)
    body = client.post(url(live, "/showcase"), {"productId": str(product.pk)}).json()
    assert body["message"] == "Product showcased successfully"
    assert set(body["data"]) == {"sessionId", "activeProductId", "product"}
    assert (body["data"]["activeProductId"], body["data"]["product"]["id"]) == (str(product.pk), str(product.pk))
    body = client.post(url(live, "/showcase"), nothing).json()
    assert body["message"] == "Showcase cleared successfully"
    assert body["data"] == {"sessionId": str(live.pk), "activeProductId": None, "product": None}


@pytest.mark.parametrize("pk", [str(uuid.UUID(int=1)), "x", "", 7], ids=str)
def test_what_is_not_on_the_session_is_not_showcased(creator: User, live: Stream, pk: Any) -> None:
    answer = factories.client(creator).post(url(live, "/showcase"), {"productId": pk})
    assert refused(answer) == (400, "Product not found in this session's product list")


@pytest.mark.parametrize("status", ["scheduled", "ended"])
def test_nothing_is_showcased_in_a_session_that_is_not_on(creator: User, product: Product, status: str) -> None:
    stream = factories.stream(creator, status)
    answer = factories.client(creator).post(url(stream, "/showcase"), {"productId": str(product.pk)})
    assert refused(answer) == (400, "Can only showcase products during live or paused sessions")
    assert answer.json()["currentStatus"] == status


# --- who is live


def test_whoever_is_live_is_listed_newest_start_first(creator: User) -> None:
    first = factories.stream(creator, "live", tags="tea,live")
    second = factories.stream(factories.user("creator"), "live")
    for status in ("scheduled", "paused", "ended"):
        factories.stream(creator, status)
    body = factories.client().get("/api/users/live").json()
    assert [row["liveSession"]["id"] for row in body["data"]] == [str(second.pk), str(first.pk)]
    assert body["count"] == 2
    row = body["data"][1]
    assert set(row) == USER | {"liveSession"}
    assert (row["username"], row["email"]) == (creator.username, None)
    assert row["liveSession"] == {
        "id": str(first.pk),
        "title": "Tea time",
        "description": None,
        "category": None,
        "tags": ["tea", "live"],
        "status": "live",
        "startedAt": row["liveSession"]["startedAt"],
        "agoraChannelName": str(first.pk),
    }


def test_many_who_are_live_take_one_query(creator: User, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        factories.stream(factories.user("creator"), "live")
        with django_assert_num_queries(1):
            factories.client().get("/api/users/live")


# --- who may not

OWNERS_ONLY = [
    ("put", "", "You don't have permission to update this session"),
    ("patch", "", "You don't have permission to update this session"),
    ("delete", "", "You don't have permission to delete this session"),
    ("patch", "/status", "You don't have permission to update this session"),
    ("post", "/start-stream", "You don't have permission to start this stream"),
    ("post", "/end-stream", "You don't have permission to end this stream"),
    ("post", "/showcase", "You don't have permission to modify this session"),
]


@pytest.mark.parametrize(("method", "path", "message"), OWNERS_ONLY)
@pytest.mark.parametrize("role", ["viewer", "creator", "moderator", "staff"])
def test_a_session_is_run_by_nobody_else(live: Stream, role: str, method: str, path: str, message: str) -> None:
    answer = getattr(factories.client(factories.user(role)), method)(url(live, path), {"title": "Stolen"})
    assert answer.status_code == 403
    assert answer.json() == {"success": False, "message": message, "error": message}
    stored = Stream.objects.get()
    assert (stored.title, stored.status) == ("Tea time", "live")


def test_an_admin_runs_every_session(live: Stream) -> None:
    client = factories.client(factories.user("admin"))
    assert client.put(url(live), {"title": "Coffee"}).status_code == 200
    assert client.post(url(live, "/end-stream")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", ""), ("post", ""), *((method, f"/{uuid.UUID(int=1)}{path}") for method, path, _ in OWNERS_ONLY)],
)
def test_these_need_a_token(method: str, path: str) -> None:
    answer = getattr(factories.client(), method)(f"/api/sessions{path}")
    assert refused(answer) == (401, "No token provided. Authentication required.")


READERS = [("get", ""), ("get", "/stream-token"), ("post", "/refresh-token"), ("get", "/reactions")]


@pytest.mark.parametrize(("method", "path"), [*READERS, *((method, path) for method, path, _ in OWNERS_ONLY)])
def test_an_unknown_session_is_not_found(creator: User, method: str, path: str) -> None:
    answer = getattr(factories.client(creator), method)(url(uuid.uuid4(), path))
    assert answer.status_code == 404
    assert answer.json() == {"success": False, "message": "Session not found", "error": "Session not found"}


@pytest.mark.parametrize(
    ("pk", "path"),
    list(itertools.product(["1", "x", "undefined", "0" * 36, "a" * 300], ["", "/reactions", "/chat", "/products"])),
)
def test_what_is_no_id_is_not_found_either(creator: User, pk: str, path: str) -> None:
    assert factories.client(creator).get(f"/api/sessions/{pk}{path}").status_code == 404
