"""What may change about an account, and what ends with it."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import bcrypt
import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts import signals, tokens
from accounts.models import RefreshFamily, Ticket, User
from tests.accounts.conftest import PASSWORD, MakeUser

pytestmark = pytest.mark.django_db


def register(name: str = "ada", email: str = "", role: str = "viewer") -> User:
    return User.objects.register(name, email or f"{name}@example.org", PASSWORD, role)


def test_someone_who_registers_is_a_viewer() -> None:
    user = User.objects.register("ada", "ada@example.org", PASSWORD)
    assert (user.role, user.is_staff, user.is_superuser) == ("viewer", False, False)


def test_user_is_another_word_for_viewer() -> None:
    assert register(role="user").role == "viewer"


def test_a_creator_may_register_himself() -> None:
    assert register(role="creator").role == "creator"


def test_there_is_always_an_admin() -> None:
    first, second = (User.objects.create_user(name, f"{name}@example.org", role="admin") for name in ("ada", "ben"))
    second.deactivate()
    for lock_out in (first.deactivate, lambda: first.set_role("staff")):
        with pytest.raises(ValidationError, match="ada is the last admin and stays one"):
            lock_out()
    second.reactivate()
    first.set_role("staff")
    first.deactivate()
    assert User.objects.active().get(role="admin") == second


@pytest.mark.parametrize("role", ["moderator", "staff", "admin", "emperor", "", "Viewer"])
def test_nobody_registers_himself_with_power_over_others(role: str) -> None:
    with pytest.raises(ValidationError, match="Invalid role"):
        register(role=role)
    assert not User.objects.exists()


def test_where_registration_as_creator_is_closed_it_is_a_request_that_staff_grant(settings: Any) -> None:
    settings.OPEN_REGISTRATION_AS_CREATOR = False
    user = register(role="creator")
    assert (user.role, user.asks_to_create, user.may_present) == ("viewer", True, False)
    user.set_role("creator")
    user.refresh_from_db()
    assert (user.role, user.asks_to_create, user.may_present) == ("creator", False, True)


def test_who_registers_as_a_viewer_asks_for_nothing(settings: Any) -> None:
    settings.OPEN_REGISTRATION_AS_CREATOR = False
    assert not register(role="viewer").asks_to_create


@pytest.mark.parametrize(
    ("name", "email", "message"),
    [
        ("ada", "other@example.org", "User with this username already exists"),
        ("ADA", "other@example.org", "User with this username already exists"),
        ("ａｄａ", "other@example.org", "User with this username already exists"),  # full-width letters
        ("grace", "ada@example.org", "User with this email already exists"),
        ("grace", "Ada@Example.ORG", "User with this email already exists"),
        ("ada", "ada@example.org", "User with this email already exists"),
    ],
)
def test_names_and_addresses_are_taken_whatever_their_case(name: str, email: str, message: str) -> None:
    register("ada", "ada@example.org")
    with pytest.raises(ValidationError) as caught:
        register(name, email)
    assert caught.value.messages[0] == message


@pytest.mark.parametrize(
    ("name", "email"), [("a\0b", "a@example.org"), ("", "a@example.org"), ("x" * 151, "a@example.org"), ("ada", "ada")]
)
def test_malformed_accounts_are_refused(name: str, email: str) -> None:
    with pytest.raises(ValidationError):
        register(name, email)


def test_the_database_knows_no_other_role(make_user: MakeUser) -> None:
    user = make_user()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(role="emperor")


def test_createsuperuser_makes_an_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command(
        "createsuperuser", username="root", email="root@example.org", interactive=False, stdout=StringIO(), verbosity=0
    )
    user = User.objects.get(username="root")
    assert (user.role, user.is_staff, user.is_superuser) == ("admin", True, True)
    assert authenticate(username="root", password=PASSWORD) == user


# --- revocation

CHANGES: dict[str, Callable[[User], None]] = {
    "log out": lambda user: user.log_out(),
    "deactivate": lambda user: user.deactivate(),
    "reactivate": lambda user: user.reactivate(),
    "set role": lambda user: user.set_role("creator"),
    "new password": lambda user: user.update_profile(password="another secret"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_rights_ends_all_access(
    make_user: MakeUser, revoked: list[int], change: Callable[[User], None]
) -> None:
    user, other = make_user(), make_user()
    for each in (user, other):
        tokens.refresh_token(each)
        Ticket.objects.issue(each)
    access, kept = tokens.access_token(user), tokens.access_token(other)
    change(user)
    assert revoked == [user.pk]
    assert User.objects.get(pk=user.pk).token_version == user.token_version == 1
    assert list(RefreshFamily.objects.values_list("user", flat=True)) == [other.pk]
    assert list(Ticket.objects.values_list("user", flat=True)) == [other.pk]
    assert tokens.user_of(kept) == other
    with pytest.raises(tokens.InvalidToken):
        tokens.user_of(access)


def test_a_new_name_or_address_logs_nobody_out(make_user: MakeUser, revoked: list[int]) -> None:
    user = make_user("ada")
    access = tokens.access_token(user)
    user.update_profile(username="countess", email="countess@example.org")
    changed = tokens.user_of(access)
    assert (changed.username, changed.email, revoked) == ("countess", "countess@example.org", [])


def test_a_taken_name_changes_nothing(make_user: MakeUser, revoked: list[int]) -> None:
    make_user("ada")
    user = make_user("grace")
    with pytest.raises(ValidationError, match="User with this username already exists"):
        user.update_profile(username="Ada", password="another secret")
    assert authenticate(username="grace", password=PASSWORD) == user


def test_a_change_is_undone_if_whoever_hears_of_it_fails(make_user: MakeUser) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("the log could not be written")

    user = make_user()
    signals.access_revoked.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            user.deactivate()
    finally:
        signals.access_revoked.disconnect(fail)
    stored = User.objects.get(pk=user.pk)
    assert (stored.is_active, stored.token_version) == (True, 0)


def test_a_password_changed_by_any_other_road_ends_access_too(make_user: MakeUser, revoked: list[int]) -> None:
    user = make_user()
    user.set_password("another secret")
    user.save()
    assert revoked == [user.pk]
    assert user.token_version == 1
    user.save()
    assert revoked == [user.pk]


def test_saving_an_old_copy_does_not_bring_a_revoked_version_back(make_user: MakeUser) -> None:
    user = make_user()
    copy = User.objects.get(pk=user.pk)
    access = tokens.access_token(user)
    user.log_out()
    copy.save()
    with pytest.raises(tokens.InvalidToken):
        tokens.user_of(access)


def test_someone_who_has_proved_who_they_are_is_remembered(make_user: MakeUser, revoked: list[int]) -> None:
    user = make_user()
    user.end_trust()
    user.end_trust()
    assert User.objects.get(pk=user.pk).spoke_with_token
    assert revoked == []


# --- logging in


@pytest.mark.parametrize("name", ["Ada", "ada", "ADA"])
def test_names_are_known_whatever_their_case(make_user: MakeUser, name: str) -> None:
    user = make_user("Ada")
    assert authenticate(username=name, password=PASSWORD) == user


def test_an_unknown_name_takes_as_long_as_a_known_one(make_user: MakeUser, monkeypatch: pytest.MonkeyPatch) -> None:
    make_user("ada")
    hashes: list[str] = []

    def encode(hasher: Argon2PasswordHasher, password: str, salt: str) -> str:
        hashes.append(password)
        return "x"

    monkeypatch.setattr(Argon2PasswordHasher, "encode", encode)
    assert authenticate(username="nobody", password="guess") is None
    assert hashes == ["guess"]


def test_new_passwords_are_hashed_with_argon2(make_user: MakeUser) -> None:
    assert make_user().password.startswith("argon2$argon2id$")


@pytest.mark.parametrize("prefix", ["", "bcrypt$"], ids=["as other software stores it", "as Django stores it"])
@pytest.mark.parametrize("secret", ["correct horse", "x" * 200, "ü" * 50])
def test_an_imported_password_works_and_is_upgraded(
    make_user: MakeUser, revoked: list[int], prefix: str, secret: str
) -> None:
    user = make_user("ada", password=None)
    imported = prefix + bcrypt.hashpw(secret.encode()[:72], bcrypt.gensalt(4)).decode()
    User.objects.filter(pk=user.pk).update(password=imported)
    assert authenticate(username="ada", password="wrong") is None
    assert User.objects.get(pk=user.pk).password == imported
    assert authenticate(username="ada", password=secret) == user
    assert User.objects.get(pk=user.pk).password.startswith("argon2$")
    assert authenticate(username="ada", password=secret) == user
    assert revoked == []


@pytest.mark.parametrize("damaged", ["$2b$10$short", "bcrypt$$2b$", "$2", "plain text", ""])
def test_a_damaged_hash_is_nobodys_password(make_user: MakeUser, damaged: str) -> None:
    user = make_user("ada", password=None)
    User.objects.filter(pk=user.pk).update(password=damaged)
    assert authenticate(username="ada", password="plain text") is None


def test_someone_deactivated_cannot_log_in(make_user: MakeUser) -> None:
    make_user("ada").deactivate()
    assert authenticate(username="ada", password=PASSWORD) is None


def test_a_role_may_do_what_the_settings_give_it(make_user: MakeUser, settings: Any) -> None:
    settings.ROLE_PERMISSIONS = {"staff": ["accounts.view_user"]}
    staff, moderator, admin = make_user(role="staff"), make_user(role="moderator"), make_user(role="admin")
    assert staff.has_perm("accounts.view_user")
    assert staff.has_module_perms("accounts")
    assert not staff.has_perm("accounts.change_user")
    assert not moderator.has_perm("accounts.view_user")
    assert not moderator.has_module_perms("accounts")
    assert admin.has_perm("accounts.change_user")
    staff.deactivate()
    assert not User.objects.get(pk=staff.pk).has_perm("accounts.view_user")
