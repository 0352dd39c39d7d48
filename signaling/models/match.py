"""A match of two: a row, so that it outlives a server process and is the same in all."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import crypto

from accounts import identity as identities
from realtime import errors, event_log
from realtime.models import Room

if TYPE_CHECKING:
    from signaling.models.seat import Seat

SEATS = 2
IDLE = timedelta(minutes=30)  # that a match without anyone is kept; a reserved one is kept for RESERVED
RESERVED = timedelta(hours=24)
CHUNK = 200  # rows of which one round of a duty takes care

KIND = "match"  # the rooms of matches are called `match:<pk>`


def precedes(one: str, other: str) -> bool:
    """Whether `one` is the lesser user id, as JavaScript compares texts: so every client comes to the same result."""
    return one.encode("utf-16-be", "surrogatepass") < other.encode("utf-16-be", "surrogatepass")


def new_name() -> str:
    return secrets.token_urlsafe(12)


class MatchQuerySet(models.QuerySet["Match"]):
    @event_log.verb
    def enter(self, name: str) -> "Match":
        """The match that clients call `name`; any name makes one where OPEN_MATCHES says so."""
        match = self.filter(name=name).first()
        if match is None and not settings.OPEN_MATCHES:
            raise errors.RequestRefused("forbidden", "This match was not reserved")
        return match or self.create(name=name)

    @event_log.verb
    def reserve(self, participants: Sequence[str], by: identities.Identity, op: str = "") -> "Match":
        """A match that only these two can enter, and `by` is one of them; staff may make one for others.

        `op` is the client's own id of this wish: said again, it is the same match. Said of two others, it is refused.
        """
        if len(set(participants)) != SEATS or not all(participants):
            raise ValidationError("Two different participants are required")
        if str(by.user_id) not in participants and not by.has_role("staff", "admin"):
            raise PermissionDenied("You can only reserve a match of your own")
        name = crypto.salted_hmac("signaling.match", f"{by.key} {op}").hexdigest()[:24] if op else new_name()
        match, is_new = self.get_or_create(name=name, defaults={"reserved": True})
        if not is_new:
            if match.reserved_for != list(participants):
                raise ValidationError("This Idempotency-Key was used for other participants")
            return match
        for number, handle in enumerate(participants):
            match.seats.create(number=number, handle=handle)
        return match

    def active(self) -> Self:
        """Those that somebody is at."""
        return self.filter(seats__connection__gt="").distinct()

    def purge(self) -> int:
        """Deletes matches that nobody has been at for long; returns how many."""
        idle = models.Q(reserved=False, active_at__lt=Now() - IDLE)
        outdated = models.Q(reserved=True, active_at__lt=Now() - RESERVED)
        purged = 0
        for match in self.exclude(pk__in=self.active().values("pk")).filter(idle | outdated)[:CHUNK]:
            purged += match.clear(though_reserved=True)
        return purged


class Match(models.Model):
    """Where two talk. `name` is what clients call it, any text; our own key is what rooms are called by."""

    name = models.CharField(max_length=128, unique=True, default=new_name)
    reserved = models.BooleanField(default=False, help_text="only for the two for whom it was made")
    created_at = models.DateTimeField(db_default=Now())
    active_at = models.DateTimeField(db_default=Now(), db_index=True)

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "matches"

    def __str__(self) -> str:
        return self.name

    @property
    def room_key(self) -> str:
        return f"{KIND}:{self.pk}"

    @property
    def expires_at(self) -> datetime:
        """When it is purged, if nobody comes until then."""
        return self.active_at + (RESERVED if self.reserved else IDLE)

    @property
    def reserved_for(self) -> list[str]:
        return list(self.seats.order_by("number").values_list("handle", flat=True))

    @property
    def present(self) -> list["Seat"]:
        """Who is here, or is expected back at any moment."""
        return [seat for seat in self.seats.all() if seat.connection]

    @property
    def headcount(self) -> int:
        return len(self.present)

    def lock(self) -> bool:
        """Has others wait until the transaction ends; returns False where the match has gone meanwhile."""
        return Match.objects.select_for_update(no_key=True).filter(pk=self.pk).first() is not None

    def stir(self) -> None:
        """Something has happened here."""
        Match.objects.filter(pk=self.pk).update(active_at=Now())

    @event_log.verb
    def clear(self, though_reserved: bool = False) -> bool:
        """Deletes a match that nobody is at, and its room; returns whether it did."""
        if not self.lock():
            return False
        if (self.reserved and not though_reserved) or self.seats.taken().exists():
            return False
        Room.objects.filter(key=self.room_key).delete()
        self.delete()
        return True
