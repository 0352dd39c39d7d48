"""Tokens and tickets prove their user, and some of them only once."""

import functools
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Barrier
from typing import Any, TypeVar

import jwt
import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from accounts import tokens
from accounts.models import RefreshFamily, Ticket, User
from tests.accounts.conftest import MakeUser


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, settings.JWT_SECRET, algorithms=["HS256"])
    return claims


def signed(claims: dict[str, Any], key: str = "") -> str:
    return jwt.encode(claims, key or settings.JWT_SECRET, algorithm="HS256")


@pytest.mark.django_db
def test_an_access_token_says_who_carries_it_for_a_day(make_user: MakeUser) -> None:
    user = make_user("ada", role="creator")
    claims = claims_of(tokens.access_token(user))
    assert (claims["userId"], claims["username"], claims["role"]) == (user.pk, "ada", "creator")
    assert isinstance(claims["userId"], int)
    assert claims["exp"] - claims["iat"] == 24 * 60 * 60


@pytest.mark.django_db
def test_rights_come_from_the_row_and_not_from_the_token(make_user: MakeUser) -> None:
    user = make_user(role="viewer")
    forged = {**claims_of(tokens.access_token(user)), "role": "admin"}
    assert tokens.user_of(signed(forged)).role == "viewer"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"exp": datetime(2001, 1, 1, tzinfo=UTC)},
        {"token_type": "refresh"},
        {"userId": 10**30},
        {"userId": None},
        {"userId": "nobody"},
        {"userId": {}},
        {"tv": 7},
        {"tv": None},
        {"tv": [1]},
    ],
    ids=str,
)
def test_a_token_that_is_not_as_we_made_it_proves_nothing(make_user: MakeUser, change: dict[str, Any]) -> None:
    claims = claims_of(tokens.access_token(make_user()))
    with pytest.raises(tokens.InvalidToken, match="Invalid or expired access token"):
        tokens.user_of(signed({**claims, **change}))


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["exp", "jti", "token_type", "userId", "tv"])
def test_a_token_without_a_claim_proves_nothing(make_user: MakeUser, missing: str) -> None:
    claims = claims_of(tokens.access_token(make_user()))
    del claims[missing]
    with pytest.raises(tokens.InvalidToken):
        tokens.user_of(signed(claims))


@pytest.mark.django_db
def test_a_token_of_another_signer_proves_nothing(make_user: MakeUser) -> None:
    claims = claims_of(tokens.access_token(make_user()))
    for forged in (signed(claims, "x" * 40), jwt.encode(claims, "", algorithm="none")):
        with pytest.raises(tokens.InvalidToken):
            tokens.user_of(forged)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "x", "a.b.c", "\0", "\ud800", "é.é.é", "." * 10_000])
def test_what_is_no_token_proves_nothing(text: str) -> None:
    with pytest.raises(tokens.InvalidToken):
        tokens.user_of(text)
    with pytest.raises(tokens.InvalidToken, match="Invalid or expired refresh token"):
        tokens.renewed(text)


@pytest.mark.django_db
def test_a_refresh_token_is_exchanged_for_another(make_user: MakeUser) -> None:
    user = make_user()
    first = tokens.refresh_token(user)
    owner, second = tokens.renewed(first)
    assert owner == user
    assert first != second
    assert tokens.renewed(second)[0] == user


@pytest.mark.django_db
def test_a_used_refresh_token_ends_its_login_and_no_other(make_user: MakeUser) -> None:
    user = make_user()
    first, other_device = tokens.refresh_token(user), tokens.refresh_token(user)
    _, second = tokens.renewed(first)
    RefreshFamily.objects.update(rotated_at=timezone.now() - RefreshFamily.GRACE)
    for stolen in (first, second):
        with pytest.raises(tokens.InvalidToken, match="Invalid refresh token"):
            tokens.renewed(stolen)
    assert tokens.renewed(other_device)[0] == user


@pytest.mark.django_db
def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(make_user: MakeUser) -> None:
    user = make_user()
    with pytest.raises(tokens.InvalidToken):
        tokens.renewed(tokens.access_token(user))
    with pytest.raises(tokens.InvalidToken):
        tokens.user_of(tokens.refresh_token(user))


