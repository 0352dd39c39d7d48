"""Who may not speak or enter."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from realtime import signals
from realtime.models.presence import Presence
from realtime.runtime import caching
from rest.addresses import HASH_LENGTH

MIN_BAN = 1.0  # Seconds: a ban that is just ending may be read from the cache for this long.
SEVERITY = {"ban": 2, "mute": 1, "shadow": 0}  # A stricter one hides the others of the same person.


class Restraint(NamedTuple):
    """How somebody is restricted now, until when (None is for good), and since when."""

    kind: str
    until: datetime | None
    since: datetime


Restraints = tuple[dict[str, Restraint], ...]  # of everywhere and of a room, by subject


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def in_force(self) -> Self:
        return self.filter(models.Q(until__isnull=True) | models.Q(until__gt=Now()))

    def of(self, *subjects: str) -> Self:
        """The restrictions of these subjects, see `Restriction.subjects`."""
        kind = identities.address_key("")
        hashes = [subject.removeprefix(kind) for subject in subjects if subject.startswith(kind)]
        of_address = models.Q(address__in=hashes, address_until__gt=Now())
        return self.filter(models.Q(identity__in=subjects) | models.Q(visitor__in=subjects) | of_address)

    def against(self, who: identities.Identity | str, room: str) -> Restraint | None:
        """What keeps `who`, a person or a subject, from speaking in `room` for longest, if anything does."""
        subjects = (who,) if isinstance(who, str) else who.restricted_as
        openly = self.in_force().exclude(kind=Restriction.Kind.SHADOW)  # Whoever is shadowed is not to notice it.
        found = strictest(openly.of(*subjects).filter(room__in=["", room]))
        return max(_holding(found, who), key=_end, default=None)

    def mute(self, identity: str, room: str = "", *, by: User | None = None, **how: Any) -> "Restriction":
        """Forbids `identity`, an Identity's key, to speak: in `room`, or everywhere.

        `how` is its `reason` and `until`, without which it is for good, and the `visitor` and `address` that are
        restricted along with it. Where `by`, who is as in `Restriction.impose`, leaves these out, they are those with
        which the person is present; an empty `address` spares it.
        """
        return self._impose(by, kind=Restriction.Kind.MUTE, identity=identity, room=room, **how)

    def ban(self, identity: str, room: str = "", *, by: User | None = None, **how: Any) -> "Restriction":
        """Forbids `identity` to be there at all, as `mute` does to speak, and closes their connections."""
        return self._impose(by, kind=Restriction.Kind.BAN, identity=identity, room=room, **how)

    def forget_addresses(self) -> int:
        """Forgets addresses that are restricted no longer; returns of how many restrictions."""
        over = self.filter(address_until__lte=Now()).exclude(address="")
        nobodys, _ = over.filter(identity="", visitor="").delete()
        return nobodys + over.update(address="")

    def _impose(self, by: User | None, **facts: Any) -> "Restriction":
        visitor, address = Presence.objects.whereabouts(facts["identity"], facts["room"]) if by else ("", "")
        restriction = Restriction(**{"visitor": visitor, "address": address} | facts)
        restriction.impose(by)
        return restriction


def _end(restraint: Restraint) -> tuple[bool, float]:
    return restraint.until is None, restraint.until.timestamp() if restraint.until is not None else 0.0


def strictest(restrictions: "Iterable[Restriction]") -> dict[str, Restraint]:
    """How each subject is restricted: a ban before a mute before a shadow, and of several the one that ends last."""
    found: dict[str, Restraint] = {}
    for restriction in restrictions:
        for subject in restriction.subjects:
            until = restriction.until_for(subject)
            restraint = Restraint(restriction.kind, until, restriction.created_at)
            if (other := found.get(subject)) is not None:
                restraint = max(other, restraint, key=lambda each: (SEVERITY[each.kind], *_end(each)))
                restraint = restraint._replace(since=min(other.since, restriction.created_at))
            found[subject] = restraint
    return found


@caching.cached(seconds=1.0)
def restricted(room: str) -> dict[str, Restraint]:
    """Who is restricted in `room`, by subject."""
    return strictest(Restriction.objects.in_force().filter(room=room))


def _restraints(who: identities.Identity | str, room: str) -> list[Restraint]:
    """How somebody is restricted in `room` and everywhere, from memory."""
    return [each for found in restraints_in(room) if found for each in _holding(found, who)]


def restraints_in(room: str) -> Restraints:
    """All that is remembered of who is restricted in `room`, for those who ask away from the database's threads."""
    return restricted(""), restricted(room)


def is_restrained(who: identities.Identity, restraints: Restraints) -> bool:
    return any(_holding(found, who) for found in restraints if found)


def _holding(found: dict[str, Restraint], who: identities.Identity | str) -> list[Restraint]:
    """Those restraints that hold for `who`: a person, or a subject."""
    if isinstance(who, str):
        return [found[who]] if who in found else []
    return [
        found[subject]
        for subject in who.restricted_as
        if subject in found and who.is_meant_by(subject, found[subject].since)
    ]


