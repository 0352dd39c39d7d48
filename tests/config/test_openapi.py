"""The OpenAPI document: everything has a name, a sentence and an example, and the examples are true."""

import json
from typing import Any

import jsonschema
import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from config.operations import OPERATIONS
from streams.models import Stream
from tests import factories

Operations = list[tuple[str, str, dict[str, Any]]]


@pytest.fixture(scope="module")
def document() -> Any:
    found = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.loads(json.dumps(found, default=str))


@pytest.fixture(scope="module")
def operations(document: Any) -> Operations:
    return [(path, method, found) for path, methods in document["paths"].items() for method, found in methods.items()]


def test_every_operation_is_named_in_words(operations: Operations) -> None:
    named = {path if path.startswith("/") else f"/api/{path}": methods for path, methods in OPERATIONS.items()}
    known = {(path, method) for path, methods in named.items() for method in methods}
    assert known == {(path, method) for path, method, _ in operations}, "config/operations.py names each operation"
    ids = [operation["operationId"] for *_, operation in operations]
    assert len(set(ids)) == len(ids)
    assert [found for found in ids if not found.isalpha()] == []
    assert [path for path, _, operation in operations if not operation.get("summary")] == []


def test_a_show_and_a_shopping_session_are_two_operations(document: Any) -> None:
    show, session = document["paths"]["/api/sessions/{id}"], document["paths"]["/api/sessions/sess_{key}"]
    assert show["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/SessionDetailEnvelope"
    )
    assert session["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/ShoppingSession"
    )


def bodies(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """Each body that an operation takes or answers with."""
    sides = [operation.get("requestBody", {}), *operation["responses"].values()]
    return [medium for side in sides for medium in side.get("content", {}).values()]


def test_every_body_has_an_example_that_its_schema_allows(document: Any, operations: Operations) -> None:
    for path, method, operation in operations:
        for medium in bodies(operation):
            assert "example" in medium, f"{method} {path}"
            schema = as_json_schema({**medium["schema"], "components": document["components"]})
            jsonschema.validate(medium["example"], schema, format_checker=jsonschema.FormatChecker())


def as_json_schema(schema: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema has a type null."""
    if isinstance(schema, list):
        return [as_json_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: as_json_schema(inner) for name, inner in schema.items()}
    return {"anyOf": [plain, {"type": "null"}]} if plain.pop("nullable", False) is True else plain


def test_every_id_in_a_path_says_where_it_comes_from(operations: Operations) -> None:
    silent = [
        (path, parameter["name"])
        for path, _, operation in operations
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "path" and parameter["name"] not in ("category", "creator_id")
        if not parameter.get("description")
    ]
    assert silent == []


@pytest.mark.django_db
def test_the_example_of_a_show_makes_one(operations: Operations) -> None:
    creator = factories.user("creator")
    (create,) = (found for *_, found in operations if found["operationId"] == "createShow")
    body = create["requestBody"]["content"]["application/json"]["example"]
    body.pop("productIds")  # those of the reader
    answer = factories.client(creator).post("/api/sessions", body)
    assert answer.status_code == 201, answer.content
    assert Stream.objects.get().title == body["title"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["users", "users/live", "products", "products/in-stock", "products/category/Table"])
def test_public_lists_need_no_account(client: Client, path: str) -> None:
    creator = factories.user("creator")
    factories.product(creator, category="Table")
    factories.stream(creator, "live")
    answer = client.get(f"/api/{path}?public=true")
    assert answer.status_code == 200
    found = answer.json()
    assert len(found if isinstance(found, list) else found["data"]) == 1


@pytest.mark.django_db
def test_everybodys_shows_need_no_account_and_hide_what_is_the_creators(client: Client) -> None:
    creator = factories.user("creator")
    live, _ = factories.stream(creator, "live", stream_key="secret"), factories.stream(creator)
    assert client.get("/api/sessions").status_code == 401
    assert client.get("/api/sessions?public=true").json()["count"] == 2
    (found,) = client.get("/api/sessions?public=true&status=live").json()["data"]
    assert (found["id"], found["streamKey"]) == (str(live.pk), None)
    assert client.get("/api/sessions?public=true&status=none").json()["message"] == "Invalid status"
    other = factories.client(factories.user("creator"))
    assert other.get("/api/sessions").json()["count"] == 0
    assert other.get("/api/sessions?public=true").json()["count"] == 2
