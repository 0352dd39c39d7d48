"""Nobody is taken for somebody else by their name."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts import looks, names
from accounts.models import User
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Creator", "creator"),
        ("creator", "creator\u200b"),
        ("creator", "сreаtor"),  # Cyrillic es and a
        ("creator", "ｃｒｅａｔｏｒ"),
        ("creator", "𝒄reator"),
        ("creator", "c.r.e.a.t.o.r"),
        ("creator", "créàtor"),
        ("admin", "adm1n"),
        ("admin", "аdmіn"),
        ("admin", "αdmin"),
        ("moderator", "rnoderator"),
        ("lily", "LiIy"),
        ("ivan", "1van"),
    ],
    ids=ascii,
)
def test_these_names_look_alike(one: str, other: str) -> None:
    assert looks.look(one) == looks.look(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ann", "anna"), ("tom", "tim"), ("иван", "ivan"), ("李", "王"), ("user10", "user11")]
)
def test_these_names_do_not(one: str, other: str) -> None:
    assert looks.look(one) != looks.look(other)


@pytest.mark.parametrize(
    "name",
    ["admin", "Admin", "ADMIN 2", "adm1n", "аdmin", "Shop Support", "the-moderator", "official", "System", "Host"],
)
def test_a_word_of_power_is_nobodys_name(name: str) -> None:
    with pytest.raises(ValidationError, match="looks like"):
        names.chosen(name, factories.identity())
    assert names.declared(name, factories.identity()) == ""


@pytest.mark.parametrize("name", ["Anna", "Hostel Fan", "Shopper", "Modesty", "דנה", "🦊", "Systematic"])
def test_other_names_are_free(name: str) -> None:
    assert names.chosen(name, factories.identity()) == name


def test_an_operator_reserves_names_too(settings: Any) -> None:
    settings.RESERVED_NAMES = ["Tea House"]
    assert names.declared("tea-house", factories.identity()) == ""
    assert names.declared("tea", factories.identity()) == "tea"


def test_a_guest_does_not_look_like_an_account_and_its_owner_may() -> None:
    owner = factories.user(name="marlene")
    for name in ("Marlene", "mаrlene", "mar lene", "marlene\u200b"):
        assert names.declared(name, factories.identity()) == ""
        assert names.declared(name, factories.identity(factories.user())) == ""
        assert names.declared(name, factories.identity(owner)) != ""


def test_a_new_account_does_not_look_like_another_or_like_staff() -> None:
    factories.user(name="marlene")
    for name in ("Mаrlene", "mar1ene", "marlene!", "support", "\u202eenelram", "\u3164"):
        with pytest.raises(ValidationError):
            User.objects.register(name, f"{len(name)}@example.org", "a long enough secret")
    with pytest.raises(ValidationError, match="already exists"):
        User.objects.register("MARLENE", "other@example.org", "a long enough secret")
    assert User.objects.register("Marlena", "marlena@example.org", "a long enough secret").username == "Marlena"


def test_nobody_takes_another_name_that_looks_like_somebodys() -> None:
    factories.user(name="marlene")
    other = factories.user(name="otto")
    with pytest.raises(ValidationError, match="looks like"):
        other.update_profile(username="mаrlene")
    other.refresh_from_db()
    other.update_profile(username="0tto")
    assert User.objects.get(pk=other.pk).look == looks.look("otto")


def test_the_answer_over_rest_says_why(settings: Any) -> None:
    factories.user(name="marlene")
    body = {"username": "mаrlene", "email": "x@example.org", "password": "a long enough secret"}
    answer = factories.client().post("/api/auth/register", body)
    assert (answer.status_code, answer.json()["message"]) == (400, "This name looks like that of somebody else here")
