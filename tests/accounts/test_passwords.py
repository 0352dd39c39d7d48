"""New passwords: the contract's six characters, and none that many have or that says whose it is."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests import factories

pytestmark = pytest.mark.django_db

GRACE = {"username": "grace.hopper", "email": "grace@example.org"}
WEAK = [
    ("12345", "Password must be at least 6 characters long"),
    ("sunshine", "This password is too common."),
    ("gracehopper", "The password is too similar to the username."),
    ("grace@example.org", "The password is too similar to the email."),
]


@pytest.mark.parametrize(("password", "message"), WEAK)
def test_a_weak_password_is_refused_at_every_door(password: str, message: str) -> None:
    registered = APIClient().post("/api/auth/register", GRACE | {"password": password})
    created = factories.client(factories.user("admin")).post("/api/users", GRACE | {"password": password})
    user = User.objects.create_user(GRACE["username"], GRACE["email"])
    changed = factories.client(user).put("/api/auth/update", {"password": password})
    given = factories.client(factories.user("admin")).put(f"/api/users/{user.pk}", {"password": password})
    assert [answer.status_code for answer in (registered, created, changed, given)] == [400] * 4
    assert {answer.json()["message"] for answer in (registered, created, changed, given)} == {message}


def test_six_characters_that_few_have_are_enough() -> None:
    assert APIClient().post("/api/auth/register", GRACE | {"password": "q7xkvw"}).status_code == 201
