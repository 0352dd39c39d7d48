"""What viewers want looked at."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

MAX_OPEN = 2000  # of a show
MAX_REASON = 200  # characters


class ReportQuerySet(models.QuerySet["Report"]):
    def open(self) -> Self:
        return self.filter(status=Report.Status.OPEN)

    def in_order(self) -> Self:
        return self.order_by("at", "pk").select_related("message__user")

    def erase(self, reporter: str) -> int:
        """Forgets how `reporter`, an Identity's key, was called and what they wrote; returns how many reports."""
        return self.filter(reporter=reporter).exclude(name="", reason="").update(name="", reason="")

    def check_has_room(self) -> None:
        """Raises ValidationError where as many of a show are open as may."""
        if self.open().count() >= MAX_OPEN:
            raise ValidationError("Too many reports wait for a moderator, try again later")


class Report(models.Model):
    """Someone reports a message, once."""

    class Status(models.TextChoices):
        OPEN = "open"
        RESOLVED = "resolved"
        DISMISSED = "dismissed"

    stream = models.ForeignKey("streams.Stream", models.CASCADE, related_name="reports", db_index=False)
    message = models.ForeignKey("streams.ChatMessage", models.CASCADE, related_name="reports", db_index=False)
    reporter = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    name = models.CharField(max_length=150)
    reason = models.CharField(max_length=MAX_REASON, blank=True, default="")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.OPEN)
    at = models.DateTimeField(db_default=Now())

    objects = ReportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["stream", "status", "at"]),
            models.Index(fields=["at"], condition=models.Q(status="open"), name="report_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["message", "reporter"], name="report_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "resolved", "dismissed"]), name="report_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"
