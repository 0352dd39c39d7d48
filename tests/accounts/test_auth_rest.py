"""`/api/auth`: the exact shapes and words that clients depend on."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import RefreshFamily, Ticket, User
from tests.accounts.conftest import PASSWORD, MakeUser, SpeakFor

pytestmark = pytest.mark.django_db

ADA = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}
CREDENTIALS = {"user", "accessToken", "refreshToken", "token"}


def refused(answer: Any, status: int, message: str) -> None:
    assert (answer.status_code, answer.json()) == (status, {"success": False, "message": message})


def test_registering_answers_the_user_and_his_tokens(api: APIClient) -> None:
    answer = api.post("/api/auth/register", {**ADA, "role": "creator"})
    body = answer.json()
    user = User.objects.get()
    assert answer.status_code == 201
    assert (body["success"], body["message"]) == (True, "User registered successfully")
    assert set(body["data"]) == CREDENTIALS
    assert body["data"]["user"] == {"id": user.pk, "username": "ada", "email": "ada@example.org", "role": "creator"}
    assert body["data"]["token"] == body["data"]["accessToken"]
    assert tokens.user_of(body["data"]["accessToken"]) == user
    assert user.check_password(PASSWORD)


def test_where_creators_are_chosen_by_staff_asking_to_be_one_makes_a_viewer(api: APIClient, settings: Any) -> None:
    settings.OPEN_REGISTRATION_AS_CREATOR = False
    answer = api.post("/api/auth/register", {**ADA, "role": "creator"})
    assert (answer.status_code, answer.json()["data"]["user"]["role"]) == (201, "viewer")
    assert User.objects.get().asks_to_create


@pytest.mark.parametrize("role", [None, "user", "viewer"])
def test_who_names_no_role_is_a_viewer(api: APIClient, role: str | None) -> None:
    body = ADA if role is None else {**ADA, "role": role}
    assert api.post("/api/auth/register", body).json()["data"]["user"]["role"] == "viewer"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"username": None}, "Username, email, and password are required"),
        ({"username": "  "}, "Username, email, and password are required"),
        ({"email": ""}, "Username, email, and password are required"),
        ({"email": "no address", "password": None}, "Username, email, and password are required"),
        ({"password": ["a list"]}, "Username, email, and password are required"),
        ({"email": "no address"}, "Invalid email format"),
        ({"password": "12345"}, "Password must be at least 6 characters long"),
        ({"role": "moderator"}, "Invalid role"),
        ({"role": "admin"}, "Invalid role"),
        ({"role": 5}, "Invalid role"),
        ({"role": {"a": 1}}, "Invalid role"),
        ({"username": "a\0b"}, "NUL characters are not allowed"),
    ],
    ids=str,
)
def test_a_bad_registration_is_told_why(api: APIClient, change: dict[str, Any], message: str) -> None:
    refused(api.post("/api/auth/register", {**ADA, **change}), 400, message)
    assert not User.objects.exists()


@pytest.mark.parametrize("body", ["", "{}", "[]", "[1]", '"text"', "5", "null"])
def test_a_body_that_says_nothing_is_refused(api: APIClient, body: str) -> None:
    for path in ("register", "login", "refresh-token"):
        answer = api.post(f"/api/auth/{path}", body, content_type="application/json")
        assert (answer.status_code, answer.json()["success"]) == (400, False)


@pytest.mark.parametrize("body", ["{", "\xff", '{"a": NaN}', "[" * 100_000], ids=["open", "latin", "nan", "deep"])
def test_what_is_no_json_is_refused(api: APIClient, body: str) -> None:
    answer = api.post("/api/auth/login", body.encode("latin-1"), content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("JSON parse error")


def test_an_address_can_register_once(api: APIClient, make_user: MakeUser) -> None:
    make_user("ada")
    refused(api.post("/api/auth/register", ADA), 409, "User with this email already exists")
    refused(
        api.post("/api/auth/register", {**ADA, "email": "x@example.org"}), 409, "User with this username already exists"
    )


def test_login_answers_as_registering_does(api: APIClient, make_user: MakeUser) -> None:
    user = make_user("ada")
    body = api.post("/api/auth/login", {"username": "ADA", "password": PASSWORD}).json()
    assert (body["success"], body["message"], set(body["data"])) == (True, "Login successful", CREDENTIALS)
    assert body["data"]["user"] == {"id": user.pk, "username": "ada", "email": "ada@example.org", "role": "viewer"}
    assert tokens.user_of(body["data"]["token"]) == user
    assert User.objects.get().last_login is not None


def test_login_takes_a_form_too(api: APIClient, make_user: MakeUser) -> None:
    make_user("ada")
    form = f"username=ada&password={PASSWORD.replace(' ', '+')}"
    assert api.post("/api/auth/login", form, content_type="application/x-www-form-urlencoded").status_code == 200


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)])
def test_a_wrong_login_does_not_say_what_was_wrong(
    api: APIClient, make_user: MakeUser, name: str, password: str
) -> None:
    make_user("ada")
    make_user("gone").deactivate()
    answer = api.post("/api/auth/login", {"username": name, "password": password})
    refused(answer, 401, "Invalid username or password")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("body", [{}, {"username": "ada"}, {"username": "", "password": "x"}, {"password": "x"}])
def test_a_login_needs_both(api: APIClient, body: dict[str, str]) -> None:
    refused(api.post("/api/auth/login", body), 400, "Username and password are required")


@pytest.mark.parametrize("path", ["currentUser", "me", "me/"])
def test_someone_sees_himself(make_user: MakeUser, speak_for: SpeakFor, path: str) -> None:
    user = make_user("ada")
    answer = speak_for(user).get(f"/api/auth/{path}")
    data = answer.json()["data"]
    assert set(data) == {"id", "username", "email", "role", "createdAt", "updatedAt"}
    assert (data["id"], data["email"]) == (user.pk, "ada@example.org")
    assert data["createdAt"] == user.created_at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


CLOSED = [
    ("get", "/api/auth/currentUser"),
    ("get", "/api/auth/me"),
    ("post", "/api/auth/logout"),
    ("post", "/api/auth/update"),
    ("put", "/api/auth/update"),
    ("post", "/api/auth/ticket"),
    ("post", "/api/users"),
    ("put", "/api/users/1"),
    ("delete", "/api/users/1"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_nobody_is_told_to_bring_a_token(api: APIClient, method: str, path: str) -> None:
    answer = getattr(api, method)(path)
    refused(answer, 401, "No token provided. Authentication required.")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_a_bad_token_is_told_from_none(api: APIClient, method: str, path: str) -> None:
    answer = getattr(api, method)(path, headers={"Authorization": "Bearer nonsense"})
    refused(answer, 401, "Invalid or expired access token")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "nonsense"])
def test_a_header_without_a_token_is_no_token(api: APIClient, header: str) -> None:
    answer = api.get("/api/auth/me", headers={"Authorization": header})
    refused(answer, 401, "No token provided. Authentication required.")


def test_an_old_token_does_not_keep_anyone_from_public_endpoints(api: APIClient, make_user: MakeUser) -> None:
    user = make_user("ada")
    access, refresh = tokens.access_token(user), tokens.refresh_token(user)
    user.set_role("creator")
    refresh = tokens.refresh_token(user)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    assert api.post("/api/auth/login", {"username": "ada", "password": PASSWORD}).status_code == 200
    assert api.post("/api/auth/refresh-token", {"refreshToken": refresh}).status_code == 200
    assert api.get("/api/users").status_code == 200


def a_while_later() -> None:
    """The grace of every refresh token is over."""
    RefreshFamily.objects.update(rotated_at=timezone.now() - RefreshFamily.GRACE)


def test_a_refresh_token_is_good_once(api: APIClient, make_user: MakeUser) -> None:
    user = make_user()
    first = tokens.refresh_token(user)
    body = api.post("/api/auth/refresh-token", {"refreshToken": first}).json()
    assert (body["message"], set(body["data"])) == ("Token refreshed successfully", CREDENTIALS)
    assert tokens.user_of(body["data"]["accessToken"]) == user
    second = body["data"]["refreshToken"]
    again = api.post("/api/auth/refresh-token", {"refreshToken": first}).json()
    assert again["data"]["refreshToken"] == second  # another tab had the same token
    a_while_later()
    refused(api.post("/api/auth/refresh-token", {"refreshToken": first}), 401, "Invalid refresh token")
    refused(api.post("/api/auth/refresh-token", {"refreshToken": second}), 401, "Invalid refresh token")


def test_what_is_no_refresh_token_is_told_so(api: APIClient) -> None:
    refused(api.post("/api/auth/refresh-token", {}), 400, "Refresh token is required")
    answer = api.post("/api/auth/refresh-token", {"refreshToken": "nonsense"})
    refused(answer, 401, "Invalid or expired refresh token")


def test_logging_out_ends_every_token(make_user: MakeUser, speak_for: SpeakFor, api: APIClient) -> None:
    user = make_user()
    refresh, client = tokens.refresh_token(user), speak_for(user)
    assert client.post("/api/auth/logout").json() == {"success": True, "message": "Logged out successfully"}
    assert client.get("/api/auth/me").status_code == 401
    refused(api.post("/api/auth/refresh-token", {"refreshToken": refresh}), 401, "Invalid refresh token")


@pytest.mark.parametrize("method", ["post", "put"])
def test_someone_changes_his_profile(make_user: MakeUser, speak_for: SpeakFor, method: str) -> None:
    client = speak_for(make_user("ada"))
    body = getattr(client, method)("/api/auth/update", {"username": "countess"}).json()
    assert body["message"] == "User updated successfully"
    assert (body["data"]["username"], body["data"]["email"]) == ("countess", "ada@example.org")
    assert set(body["data"]) == {"id", "username", "email", "role", "createdAt", "updatedAt"}
    assert client.get("/api/auth/me").json()["data"]["username"] == "countess"


def test_nobody_changes_his_role_by_his_profile(make_user: MakeUser, speak_for: SpeakFor) -> None:
    client = speak_for(make_user())
    assert client.post("/api/auth/update", {"role": "admin", "is_superuser": True}).status_code == 200
    assert User.objects.get().role == "viewer"


def test_a_new_password_ends_the_old_tokens_and_brings_new_ones(
    make_user: MakeUser, speak_for: SpeakFor, api: APIClient
) -> None:
    client = speak_for(make_user("ada"))
    data = client.put("/api/auth/update", {"password": "another secret"}).json()["data"]
    assert client.get("/api/auth/me").status_code == 401
    assert tokens.user_of(data["accessToken"]).username == "ada"
    assert tokens.renewed(data["refreshToken"])[0].username == "ada"
    assert api.post("/api/auth/login", {"username": "ada", "password": "another secret"}).status_code == 200
    assert "argon2" not in str(data)


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"email": "no address"}, 400, "Invalid email format"),
        ({"password": "12345"}, 400, "Password must be at least 6 characters long"),
        ({"username": ""}, 400, "username may not be blank."),
        ({"username": "Grace"}, 409, "User with this username already exists"),
        ({"email": "GRACE@example.org"}, 409, "User with this email already exists"),
    ],
    ids=str,
)
def test_a_bad_change_is_told_why(
    make_user: MakeUser, speak_for: SpeakFor, change: dict[str, str], status: int, message: str
) -> None:
    make_user("grace")
    refused(speak_for(make_user("ada")).put("/api/auth/update", change), status, message)


def test_a_ticket_is_issued_to_who_asks_with_a_token(make_user: MakeUser, speak_for: SpeakFor) -> None:
    user = make_user()
    answer = speak_for(user).post("/api/auth/ticket")
    body = answer.json()
    assert (answer.status_code, body["success"], body["data"]["expiresIn"]) == (201, True, 60)
    ticket = Ticket.objects.redeem(body["data"]["ticket"])
    assert ticket is not None
    assert ticket.user == user
    assert ticket.proves_until is not None  # as the token does
    assert timedelta(hours=23) < ticket.proves_until - timezone.now() < timedelta(hours=25)


@pytest.mark.parametrize(("path", "allowed"), [("register", 20), ("refresh-token", 60)])
def test_whoever_guesses_is_slowed_down(api: APIClient, path: str, allowed: int, at_once: None) -> None:
    answers = [
        api.post(f"/api/auth/{path}", {}, headers={"X-Forwarded-For": f"10.0.0.{number}"})
        for number in range(allowed + 1)
    ]
    assert {answer.status_code for answer in answers[:-1]} == {400}
    last = answers[-1]
    body = last.json()
    assert (last.status_code, body["success"]) == (429, False)
    assert last["Retry-After"] == str(body["retryAfter"])
    assert 0 < body["retryAfter"] <= 60
    assert api.post(f"/api/auth/{path}", {}, REMOTE_ADDR="192.0.2.7").status_code == 400


# --- the session of a page


def test_a_page_session_is_accepted_with_its_csrf_token(make_user: MakeUser) -> None:
    page = Client(enforce_csrf_checks=True)
    page.force_login(make_user())
    assert page.get("/api/auth/me").status_code == 200
    answer = page.post("/api/auth/ticket", content_type="application/json")
    assert answer.status_code == 403
    assert answer.json()["message"].startswith("CSRF Failed")
    page.cookies["csrftoken"] = "x" * 32
    headers = {"X-CSRFToken": "x" * 32}
    assert page.post("/api/auth/ticket", content_type="application/json", headers=headers).status_code == 201


def test_a_page_stays_logged_in_when_it_changes_the_password(make_user: MakeUser) -> None:
    user = make_user()
    page, elsewhere = Client(), Client()
    page.force_login(user)
    elsewhere.force_login(user)
    assert page.put("/api/auth/update", {"password": "another secret"}, "application/json").status_code == 200
    assert page.get("/api/auth/me").status_code == 200
    assert elsewhere.get("/api/auth/me").status_code == 401


def test_page_sessions_end_with_the_tokens(make_user: MakeUser, speak_for: SpeakFor) -> None:
    user = make_user()
    page = Client()
    page.force_login(user)
    speak_for(user).post("/api/auth/logout")
    assert page.get("/api/auth/me").status_code == 401
