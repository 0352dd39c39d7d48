"""Logging in and registering on pages."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import Role, User
from tests import factories
from tests.storefront.conftest import Browse

SOMEONE = {"username": "viewer", "email": "viewer@example.org", "password": "long enough", "role": "viewer"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("viewer", "viewer@example.org", "long enough")


def test_registering_makes_an_account_and_logs_it_in(client: Client) -> None:
    answer = client.post("/register/", SOMEONE | {"role": "creator", "next": "/studio/"})
    assert answer.headers["Location"] == "/studio/"
    assert User.objects.get().role == Role.CREATOR
    assert client.get("/studio/").status_code == 200


def test_what_registering_refuses_is_said_on_the_form(client: Client, user: User) -> None:
    taken = client.post("/register/", SOMEONE | {"email": "other@example.org"})
    assert "User with this username already exists" in taken.content.decode()
    short = client.post("/register/", SOMEONE | {"username": "other", "password": "short"})
    assert "at least 6 characters" in short.content.decode()
    common = client.post("/register/", SOMEONE | {"username": "other", "password": "sunshine"})
    assert common.context["form"].errors["password"] == ["This password is too common."]
    nul = client.post("/register/", SOMEONE | {"username": "a\0b"})
    assert nul.status_code == 200
    assert User.objects.count() == 1


def test_nobody_registers_as_more_than_the_shop_allows(client: Client, settings: Any) -> None:
    client.post("/register/", SOMEONE | {"role": "admin"})
    settings.OPEN_REGISTRATION_AS_CREATOR = False
    assert "once we have agreed" in client.get("/register/").content.decode()
    client.post("/register/", SOMEONE | {"role": "creator"})
    assert [(user.role, user.asks_to_create) for user in User.objects.all()] == [(Role.VIEWER, True)]


def test_logging_in_leads_on_and_logging_out_ends_it(client: Client, user: User) -> None:
    answer = client.post("/login/?next=/watch/", {"username": "Viewer", "password": "long enough"})
    assert answer.headers["Location"] == "/watch/"
    assert "Log out" in client.get("/").content.decode()
    client.post("/logout/")
    assert "Log out" not in client.get("/").content.decode()


@pytest.mark.parametrize(
    "next", ["https://evil.example/", "//evil.example", "/login/", "/register/?next=/", "javascript:1"]
)
def test_neither_entrance_leads_away_or_back_to_itself(client: Client, user: User, next: str) -> None:
    answer = client.post("/login/", {"username": "viewer", "password": "long enough", "next": next})
    assert answer.headers["Location"] == "/"
    answer = client.post("/register/", SOMEONE | {"username": "noa", "email": "noa@example.org", "next": next})
    assert answer.headers["Location"] == "/"


def test_guessing_passwords_is_slowed_down(client: Client, user: User, at_once: None) -> None:
    answers = [client.post("/login/", {"username": "viewer", "password": f"guess {n}"}) for n in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 15 + [429] * 6
    assert "Too many tries" in answers[-1].content.decode()
    right = client.post("/login/", {"username": "viewer", "password": "long enough"})
    assert right.status_code == 429


def test_a_demo_shop_lets_one_in_with_a_click(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    call_command("demo", verbosity=0)
    form = re.search(
        r'name="username" value="creator">\s*<input type="hidden" name="password" value="([^"]+)"', login(client)
    )
    assert form is not None
    answer = client.post("/login/", {"username": "creator", "password": form[1], "next": "/studio/"})
    assert answer.headers["Location"] == "/studio/"
    assert client.get("/studio/").status_code == 200


def test_demo_accounts_are_offered_only_in_development_and_where_they_are(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    assert "demo" not in login(client)
    call_command("demo", verbosity=0)
    settings.DEBUG = False
    assert "demo" not in login(client)


def login(client: Client) -> str:
    return client.get("/login/").content.decode()


def test_the_studio_is_linked_for_those_it_is_for(browse: Browse) -> None:
    linked = [
        'href="/studio/"' in browse(factories.user(role)).get("/").content.decode()
        for role in ("viewer", "creator", "moderator", "admin")
    ]
    assert linked == [False, True, False, True]
