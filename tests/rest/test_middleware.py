"""What is refused before a body is read, and what no cache may keep."""

import time

import pytest
from django.test import Client

from tests import factories

CHARSETS = ["punycode", "idna", "utf-16", "utf-7", "latin-1", "rot13", "nonsense", '"utf-16"', "utf-8x", ""]


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
@pytest.mark.parametrize("path", ["/api/auth/login", "/login/", "/admin/login/"])
def test_the_client_does_not_choose_the_decoder(client: Client, path: str, kind: str, charset: str) -> None:
    body = b"a" * 320_000
    began = time.process_time()
    answer = client.generic("POST", path, body, content_type=f"{kind}; charset={charset}")
    assert answer.status_code == 415
    assert time.process_time() - began < 1  # punycode would take twelve


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", '"utf-8"'])
def test_utf_8_may_be_named(client: Client, charset: str) -> None:
    answer = client.post("/api/auth/login", b"{}", content_type=f"application/json; charset={charset}")
    assert answer.status_code == 400


@pytest.mark.django_db
def test_answers_that_are_ones_own_are_kept_by_no_cache(client: Client) -> None:
    own = factories.client(factories.user("creator")).get("/api/sessions")
    assert own["Cache-Control"] == "private, no-store"
    posted = client.post("/api/auth/login", b"{}", content_type="application/json")
    assert posted["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_what_anyone_may_read_can_be_cached_apart_from_it(client: Client) -> None:
    answer = client.get("/api/products/categories")
    assert "Cache-Control" not in answer
    assert {"Authorization", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/docs/", "/api/schema/"])
def test_the_documents_answer_options(client: Client, path: str) -> None:
    assert client.options(path).status_code in (200, 405)


@pytest.mark.django_db
@pytest.mark.parametrize("price", ["1e400", "-1e400", "1e30", "NaN", "Infinity", '"1e400"'])
def test_a_number_beyond_all_bounds_is_a_fault_of_the_input(price: str) -> None:
    seller = factories.client(factories.user("creator"))
    body = f'{{"name": "Lamp", "description": "bright", "category": "home", "price": {price}}}'
    assert seller.post("/api/products", body, content_type="application/json").status_code == 400
