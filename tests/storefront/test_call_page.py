"""The page of a call, as the server draws it."""

import json
import re

import pytest
from django.test import Client, override_settings

from tests import factories
from tests.storefront.conftest import Browse

pytestmark = pytest.mark.django_db

FACTS = re.compile(r'<script id="([a-z]+)-facts" type="application/json">(.*?)</script>')
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)(?![^>]*application/json)", re.IGNORECASE)


def facts(html: str) -> dict[str, dict[str, object]]:
    return {name: json.loads(text) for name, text in FACTS.findall(html)}


def test_whoever_has_the_link_gets_the_page(client: Client) -> None:
    html = client.get("/call/tea-at-5.30~x/").content.decode()
    assert facts(html) == {"call": {"match": "tea-at-5.30~x"}, "reader": {"id": None, "name": ""}}
    assert 'value="http://testserver/call/tea-at-5.30~x/"' in html
    assert "Your name" in html
    assert INLINE.findall(html) == []


def test_who_is_logged_in_sits_down_as_that_account(browse: Browse) -> None:
    user = factories.user("viewer")
    html = browse(user).get("/call/tea/").content.decode()
    assert facts(html)["reader"] == {"id": user.pk, "name": user.username}
    assert "Your name" not in html


@pytest.mark.parametrize("match", ["a b", "a/b", "a" * 129, "[x]"])
def test_a_name_that_no_link_of_ours_has_is_not_found(client: Client, match: str) -> None:
    assert client.get(f"/call/{match}/").status_code == 404


def test_a_new_call_gets_a_link_that_cannot_be_guessed(browse: Browse) -> None:
    browser = browse(factories.user("viewer"))
    first, second = (browser.get("/call/").headers["Location"] for _ in range(2))
    assert re.fullmatch(r"/call/[\w-]{16}/", first)
    assert first != second
    assert browser.get(first).status_code == 200


@override_settings(OPEN_MATCHES=False)
def test_where_matches_are_reserved_there_are_no_calls_by_link(browse: Browse) -> None:
    answer = browse(factories.user("viewer")).get("/call/")
    assert answer.status_code == 403
    assert "switched off" in answer.content.decode()


def test_guests_log_in_before_they_start_a_call(client: Client) -> None:
    assert client.get("/call/").headers["Location"] == "/login/?next=/call/"


def test_an_address_typed_without_its_slash_leads_to_the_page(client: Client) -> None:
    assert client.get("/call/tea").headers["Location"] == "/call/tea/"
