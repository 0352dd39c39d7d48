"""What those who keep order may do in a show, and the audit log of what they have done."""

import enum
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from realtime import database

MAX_REASON = 200  # characters


class Right(enum.Enum):
    """Who may do something in a show."""

    MODERATORS = "those who keep order: staff, the owner, and those whom they have named for this show"
    OWNER = "the owner, and admins"


class Verb(models.TextChoices):
    """All acts, by the names of the messages that do them."""

    DELETE = "delete-message"
    DELETE_ALL = "delete-messages"
    PIN = "pin-message"
    UNPIN = "unpin-message"
    RULES = "set-chat-rules"
    MUTE = "mute-person"
    BAN = "ban-person"
    SHADOW = "shadow-person"
    LIFT = "lift-restriction"
    BLOCK = "block-word"
    UNBLOCK = "unblock-word"
    ALLOW = "allow-message"
    REFUSE = "refuse-message"
    SETTLE = "settle-report"
    NAME = "name-moderator"
    DISMISS = "dismiss-moderator"
    PICK = "pick-question"
    ANSWER = "answer-question"
    DISMISS_QUESTION = "dismiss-question"
    UNDO = "undo-act"

    @property
    def right(self) -> Right:
        return Right.OWNER if self in (Verb.NAME, Verb.DISMISS) else Right.MODERATORS

    @property
    def is_undoable(self) -> bool:
        return self != Verb.UNDO


class ModerationActQuerySet(models.QuerySet["ModerationAct"]):
    def newest(self) -> Self:
        return self.order_by("-pk")

    def forget(self, kept: timedelta) -> int:
        """Deletes those that are older; returns how many."""
        return database.delete(self.filter(at__lt=Now() - kept))


class ModerationAct(models.Model):
    """One act: who did what to whom, why and when. `details` has what it takes to undo it, and no text of theirs."""

    stream = models.ForeignKey("streams.Stream", models.CASCADE, related_name="acts", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    by_name = models.CharField(max_length=150)
    verb = models.CharField(max_length=20, choices=Verb.choices)
    whom = models.CharField(max_length=80, blank=True, default="", help_text="user:<id> or visitor:<id>")
    message = models.UUIDField(null=True, blank=True)
    reason = models.CharField(max_length=MAX_REASON, blank=True, default="")
    details = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = ModerationActQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["stream", "-id"])]

    def __str__(self) -> str:
        return f"{self.verb} by {self.by_name}"
