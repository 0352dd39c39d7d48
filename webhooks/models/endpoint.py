"""Servers of the operator's own that are told what happens here."""

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from realtime import event_log
from rest import signatures
from webhooks.kinds import TEST, Kind

if TYPE_CHECKING:
    from webhooks.models import Delivery

MAX_ENDPOINTS = 20
MAX_URL = 500  # characters
MAX_NOTICE = 300  # characters
MAX_WAITING = 10_000  # events that an endpoint has not taken yet; one with more is switched off
OLD_SECRET = timedelta(days=1)  # for which messages are signed with the secret before as well


def validate_url(url: str) -> None:
    """Events are sent with encryption, except in development and to networks that the operator has named."""
    schemes = ["https", "http"] if settings.DEBUG or settings.WEBHOOK_PRIVATE_NETWORKS else ["https"]
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.scheme not in schemes or parts.username is not None or parts.fragment:
        raise ValidationError(f"Enter an address that begins with {' or '.join(f'{each}://' for each in schemes)}")
    if any(character <= " " or not character.isprintable() for character in url) or not parts.path.isascii():
        raise ValidationError("An address has no spaces, and its path is percent-encoded")
    if not parts.query.isascii():
        raise ValidationError("An address has no spaces, and its query is percent-encoded")


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def wanting(self, kind: str) -> "list[Endpoint]":
        """Those that are sent events of this kind; called in a transaction, whose events they are read for once."""
        active = event_log.memoize(Endpoint, lambda: list(self.filter(is_active=True)[:MAX_ENDPOINTS]))
        return [endpoint for endpoint in active if kind in endpoint.kinds]

    def switch_off_full(self) -> int:
        """Switches off those that more waits for than is kept; returns how many."""
        waiting = models.Count("deliveries", filter=models.Q(deliveries__status="waiting"))
        full = list(self.filter(is_active=True).annotate(waiting=waiting).filter(waiting__gt=MAX_WAITING))
        for endpoint in full:
            endpoint.switch_off(f"more than {MAX_WAITING:,} events waited for it")
        return len(full)


class Endpoint(models.Model):
    """An address that events of some kinds are sent to, and the secret that they are signed with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    url = models.CharField("address", max_length=MAX_URL, validators=[validate_url])
    description = models.CharField(max_length=200, blank=True, default="")
    kinds = models.JSONField("events", default=list)
    is_active = models.BooleanField("active", default=True)
    secret = models.CharField(max_length=100, default=signatures.new_secret, editable=False)
    old_secret = models.CharField(max_length=100, blank=True, default="", editable=False)
    secret_changed_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField("failures in a row", default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    notice = models.CharField(max_length=MAX_NOTICE, blank=True, default="", editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.description or self.url

    def save(self, *args: Any, **kwargs: Any) -> None:
        """One that is switched on again begins anew: what has failed before counts no longer."""
        if self.is_active and self.notice:
            self.notice, self.failures, self.failing_since = "", 0, None
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Raises ValidationError for one more than there may be, and for kinds of events that there are not."""
        if self._state.adding and Endpoint.objects.count() >= MAX_ENDPOINTS:
            raise ValidationError(f"There are {MAX_ENDPOINTS} endpoints at most")
        if not set(self.kinds) <= set(Kind.values):
            raise ValidationError({"kinds": "There are no such events"})

    @property
    def keys(self) -> list[bytes]:
        """What its messages are signed with."""
        is_old_good = self.secret_changed_at is not None and timezone.now() - self.secret_changed_at < OLD_SECRET
        secrets = [self.secret, self.old_secret] if is_old_good else [self.secret]
        return [signatures.key_of(secret) for secret in secrets if secret]

    def renew_secret(self) -> None:
        """Signs with a new secret from now on, and for a day with the present one as well."""
        self.old_secret, self.secret, self.secret_changed_at = self.secret, signatures.new_secret(), timezone.now()
        self.save(update_fields=["old_secret", "secret", "secret_changed_at"])

    def send_test(self) -> "Delivery":
        """Has an event sent that says nothing; an endpoint that is switched off gets it once it is on."""
        about = {"endpointId": str(self.pk), "message": "This is a test."}
        made = self.deliveries.make([self], TEST, f"test:{uuid.uuid4().hex}", about)[0]
        made.save()
        return made

    def switch_off(self, why: str) -> None:
        """Sends it nothing more until staff switch it on again, and says so in the admin."""
        notice = f"Switched off at {timezone.now():%Y-%m-%d %H:%M} UTC: {why}"[:MAX_NOTICE]
        Endpoint.objects.filter(pk=self.pk).update(is_active=False, notice=notice)
        self.is_active, self.notice = False, notice

    def note_success(self) -> None:
        Endpoint.objects.filter(pk=self.pk, failing_since__isnull=False).update(failing_since=None, failures=0)

    def note_failure(self) -> None:
        failing_since = Coalesce("failing_since", Now())
        Endpoint.objects.filter(pk=self.pk).update(failures=models.F("failures") + 1, failing_since=failing_since)
        self.refresh_from_db(fields=["failures", "failing_since"])
