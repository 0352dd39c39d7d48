"""What PostgreSQL's index finds beyond plain comparing, that writes keep it, and that queries use it."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from search import creators, finding, index, postgres, vocabulary, words
from search.models import Word
from search.sources import PRODUCTS, SHOWS
from shopping.models import Product
from streams.models import Stream
from tests import factories

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL alone has an index"),
]

ALL = slice(0, 100)


def found(text: str) -> list[str]:
    return [product.name for product in finding.products(text, ALL).rows]


def test_other_forms_of_a_word_are_found(creator: User) -> None:
    factories.product(creator, name="Running shoes")
    assert found("run") == found("runs") == found("shoe running") == ["Running shoes"]


def test_misspelled_words_are_found_where_nothing_else_is(creator: User) -> None:
    factories.product(creator, name="Stoneware teapot")
    factories.product(creator, name="Tea towel")
    assert found("tepot")[0] == "Stoneware teapot"
    assert found("stonware teapot") == ["Stoneware teapot"]
    assert found("tea") == ["Tea towel", "Stoneware teapot"] or found("tea") == ["Stoneware teapot", "Tea towel"]
    assert found("towel") == ["Tea towel"]
    assert found("xylophone") == []


def test_stop_words_find_nothing_and_hide_nothing(creator: User) -> None:
    factories.product(creator, name="The lamp", description="of the sea")
    assert found("the") == found("of the") == found("the -lamp") == []
    assert found("the lamp") == found("lamp of the") == ["The lamp"]


def test_misspelled_names_of_creators_are_found() -> None:
    amelia = factories.user("creator", f"amelia-{uuid.uuid4().hex[:4]}")
    factories.user("viewer", f"{amelia.username}-fan")
    assert [user.pk for user in creators.find("amelia", ALL).rows] == [amelia.pk]
    assert amelia.pk in [user.pk for user in creators.find(amelia.username.replace("ame", "amme"), ALL).rows]


def test_creators_are_found_by_the_index_of_their_names() -> None:
    many = (uuid.uuid4().hex for _ in range(3000))
    User.objects.bulk_create(User(username=name, email=f"{name}@example.org", role="creator") for name in many)
    for sought in ("amelia", "am", "q w"):
        with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
            cursor.execute("SELECT gin_clean_pending_list('search_creator_trigrams')")  # as vacuuming does
            cursor.execute("ANALYZE accounts_user")
            creators.find(sought, ALL)
            cursor.execute(f"EXPLAIN {asked[0]['sql']}")
            assert "search_creator_trigrams" in "".join(line for (line,) in cursor.fetchall())


def test_of_a_short_word_the_beginnings_of_names_are_found() -> None:
    names = ("zqim", "bazqim", "kim zq")
    mine = [factories.user("creator", uuid.uuid4().hex) for _ in names]
    for user, name in zip(mine, names, strict=True):
        User.objects.filter(pk=user.pk).update(username=f"{name}-{user.username}")
    assert [user.pk for user in creators.find("zq", ALL).rows] == [mine[0].pk, mine[2].pk]
    assert {user.pk for user in creators.find("zqi", ALL).rows} == {mine[0].pk, mine[1].pk}


def test_whatever_way_a_row_is_written_it_is_found(creator: User) -> None:
    facts = {"seller": creator, "description": "", "price_minor": 1}
    Product.objects.bulk_create(Product(name=f"Bulky basket {number}", **facts) for number in range(3))
    assert len(found("basket")) == 3
    assert len(found("baskte")) == 3  # the words are known, too
    Product.objects.filter(name="Bulky basket 1").update(name="Crate")
    assert found("crate") == found("crat") == ["Crate"]
    assert len(found("basket")) == 2
    Product.objects.filter(name="Crate").delete()
    assert found("crate") == []


def test_words_go_when_nothing_has_them_any_more(creator: User) -> None:
    product = factories.product(creator, name="Zeppelin", description="Vast")
    factories.stream(creator, title="Vast things")
    product.delete()
    vocabulary.prune()
    assert not Word.objects.filter(word="zeppelin").exists()
    assert Word.objects.filter(word="vast").exists()


# What was added to Unicode lately may be known to one of the two only.
LETTERS = st.characters(min_codepoint=1, max_codepoint=0x4FF, exclude_categories=["Cn"])


@given(st.text(LETTERS, max_size=80))
def test_the_database_compares_as_we_do(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_plain(%s)", [text])
        assert cursor.fetchone() == (words.plain(text),)


@pytest.mark.parametrize(
    "text", ["Crème BRÛLÉE", "straße", "Łódź", "Ærø", "ΣΊΣΥΦΟΣ", "a–b…c", "½", "e\u0301te\u0301", "ЁЖ"]
)
def test_accents_and_cases_are_the_same_to_both(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_plain(%s)", [text])
        assert cursor.fetchone() == (words.plain(text),)


@pytest.mark.parametrize(
    ("text", "filters", "sort", "used"),
    [
        ("teapot", {}, "relevance", "search_product_vector"),
        ("teap", {"in_stock": True}, "price-asc", "search_product_vector"),
        ("tepot", {}, "relevance", "search_product_vector"),
        (None, {"category": "rare"}, "newest", "search_product_category"),
    ],
)
def test_plans_use_the_indexes(creator: User, text: str | None, filters: dict[str, bool], sort: str, used: str) -> None:
    factories.product(creator, name="Teapot", category="Rare")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of so few rows it would read all
    query = words.parse(text) if text else None
    plan = postgres.explain(PRODUCTS, query, filters, sort, slice(0, 20))
    assert used in plan


@pytest.mark.parametrize("sort", ["newest", "price-asc", "relevance"])
def test_frequent_words_are_paged_as_rare_ones_are(creator: User, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"seller": creator, "description": "", "name": "Common mug"}
    Product.objects.bulk_create(
        Product(price_minor=number, created_at=factories.ago(number), **facts) for number in range(40)
    )
    query, rows = words.parse("mug"), slice(2, 7)
    whole = postgres.find(PRODUCTS, query, {}, sort, rows)
    bounded = postgres.find(PRODUCTS, query, {}, sort, rows, most=10)
    assert (whole.total, bounded.total) == (40, 10)
    if sort != "relevance":  # then those are ranked that were met first
        assert [product.pk for product in whole.rows] == [product.pk for product in bounded.rows]
    assert len(bounded.rows) == 5


def test_a_page_is_one_query(creator: User, django_assert_num_queries: object) -> None:
    factories.product(creator, name="Teapot")
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert finding.products("teapot", ALL).total == 1
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert finding.products("tepot", ALL).total == 1


def test_a_refused_extension_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "EXTENSION", "btree_gin")  # one that is not there yet
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE without_rights")
        cursor.execute("SET LOCAL ROLE without_rights")
        assert index.trigrams(connection) is None
        cursor.execute("SELECT 1")


def test_shows_have_titles_weigh_more_than_tags(creator: User) -> None:
    factories.stream(creator, title="Cups", tags="glaze")
    factories.stream(creator, title="Glaze")
    rows: list[Stream] = postgres.find(SHOWS, words.parse("glaze"), {}, "relevance", ALL).rows
    assert [show.title for show in rows] == ["Glaze", "Cups"]
