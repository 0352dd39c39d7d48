"""How many conversations wait, and how fast they are answered and resolved; docs/metrics.md has the terms."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Avg, Count, F, Q

from support.models.conversation import Conversation
from support.models.priority import Priority


def now() -> dict[str, int]:
    """How many conversations stand how at present."""
    found = Conversation.objects
    return {
        "open": found.filter(status=Conversation.Status.OPEN).count(),
        "waiting": found.unresolved().filter(waiting_since__isnull=False).count(),
        "unassigned": found.unassigned().count(),
        "overdue": found.overdue().count(),
    }


def by_priority(since: datetime) -> list[dict[str, Any]]:
    """What became of the conversations that began since a moment, for every priority."""
    resolved = Q(status=Conversation.Status.RESOLVED)
    rows = (
        Conversation.objects.filter(created_at__gte=since)
        .values("priority")
        .annotate(
            begun=Count("pk"),
            replied=Count("first_reply_at"),
            replied_in_time=Count("pk", filter=Q(first_reply_at__lte=F("reply_due_at"))),
            reply_time=_mean("first_reply_at"),
            resolved=Count("pk", filter=resolved),
            resolved_in_time=Count("pk", filter=resolved & Q(resolved_at__lte=F("resolution_due_at"))),
            resolution_time=_mean("resolved_at"),
        )
        .order_by()
    )
    found: dict[str, dict[str, Any]] = {row["priority"]: dict(row) for row in rows}
    return [found.get(priority, {"priority": priority, **NOTHING}) for priority in Priority.values]


NOTHING: dict[str, Any] = {
    "begun": 0, "replied": 0, "replied_in_time": 0, "reply_time": None,
    "resolved": 0, "resolved_in_time": 0, "resolution_time": None,
}  # fmt: skip


def _mean(moment: str) -> Avg:
    """The mean time from the beginning to a moment, of those that have come to it."""
    spent = models.ExpressionWrapper(F(moment) - F("created_at"), models.DurationField())
    return Avg(spent)
