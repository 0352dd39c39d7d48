"""Every exception leaves as the JSON its endpoint promises."""

import logging
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts import authentication
from tests.accounts.conftest import MakeUser, SpeakFor

CASES: dict[str, tuple[int, dict[str, Any]]] = {
    "refused": (400, {"message": "Stream is not currently live", "currentStatus": "ended"}),
    "taken": (409, {"message": "Already there"}),
    "coded": (400, {"message": "3 is too small"}),
    "fields": (400, {"message": "Title is required"}),
    "missing": (404, {"message": "Session not found"}),
    "missing-worded": (404, {"message": "Product not found in this session"}),
    "missing-rest": (404, {"message": "Nothing here"}),
    "missing-page": (404, {"message": "Session not found"}),
    "forbidden": (403, {"message": "Insufficient permissions"}),
    "forbidden-worded": (403, {"message": "You don't have permission to start this stream"}),
    "throttled": (429, {"message": "Too many requests. Please try again later.", "retryAfter": 2}),
    "data": (400, {"message": "Invalid value"}),
    "suspicious": (400, {"message": "Bad request"}),
    "domain-validation": (400, {"message": "Missing userId"}),
    "domain-unauthorized": (401, {"message": "Token required"}),
    "domain-forbidden": (403, {"message": "Not reserved", "retryAfter": 91}),
    "domain-missing": (404, {"message": "Room not found"}),
    "domain-conflict": (409, {"message": "Already there", "currentStatus": "ended"}),
    "domain-too-many": (409, {"message": "At most 128"}),
    "domain-own": (409, {"message": "The match is full"}),
    "domain-fast": (429, {"message": "Slow mode", "retryAfter": 3}),
    "domain-busy": (503, {"message": "The server is busy, try again", "retryAfter": 1}),
    "busy": (503, {"message": "The server is busy, try again", "retryAfter": 1}),
    "slow": (503, {"message": "The server is busy, try again", "retryAfter": 1}),
    "limited": (429, {"message": "You are sending too fast", "retryAfter": 2}),
    "token": (401, {"message": "Invalid or expired access token"}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_has_its_status_and_words(api: APIClient, name: str) -> None:
    status, body = CASES[name]
    answer = api.get(f"/api/failing/{name}")
    assert (answer.status_code, answer.json()) == (status, {"success": False, **body})


def test_a_bare_endpoint_says_only_error(api: APIClient) -> None:
    answer = api.get("/api/failing-bare/missing")
    assert (answer.status_code, answer.json()) == (404, {"error": "Session not found"})
    assert api.get("/api/failing-bare/refused").json()["currentStatus"] == "ended"


def test_an_endpoint_for_two_families_says_both(api: APIClient) -> None:
    expected = {"success": False, "message": "Session not found", "error": "Session not found"}
    assert api.get("/api/failing-both/missing").json() == expected


def test_a_throttled_client_learns_when_to_come_back(api: APIClient) -> None:
    for name, seconds in (("throttled", 2), ("domain-fast", 3), ("domain-busy", 1), ("busy", 1), ("limited", 2)):
        assert api.get(f"/api/failing/{name}")["Retry-After"] == str(seconds)


@pytest.mark.parametrize("name", ["token", "domain-unauthorized"])
def test_a_client_without_a_proof_is_challenged(api: APIClient, name: str) -> None:
    assert api.get(f"/api/failing/{name}")["WWW-Authenticate"] == authentication.CHALLENGE


@pytest.mark.parametrize("name", ["bug", "integrity"])
def test_a_bug_is_logged_and_kept_private(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "config.errors"):
        answer = APIClient(raise_request_exception=False).get(f"/api/failing/{name}")
    assert (answer.status_code, answer.json()) == (500, {"success": False, "error": "Internal Server Error"})
    assert [record.exc_info is not None for record in caplog.records if record.name == "config.errors"] == [True]


def test_a_bug_is_named_while_developing(settings: Any) -> None:
    settings.DEBUG = True
    answer = APIClient(raise_request_exception=False).get("/api/failing/bug")
    assert answer.json() == {"success": False, "error": "a private detail"}


def test_a_bug_is_not_hidden_from_tests(api: APIClient) -> None:
    with pytest.raises(RuntimeError):
        api.get("/api/failing/bug")


def test_what_is_missing_is_said_before_what_is_malformed(api: APIClient) -> None:
    assert api.post("/api/echo", {"size": "big"}).json()["message"] == "title is required."
    answer = api.post("/api/echo", {"size": "big", "title": "x"})
    assert answer.json() == {"success": False, "message": "A valid integer is required."}


def test_a_method_nobody_serves_is_refused(api: APIClient) -> None:
    answer = api.delete("/api/echo")
    assert (answer.status_code, answer.json()) == (405, {"success": False, "message": 'Method "DELETE" not allowed.'})
    assert "POST" in answer["Allow"]


def test_a_body_of_an_unknown_kind_is_refused(api: APIClient) -> None:
    answer = api.post("/api/echo", "<a/>", content_type="text/xml")
    assert (answer.status_code, answer.json()["success"]) == (415, False)


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_unknown_route_is_named(method: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)("/api/nothing/here?a=b")
    message = f"Route {method.upper()} /api/nothing/here not found"
    assert (answer.status_code, answer.json()) == (404, {"success": False, "error": "Not Found", "message": message})


@pytest.mark.django_db
def test_a_slash_at_the_end_changes_nothing(api: APIClient) -> None:
    assert api.get("/api/users/").json() == api.get("/api/users").json()
    assert api.post("/api/auth/login/", {}).json()["message"] == "Username and password are required"
    assert api.get("/api/nothing/").status_code == 404
    assert api.get("/api/").status_code == 404


def test_an_unknown_page_is_a_page(client: Client) -> None:
    answer = client.get("/nothing/")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/api/broken", "/broken/"])
def test_what_fails_outside_the_rest_framework_keeps_its_kind(path: str) -> None:
    answer = Client(raise_request_exception=False).get(path)
    assert answer.status_code == 500
    assert b"private" not in answer.content
    if path.startswith("/api/"):
        assert answer.json() == {"success": False, "error": "Internal Server Error"}
    else:
        assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/api/users?limit=%00", "/api/users/%00", "/?q=a%00b", "/%00"])
def test_nul_is_refused_wherever_it_stands(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert answer.json()["message"] == answer.json()["error"] == "NUL characters are not allowed"


@pytest.mark.parametrize("body", ['{"a": "\\u0000"}', '{"a": [{"b\\u0000": 1}]}', '["\\u0000"]'])
def test_nul_in_a_body_is_refused(api: APIClient, body: str) -> None:
    answer = api.post("/api/echo", body, content_type="application/json")
    assert (answer.status_code, answer.json()["message"]) == (400, "NUL characters are not allowed")


def test_a_backslash_is_not_nul(api: APIClient) -> None:
    assert api.post("/api/echo", {"size": 1, "title": "\\u0000"}).json()["title"] == "\\u0000"


def test_a_body_has_a_limit(api: APIClient, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = api.post("/api/echo", {"title": "x" * 100})
    assert (answer.status_code, answer.json()["message"]) == (413, "Request body is too large")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("creator", 403), ("moderator", 200), ("staff", 403), ("admin", 200)]
)
def test_a_role_is_required_by_name(make_user: MakeUser, speak_for: SpeakFor, role: str, status: int) -> None:
    answer = speak_for(make_user(role=role)).get("/api/moderators")
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["message"] == "Insufficient permissions"


def test_where_a_role_is_required_nobody_is_asked_for_a_token(api: APIClient) -> None:
    assert api.get("/api/moderators").status_code == 401
