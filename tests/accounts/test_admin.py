"""The admin changes accounts by the same verbs as the API."""

from typing import Any

import pytest
from django.test import Client

from accounts import tokens
from accounts.models import RefreshFamily, Ticket, User
from tests.accounts.conftest import PASSWORD, MakeUser

pytestmark = pytest.mark.django_db

USERS = "/admin/accounts/user/"


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def entering(make_user: MakeUser, role: str) -> Client:
    client = Client()
    client.force_login(make_user(f"the-{role}", role=role))
    return client


@pytest.mark.parametrize(("role", "status"), [("viewer", 302), ("creator", 302), ("moderator", 200), ("admin", 200)])
def test_the_admin_lets_in_who_works_there(make_user: MakeUser, role: str, status: int) -> None:
    assert entering(make_user, role).get("/admin/").status_code == status


def test_staff_see_users_and_change_none(make_user: MakeUser) -> None:
    user = make_user()
    client = entering(make_user, "staff")
    assert client.get(USERS).status_code == 200
    client.post(USERS, {"action": "deactivate", "_selected_action": [user.pk]})
    client.post(USERS, {"action": "make_admin", "_selected_action": [user.pk]})
    assert client.post(f"{USERS}{user.pk}/change/", {"username": "x", "email": "x@example.org"}).status_code == 403
    stored = User.objects.get(pk=user.pk)
    assert (stored.is_active, stored.role) == (True, "viewer")


def test_moderators_see_no_users(make_user: MakeUser) -> None:
    assert entering(make_user, "moderator").get(USERS).status_code == 403


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [("deactivate", "is_active", False), ("make_staff", "role", "staff"), ("make_creator", "role", "creator")],
)
def test_an_action_ends_access(make_user: MakeUser, revoked: list[int], action: str, field: str, value: object) -> None:
    user = make_user()
    entering(make_user, "admin").post(USERS, {"action": action, "_selected_action": [user.pk]})
    assert getattr(User.objects.get(pk=user.pk), field) == value
    assert revoked == [user.pk]


def said(client: Client, action: str, *users: User) -> list[str]:
    """What the list says after an action."""
    data = {"action": action, "_selected_action": [user.pk for user in users]}
    return [str(message) for message in client.post(USERS, data, follow=True).context["messages"]]


def test_an_action_says_what_it_did(make_user: MakeUser) -> None:
    client = entering(make_user, "admin")
    assert said(client, "deactivate", make_user("ada"), make_user("ben")) == ["2 users deactivated and logged out."]
    assert said(client, "make_creator", User.objects.get(username="ada")) == ["1 user made creator."]


@pytest.mark.parametrize("action", ["deactivate", "make_viewer", "make_staff"])
def test_nobody_locks_themselves_out(make_user: MakeUser, action: str) -> None:
    make_user("other", role="admin")
    client, other = entering(make_user, "admin"), make_user("ada")
    own = User.objects.get(username="the-admin")
    first, second = said(client, action, own, other)
    assert first == "Your own account can only be changed so by another admin."
    assert second.startswith("1 user")
    own.refresh_from_db()
    assert (own.role, own.is_active) == ("admin", True)


def test_the_last_admin_keeps_a_password(make_user: MakeUser) -> None:
    client = entering(make_user, "admin")
    own = User.objects.get(username="the-admin")
    answer = client.post(f"{USERS}{own.pk}/password/", {"usable_password": "false"})
    assert "the-admin is the last admin and stays one" in answer.content.decode()
    own.refresh_from_db()
    assert own.has_usable_password()


def test_log_ins_are_listed_without_what_opens_them(make_user: MakeUser) -> None:
    user = make_user("ada")
    tokens.refresh_token(user)
    Ticket.objects.issue(user)
    client = entering(make_user, "admin")
    family, ticket = RefreshFamily.objects.get(), Ticket.objects.get()
    for page, secret in ((f"refreshfamily/{family.pk}", family.jti), (f"ticket/{ticket.pk}", "")):
        answer = client.get(f"/admin/accounts/{page}/change/")
        assert b"ada" in answer.content
        assert not secret or secret not in answer.content.decode()


def test_someone_deactivated_can_come_back(make_user: MakeUser) -> None:
    user = make_user()
    user.deactivate()
    entering(make_user, "admin").post(USERS, {"action": "reactivate", "_selected_action": [user.pk]})
    assert User.objects.get(pk=user.pk).is_active


def test_an_admin_adds_a_user(make_user: MakeUser) -> None:
    client = entering(make_user, "admin")
    assert client.get(f"{USERS}add/").status_code == 200
    secret = "a new secret"
    form = {
        "username": "new",
        "email": "new@example.org",
        "role": "staff",
        "usable_password": "true",
        "password1": secret,
        "password2": secret,
    }
    assert client.post(f"{USERS}add/", form).status_code == 302
    user = User.objects.get(username="new")
    assert user.role == "staff"
    assert user.check_password(secret)


@pytest.mark.parametrize("name", ["ada", "ADA"])
def test_a_taken_name_is_an_error_in_the_form(make_user: MakeUser, name: str) -> None:
    make_user("ada")
    user = make_user("grace")
    answer = entering(make_user, "admin").post(
        f"{USERS}{user.pk}/change/", {"username": name, "email": "x@example.org"}
    )
    assert answer.status_code == 200
    assert User.objects.get(pk=user.pk).username == "grace"


def test_the_form_changes_name_and_address_only(make_user: MakeUser, revoked: list[int]) -> None:
    user = make_user()
    client = entering(make_user, "admin")
    page = client.get(f"{USERS}{user.pk}/change/").content.decode()
    assert user.password not in page
    form = {"username": "x", "email": "x@example.org", "role": "admin", "is_active": ""}
    assert client.post(f"{USERS}{user.pk}/change/", form).status_code == 302
    stored = User.objects.get(pk=user.pk)
    assert (stored.username, stored.role, stored.is_active, revoked) == ("x", "viewer", True, [])


def test_a_password_set_in_the_admin_ends_access(make_user: MakeUser, revoked: list[int]) -> None:
    user = make_user()
    client = entering(make_user, "admin")
    assert client.get(f"{USERS}{user.pk}/password/").status_code == 200
    form = {"usable_password": "true", "password1": "another secret", "password2": "another secret"}
    assert client.post(f"{USERS}{user.pk}/password/", form).status_code == 302
    assert User.objects.get(pk=user.pk).check_password("another secret")
    assert revoked == [user.pk]


def test_accounts_are_not_deleted_in_the_admin(make_user: MakeUser) -> None:
    user = make_user()
    assert entering(make_user, "admin").post(f"{USERS}{user.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=user.pk).exists()


def test_the_admins_own_login_page_works(make_user: MakeUser) -> None:
    make_user("root", role="admin")
    client = Client()
    answer = client.post("/admin/login/?next=/admin/", {"username": "ROOT", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200
