"""Who has agreed to be recorded, or declined: when, and to which version of the text."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts import identity as identities
from realtime import errors, event_log
from recordings.models.participant import Participant

REFUSED = "Nothing is recorded without consent"


class ConsentQuerySet(models.QuerySet["Consent"]):
    @event_log.verb
    def record(
        self,
        identity: identities.Identity,
        version: str,
        at: datetime | None = None,
        declined: bool = False,
        participant: Participant | None = None,
    ) -> "Consent":
        """Notes what somebody decided, and when by their own clock. Declining deletes the visit that is going on."""
        consent = self.create(
            identity=identity.key,
            participant=participant,
            version=version,
            at=at or timezone.now(),
            declined=declined,
        )
        if declined:
            for known in Participant.objects.filter(identity__in=identity.proven):
                for recording in known.recordings.running():
                    recording.remove()
        return consent

    def of(self, identity: identities.Identity) -> Self:
        """Selects what this person has decided, the latest first."""
        return self.filter(identity__in=identity.proven).order_by("-stored_at", "-pk")

    def given(self, identity: identities.Identity) -> "Consent | None":
        """The consent that counts: the latest decision, unless it was to decline."""
        latest = self.of(identity).first()
        return None if latest is None or latest.declined else latest

    def forget(self) -> int:
        """Deletes decisions that no participant is known for, once they are older than recordings are kept."""
        if not settings.RECORDINGS_RETENTION:
            return 0
        old = timezone.now() - settings.RECORDINGS_RETENTION
        return self.filter(participant__isnull=True, recordings__isnull=True, stored_at__lt=old).delete()[0]


class Consent(models.Model):
    """One decision; it is never changed, a later one stands beside it."""

    participant = models.ForeignKey(Participant, models.CASCADE, null=True, blank=True, related_name="consents")
    identity = models.CharField(max_length=64, db_index=True)
    version = models.CharField(max_length=100, help_text="of the text that was shown")
    at = models.DateTimeField(help_text="by the clock of whoever decided")
    stored_at = models.DateTimeField(db_default=Now())
    declined = models.BooleanField(default=False)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = "decision on consent"
        verbose_name_plural = "decisions on consent"

    def __str__(self) -> str:
        return f"{'declined' if self.declined else 'agreed to'} {self.version}"


def check(consent: Consent | None) -> None:
    """Raises RequestRefused where REQUIRE_CONSENT asks for a consent that was not given."""
    if settings.REQUIRE_CONSENT and (consent is None or consent.declined):
        raise errors.RequestRefused("consent_required", REFUSED)
