"""What a show says of itself before it begins, and whether it says so to everybody: a rehearsal is for a few."""

import functools
import zoneinfo
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.dispatch import Signal
from django.utils import timezone

from accounts import identity as identities
from rest import links

SCHEDULED, LIVE, ENDED = "scheduled", "live", "ended"
FIRST_YEAR, LAST_YEAR = 2000, 2199  # in which a show may be announced
MAX_LANGUAGE = 35  # characters: BCP 47 asks programs to keep as many
LANGUAGE = r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,5}\Z"


@functools.cache
def time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def validate_zone(name: str) -> None:
    """Refuses what is no name of the IANA time zone database."""
    if name not in time_zones():
        raise ValidationError("There is no such time zone: it is called like Europe/Berlin")


def validate_year(moment: datetime) -> None:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValidationError(f"A show begins in a year from {FIRST_YEAR} to {LAST_YEAR}")


class Announcement(models.Model):
    """The part of a show that is known before it begins."""

    starts_at = models.DateTimeField(null=True, blank=True, validators=[validate_year], help_text="when it is to begin")
    time_zone = models.CharField(
        max_length=63, blank=True, default="", validators=[validate_zone], help_text="of its host, as Europe/Berlin"
    )
    cover = models.CharField(max_length=1000, blank=True, default="", validators=[links.validate_picture])
    language = models.CharField(
        max_length=MAX_LANGUAGE,
        blank=True,
        default="",
        validators=[RegexValidator(LANGUAGE, "It is a language tag such as en or pt-BR")],
        help_text="that is spoken in it, as a language tag: en, pt-BR",
    )
    rehearsal = models.BooleanField(
        default=False, editable=False, help_text="only its owner, admins and the moderators named for it know of it"
    )

    class Meta:
        abstract = True

    if TYPE_CHECKING:  # what a show has beside its announcement
        status: str
        moderator_ids: frozenset[int]

        def is_controlled_by(self, identity: identities.Identity) -> bool: ...

    def make_known(self, fact: Signal, **more: Any) -> None:
        """Makes something known to the other apps, unless this is a rehearsal: that is nobody's business."""
        if not self.rehearsal:
            fact.send(type(self), stream=self, **more)

    @property
    def is_late(self) -> bool:
        """Whether it should have begun and has not."""
        return self.status == SCHEDULED and self.starts_at is not None and self.starts_at <= timezone.now()

    @property
    def starts_there(self) -> datetime | None:
        """When it begins, by the clock of its host; without a zone, for a template would turn it to its own."""
        if self.starts_at is None:
            return None
        zone = zoneinfo.ZoneInfo(self.time_zone) if self.time_zone else UTC
        return self.starts_at.astimezone(zone).replace(tzinfo=None)

    def is_seen_by(self, identity: identities.Identity) -> bool:
        """Whether this person may know of the show."""
        if not self.rehearsal or self.is_controlled_by(identity):
            return True
        return identity.verified and identity.user_id in self.moderator_ids

    def check_is_seen_by(self, identity: identities.Identity) -> None:
        """Raises ObjectDoesNotExist for someone for whom there is no such show."""
        if not self.is_seen_by(identity):
            raise ObjectDoesNotExist("Session not found")

    def check_is_public(self, what: str) -> None:
        """Raises ValidationError for what a rehearsal does not have."""
        if self.rehearsal:
            raise ValidationError(f"A rehearsal has no {what}: open the show to everybody first")
