"""A guest is known again by the cookie we gave them, and by nothing they say."""

import asyncio
from typing import Any

import pytest
from django.core import signing
from django.test import AsyncClient, Client, RequestFactory
from rest_framework.test import APIClient

from accounts import identity
from accounts.identity import Identity
from accounts.models import User
from tests.accounts.conftest import MakeUser, SpeakFor


def test_a_guest_is_a_visitor_with_a_label() -> None:
    guest = Identity(None, "abc", "Ada")
    assert (guest.key, guest.user_id, guest.is_guest, guest.name) == ("visitor:abc", None, True, "Ada")
    assert Identity(None, "abc").name == "Guest"
    assert not guest.has_role("viewer")


def test_a_user_is_known_by_his_id_and_named_by_his_account() -> None:
    user = Identity(User(pk=5, username="ada", role="creator"), "abc", "somebody else")
    assert (user.key, user.user_id, user.is_guest, user.name) == ("user:5", 5, False, "ada")
    assert user.has_role("creator", "admin")
    assert not user.has_role("admin")


def test_a_visitors_cookie_is_read_back() -> None:
    visitor, value = identity.new_visitor()
    assert identity.read_visitor({"visitor": value}) == visitor
    assert len(visitor) == 32
    assert identity.new_visitor()[0] != visitor


@pytest.mark.parametrize("value", ["", "abc", "abc:def", signing.Signer(salt="other").sign("abc"), ":" * 5000])
def test_a_cookie_that_is_not_ours_names_nobody(value: str) -> None:
    assert identity.read_visitor({"visitor": value}) is None
    assert identity.read_visitor({}) is None


def test_a_request_without_a_cookie_is_a_new_visitor_each_time() -> None:
    request = RequestFactory().get("/")
    request.user = None  # type: ignore[assignment]
    first, second = Identity.of_request(request), Identity.of_request(request)
    assert first.is_guest
    assert first.key != second.key


def test_the_first_page_gives_a_cookie_that_later_requests_carry() -> None:
    client = Client()
    page = client.get("/")
    cookie = page.cookies["visitor"]
    visitor = identity.read_visitor({"visitor": cookie.value})
    assert page.content.decode() == f"<p>visitor:{visitor}</p>"
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 365 * 24 * 60 * 60)
    assert "Cookie" in page["Vary"]
    again = client.get("/")
    assert "visitor" not in again.cookies
    assert again.content == page.content
    assert client.get("/api/whoever").json() == {"key": f"visitor:{visitor}", "name": "Guest"}


def test_the_cookie_travels_encrypted_in_production(settings: Any) -> None:
    for debug in (True, False):
        settings.DEBUG = debug
        assert bool(Client().get("/").cookies["visitor"]["secure"]) is not debug


def test_a_forged_cookie_is_replaced() -> None:
    client = Client()
    client.cookies["visitor"] = "forged"
    assert identity.read_visitor({"visitor": client.get("/").cookies["visitor"].value})


def test_answers_to_programs_give_no_cookie(api: APIClient) -> None:
    assert "visitor" not in api.get("/api/whoever").cookies


@pytest.mark.django_db
def test_a_user_is_himself_whatever_cookie_he_carries(make_user: MakeUser, speak_for: SpeakFor) -> None:
    user = make_user("ada")
    client = speak_for(user)
    client.cookies["visitor"] = identity.new_visitor()[1]
    assert client.get("/api/whoever").json() == {"key": f"user:{user.pk}", "name": "ada"}


async def test_the_middleware_works_without_threads() -> None:
    pages = await asyncio.gather(*(AsyncClient().get("/") for _ in range(3)))
    assert len({page.cookies["visitor"].value for page in pages}) == 3
    assert (await AsyncClient().get("/%00")).status_code == 400


def test_a_cookie_can_be_given_outside_django(settings: Any) -> None:
    settings.DEBUG = False
    header = identity.visitor_header("value")
    assert header == "visitor=value; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax; Secure"


def test_a_key_tells_a_user_from_a_visitor() -> None:
    assert identity.user_id_of(Identity(User(pk=5), "abc").key) == 5
    assert identity.user_id_of(Identity(None, "5").key) is None
