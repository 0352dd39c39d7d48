"""What is known of a conversation: whose it is, where it comes from, how it stands, and until when it is due."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from shopping.models import Product, ShoppingSession
from signaling.models import Call
from streams.models import ChatMessage, Stream
from support import broadcasts
from support.models import priority
from support.models.registration import Registration
from support.wire.conversations import MAX_EXCERPT


class ConversationFacts(models.Model):
    """The columns of a conversation, and what can be read from them alone."""

    class Status(models.TextChoices):
        OPEN = "open"
        PENDING = "pending"
        SNOOZED = "snoozed"
        RESOLVED = "resolved"

    Priority = priority.Priority

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.CharField(max_length=80, editable=False, help_text="user:<id> or visitor:<id>")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    registration = models.ForeignKey(
        Registration, models.SET_NULL, null=True, blank=True, related_name="conversations", editable=False
    )
    session = models.CharField(max_length=128, db_index=True, editable=False)
    name = models.CharField(max_length=150, blank=True, default="", help_text="what the customer calls themselves")
    email = models.EmailField(blank=True, default="")

    closed_to_guest = models.BooleanField(
        default=False, editable=False, help_text="they started over on their browser: only a mail's link opens it"
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    priority = models.CharField(max_length=10, choices=Priority.choices, default=Priority.MEDIUM)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="support_conversations"
    )
    team = models.CharField(max_length=50, blank=True, default="")
    tags = models.JSONField(default=list, blank=True)

    show = models.ForeignKey(Stream, models.SET_NULL, null=True, blank=True, related_name="+")
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    party = models.ForeignKey(ShoppingSession, models.SET_NULL, null=True, blank=True, related_name="+")
    call = models.ForeignKey(Call, models.SET_NULL, null=True, blank=True, related_name="+")
    line = models.ForeignKey(
        ChatMessage, models.SET_NULL, null=True, blank=True, related_name="+", help_text="from which it was made"
    )

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_message_at = models.DateTimeField(default=timezone.now, editable=False)
    excerpt = models.CharField(max_length=MAX_EXCERPT, blank=True, default="", editable=False)
    waiting_since = models.DateTimeField(null=True, blank=True, help_text="the first message without an answer")
    first_reply_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    reply_due_at = models.DateTimeField(null=True, blank=True)
    resolution_due_at = models.DateTimeField(null=True, blank=True)
    customer_delivered_seq = models.BigIntegerField(default=0, editable=False)
    customer_read_seq = models.BigIntegerField(default=0, editable=False)
    staff_read_seq = models.BigIntegerField(default=0, editable=False)
    mailed_seq = models.BigIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["status", "-last_message_at"]),
            models.Index(fields=["customer", "-last_message_at"]),
            models.Index(fields=["snoozed_until"], condition=models.Q(status="snoozed"), name="support_snoozed"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "pending", "snoozed", "resolved"]), name="support_status"
            ),
            models.CheckConstraint(
                condition=models.Q(priority__in=["low", "medium", "high", "urgent"]), name="support_priority"
            ),
            models.CheckConstraint(
                condition=models.Q(status="snoozed") ^ models.Q(snoozed_until=None), name="support_snooze_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_name}, {self.created_at:%Y-%m-%d}"

    @property
    def room_key(self) -> str:
        return broadcasts.room_key(self.pk)

    @property
    def is_overdue(self) -> bool:
        """As the queryset's `overdue` says it of many."""
        if self.status == self.Status.RESOLVED:
            return False
        dues = (self.awaited_reply_at, self.resolution_due_at)
        return any(due is not None and due <= timezone.now() for due in dues)

    @property
    def awaited_reply_at(self) -> datetime | None:
        """Until when the first reply is due, where it has not come yet."""
        return self.reply_due_at if self.first_reply_at is None else None

    @property
    def customer_name(self) -> str:
        return self.name or f"Customer #{self.session[-5:]}"

    @property
    def mail_address(self) -> str:
        """Where replies go that the customer does not read here."""
        return self.email or (self.user.mail_address if self.user else "")
