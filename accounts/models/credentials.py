"""What proves a user: the refresh tokens of their devices, and single-use tickets."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models.user import User


class RefreshFamilyQuerySet(models.QuerySet["RefreshFamily"]):
    def rotate(self, family_id: uuid.UUID, used: str, successor: str) -> datetime | None:
        """Puts `successor` in the place of the token `used`; returns until when it is good.

        A token that was replaced a moment ago is answered with the same successor. One that was replaced before is
        None and ends the family: it was copied, and nobody can tell who is the thief.
        """
        now = timezone.now()
        expires_at: datetime = now + settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
        family = self.filter(pk=family_id, expires_at__gt=now)
        if family.filter(jti=used).update(jti=successor, rotated_at=now, expires_at=expires_at):
            return expires_at
        again = family.filter(jti=successor, rotated_at__gt=now - RefreshFamily.GRACE).first()
        if again is not None:
            return again.expires_at
        self.filter(pk=family_id).delete()
        return None


class RefreshFamily(models.Model):
    """The refresh tokens of one login, of which only the newest is good, and for a moment the one before it."""

    GRACE = timedelta(seconds=30)  # for which a used token still leads to its successor

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="refresh_families")
    jti = models.CharField(max_length=32)
    rotated_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    objects = RefreshFamilyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user_id} until {self.expires_at:%Y-%m-%d %H:%M}"


class TicketQuerySet(models.QuerySet["Ticket"]):
    @transaction.atomic
    def issue(self, user: "User", proves_until: datetime | None = None) -> str:
        """A new ticket of `user`; raises QuotaReached for someone who collects them.

        `proves_until` is when that expires which proved the user who asks for the ticket.
        """
        key, now = secrets.token_urlsafe(32), timezone.now()
        self.filter(user=user, expires_at__lte=now).delete()
        user.check_quota("tickets", "unused tickets", self.filter(user=user), retry_after=Ticket.SECONDS)
        self.create(
            digest=Ticket.digest_of(key),
            user=user,
            token_version=user.token_version,
            expires_at=now + timedelta(seconds=Ticket.SECONDS),
            proves_until=proves_until,
        )
        return key

    def redeem(self, key: str) -> "Ticket | None":
        """The ticket with its user, for the one caller whose DELETE finds the row."""
        good = self.filter(expires_at__gt=timezone.now(), token_version=F("user__token_version"), user__is_active=True)
        ticket = good.filter(pk=Ticket.digest_of(key)).select_related("user").first()
        if ticket is None or not self.filter(pk=ticket.pk).delete()[0]:
            return None
        return ticket


class Ticket(models.Model):
    """Opens one socket as its user, where a token would have to stand in a URL; kept only as a hash."""

    SECONDS = 60

    digest = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tickets")
    token_version = models.PositiveIntegerField()
    expires_at = models.DateTimeField(db_index=True)
    proves_until = models.DateTimeField(null=True, help_text="when the socket that it opens is a guest's again")

    objects = TicketQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user_id} until {self.expires_at:%Y-%m-%d %H:%M}"

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
