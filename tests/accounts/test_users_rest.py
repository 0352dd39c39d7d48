"""`/api/users`: who may see and change whom."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.accounts.conftest import PASSWORD, MakeUser, SpeakFor

pytestmark = pytest.mark.django_db


def test_users_are_listed_newest_first(api: APIClient, make_user: MakeUser) -> None:
    users = [make_user() for _ in range(3)]
    make_user().deactivate()
    body = api.get("/api/users").json()
    assert [user["id"] for user in body["data"]] == [user.pk for user in reversed(users)]
    assert (body["success"], body["count"]) == (True, 3)
    assert set(body["data"][0]) == {"id", "username", "email", "role", "createdAt", "updatedAt"}


def test_a_part_of_the_list_can_be_asked_for(api: APIClient, make_user: MakeUser) -> None:
    users = [make_user(password=None) for _ in range(52)]
    assert api.get("/api/users").json()["count"] == 50
    part = api.get("/api/users?limit=2&offset=1").json()
    assert [user["id"] for user in part["data"]] == [users[-2].pk, users[-3].pk]
    assert api.get("/api/users?offset=10000").json()["data"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=-1", "limit=", "limit=" + "9" * 5000])
def test_a_limit_is_between_1_and_100(api: APIClient, query: str) -> None:
    answer = api.get(f"/api/users?{query}")
    assert (answer.status_code, answer.json()["message"]) == (400, "Limit must be between 1 and 100")


def test_an_offset_has_an_end(api: APIClient) -> None:
    answer = api.get("/api/users?offset=10001")
    assert (answer.status_code, answer.json()["message"]) == (400, "Offset must be between 0 and 10000")


@pytest.mark.parametrize("role", ["staff", "admin"])
def test_staff_see_addresses(make_user: MakeUser, speak_for: SpeakFor, role: str) -> None:
    user = make_user("ada")
    assert speak_for(make_user(role=role)).get(f"/api/users/{user.pk}").json()["data"]["email"] == "ada@example.org"


@pytest.mark.parametrize("role", ["viewer", "creator", "moderator"])
def test_others_do_not(make_user: MakeUser, speak_for: SpeakFor, api: APIClient, role: str) -> None:
    user, reader = make_user("ada"), make_user("reader", role=role)
    client = speak_for(reader)
    assert client.get(f"/api/users/{user.pk}").json()["data"]["email"] is None
    assert [row["email"] for row in client.get("/api/users").json()["data"]] == ["reader@example.org", None]
    assert api.get(f"/api/users/{user.pk}").json()["data"]["email"] is None


@pytest.mark.parametrize("pk", [0, 999_999, 10**30])
def test_an_unknown_user_is_not_found(api: APIClient, pk: int) -> None:
    answer = api.get(f"/api/users/{pk}")
    assert (answer.status_code, answer.json()) == (404, {"success": False, "message": "User not found"})


def test_live_belongs_to_somebody_else(api: APIClient) -> None:
    assert api.get("/api/users/live").json()["error"] == "Not Found"


def test_only_admins_create_users(make_user: MakeUser, speak_for: SpeakFor) -> None:
    body = {"username": "new", "email": "new@example.org", "password": PASSWORD, "role": "moderator"}
    for role in ("viewer", "creator", "moderator", "staff"):
        answer = speak_for(make_user(role=role)).post("/api/users", body)
        assert (answer.status_code, answer.json()["message"]) == (403, "Insufficient permissions")
    answer = speak_for(make_user(role="admin")).post("/api/users", body)
    assert (answer.status_code, answer.json()["message"]) == (201, "User created successfully")
    assert answer.json()["data"]["role"] == "moderator"
    assert User.objects.get(username="new").check_password(PASSWORD)


def test_someone_changes_himself(make_user: MakeUser, speak_for: SpeakFor) -> None:
    user = make_user("ada")
    answer = speak_for(user).put(f"/api/users/{user.pk}", {"email": "x@example.org", "role": "viewer"})
    assert (answer.status_code, answer.json()["data"]["email"]) == (200, "x@example.org")


def test_nobody_changes_or_deletes_another(make_user: MakeUser, speak_for: SpeakFor) -> None:
    victim = make_user("ada")
    client = speak_for(make_user(role="staff"))
    for answer in (client.put(f"/api/users/{victim.pk}", {"username": "x"}), client.delete(f"/api/users/{victim.pk}")):
        assert (answer.status_code, answer.json()["message"]) == (403, "Insufficient permissions")
    assert User.objects.get(pk=victim.pk).is_active


def test_nobody_gives_himself_a_role(make_user: MakeUser, speak_for: SpeakFor) -> None:
    user = make_user()
    answer = speak_for(user).put(f"/api/users/{user.pk}", {"role": "admin", "username": "changed"})
    assert (answer.status_code, answer.json()["message"]) == (403, "Insufficient permissions")
    assert User.objects.get(pk=user.pk).username != "changed"


def test_an_admin_gives_roles(make_user: MakeUser, speak_for: SpeakFor, revoked: list[int]) -> None:
    user = make_user()
    client = speak_for(make_user(role="admin"))
    answer = client.put(f"/api/users/{user.pk}", {"role": "staff"})
    assert (answer.status_code, answer.json()["data"]["role"], revoked) == (200, "staff", [user.pk])
    assert client.put(f"/api/users/{user.pk}", {"role": "emperor"}).json()["message"] == "Invalid role"


def test_a_change_that_fails_halfway_changes_nothing(
    make_user: MakeUser, speak_for: SpeakFor, revoked: list[int]
) -> None:
    make_user("grace")
    user = make_user()
    answer = speak_for(make_user(role="admin")).put(f"/api/users/{user.pk}", {"role": "staff", "username": "grace"})
    assert answer.status_code == 409
    assert User.objects.get(pk=user.pk).role == "viewer"


def test_an_admin_sets_a_password_without_getting_the_users_tokens(make_user: MakeUser, speak_for: SpeakFor) -> None:
    user = make_user()
    answer = speak_for(make_user(role="admin")).put(f"/api/users/{user.pk}", {"password": "another secret"})
    assert "accessToken" not in answer.json()["data"]
    assert User.objects.get(pk=user.pk).check_password("another secret")


def test_the_last_admin_stays_one(make_user: MakeUser, speak_for: SpeakFor) -> None:
    admin = make_user("ada", role="admin")
    client = speak_for(admin)
    for answer in (client.delete(f"/api/users/{admin.pk}"), client.put(f"/api/users/{admin.pk}", {"role": "viewer"})):
        assert (answer.status_code, answer.json()["message"]) == (400, "ada is the last admin and stays one")
    assert User.objects.active().get(role="admin") == admin


def test_a_deleted_user_is_gone_and_logged_out(make_user: MakeUser, speak_for: SpeakFor, api: APIClient) -> None:
    user = make_user("ada")
    client = speak_for(user)
    answer = client.delete(f"/api/users/{user.pk}")
    assert (answer.status_code, answer.json()) == (200, {"success": True, "message": "User deleted successfully"})
    assert api.get(f"/api/users/{user.pk}").status_code == 404
    assert client.get("/api/auth/me").status_code == 401
    assert api.post("/api/auth/login", {"username": "ada", "password": PASSWORD}).status_code == 401


def test_a_list_names_nobody_with_power_to_strangers(api: APIClient, make_user: MakeUser, speak_for: SpeakFor) -> None:
    for role in ("viewer", "creator", "moderator", "staff", "admin"):
        make_user(role, role=role)
    names = {user["username"] for user in api.get("/api/users").json()["data"]}
    assert names == {"viewer", "creator"}
    seen = speak_for(User.objects.get(username="moderator")).get("/api/users").json()["data"]
    assert {user["username"] for user in seen} == {"viewer", "creator", "moderator", "staff", "admin"}


def test_who_has_power_is_found_by_no_number_either(api: APIClient, make_user: MakeUser, speak_for: SpeakFor) -> None:
    for role in ("moderator", "staff", "admin"):
        user = make_user(role, role=role)
        assert api.get(f"/api/users/{user.pk}").status_code == 404
        assert speak_for(user).get(f"/api/users/{user.pk}").json()["data"]["username"] == role
