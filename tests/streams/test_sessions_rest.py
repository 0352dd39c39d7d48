"""`/api/sessions`: how shows are made, read and changed."""

import uuid
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from accounts.models import User
from rest import pagination
from shopping.models import Product
from streams.models import Listing, Stream
from tests import factories
from tests.streams.rest import ACCESS, USER, refused, url

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
    "hostAway",
    "slowMode",
    "guestChat",
    "accountMinutes",
    "reactionKinds",
    "createdAt",
    "updatedAt",
    "frozen",
    "linksByModerators",
    "holdMessages",
    "startsAt",
    "timeZone",
    "startsLate",
    "cover",
    "language",
    "rehearsal",
}


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
        "hostAway": False,
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
        "startsAt",
        "timeZone",
        "cover",
        "language",
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
        {"title": "x" * 256},
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


def test_clients_that_know_no_limit_read_the_whole_list(creator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    Stream.objects.bulk_create(Stream(creator=creator, title=f"Show {n}") for n in range(pagination.DEFAULT_LIMIT + 10))
    client = factories.client(creator)
    assert client.get("/api/sessions").json()["count"] == pagination.DEFAULT_LIMIT + 10
    assert client.get("/api/sessions?offset=5").json()["count"] == pagination.DEFAULT_LIMIT + 5
    monkeypatch.setattr(pagination, "UNPAGED_LIMIT", 7)
    assert client.get("/api/sessions").json()["count"] == 7


def test_a_longer_list_takes_no_more_queries(creator: User, django_assert_num_queries: Any) -> None:
    client = factories.client(creator)
    for _ in range(3):
        factories.reactions(factories.stream(creator, "live"), "heart")
        with django_assert_num_queries(3):  # who asks, the shows, their reactions
            client.get("/api/sessions")


def test_a_session_is_read_with_all_that_is_on_it(creator: User, live: Stream) -> None:
    products = [factories.product(creator) for _ in range(2)]
    factories.listing(live, products[0], display_order=2)
    factories.listing(live, products[1], display_order=1)
    live.showcase(products[0].pk)
    factories.reactions(live, "heart")
    answer = factories.client().get(url(live))
    data = answer.json()["data"]
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert set(data) == SESSION | {"creator", "activeProduct", "products", "pinnedMessage"}
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
        factories.reactions(live, kind)
        with django_assert_num_queries(3):  # the show with its creator, its reactions, its products
            factories.client().get(url(live))


@pytest.mark.parametrize("role", ["viewer", "creator", "moderator", "staff", "admin", None])
def test_a_stream_key_is_its_creators_secret(creator: User, role: str | None) -> None:
    stream = factories.stream(creator, stream_key="secret")
    reader = factories.client(factories.user(role) if role else None)
    assert reader.get(url(stream)).json()["data"]["streamKey"] is None
    assert factories.client(creator).get(url(stream)).json()["data"]["streamKey"] == "secret"


def test_the_document_names_what_is_written() -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schemas = document["components"]["schemas"]
    assert set(schemas["Session"]["properties"]) == SESSION
    assert set(schemas["Access"]["properties"]) == ACCESS
    assert schemas["Session"]["properties"]["tags"]["items"] == {"type": "string"}


# --- changing


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_creator_changes_what_they_name_and_nothing_else(creator: User, method: str) -> None:
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
