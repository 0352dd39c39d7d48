"""Matches of two people. They are rows, so that they outlive a server process and are the same in all."""

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
from realtime import event_log
from realtime.models import Room

if TYPE_CHECKING:
    from signaling.models.seat import Seat

SEATS = 2
IDLE = timedelta(minutes=30)  # A match without anyone is kept so long.
RESERVED = timedelta(hours=24)  # A reserved match without anyone is kept so long.
CHUNK = 200  # A periodic task takes care of so many rows at a time.

KIND = "match"  # The rooms of matches have the keys `match:<pk>`.


def new_name() -> str:
    return secrets.token_urlsafe(12)


class MatchQuerySet(models.QuerySet["Match"]):
    @event_log.verb
    def enter(self, name: str) -> "Match":
        """The match that clients call `name`. One that does not exist is made if OPEN_MATCHES allows it.

        Raises PermissionDenied otherwise.
        """
        match = self.filter(name=name).first()
        if match is None and not settings.OPEN_MATCHES:
            raise PermissionDenied("This match was not reserved")
        return match or self.create(name=name)

    @event_log.verb
    def reserve(self, participants: Sequence[str], by: identities.Identity, op: str = "") -> "Match":
        """Makes a match that only these two can enter. `by` must be one of them, or staff.

        `op` is an idempotency key: the same key gives the same match, and is refused for other participants. Raises
        ValidationError and PermissionDenied.
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

    @event_log.verb
    def reserve_for(self, handle: str) -> "Match":
        """Makes a match for one who calls before it is known who will answer; see `CallQuerySet.invite`."""
        match = self.create(reserved=True)
        match.seats.create(number=0, handle=handle)
        return match

    def active(self) -> Self:
        """Selects the matches that somebody is at."""
        return self.filter(seats__connection__gt="").distinct()

    def purge(self) -> int:
        """Deletes matches that nobody has been at for long; returns how many."""
        idle = models.Q(reserved=False, active_at__lt=Now() - IDLE)
        outdated = models.Q(reserved=True, active_at__lt=Now() - RESERVED)
        purged = 0
        for match in self.exclude(pk__in=self.active().values("pk")).filter(idle | outdated)[:CHUNK]:
            purged += match.delete_if_empty(though_reserved=True)
        return purged


class Match(models.Model):
    """Where two people talk. `name` is any text by which clients know it; its room has our own key."""

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
        """When it is purged, if nobody comes before."""
        return self.active_at + (RESERVED if self.reserved else IDLE)

    @property
    def reserved_for(self) -> list[str]:
        return list(self.seats.order_by("number").values_list("handle", flat=True))

    @property
    def present(self) -> list["Seat"]:
        """The seats of those who are here, or are expected back at any moment."""
        return [seat for seat in self.seats.all() if seat.connection]

    @property
    def headcount(self) -> int:
        return len(self.present)

    def lock(self) -> bool:
        """Locks the match until the transaction ends; returns False if it has been deleted meanwhile."""
        return Match.objects.select_for_update(no_key=True).filter(pk=self.pk).first() is not None

    def touch(self) -> None:
        """Notes that something has happened here."""
        Match.objects.filter(pk=self.pk).update(active_at=Now())

    @event_log.verb
    def delete_if_empty(self, though_reserved: bool = False) -> bool:
        """Deletes the match and its room, if nobody is at it; returns whether it did."""
        if not self.lock():
            return False
        if (self.reserved and not though_reserved) or self.seats.taken().exists():
            return False
        Room.objects.filter(key=self.room_key).delete()
        self.delete()
        return True
