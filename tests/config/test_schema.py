"""The OpenAPI document that is served."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from config import schema


def test_those_who_ask_at_the_same_time_are_all_given_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema.Generator, "made", None)
    original, made, together = SchemaGenerator.get_schema, list[int](), threading.Barrier(4)

    def get_schema(self: SchemaGenerator, *arguments: object) -> object:
        made.append(1)
        return original(self, *arguments)  # type: ignore[no-untyped-call]

    def ask(_: int) -> bytes:
        together.wait()
        answer = Client().get("/api/schema/")
        assert answer.status_code == 200
        return answer.content

    monkeypatch.setattr(SchemaGenerator, "get_schema", get_schema)
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(ask, range(4)))) == 1
    assert len(made) == 1