def _seconds_until(end: datetime) -> float:
    return max(MIN_BAN, math.ceil((end - timezone.now()).total_seconds() * 10) / 10)


class Banned(PermissionDenied):
    """`retry_after` is the seconds until the ban ends, or None where it is for good."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("You have been removed from this room")
        self.retry_after = None if until is None else _seconds_until(until)


class Restriction(models.Model):
    """Someone may not speak (mute) or not even enter (ban): in one room, or everywhere if `room` is empty.

    Whoever is shadowed speaks to nobody, and is not told so. A restriction holds for a person, for the browser that
    they came with, and for a while for everybody new from their address: who throws their cookie away is somebody new.
    """

    class Kind(models.TextChoices):
        MUTE = "mute"
        BAN = "ban"
        SHADOW = "shadow"

    identity = models.CharField(max_length=80, default="", blank=True, help_text="user:<id> or visitor:<id>")
    visitor = models.CharField(
        max_length=80, default="", blank=True, db_index=True, help_text="visitor:<id> of a user's browser"
    )
    address = models.CharField(max_length=HASH_LENGTH, default="", blank=True, db_index=True, help_text="its hash")
    address_until = models.DateTimeField(null=True, blank=True, help_text="so long it holds for the address")
    room = models.CharField(max_length=100, default="", blank=True, help_text="show:<id>; empty: everywhere")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(max_length=200, default="", blank=True)
    until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["identity", "room"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["mute", "ban", "shadow"]), name="restriction_kind"),
            models.CheckConstraint(
                condition=~models.Q(identity="", visitor="", address=""), name="restriction_of_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.identity or 'an address'}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        restricted.invalidate(self.room)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **kwargs)
        restricted.invalidate(self.room)
        return deleted

    @staticmethod
    def check_may_speak(identity: identities.Identity | str, room: str) -> None:
        """Raises PermissionDenied for someone muted or banned; of a person away only the key may be known.

        Who is refused from memory is looked up: another process may have lifted the restriction a moment ago.
        """
        refusing = (each.kind != Restriction.Kind.SHADOW for each in _restraints(identity, room))
        if any(refusing) and Restriction.objects.against(identity, room) is not None:
            raise PermissionDenied("You may not write here")

    @staticmethod
    def is_shadowed(identity: identities.Identity, room: str) -> bool:
        """Whether nobody else is to see what this person does in `room`; from memory, so a second old at most."""
        return any(each.kind == Restriction.Kind.SHADOW for each in _restraints(identity, room))

    @staticmethod
    def check_may_enter(identity: identities.Identity, room: str) -> None:
        """Raises Banned, which knows when a timed ban ends."""
        bans = [each for each in _restraints(identity, room) if each.kind == Restriction.Kind.BAN]
        if bans:
            raise Banned(max(bans, key=_end).until)

    @property
    def in_force(self) -> bool:
        return self.until is None or self.until > timezone.now()

    @property
    def subjects(self) -> list[str]:
        """Whom it means: a person, a browser, and an address as long as it is restricted along with them."""
        named = [subject for subject in (self.identity, self.visitor) if subject]
        if self.address and self.address_until is not None and self.address_until > timezone.now():
            named.append(identities.address_key(self.address))
        return named

    def until_for(self, subject: str) -> datetime | None:
        """Until when it holds for one of its subjects."""
        return self.address_until if subject.startswith(identities.address_key("")) else self.until

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
        self._bound_address()
        with transaction.atomic():
            self.save()
            for subject in self.subjects:
                if self.kind == self.Kind.BAN and self.in_force:
                    until = self.until_for(subject)
                    signals.person_banned.send(Restriction, identity=subject, room=self.room, until=until)
                if self.kind != self.Kind.SHADOW:
                    signals.speech_changed.send(Restriction, identity=subject, room=self.room)

    def _bound_address(self) -> None:
        """An address is shared, and handed on: it is restricted no longer than RESTRICT_ADDRESS_MINUTES."""
        minutes: int = settings.RESTRICT_ADDRESS_MINUTES
        if not self.address or not minutes:
            self.address, self.address_until = "", None
            return
        end = self.address_until or timezone.now() + timedelta(minutes=minutes)
        self.address_until = end if self.until is None else min(self.until, end)

    def lift(self, by: User | None = None) -> None:
        """Deletes the restriction, and tells the person that they may speak again, if nothing else forbids it.

        Only those may do it who could have imposed it, see `impose`.
        """
        self.check_may_restrict(by, self.identity)
        subjects = self.subjects
        with transaction.atomic():
            self.delete()
            for subject in subjects if self.kind != self.Kind.SHADOW else ():
                signals.speech_changed.send(Restriction, identity=subject, room=self.room)
