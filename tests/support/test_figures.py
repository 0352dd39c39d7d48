"""How many conversations wait, and how fast they are answered and resolved."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role
from support.models import Conversation, TimeGoal, figures
from tests import factories
from tests.support.desk import agent, begun, said

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

PATH = "/api/support/figures"


def aged(minutes: int, **fields: Any) -> Conversation:
    """One that began so long ago; the other fields are minutes after that, or plain values."""
    conversation, at = begun(), timezone.now() - timedelta(minutes=minutes)
    changes = {
        name: at + timedelta(minutes=value) if isinstance(value, int) else value for name, value in fields.items()
    }
    Conversation.objects.filter(pk=conversation.pk).update(created_at=at, **changes)
    return conversation


def read(**query: Any) -> dict[str, Any]:
    answer = factories.client(factories.user("staff")).get(PATH, query)
    assert answer.status_code == 200, answer.content
    data: dict[str, Any] = answer.json()["data"]
    return data


def of(priority: str, data: dict[str, Any]) -> dict[str, Any]:
    return next(row for row in data["priorities"] if row["priority"] == priority)


def test_how_many_wait() -> None:
    before = figures.now()
    staff = agent()
    answered, waiting, resolved = begun(), begun(), begun()
    said(staff, "Yes", conversation_id=answered.pk)
    resolved.set_status(staff, "resolved")
    TimeGoal.objects.update_or_create(priority="medium", defaults={"first_reply_minutes": 5, "resolution_minutes": 60})
    Conversation.objects.filter(pk=waiting.pk).update(reply_due_at=factories.ago(1))
    now = figures.now()
    assert {name: now[name] - before[name] for name in now} == {"open": 2, "waiting": 1, "unassigned": 1, "overdue": 1}


def test_how_fast_each_priority_is() -> None:
    Conversation.objects.all().delete()
    aged(100, priority="high", first_reply_at=10, reply_due_at=20)
    aged(100, priority="high", first_reply_at=30, reply_due_at=20)
    aged(
        100,
        priority="high",
        first_reply_at=20,
        reply_due_at=20,
        status="resolved",
        resolved_at=60,
        resolution_due_at=50,
    )
    aged(100, priority="low")
    aged(3 * 24 * 60, priority="high", first_reply_at=1)
    data = read(days=1)
    assert [row["priority"] for row in data["priorities"]] == ["low", "medium", "high", "urgent"]
    assert of("high", data) == {
        "priority": "high",
        "begun": 3,
        "replied": 3,
        "repliedInTime": 2,
        "firstReplySeconds": 1200.0,
        "resolved": 1,
        "resolvedInTime": 0,
        "resolutionSeconds": 3600.0,
    }
    assert (of("low", data)["begun"], of("low", data)["firstReplySeconds"]) == (1, None)
    assert of("urgent", data)["begun"] == 0
    assert of("high", read())["begun"] == 4


@pytest.mark.parametrize("role", ["guest", *Role.values])
def test_only_staff_read_them(role: str) -> None:
    answer = factories.client(None if role == "guest" else factories.user(role)).get(PATH)
    expected = 200 if role in ("staff", "admin") else 401 if role == "guest" else 403
    assert answer.status_code == expected


@pytest.mark.parametrize("days", ["0", "366", "-1", "x", "", "9999", "²"])
def test_a_period_has_bounds(days: str) -> None:
    answer = factories.client(factories.user("staff")).get(PATH, {"days": days})
    assert (answer.status_code, answer.json()["message"]) == (400, "Days must be between 1 and 365")
