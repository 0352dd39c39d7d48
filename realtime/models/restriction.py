"""Who may not speak or enter."""

import math
from datetime import datetime
from typing import Any, NamedTuple, Self

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from realtime import signals
from realtime.runtime import caching

MIN_BAN = 1.0  # Seconds: a ban that is just ending may be read from the cache for this long.


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def in_force(self) -> Self:
        return self.filter(models.Q(until__isnull=True) | models.Q(until__gt=Now()))

    def against(self, identity: str, room: str) -> "Restriction | None":
        """The restriction that keeps `identity` from speaking in `room` for longest, if there is any."""
        found = self.in_force().filter(identity=identity, room__in=["", room])
        return found.order_by(models.F("until").desc(nulls_first=True)).first()

    def mute(self, identity: str, room: str = "", *, by: User | None = None, **how: Any) -> "Restriction":
        """Forbids `identity`, an Identity's key, to speak: in `room`, or everywhere.

        `how` is its `reason` and `until`, without which it is for good; `by` is as in `Restriction.impose`.
        """
        return self._impose(by, kind=Restriction.Kind.MUTE, identity=identity, room=room, **how)

    def ban(self, identity: str, room: str = "", *, by: User | None = None, **how: Any) -> "Restriction":
        """Forbids `identity` to be there at all, as `mute` does to speak, and closes their connections."""
        return self._impose(by, kind=Restriction.Kind.BAN, identity=identity, room=room, **how)

    def _impose(self, by: User | None, **facts: Any) -> "Restriction":
        restriction = Restriction(**facts)
        restriction.impose(by)
        return restriction


class Restraint(NamedTuple):
    """How somebody is restricted in a room now, and until when; None is for good."""

    kind: str
    until: datetime | None


@caching.cached(seconds=1.0)
def restricted(room: str) -> dict[str, Restraint]:
    """Who is restricted in `room`, by Identity key: a ban before a mute, and of several the one that ends last."""
    in_force = Restriction.objects.in_force().filter(room=room)
    strictest_last = in_force.order_by("-kind", models.F("until").asc(nulls_last=True))
    found = strictest_last.values_list("identity", "kind", "until")
    return {identity: Restraint(kind, until) for identity, kind, until in found}


def _seconds_until(end: datetime) -> float:
    return max(MIN_BAN, math.ceil((end - timezone.now()).total_seconds() * 10) / 10)


class Banned(PermissionDenied):
    """`retry_after` is the seconds until the ban ends, or None where it is for good."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("You have been removed from this room")
        self.retry_after = None if until is None else _seconds_until(until)


class Restriction(models.Model):
    """Someone may not speak (mute) or not even enter (ban): in one room, or everywhere if `room` is empty."""

    class Kind(models.TextChoices):
        MUTE = "mute"
        BAN = "ban"

    identity = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    room = models.CharField(max_length=100, default="", blank=True, help_text="show:<id>; empty: everywhere")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    reason = models.CharField(max_length=200, default="", blank=True)
    until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["identity", "room"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["mute", "ban"]), name="restriction_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.identity}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        restricted.invalidate(self.room)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **kwargs)
        restricted.invalidate(self.room)
        return deleted

    @staticmethod
    def check_may_speak(identity: str, room: str) -> None:
        """Raises PermissionDenied for someone muted or banned; `identity` is an Identity's key.

        Who is refused from memory is looked up: another process may have lifted the restriction a moment ago.
        """
        is_refused = identity in restricted("") or identity in restricted(room)
        if is_refused and Restriction.objects.against(identity, room) is not None:
            raise PermissionDenied("You may not write here")

    @staticmethod
    def check_may_enter(identity: identities.Identity, room: str) -> None:
        """Raises Banned, which knows when a timed ban ends."""
        found = (restricted("").get(identity.key), restricted(room).get(identity.key))
        bans = [restraint for restraint in found if restraint is not None and restraint.kind == Restriction.Kind.BAN]
        if bans:
            ends = [ban.until for ban in bans if ban.until is not None]
            raise Banned(max(ends) if len(ends) == len(bans) else None)

    @property
    def in_force(self) -> bool:
        return self.until is None or self.until > timezone.now()

    @staticmethod
    def check_may_restrict(by: User | None, identity: str) -> None:
        """Raises PermissionDenied where the user `by` may not restrict `identity`; None is the server itself."""
        user_id = identities.user_id_of(identity)
        other = None if by is None or user_id is None else User.objects.filter(pk=user_id).first()
        if by is not None and other is not None and not by.may_restrict(other):
            raise PermissionDenied(f"You may not restrict {other}")

    def impose(self, by: User | None = None) -> None:
        """Stores the restriction as it is now; a ban that is in force also closes the person's connections.

        `by` is who does it, or None for the server itself; raises PermissionDenied for those who may not.
        """
        self.check_may_restrict(by, self.identity)
        with transaction.atomic():
            self.save()
            if self.kind == self.Kind.BAN and self.in_force:
                signals.person_banned.send(Restriction, identity=self.identity, room=self.room, until=self.until)
            signals.speech_changed.send(Restriction, identity=self.identity, room=self.room)

    def lift(self, by: User | None = None) -> None:
        """Deletes the restriction, and tells the person that they may speak again, if nothing else forbids it.

        Only those may do it who could have imposed it, see `impose`.
        """
        self.check_may_restrict(by, self.identity)
        with transaction.atomic():
            self.delete()
            signals.speech_changed.send(Restriction, identity=self.identity, room=self.room)
