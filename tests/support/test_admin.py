"""Conversations are read and answered in the admin, by the same verbs as at the desk."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from support.models import CannedReply, Conversation, Schedule, TimeGoal
from tests import factories
from tests.support.desk import agent, begun, said

pytestmark = pytest.mark.django_db

LIST = "/admin/support/conversation/"


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def entering(role: str = "staff") -> Client:
    client = Client()
    client.force_login(factories.user(role))
    return client


def page(conversation: Conversation) -> str:
    return f"{LIST}{conversation.pk}/change/"


def answer(client: Client, conversation: Conversation, **fields: Any) -> Any:
    conversation.refresh_from_db()
    form = {
        "status": conversation.status,
        "priority": conversation.priority,
        "assignee": conversation.assignee_id or "",
        "team": conversation.team,
        "snoozed_until_0": "",
        "snoozed_until_1": "",
        "reply": "",
        "canned": "",
    }
    return client.post(page(conversation), form | fields)


@pytest.mark.parametrize("role", ["staff", "admin"])
def test_a_conversation_is_read_and_answered(role: str) -> None:
    customer, client = factories.user(), entering(role)
    conversation = begun(customer, "<b>Is it washable?</b>")
    said(agent(), "a note", conversation_id=conversation.pk, internal=True)
    assert client.get(LIST).status_code == 200
    shown = client.get(page(conversation)).content.decode()
    assert "&lt;b&gt;Is it washable?&lt;/b&gt;" in shown
    assert "a note" in shown
    assert answer(client, conversation, reply="Yes.").status_code == 302
    newest = conversation.messages.order_by("-seq")[0]
    assert (newest.kind, newest.text) == ("staff", "Yes.")
    assert factories.facts(conversation.room_key)[-2:] == ["support-written", "support-status"]
    answer(client, conversation, reply="Beware.", internal="on")
    assert conversation.messages.order_by("-seq")[0].kind == "note"


def test_a_canned_reply_is_sent_filled_in() -> None:
    client, conversation = entering(), begun(name="Ann")
    canned = CannedReply.objects.create(shortcut="hello", text="Dear {customer}")
    answer(client, conversation, canned=str(canned.pk))
    assert conversation.messages.order_by("-seq")[0].text == "Dear Ann"


def test_how_it_stands_is_changed_by_the_verbs() -> None:
    client, conversation, other = entering(), begun(), factories.user("admin")
    refused = answer(client, conversation, status="snoozed")
    assert refused.status_code == 200
    assert "Say until when" in refused.content.decode()
    until = timezone.now() + timedelta(days=1)
    snooze = {"snoozed_until_0": f"{until:%Y-%m-%d}", "snoozed_until_1": f"{until:%H:%M}"}
    answer(client, conversation, status="snoozed", assignee=other.pk, priority="urgent", **snooze)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee, conversation.priority) == ("snoozed", other, "urgent")
    assert "support-status" in factories.facts(conversation.room_key)
    answer(client, conversation, assignee=factories.user().pk)
    conversation.refresh_from_db()
    assert conversation.assignee == other


def test_actions_resolve_and_take_over() -> None:
    client, conversations = entering(), [begun(), begun()]
    keys = [str(conversation.pk) for conversation in conversations]
    client.post(LIST, {"action": "take_over", "_selected_action": keys})
    assert Conversation.objects.filter(assignee__isnull=False).count() == 2
    client.post(LIST, {"action": "resolve", "_selected_action": keys})
    assert Conversation.objects.filter(status="resolved").count() == 2


def test_staff_set_up_hours_goals_and_canned_replies() -> None:
    client = entering()
    hours = {
        "time_zone": "Europe/Berlin",
        "opening_hours-TOTAL_FORMS": "1",
        "opening_hours-INITIAL_FORMS": "0",
        "opening_hours-0-weekday": "0",
        "opening_hours-0-opens": "09:00",
        "opening_hours-0-closes": "17:00",
        "exceptions-TOTAL_FORMS": "1",
        "exceptions-INITIAL_FORMS": "0",
        "exceptions-0-date": "2026-12-25",
    }
    assert client.get("/admin/support/schedule/add/").status_code == 200
    assert client.post("/admin/support/schedule/add/", hours).status_code == 302
    schedule = Schedule.objects.get()
    assert (schedule.opening_hours.count(), schedule.exceptions.count()) == (1, 1)
    assert client.get("/admin/support/schedule/add/").status_code == 403
    goal = {"priority": "high", "first_reply_minutes": "10", "resolution_minutes": "5"}
    assert client.post("/admin/support/timegoal/add/", goal).status_code == 200
    assert client.post("/admin/support/timegoal/add/", goal | {"resolution_minutes": "60"}).status_code == 302
    assert TimeGoal.objects.count() == 1
    wrong = client.post("/admin/support/cannedreply/add/", {"shortcut": "hi", "text": "Dear {x}"})
    assert "There is no {x}" in wrong.content.decode()


@pytest.mark.parametrize("role", ["moderator"])
def test_moderators_have_no_business_here(role: str) -> None:
    client, conversation = entering(role), begun()
    for path in (LIST, page(conversation), "/admin/support/schedule/", "/admin/support/cannedreply/"):
        assert client.get(path).status_code == 403
