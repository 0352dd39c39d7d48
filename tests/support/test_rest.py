"""Conversations over REST."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import guests, tokens
from accounts import identity as identities
from support.models import Conversation, Said, Sender
from tests import factories
from tests.support.desk import agent, begun, said

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

PATH = "/api/support/conversations"


def path(conversation: Conversation, rest: str = "") -> str:
    return f"{PATH}/{conversation.pk}{rest}"


def staff() -> APIClient:
    return factories.client(factories.user("staff"))


def test_a_guest_begins_a_conversation_and_is_known_again_by_the_token() -> None:
    answer = APIClient().post(PATH, {"message": " Is it washable? ", "name": "Ann"})
    assert answer.status_code == 201, answer.content
    data = answer.json()["data"]
    assert (data["message"]["message"], data["message"]["kind"]) == ("Is it washable?", "customer")
    known = APIClient(headers={"Vitrine-Guest": data["guest"]["token"]})
    [mine] = known.get(PATH).json()["data"]
    assert (mine["id"], mine["status"]) == (data["conversation"]["id"], "open")
    assert APIClient().get(PATH).json()["data"] == []
    again = known.post(PATH, {"message": "Another thing"}).json()["data"]
    assert again["guest"] is None
    assert again["conversation"]["id"] != mine["id"]


def test_what_is_for_staff_alone_is_null_for_the_customer() -> None:
    customer = factories.user()
    conversation = begun(customer)
    conversation.revise(agent(), "urgent", ["angry"])
    mine = factories.client(customer).get(path(conversation)).json()["data"]
    assert (mine["priority"], mine["tags"], mine["sessionId"], mine["overdue"]) == (None, None, None, None)
    theirs = staff().get(path(conversation)).json()["data"]
    assert (theirs["priority"], theirs["tags"], theirs["userId"]) == ("urgent", ["angry"], customer.pk)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Message is required"),
        (" \n\t ", "Message is required"),
        (None, "Message is required"),
        ("x" * 4001, "Message must be at most 4000 characters"),
    ],
)
def test_text_that_is_empty_or_too_long_is_refused_with_the_bound(text: str | None, words: str) -> None:
    customer = factories.user()
    conversation = begun(customer)
    client = factories.client(customer)
    for where in (PATH, path(conversation, "/messages")):
        answer = client.post(where, {"message": text})
        assert (answer.status_code, answer.json()["message"]) == (400, words)
    assert conversation.messages.count() == 1


def test_the_longest_text_is_taken() -> None:
    answer = APIClient().post(PATH, {"message": "x" * 4000})
    assert answer.status_code == 201


def test_messages_are_paged_by_seq_and_notes_are_left_out() -> None:
    customer = factories.user()
    conversation = begun(customer, "one")
    staff_member = agent()
    said(staff_member, "a note", conversation_id=conversation.pk, internal=True)
    said(staff_member, "two", conversation_id=conversation.pk)
    client = factories.client(customer)
    found = client.get(path(conversation, "/messages")).json()["data"]
    assert [message["message"] for message in found] == ["one", "two"]
    [newest] = client.get(path(conversation, "/messages?limit=1")).json()["data"]
    assert newest["message"] == "two"
    [earlier] = client.get(path(conversation, f"/messages?before={newest['seq']}")).json()["data"]
    assert earlier["message"] == "one"
    assert client.get(path(conversation, "/messages?before=x")).status_code == 400
    all_of_them = staff().get(path(conversation, "/messages")).json()["data"]
    assert [message["kind"] for message in all_of_them] == ["customer", "note", "staff"]


def test_an_idempotency_key_says_it_once() -> None:
    client = factories.client(factories.user())
    first, again = (client.post(PATH, {"message": "Hello"}, HTTP_IDEMPOTENCY_KEY="k1").json() for _ in range(2))
    assert first["data"]["message"] == again["data"]["message"]
    where = f"{PATH}/{first['data']['conversation']['id']}/messages"
    first, again = (client.post(where, {"message": "Hello?"}, HTTP_IDEMPOTENCY_KEY="k2").json() for _ in range(2))
    assert first == again
    assert Conversation.objects.count() == 1
    assert client.post(PATH, {"message": "Hello"}, HTTP_IDEMPOTENCY_KEY="x" * 65).status_code == 400


# --- the lists of the desk


def test_staff_filter_the_conversations() -> None:
    me = factories.user("staff")
    mine, _, snoozed, resolved, late = (begun(text=text) for text in ("mine", "un", "snooze", "done", "late"))
    one = agent()
    mine.assign(one, me)
    for taken in (snoozed, resolved, late):
        taken.assign(one, one.identity.user)
    snoozed.set_status(one, "snoozed", timezone.now() + timedelta(hours=1))
    resolved.set_status(one, "resolved")
    Conversation.objects.filter(pk=late.pk).update(reply_due_at=factories.ago(1))
    client = factories.client(me)

    def listed(query: str) -> list[str]:
        return [row["excerpt"] for row in client.get(f"{PATH}{query}").json()["data"]]

    assert listed("?filter=mine") == ["mine"]
    assert listed("?filter=unassigned") == ["un"]
    assert listed("?filter=snoozed") == ["snooze"]
    assert listed("?filter=overdue") == ["late"]
    assert sorted(listed("")) == ["late", "mine", "snooze", "un"]
    assert listed("")[0] == "late"
    assert len(listed("?filter=all")) == 5
    assert client.get(f"{PATH}?filter=none").status_code == 400


# --- what staff do


def test_staff_assign_a_conversation_to_staff_alone() -> None:
    conversation, other = begun(), factories.user("admin")
    client = staff()
    answer = client.post(path(conversation, "/assign"), {"assigneeId": other.pk, "team": "Returns"})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["data"]["assignee"], answer.json()["data"]["team"]) == (other.username, "Returns")
    for nobody in (factories.user().pk, 10**9, "x"):
        assert client.post(path(conversation, "/assign"), {"assigneeId": nobody}).status_code == 400
    assert client.post(path(conversation, "/assign"), {}).status_code == 400
    assert client.post(path(conversation, "/assign"), {"assigneeId": None}).json()["data"]["assignee"] is None


def test_a_snooze_needs_an_end_to_come() -> None:
    conversation, client = begun(), staff()
    for until in (None, timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(days=366)):
        body: dict[str, Any] = {"status": "snoozed"} | ({"until": until.isoformat()} if until else {})
        assert client.post(path(conversation, "/status"), body).status_code == 400
    until = timezone.now() + timedelta(hours=1)
    answer = client.post(path(conversation, "/status"), {"status": "snoozed", "until": until.isoformat()})
    assert answer.json()["data"]["status"] == "snoozed"
    assert client.post(path(conversation, "/status"), {"status": "gone"}).status_code == 400
    assert client.post(path(conversation, "/status"), {}).status_code == 400


def test_priority_and_tags_are_noted() -> None:
    conversation, client = begun(), staff()
    answer = client.post(path(conversation, "/status"), {"priority": "high", "tags": ["a", "b", "a"]}).json()["data"]
    assert (answer["priority"], answer["tags"], answer["status"]) == ("high", ["a", "b"], "open")
    assert client.post(path(conversation, "/status"), {"tags": ["x" * 51]}).status_code == 400
    assert client.post(path(conversation, "/status"), {"tags": ["x"] * 21}).status_code == 400


def test_a_customer_rates_what_was_resolved() -> None:
    customer = factories.user()
    conversation, client = begun(customer), factories.client(customer)
    assert client.post(path(conversation, "/rating"), {"score": 5}).status_code == 400
    conversation.set_status(agent(), "resolved")
    assert client.post(path(conversation, "/rating"), {"score": 6}).status_code == 400
    assert client.post(path(conversation, "/rating"), {"score": 2}).json()["data"]["score"] == 2
    again = client.post(path(conversation, "/rating"), {"score": 4, "comment": "Kind."})
    assert again.json()["data"]["score"] == 4
    conversation.refresh_from_db()
    assert conversation.rating.comment == "Kind."


def test_a_transcript_has_no_notes_for_the_customer() -> None:
    customer = factories.user(name="ann")
    conversation = begun(customer, "First line\nsecond line")
    one = agent()
    said(one, "secret", conversation_id=conversation.pk, internal=True)
    said(one, "Yes", conversation_id=conversation.pk)
    answer = factories.client(customer).get(path(conversation, "/transcript"))
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="conversation-{conversation.pk}.txt"'
    text = answer.content.decode()
    assert "ann: First line\n    second line\n" in text
    assert "secret" not in text
    assert "(note): secret" in staff().get(path(conversation, "/transcript")).content.decode()


# --- whose it is


def test_a_guest_who_logs_in_keeps_the_conversation_and_the_next_one_does_not_get_it() -> None:
    visitor = identities.new_visitor()[0]
    guest = Sender(identities.Identity(None, visitor))
    conversation = Conversation.objects.say(guest, Said("Hello")).conversation
    headers = {"Vitrine-Guest": guests.issue(visitor)[0]}
    user = factories.user()
    client = APIClient(headers={**headers, "Authorization": f"Bearer {tokens.access_token(user)}"})
    assert client.get(path(conversation)).status_code == 200
    own = client.post(PATH, {"message": "Mine"}).json()["data"]["conversation"]["id"]
    assert APIClient(headers=headers).get(f"{PATH}/{own}").status_code == 404
