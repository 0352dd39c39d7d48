"""`/api/sessions` and `/api/users/live`: who makes and runs shows, and what everyone reads about them."""

import itertools
import uuid
from typing import Any

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from accounts.models import User
from realtime.models import Restriction
from shopping.models import Product
from streams.models import Listing, Stream
from tests import factories

pytestmark = pytest.mark.django_db

SESSION = {
    "id",
    "title",
    "description",
    "category",
    "tags",
    "status",
    "streamUrl",
    "streamKey",
    "agoraChannelName",
    "startedAt",
    "endedAt",
    "creatorId",
    "activeProductId",
    "reactionCounts",
    "slowMode",
    "guestChat",
    "createdAt",
    "updatedAt",
}
USER = {"id", "username", "email", "role", "createdAt", "updatedAt"}
ACCESS = {"sessionId", "channelName", "token", "uid", "appId", "expiresAt", "role", "provider", "url"}


def url(stream: Stream | uuid.UUID, rest: str = "") -> str:
    return f"/api/sessions/{stream.pk if isinstance(stream, Stream) else stream}{rest}"


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


# --- making


def test_a_new_session_says_all_that_was_given(creator: User) -> None:
    given = {
        "title": " Tea time ",
        "description": "All about tea",
        "category": "Food",
        "tags": ["tea", "live"],
        "streamUrl": "rtmp://example.org/in",
        "streamKey": "k",
    }
    answer = factories.client(creator).post("/api/sessions", given)
    body = answer.json()
    stream = Stream.objects.get()
    assert (answer.status_code, body["success"], body["message"]) == (201, True, "Session created successfully")
    assert set(body["data"]) == SESSION
    assert body["data"] == body["data"] | given | {
        "id": str(stream.pk),
        "title": "Tea time",
        "status": "scheduled",
        "creatorId": creator.pk,
        "reactionCounts": {},
        "slowMode": 0,
        "guestChat": True,
    }


def test_what_is_unset_is_null(creator: User) -> None:
    data = (
        factories.client(creator)
        .post("/api/sessions", {"title": "Tea", "description": None, "tags": None})
        .json()["data"]
    )
    unset = {key for key, value in data.items() if value is None}
    assert unset == {
        "description",
        "category",
        "streamUrl",
        "streamKey",
        "agoraChannelName",
        "startedAt",
        "endedAt",
        "activeProductId",
    }
    assert data["tags"] == []


@pytest.mark.parametrize("body", [{}, {"title": ""}, {"title": "  "}, {"title": None}, {"title": []}], ids=str)
def test_a_session_needs_a_title(creator: User, body: dict[str, Any]) -> None:
    answer = factories.client(creator).post("/api/sessions", body)
    assert refused(answer) == (400, "Title is required")
    assert answer.json()["error"] == "Title is required"


@pytest.mark.parametrize(
    "facts",
    [
        {"title": "x" * 201},
        {"title": "a\0b"},
        {"description": "x" * 5001},
        {"category": "x" * 101},
        {"tags": [str(number) for number in range(21)]},
        {"tags": ["x" * 501]},
        {"tags": [1]},
        {"tags": {}},
        {"streamUrl": "javascript:alert(1)"},
        {"streamKey": "x" * 201},
        {"slowMode": 121},
        {"slowMode": -1},
        {"slowMode": "fast"},
        {"guestChat": "perhaps"},
        {"productIds": "all"},
        {"productIds": ["x"]},
        {"productIds": [None]},
        {"productIds": [str(uuid.UUID(int=1))] * 101},
    ],
    ids=lambda facts: str(facts)[:40],
)
def test_a_malformed_session_is_refused(creator: User, facts: dict[str, Any]) -> None:
    client = factories.client(creator)
    assert client.post("/api/sessions", {"title": "Tea"} | facts).status_code == 400
    assert not Stream.objects.exists()


@pytest.mark.parametrize(
    ("given", "tags"),
    [
        ("tea, live ,,tea", ["tea", "live"]),
        (["tea", " live", "a,b"], ["tea", "live", "a", "b"]),
        ("", []),
        ([], []),
        (["", " "], []),
    ],
    ids=str,
)
def test_tags_are_a_list_or_a_text_with_commas(creator: User, given: Any, tags: list[str]) -> None:
    answer = factories.client(creator).post("/api/sessions", {"title": "Tea", "tags": given})
    assert answer.json()["data"]["tags"] == tags
    assert Stream.objects.get().tags == ",".join(tags)


def test_a_session_is_made_with_products_in_their_order(creator: User) -> None:
    products = [factories.product(creator) for _ in range(3)]
    ids = [str(products[i].pk) for i in (2, 0, 1)]
    answer = factories.client(creator).post("/api/sessions", {"title": "Tea", "productIds": ids})
    detail = factories.client().get(url(uuid.UUID(answer.json()["data"]["id"]))).json()["data"]
    assert [product["id"] for product in detail["products"]] == ids


@pytest.mark.parametrize("foreign", [True, False])
def test_a_session_with_a_product_that_is_not_ones_own_is_not_stored(
    creator: User, product: Product, foreign: bool
) -> None:
    other = factories.product(factories.user("creator")).pk if foreign else uuid.uuid4()
    body = {"title": "Tea", "productIds": [str(product.pk), str(other)]}
    assert refused(factories.client(creator).post("/api/sessions", body)) == (400, "Product not found")
    assert (Stream.objects.count(), Listing.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "forged", [{"status": "live"}, {"creatorId": 1}, {"creator": 1}, {"startedAt": "2030-01-01T00:00:00Z"}], ids=str
)
def test_a_client_chooses_neither_creator_nor_course(creator: User, forged: dict[str, Any]) -> None:
    factories.user()
    client = factories.client(creator)
    created = client.post("/api/sessions", {"title": "Tea"} | forged).json()["data"]
    changed = client.put(f"/api/sessions/{created['id']}", forged).json()["data"]
    for data in (created, changed):
        assert (data["status"], data["creatorId"], data["startedAt"]) == ("scheduled", creator.pk, None)


