"""`/api/search`: filters, orders, pages and both forms of the answers. Marked tests hold on every database."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from realtime.models import Presence, Worker
from streams.models import Stream
from tests import factories

pytestmark = pytest.mark.django_db

PAGE = {"data", "results", "total", "limit", "offset", "hasMore"}
PATHS = ["", "/suggestions", "/sessions", "/sessions/live", "/products", "/creators", "/lines"]


def ask(path: str = "", answered: Any = 200, **query: Any) -> Any:
    answer = factories.client().get(f"/api/search{path}?{urlencode(query)}")
    assert answer.status_code == answered, answer.content
    return answer.json()


def names(page: dict[str, Any]) -> list[str]:
    assert set(page) == PAGE
    assert page["results"] == page["data"]
    return [row.get("name") or row.get("title") or row.get("username") for row in page["data"]]


@pytest.fixture
def goods(creator: User) -> None:
    factories.product(creator, name="Stoneware teapot", description="Pours well", category="Table", price=Decimal(68))
    factories.product(creator, name="Mug", description="Goes with the teapot", category="table", price=Decimal("9.50"))
    factories.product(creator, name="Crème brûlée dish", description="Oven-proof", category="Oven", price=Decimal(12))
    factories.product(creator, name="apron", description="Linen", category="Wear", price=Decimal(30), in_stock=False)


@pytest.mark.everywhere
def test_products_are_found_by_their_words_whatever_case_or_accents(goods: None) -> None:
    assert names(ask("/products", q="TEAPOT")) == ["Stoneware teapot", "Mug"]  # a name weighs more than a description
    assert names(ask("/products", q="creme BRULEE")) == ["Crème brûlée dish"]
    assert names(ask("/products", q="crème")) == ["Crème brûlée dish"]
    assert names(ask("/products", q="teapot table")) == ["Stoneware teapot", "Mug"]
    assert names(ask("/products", q="teapot oven")) == []
    assert names(ask("/products", q="teap")) == ["Stoneware teapot", "Mug"]
    assert names(ask("/products", q="pot")) == ["Stoneware teapot", "Mug"]
    assert names(ask("/products", q="teapot -mug")) == ["Stoneware teapot"]
    assert names(ask("/products", q='"stoneware teapot"')) == ["Stoneware teapot"]
    assert names(ask("/products", q='"teapot stoneware"')) == []


@pytest.mark.everywhere
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"sortBy": "newest"}, ["apron", "Crème brûlée dish", "Mug", "Stoneware teapot"]),
        ({}, ["apron", "Crème brûlée dish", "Mug", "Stoneware teapot"]),
        ({"sortBy": "oldest"}, ["Stoneware teapot", "Mug", "Crème brûlée dish", "apron"]),
        ({"sortBy": "price-asc"}, ["Mug", "Crème brûlée dish", "apron", "Stoneware teapot"]),
        ({"sortBy": "price-desc"}, ["Stoneware teapot", "apron", "Crème brûlée dish", "Mug"]),
        ({"sortBy": "name"}, ["apron", "Crème brûlée dish", "Mug", "Stoneware teapot"]),
        ({"minPrice": "12", "sortBy": "name"}, ["apron", "Crème brûlée dish", "Stoneware teapot"]),
        ({"minPrice": "9.5", "maxPrice": "12.00", "sortBy": "name"}, ["Crème brûlée dish", "Mug"]),
        ({"category": "TABLE", "sortBy": "name"}, ["Mug", "Stoneware teapot"]),
        ({"inStock": "false"}, ["apron"]),
        ({"q": "teapot", "maxPrice": "10"}, ["Mug"]),
        ({"q": "teapot", "sortBy": "price-asc"}, ["Mug", "Stoneware teapot"]),
        ({"q": " ", "category": "Wear", "minPrice": ""}, ["apron"]),
    ],
)
def test_products_are_filtered_and_sorted(creator: User, query: dict[str, str], found: list[str]) -> None:
    for age, (name, description, category, price) in enumerate(
        [
            ("apron", "Linen", "Wear", "30"),
            ("Crème brûlée dish", "Oven-proof", "Oven", "12.00"),
            ("Mug", "Goes with the teapot", "table", "9.50"),
            ("Stoneware teapot", "Pours well", "Table", "68.00"),
        ]
    ):
        facts = {"name": name, "description": description, "category": category, "price": Decimal(price)}
        factories.product(creator, **facts, in_stock=name != "apron", created_at=factories.ago(age))
    assert names(ask("/products", **query)) == found


@pytest.mark.everywhere
def test_pages_say_how_much_there_is(goods: None) -> None:
    first, last = ask("/products", limit=3), ask("/products", limit=3, offset=3)
    assert [first[key] for key in ("total", "limit", "offset", "hasMore")] == [4, 3, 0, True]
    assert [last[key] for key in ("total", "limit", "offset", "hasMore")] == [4, 3, 3, False]
    assert sorted(names(first) + names(last)) == ["Crème brûlée dish", "Mug", "Stoneware teapot", "apron"]
    beyond = ask("/products", q="teapot", offset=50)
    assert [beyond[key] for key in ("data", "total", "limit", "offset", "hasMore")] == [[], 2, 20, 50, False]


@pytest.mark.everywhere
def test_shows_are_found_filtered_and_sorted(creator: User) -> None:
    other = factories.user("creator")
    factories.stream(creator, title="beads", category="Craft", tags="glass,thread", created_at=factories.ago(3))
    factories.stream(creator, "live", title="Clay", description="Throwing bowls", created_at=factories.ago(2))
    factories.stream(other, "ended", title="Apples", category="craft", created_at=factories.ago(1))
    assert names(ask("/sessions")) == ["Apples", "Clay", "beads"]
    assert names(ask("/sessions", sortBy="oldest")) == ["beads", "Clay", "Apples"]
    assert names(ask("/sessions", sortBy="title")) == ["Apples", "beads", "Clay"]
    assert names(ask("/sessions", status="ended")) == ["Apples"]
    assert names(ask("/sessions", category="CRAFT", sortBy="title")) == ["Apples", "beads"]
    assert names(ask("/sessions", creatorId=creator.pk)) == ["Clay", "beads"]
    assert names(ask(f"/sessions/creator/{other.pk}")) == ["Apples"]
    assert names(ask("/sessions/live")) == ["Clay"]
    assert names(ask("/sessions/live", q="beads")) == []
    assert names(ask("/sessions/upcoming")) == ["beads"]
    assert names(ask("/sessions", q="glass")) == ["beads"]
    (show,) = ask("/sessions", q="bowls")["data"]
    assert show["creator"]["username"] == creator.username
    assert show["streamKey"] is None


@pytest.mark.everywhere
def test_all_kinds_are_found_at_once(creator: User, goods: None) -> None:
    factories.stream(creator, title="Teapots of the world")
    found = ask(q="teapot", limit=1)
    assert [show["title"] for show in found["sessions"]] == ["Teapots of the world"]
    assert [product["name"] for product in found["products"]] == ["Stoneware teapot"]
    assert found["counts"] == {"sessions": 1, "products": 2, "creators": 0, "lines": 0}
    assert found["total"] == 3
    assert [user["id"] for user in ask(q=creator.username)["creators"]] == [creator.pk]


@pytest.mark.everywhere
@pytest.mark.parametrize(
    ("path", "query", "error"),
    [
        ("", {}, "Search query is required"),
        ("", {"q": "  "}, "Search query is required"),
        ("/products", {"limit": 0}, "Limit must be between 1 and 100"),
        ("/products", {"limit": "x"}, "Limit must be between 1 and 100"),
        ("/products", {"offset": 10_001}, "Offset must be between 0 and 10000"),
        ("/sessions", {"status": "gone"}, "Invalid status"),
        ("/sessions", {"sortBy": "gone"}, "Invalid sortBy"),
    ],
)
def test_what_cannot_be_asked_is_refused(path: str, query: dict[str, str], error: str) -> None:
    assert ask(path, 400, **query) == {"error": error}


@pytest.mark.everywhere
def test_trending_is_who_is_watched_now_and_counts_less_the_longer_it_is_on(creator: User) -> None:
    Worker.objects.heartbeat("w", timedelta(minutes=1))
    old, small, large, _ = (factories.stream(creator, "live", title=t) for t in ("old", "small", "large", "empty"))
    factories.stream(creator, title="not yet")
    Stream.objects.filter(pk=old.pk).update(started_at=factories.ago(60 * 24))
    for show, viewers in ((old, 9), (small, 1), (large, 3)):
        for number in range(viewers):
            for tab in ("a", "b") if show is small else ("a",):
                Presence.objects.create(
                    room=show.room_key,
                    worker="w",
                    connection=f"{tab}{number}",
                    identity=f"visitor:{number}",
                    role="subscriber",
                )
    assert names(ask("/sessions/trending")) == ["large", "small", "old", "empty"]
    assert names(ask("/sessions/trending", limit=1, offset=1)) == ["small"]


@pytest.mark.everywhere
def test_suggestions_lead_to_what_they_name(creator: User, goods: None) -> None:
    show = factories.stream(creator, title="Teapots of the world")
    found = ask("/suggestions", q="teap")["suggestions"]
    assert [(each["kind"], each["text"]) for each in found] == [
        ("show", "Teapots of the world"),
        ("product", "Stoneware teapot"),
        ("product", "Mug"),
    ]
    assert found[0]["url"] == f"/watch/{show.pk}/"
    assert found[1]["url"] == "/search/?q=Stoneware+teapot"
    assert ask("/suggestions")["suggestions"] == []


ODD = st.one_of(
    st.text(max_size=210),
    st.text(alphabet="&|!:*()<>'\"\\-% _\0a\u0301ßΣ", max_size=40),
    st.lists(st.sampled_from(["the", "and", "or", "not", "-", '"', "a:*", "tea", "\u200b", "½", "日本"])).map(" ".join),
)


@pytest.mark.everywhere
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ODD, path=st.sampled_from(PATHS))
def test_any_text_is_answered(goods: None, text: str, path: str) -> None:
    answer = factories.client().get(f"/api/search{path}", {"q": text.encode("utf-8", "replace").decode()})
    assert answer.status_code in (200, 400), (text, answer.content)


@pytest.mark.everywhere
@pytest.mark.parametrize("name", ["minPrice", "creatorId", "inStock", "category", "limit", "status", "sellerId"])
@pytest.mark.parametrize("value", ["\0", "NaN", "1e999", "-1", "9" * 30, "'", "Infinity"])
def test_any_filter_is_answered(name: str, value: str) -> None:
    for path in ("/products", "/sessions"):
        assert factories.client().get(f"/api/search{path}", {name: value}).status_code in (200, 400)
