"""The index is built anew in another language, and without an extension that may not be made; these tests commit."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from search import checks, finding, index
from tests import factories

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL alone has an index")


def found(text: str) -> list[str]:
    return [product.name for product in finding.products(text, slice(0, 100)).rows]


@pytest.fixture
def seller(live_db: None) -> Iterator[User]:
    yield factories.user("creator")
    index.build(connection, "english")


def test_the_index_is_built_anew_in_another_language(seller: User, settings: object) -> None:
    factories.product(seller, name="Laufende Häuser und Gärten")
    assert found("und") == ["Laufende Häuser und Gärten"]
    settings.SEARCH_LANGUAGE = "german"  # type: ignore[attr-defined]
    assert [message.id for message in checks.prepared(["default"])] == ["search.W003"]
    call_command("search_index")
    assert checks.prepared(["default"]) == []
    assert found("haus laufend") == ["Laufende Häuser und Gärten"]
    assert found("und") == []  # which is a stop word now
    settings.SEARCH_LANGUAGE = "klingon"  # type: ignore[attr-defined]
    (message,) = checks.prepared(["default"])
    assert "english" in message.msg


def test_without_the_right_to_the_extension_search_goes_on_and_says_so(
    seller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    factories.product(seller, name="Stoneware gargoyle")
    monkeypatch.setattr(index, "trigrams", lambda *_, **__: None)
    index.build(connection, "english", said.append)
    assert said == [index.NO_TRIGRAMS]
    assert [message.id for message in checks.prepared(["default"])] == ["search.W001"]
    assert found("gargoyle") == found("gargoy") == ["Stoneware gargoyle"]
    assert found("garogyle") == []
    monkeypatch.undo()
    assert [message.id for message in checks.prepared(["default"])] == ["search.W004"]
    index.build(connection, "english")
    assert found("garogyle") == ["Stoneware gargoyle"]