# --- reading


def test_sessions_are_listed_newest_first_and_ones_own(creator: User) -> None:
    old, new = (factories.stream(creator, created_at=factories.ago(minutes)) for minutes in (2, 1))
    factories.stream(factories.user("creator"))
    body = factories.client(creator).get(f"/api/sessions?creatorId={creator.pk + 1}").json()
    assert [row["id"] for row in body["data"]] == [str(new.pk), str(old.pk)]
    assert body["count"] == 2
    assert set(body["data"][0]) == SESSION


def test_the_list_can_be_read_in_parts(creator: User) -> None:
    streams = [factories.stream(creator, created_at=factories.ago(minutes)) for minutes in range(3)]
    client = factories.client(creator)
    rows = client.get("/api/sessions?limit=1&offset=1").json()["data"]
    assert [row["id"] for row in rows] == [str(streams[1].pk)]
    assert refused(client.get("/api/sessions?limit=101")) == (400, "Limit must be between 1 and 100")


def test_a_longer_list_takes_no_more_queries(creator: User, django_assert_num_queries: Any) -> None:
    client = factories.client(creator)
    for _ in range(3):
        factories.stream(creator, "live").react("heart")
        with django_assert_num_queries(3):  # who asks, the shows, their reactions
            client.get("/api/sessions")


def test_a_session_is_read_with_all_that_is_on_it(creator: User, live: Stream) -> None:
    products = [factories.product(creator) for _ in range(2)]
    factories.listing(live, products[0], display_order=2)
    factories.listing(live, products[1], display_order=1)
    live.showcase(products[0].pk)
    live.react("heart")
    answer = factories.client().get(url(live))
    data = answer.json()["data"]
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert set(data) == SESSION | {"creator", "activeProduct", "products"}
    assert set(data["creator"]) == USER
    assert (data["creator"]["username"], data["creator"]["email"]) == (creator.username, None)
    assert [product["id"] for product in data["products"]] == [str(products[1].pk), str(products[0].pk)]
    assert (data["activeProductId"], data["activeProduct"]) == (str(products[0].pk), data["products"][1])
    assert (data["reactionCounts"], data["agoraChannelName"]) == ({"heart": 1}, str(live.pk))


def test_a_session_takes_three_queries_however_much_is_on_it(
    creator: User, live: Stream, django_assert_num_queries: Any
) -> None:
    for kind in ("heart", "fire", "clap"):
        factories.listing(live, factories.product(creator))
        live.react(kind)
        with django_assert_num_queries(3):  # the show with its creator, its reactions, its products
            factories.client().get(url(live))


@pytest.mark.parametrize("role", ["viewer", "creator", "moderator", "staff", None])
def test_a_stream_key_is_its_creators_secret(creator: User, role: str | None) -> None:
    stream = factories.stream(creator, stream_key="secret")
    reader = factories.client(factories.user(role) if role else None)
    assert reader.get(url(stream)).json()["data"]["streamKey"] is None
    for owner in (creator, factories.user("admin")):
        assert factories.client(owner).get(url(stream)).json()["data"]["streamKey"] == "secret"


def test_the_document_names_what_is_written() -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schemas = document["components"]["schemas"]
    assert set(schemas["Session"]["properties"]) == SESSION
    assert set(schemas["Access"]["properties"]) == ACCESS
    assert schemas["Session"]["properties"]["tags"]["items"] == {"type": "string"}


# --- changing


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_creator_changes_what_he_names_and_nothing_else(creator: User, method: str) -> None:
    stream = factories.stream(creator, description="About tea", tags="tea")
    changes = {
        "title": "Coffee",
        "tags": ["coffee"],
        "slowMode": 30,
        "guestChat": False,
        "streamUrl": "https://a.example/",
    }
    answer = getattr(factories.client(creator), method)(url(stream), changes)
    assert (answer.status_code, answer.json()["message"]) == (200, "Session updated successfully")
    assert answer.json()["data"] == answer.json()["data"] | changes | {"description": "About tea"}
    stored = Stream.objects.get()
    assert (stored.title, stored.tags, stored.slow_mode, stored.guest_chat) == ("Coffee", "coffee", 30, False)


def test_what_was_set_can_be_unset(creator: User) -> None:
    stream = factories.stream(creator, description="About tea", tags="tea")
    data = factories.client(creator).put(url(stream), {"description": "", "tags": []}).json()["data"]
    assert (data["description"], data["tags"], data["title"]) == (None, [], "Tea time")


def test_a_malformed_change_changes_nothing(creator: User, stream: Stream) -> None:
    assert refused(factories.client(creator).put(url(stream), {"category": "Food", "title": ""})) == (
        400,
        "Title is required",
    )
    assert Stream.objects.get().category == ""


def test_a_session_can_be_deleted(creator: User, live: Stream) -> None:
    answer = factories.client(creator).delete(url(live))
    assert answer.json() == {"success": True, "message": "Session deleted successfully"}
    assert not Stream.objects.exists()


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
    for kind in ("fire", "heart", "heart", "clap"):
        live.react(kind)
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
