"""Shopping sessions over REST, as documented."""

import time
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from realtime.models import Room
from shopping.models import JoinRequest, ShoppingSession
from tests import factories

pytestmark = pytest.mark.django_db

MISSING = {"success": False, "message": "Session not found", "error": "Session not found"}


def create(client: APIClient, **body: Any) -> Any:
    answer = client.post("/api/sessions/create", {"userId": "alice", **body})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_creating_answers_with_id_link_and_end() -> None:
    answer = factories.client().post("/api/sessions/create", {"userId": "alice", "apiKey": "ignored"})
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["sessionId", "inviteLink", "expiresAt"]
    assert body["inviteLink"] == f"http://testserver/join/{body['sessionId']}"
    assert abs(body["expiresAt"] - (time.time() + 1800) * 1000) < 60_000


def test_a_session_can_be_read_with_its_creators_name_and_metadata() -> None:
    client = factories.client()
    made = create(client, userName="Alice", metadata={"shop": "tea", "n": 1, "showId": "mine"})
    session = client.get(f"/api/sessions/{made['sessionId']}").json()
    assert abs(made["expiresAt"] - session.pop("createdAt") - 1_800_000) < 10_000
    assert session == {
        "id": made["sessionId"],
        "host": "alice",
        "participants": [{"userId": "alice", "userName": "Alice"}],
        "metadata": {"shop": "tea", "n": 1, "showId": "mine"},
        "expiresAt": made["expiresAt"],
    }


def test_a_nameless_creator_is_anonymous() -> None:
    client = factories.client()
    made = create(client, userName=None)
    session = client.get(f"/api/sessions/{made['sessionId']}").json()
    assert session["participants"] == [{"userId": "alice", "userName": "Anonymous"}]


@pytest.mark.parametrize("body", [{}, {"userId": ""}, {"userId": None}, {"userId": []}, {"userName": "Alice"}])
def test_creating_needs_a_user_id(body: dict[str, Any]) -> None:
    answer = factories.client().post("/api/sessions/create", body)
    assert answer.status_code == 400
    assert answer.json() == {"error": "userId is required"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"userId": "x" * 65},
        {"userId": "a\0"},
        {"userName": "a\0"},
        {"metadata": "text"},
        {"metadata": [1]},
        {"metadata": {"a": "x" * 70_000}},
        {"metadata": {"a": "\0"}},
    ],
)
def test_what_cannot_be_kept_is_refused(wrong: dict[str, Any]) -> None:
    answer = factories.client().post("/api/sessions/create", {"userId": "alice", **wrong})
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


def test_half_a_surrogate_pair_is_refused() -> None:
    body = r'{"userId": "alice", "metadata": {"a": "\ud800"}}'
    answer = factories.client().generic("POST", "/api/sessions/create", body, content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_a_session_that_is_unknown_or_over_is_not_found() -> None:
    client = factories.client()
    made = create(client)
    ShoppingSession.objects.get(pk=made["sessionId"]).end()
    for session_id in (made["sessionId"], "sess_nosuchone1", "sess_" + "x" * 200):
        answer = client.get(f"/api/sessions/{session_id}")
        assert (answer.status_code, answer.json()) == (404, MISSING)


def test_shows_are_still_found_beside_them() -> None:
    show = factories.stream(factories.user("creator"))
    assert factories.client().get(f"/api/sessions/{show.pk}").json()["data"]["id"] == str(show.pk)


def test_an_invitation_leads_to_our_own_page() -> None:
    made = create(factories.client())
    answer = Client().get(f"/join/{made['sessionId']}")
    assert answer.status_code == 302
    assert answer["Location"] == f"/party/{made['sessionId']}/?join={made['sessionId']}"


def test_an_invitation_leads_to_the_shops_page_if_there_is_one(settings: Any) -> None:
    settings.APP_URL = "https://shop.example/look"
    made = create(factories.client())
    assert made["inviteLink"] == f"https://shop.example/look/join/{made['sessionId']}"
    answer = Client().get(f"/join/{made['sessionId']}")
    assert answer["Location"] == f"https://shop.example/look?join={made['sessionId']}"


def test_an_invitation_to_nowhere_says_so() -> None:
    answer = Client().get("/join/sess_nosuchone1")
    assert (answer.status_code, answer.content) == (404, b"Session not found or expired")


def test_reading_a_session_costs_the_same_however_many_are_there(django_assert_num_queries: Any) -> None:
    made = create(factories.client())
    for number in range(10):
        request = JoinRequest(factories.identity(), f"c{number}", f"u{number}", "Ben")
        ShoppingSession.objects.join(made["sessionId"], request)
    with django_assert_num_queries(2):
        session = factories.client().get(f"/api/sessions/{made['sessionId']}").json()
    assert len(session["participants"]) == 11


def test_creating_costs_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    client = factories.client()
    with django_assert_num_queries(5):  # a savepoint and its end, the session, its creator, and who leads
        create(client, metadata={"a": 1})


# --- the log, for those who cannot hold a socket open


def test_the_log_is_for_participants_alone() -> None:
    user = factories.user()
    ann = ShoppingSession.objects.open(JoinRequest(factories.identity(user), "c", "u", "Ann")).participant
    path = f"/api/rooms/shopping:{ann.session_id}/events"
    assert factories.client(factories.user()).get(path).status_code == 404
    assert factories.client().get(path).status_code == 404
    assert factories.client(user).get(path).status_code == 200


def test_of_the_log_one_reads_what_others_did_and_not_what_was_for_others() -> None:
    user = factories.user()
    ann = ShoppingSession.objects.open(JoinRequest(factories.identity(user), "c", "u", "Ann")).participant
    other = ShoppingSession.objects.join(ann.session_id, JoinRequest(factories.identity(), "d", "v", "Ben")).participant
    gone = ShoppingSession.objects.join(ann.session_id, JoinRequest(factories.identity(), "e", "w", "Cleo")).participant
    ann.sync({"eventType": "CHAT_MESSAGE", "message": "mine"})
    other.sync({"eventType": "CHAT_MESSAGE", "message": "yours"})
    ann.session.remove(ann, gone.user_id)
    answer = factories.client(user).get(f"/api/rooms/shopping:{ann.session_id}/events").json()["data"]
    said = [message for event in answer["events"] for message in event["messages"]]
    assert [message["type"] for message in said] == [
        *("PARTICIPANT_JOINED", "PARTICIPANT_JOINED", "SYNC_EVENT", "PARTICIPANT_LEFT")
    ]
    assert said[2]["payload"]["message"] == "yours"
    assert Room.objects.get(key=f"shopping:{ann.session_id}").seq == answer["seq"] == len(answer["events"])
