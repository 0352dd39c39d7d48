"""People take along what is kept about them, and have their account erased."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from realtime.models import RoomEvent
from streams.models import ChatMessage, Stream
from streams.models.unsigning import NOBODY
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

SECRET = "a long enough secret"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def person(role: str = "creator", verified: bool = True) -> User:
    user = factories.user(role)
    user.set_password(SECRET)
    user.save()
    if verified:
        user.confirm_address()
    return user


def said(user: User, text: str) -> ChatMessage:
    show = factories.stream(factories.user("creator"), "live")
    message: Any = ChatMessage.objects.post(show.pk, factories.identity(user), text)
    return ChatMessage.objects.get(pk=message.pk)


def erase(user: User, **body: Any) -> Any:
    return factories.client(user).post("/api/auth/erase", {"password": SECRET, **body})


@pytest.mark.parametrize("texts", [True, False], ids=["with texts", "without texts"])
def test_an_erased_account_is_nobodys_and_its_name_and_address_are_free(texts: bool) -> None:
    user = person()
    name, email = user.username, user.email
    message = said(user, "I like this teapot")
    own = [factories.stream(user, status) for status in ("scheduled", "live", "ended")]
    assert erase(user, texts=texts).status_code == 200
    user.refresh_from_db()
    assert (user.is_active, user.email_verified, user.has_usable_password()) == (False, False, False)
    message.refresh_from_db()
    assert (message.text, message.name) == (("", "") if texts else ("I like this teapot", NOBODY))
    kept = {str(show.pk): show.status for show in Stream.objects.filter(creator=user)}
    assert kept == ({} if texts else {str(own[1].pk): "ended", str(own[2].pk): "ended"})
    assert name not in "".join(RoomEvent.objects.filter(redacted=False).values_list("body", flat=True))
    again = User.objects.register(name, email, SECRET)
    assert (again.username, again.email) == (name, email)


def test_erasing_asks_for_the_password_and_a_confirmed_address() -> None:
    user = person(verified=False)
    assert erase(user).status_code == 403
    user.confirm_address()
    assert factories.client(user).post("/api/auth/erase", {"password": "wrong"}).status_code == 403
    assert factories.client(user).post("/api/auth/erase", {}).status_code == 400
    assert factories.client().post("/api/auth/erase", {"password": SECRET}).status_code == 401
    user.refresh_from_db()
    assert user.is_active


def test_the_last_admin_is_not_erased() -> None:
    assert erase(person("admin")).status_code == 400
    assert User.objects.active().filter(role="admin").exists()


def test_an_export_has_all_that_is_kept_and_nothing_of_others() -> None:
    user = person()
    said(user, "I like this teapot")
    said(factories.user(), "So do I")
    factories.stream(user, title="My evening")
    factories.product(user, name="My mug")
    answer = factories.client(user).get("/api/auth/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="account.json"'
    kept = json.loads(answer.content)
    assert kept["account"][0]["email"] == user.email
    assert [message["text"] for message in kept["chatMessages"]] == ["I like this teapot"]
    assert [show["title"] for show in kept["shows"]] == ["My evening"]
    assert [product["name"] for product in kept["products"]] == ["My mug"]
    assert factories.client().get("/api/auth/export").status_code == 401


def test_the_page_of_an_account_says_what_can_be_done(client: Client) -> None:
    assert client.get("/account/").status_code == 302
    client.force_login(person(verified=False))
    page = client.get("/account/").content.decode()
    assert "Not confirmed" in page
    for words in ("Log out everywhere", "/api/auth/export", "Erase my account"):
        assert words in page
