"""What is said in a conversation."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from streams.models import ChatMessage
from support.models.registration import Registration
from support.wire.conversations import MAX_LENGTH

MAX_MISSED = 50  # messages that an old client is told when it comes back
FORGOTTEN = {"text": "", "name": ""}


class SupportMessageQuerySet(models.QuerySet["SupportMessage"]):
    def in_order(self) -> Self:
        return self.order_by("seq", "created_at")

    def readable(self, notes: bool) -> Self:
        """Those that somebody may read: `notes` only if they are of the staff."""
        return self if notes else self.exclude(kind=SupportMessage.Kind.NOTE)

    def replies(self) -> Self:
        return self.filter(kind=SupportMessage.Kind.STAFF)

    def missed_by(self, registration: Registration, upto: int) -> "list[SupportMessage]":
        """The newest replies that the lobby has told up to number `upto`, and a session not yet, oldest first."""
        replies = self.replies().filter(conversation__registration=registration)
        missed = replies.filter(lobby_seq__gt=registration.told_seq, lobby_seq__lte=upto)
        return list(missed.order_by("-lobby_seq")[:MAX_MISSED])[::-1]

    def missed_by_admin(self, told: int, upto: int) -> "list[SupportMessage]":
        """The newest that customers wrote after the inbox had told number `told`, up to `upto`, oldest first."""
        missed = self.filter(kind=SupportMessage.Kind.CUSTOMER, inbox_seq__gt=told, inbox_seq__lte=upto)
        newest = missed.exclude(text="").select_related("conversation").order_by("-inbox_seq")
        return list(newest[:MAX_MISSED])[::-1]

    def last_seq(self) -> int:
        """The number of the newest of these messages in the room's log, or 0."""
        last: int | None = self.aggregate(last=models.Max("seq"))["last"]
        return last or 0

    def seq_of(self, id: uuid.UUID | None) -> int:
        """The number of the message with this id among these, or 0."""
        return self.filter(pk=id).values_list("seq", flat=True).first() or 0 if id is not None else 0

    def erase_author(self, author: str) -> int:
        """Forgets what `author`, an Identity's key, has said to support; returns how many messages those are."""
        return self.filter(author=author).exclude(**FORGOTTEN).update(**FORGOTTEN)


class SupportMessage(models.Model):
    """One message of a conversation. `seq` is the number of the event that told it in the conversation's room."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer"
        STAFF = "staff"
        NOTE = "note"
        OFFER = "offer"  # of a call or a party; see Offer

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("support.Conversation", models.CASCADE, related_name="messages", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    author = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=150, blank=True)
    text = models.TextField(max_length=MAX_LENGTH)
    op = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - NULL keeps messages without one apart
    seq = models.BigIntegerField(default=0, editable=False)
    lobby_seq = models.BigIntegerField(default=0, editable=False, help_text="0: not told to a Wrencos client")
    inbox_seq = models.BigIntegerField(default=0, editable=False, help_text="0: not told to Wrencos admins")
    shown = models.ForeignKey(
        ChatMessage, models.SET_NULL, null=True, blank=True, related_name="+", help_text="which shows it in the show"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SupportMessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "seq"]),
            models.Index(fields=["conversation", "created_at"]),
            models.Index(fields=["inbox_seq"], condition=models.Q(inbox_seq__gt=0), name="support_told_inbox"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "author", "op"],
                condition=models.Q(op__isnull=False),
                name="support_message_op",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["customer", "staff", "note", "offer"]), name="support_message_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.created_at:%H:%M:%S}"
