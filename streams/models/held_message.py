"""Lines that wait until someone who keeps order has looked at them."""

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from rest.addresses import HASH_LENGTH

if TYPE_CHECKING:
    from accounts import identity as identities

MAX_WAITING = 1000  # of a show; beyond it a line is refused instead
FORGOTTEN: dict[str, Any] = {"text": "", "name": "", "extra": {}}


class HeldMessageQuerySet(models.QuerySet["HeldMessage"]):
    def waiting(self) -> Self:
        return self.filter(status=HeldMessage.Status.WAITING)

    def in_order(self) -> Self:
        return self.order_by("created_at", "pk")

    def check_has_room(self) -> None:
        """Raises ValidationError where as many lines of a show wait as may."""
        if self.waiting().count() >= MAX_WAITING:
            raise ValidationError("Too many messages wait for a moderator, try again later")

    def erase_author(self, author: str) -> int:
        """Forgets all that `author`, an Identity's key, has written and nobody has been shown; returns how many."""
        return self.filter(author=author).delete()[0]

    def forget_settled(self) -> int:
        """Deletes those that were decided so long ago that nobody takes it back any more; returns how many."""
        kept = timedelta(days=settings.REMOVED_CHAT_DAYS)
        return self.filter(settled_at__lt=Now() - kept).delete()[0]


class HeldMessage(models.Model):
    """One line as it was sent, which nobody but its author and those who keep order know of."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        ALLOWED = "allowed"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stream = models.ForeignKey("streams.Stream", models.CASCADE, related_name="held_messages", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    author = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    to = models.CharField(max_length=80, help_text="the name by which its author is told of it")
    address = models.CharField(max_length=HASH_LENGTH, blank=True, default="", editable=False, help_text="its hash")
    name = models.CharField(max_length=150)
    text = models.TextField(max_length=500)
    op = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - NULL keeps lines without one apart
    by_staff = models.BooleanField(default=False)
    badge = models.CharField(max_length=10, blank=True, default="")
    extra = models.JSONField(default=dict, blank=True)
    cause = models.CharField(max_length=80, help_text="why it waits")
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.WAITING)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = HeldMessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["stream", "status", "created_at"]),
            models.Index(fields=["created_at"], condition=models.Q(status="waiting"), name="held_message_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "author", "op"], condition=models.Q(op__isnull=False), name="held_message_op"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["waiting", "allowed", "refused"]), name="held_message_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.created_at:%H:%M:%S}"

    @classmethod
    def of(cls, identity: "identities.Identity", **facts: Any) -> "HeldMessage":
        """A line of `identity`, as it will be stored."""
        return cls(
            user=identity.user,
            author=identity.key,
            to=identity.address,
            address=identity.address_hash,
            by_staff=identity.has_role("staff", "admin"),
            created_at=timezone.now(),
            **facts,
        )

    def settle(self, status: str) -> None:
        self.status = status
        self.settled_at = None if status == self.Status.WAITING else timezone.now()
        self.save(update_fields=["status", "settled_at"])
