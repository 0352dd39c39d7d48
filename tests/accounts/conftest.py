"""People for the tests of accounts, and clients that speak for them."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from accounts import signals, tokens
from accounts.models import Role, User

PASSWORD = "a long enough secret"

MakeUser = Callable[..., User]
SpeakFor = Callable[..., APIClient]


@pytest.fixture(autouse=True)
def these_urls(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.accounts.urls"


@pytest.fixture(autouse=True)
def fresh_throttles() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def make_user(db: None) -> MakeUser:
    numbers = itertools.count(1)

    def make(username: str = "", role: str = Role.VIEWER, password: str | None = PASSWORD) -> User:
        name = username or f"user{next(numbers)}"
        return User.objects.create_user(name, f"{name}@example.org", password, role)

    return make


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture
def speak_for() -> SpeakFor:
    """A client that carries a user's access token."""

    def client(user: User) -> APIClient:
        return APIClient(headers={"Authorization": f"Bearer {tokens.access_token(user)}"})

    return client


@pytest.fixture
def revoked() -> Iterator[list[int]]:
    """The ids of users of whom `access_revoked` spoke."""
    heard: list[int] = []

    def hear(user_id: int, **_: Any) -> None:
        heard.append(user_id)

    signals.access_revoked.connect(hear)
    yield heard
    signals.access_revoked.disconnect(hear)