@pytest.mark.django_db
def test_a_login_that_raced_with_a_revocation_cannot_be_renewed(make_user: MakeUser) -> None:
    user = make_user()
    old = User.objects.get(pk=user.pk)
    user.log_out()
    with pytest.raises(tokens.InvalidToken, match="Invalid refresh token"):
        tokens.renewed(tokens.refresh_token(old))
    assert Ticket.objects.redeem(Ticket.objects.issue(old)) is None


@pytest.mark.django_db
def test_a_ticket_is_good_once(make_user: MakeUser) -> None:
    user = make_user()
    key = Ticket.objects.issue(user)
    redeemed = Ticket.objects.redeem(key)
    assert redeemed is not None
    assert redeemed.user == user
    assert Ticket.objects.redeem(key) is None


@pytest.mark.django_db
def test_a_ticket_is_kept_only_as_a_hash(make_user: MakeUser) -> None:
    key = Ticket.objects.issue(make_user())
    stored = Ticket.objects.get()
    assert key not in stored.digest
    assert Ticket.objects.redeem(stored.digest) is None


@pytest.mark.django_db
def test_a_ticket_is_good_for_a_minute(make_user: MakeUser) -> None:
    key = Ticket.objects.issue(make_user())
    left = Ticket.objects.get().expires_at - timezone.now()
    assert timedelta(seconds=30) < left <= timedelta(seconds=60)
    Ticket.objects.update(expires_at=timezone.now())
    assert Ticket.objects.redeem(key) is None


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x", "\0", "\ud800", "x" * 10_000])
def test_what_is_no_ticket_opens_nothing(key: str) -> None:
    assert Ticket.objects.redeem(key) is None


@pytest.mark.django_db
def test_what_is_expired_is_pruned_and_what_is_not_stays(make_user: MakeUser) -> None:
    user = make_user()
    for _ in range(2):
        tokens.refresh_token(user)
        Ticket.objects.issue(user)
    for model in (RefreshFamily, Ticket):
        expired = model.objects.first()
        assert expired is not None
        model.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    said = StringIO()
    call_command("prune_accounts", stdout=said)
    assert said.getvalue() == "2 expired credentials deleted.\n"
    assert (RefreshFamily.objects.count(), Ticket.objects.count()) == (1, 1)


# --- where two come at once, the database decides

RIVALS = 6

T = TypeVar("T")


def race(act: Callable[[], T]) -> list[T]:
    start = Barrier(RIVALS)

    def run() -> T:
        try:
            connection.ensure_connection()  # connecting takes longer than the race
            start.wait()
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(RIVALS) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(RIVALS)]]


@pytest.fixture
def someone(live_db: None) -> User:
    name = uuid.uuid4().hex
    return User.objects.create_user(name, f"{name}@example.org")


def test_of_many_who_redeem_a_ticket_at_once_one_gets_in(someone: User) -> None:
    for _ in range(5):
        key = Ticket.objects.issue(someone)
        winners = [ticket for ticket in race(functools.partial(Ticket.objects.redeem, key)) if ticket]
        assert [ticket.user for ticket in winners] == [someone]


def test_tabs_that_renew_one_refresh_token_at_once_get_the_same_successor(someone: User) -> None:
    token = tokens.refresh_token(someone)

    def renew() -> str | None:
        try:
            return tokens.renewed(token)[1]
        except tokens.InvalidToken:
            return None

    fresh = race(renew)
    assert len(set(fresh)) == 1
    assert fresh[0] is not None
    assert tokens.renewed(fresh[0])[0] == someone


def test_of_many_who_register_a_name_at_once_one_gets_it(live_db: None) -> None:
    name = uuid.uuid4().hex

    def register() -> str:
        try:
            User.objects.register(name, f"{uuid.uuid4().hex}@example.org", "a secret")
        except ValidationError as error:
            return error.messages[0]
        return ""

    assert sorted(race(register)) == ["", *["User with this username already exists"] * (RIVALS - 1)]


def test_revocations_at_once_are_all_counted(someone: User) -> None:
    race(lambda: User.objects.get(pk=someone.pk).log_out())
    assert User.objects.get(pk=someone.pk).token_version == RIVALS
