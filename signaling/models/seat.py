"""The seats at matches: who has one, for how long it is kept for a lost connection, and who may have it again."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts import identity as identities
from accounts.models import User
from realtime import errors, event_log
from realtime.models import Presence
from signaling import signals
from signaling.models.match import CHUNK, SEATS, Match

FULL = f"This match already has {SEATS} participants"


class Claim(NamedTuple):
    """Who wants to sit down: the id that a client gave itself, and what proves that a seat of that id is its own."""

    handle: str
    connection: str
    identity: identities.Identity
    resume_token: str = ""

    def check_account(self) -> None:
        """A handle that is an account's id is that account's."""
        handle = self.handle
        if not (handle.isascii() and handle.isdigit() and len(handle) < 19 and str(int(handle)) == handle):
            return
        proven = self.identity.user_id if self.identity.verified else None
        if proven != int(handle) and User.objects.filter(pk=int(handle)).exists():
            raise errors.RequestRefused("unauthorized", "This user id needs its account's token")


class Arrival(NamedTuple):
    """What one who has taken a seat is told: who is at the match, itself included, and what keeps the seat."""

    match: Match
    handle: str
    participants: list[str]
    resume_token: str

    @property
    def other(self) -> str | None:
        return next((handle for handle in self.participants if handle != self.handle), None)


def after(seconds: float, moment: models.Expression) -> models.Expression:
    span = models.Value(timedelta(seconds=seconds), models.DurationField())
    return models.ExpressionWrapper(moment + span, models.DateTimeField())


class SeatQuerySet(models.QuerySet["Seat"]):
    def taken(self) -> Self:
        """Somebody's, if only until the grace is over."""
        return self.exclude(connection="")

    def live(self) -> Self:
        return self.taken().filter(kept_until__isnull=True)

    def overdue(self) -> Self:
        """Whose grace is over."""
        return self.filter(kept_until__lte=Now())

    def of(self, connection: str) -> "Seat | None":
        """The seat of a connection, even of one that has broken."""
        return self.filter(connection=connection).select_related("match").first()

    def held_by(self, connection: str) -> "Seat":
        """The seat of a connection that acts at its match, where others wait until it has."""
        seat = self.live().of(connection)
        if seat is not None and seat.match.lock():
            seat = self.live().of(connection)
        if seat is None:
            raise Seat.DoesNotExist("No seat")
        return seat

    @event_log.verb
    def give(self, match: Match, claim: Claim) -> Arrival:
        """Gives `claim` its seat at `match`: a free one, its own again, or its own from an older connection."""
        claim.check_account()
        if not match.lock():
            raise Match.DoesNotExist("Match not found")
        seats = {seat.handle: seat for seat in match.seats.all()}
        seat = seats.get(claim.handle)
        if seat is None:
            free = {*range(SEATS)} - {other.number for other in seats.values()}
            if not free:
                raise errors.RequestRefused("match_full", FULL)
            seat = Seat(match=match, number=min(free), handle=claim.handle)
        resume_token = seat.take(claim)
        match.stir()
        return Arrival(match, seat.handle, seat.participants, resume_token)

    # --- connections that end

    def keep(self, connections: Iterable[str], since: datetime | None = None) -> None:
        """Keeps the seats of connections that are gone for a while: their users may come back."""
        begun = Now() if since is None else models.Value(since, models.DateTimeField())
        self.live().filter(connection__in=connections).update(kept_until=after(settings.CALL_GRACE_SECONDS, begun))

    def revive(self, connections: Iterable[str]) -> None:
        """The connections were only thought to be gone."""
        self.filter(connection__in=connections).update(kept_until=None)

    @event_log.verb
    def lose(self, connection: str) -> None:
        """Makes known that a connection broke whose seat is kept."""
        seat = self.of(connection)
        if seat is not None:
            signals.seat_lost.send(Seat, seat=seat, peer=seat.peer)

    @event_log.verb
    def leave(self, connection: str) -> None:
        """Hears that the user of a connection has gone for good."""
        seat = self.of(connection)
        if seat is not None and seat.match.lock() and self.filter(pk=seat.pk, connection=connection).exists():
            seat.vacate()

    def release(self) -> int:
        """Takes them from those who have not come back in time; returns how many."""
        overdue = list(self.overdue().select_related("match")[:CHUNK])
        return sum(seat.give_up() for seat in overdue)


class Seat(models.Model):
    """One of the two places at a match: reserved, taken by a connection, or kept for one that broke."""

    match = models.ForeignKey(Match, models.CASCADE, related_name="seats", db_index=False)
    number = models.PositiveSmallIntegerField()
    handle = models.CharField(max_length=128, help_text="what the client calls its user")
    identity = models.CharField(max_length=80, default="", blank=True)
    connection = models.CharField(max_length=32, default="", blank=True)
    resume_digest = models.CharField(max_length=64, default="", blank=True)
    kept_until = models.DateTimeField(null=True, blank=True, db_index=True)

    objects = SeatQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["match", "number"], name="seat_once"),
            models.UniqueConstraint(fields=["match", "handle"], name="seat_of_one"),
            models.UniqueConstraint(
                fields=["connection"], condition=~models.Q(connection=""), name="seat_of_connection"
            ),
            models.CheckConstraint(condition=models.Q(number__lt=SEATS), name="seat_number"),
        ]

    def __str__(self) -> str:
        return f"{self.handle} at {self.match_id}"

    @property
    def is_live(self) -> bool:
        return bool(self.connection) and self.kept_until is None

    @property
    def user(self) -> User | None:
        """The account of who has it, if he has one."""
        user_id = identities.user_id_of(self.identity)
        return None if user_id is None else User.objects.filter(pk=user_id).first()

    @property
    def peer(self) -> "Seat | None":
        """The other one, while its user is connected."""
        return self.match.seats.live().exclude(pk=self.pk).first()

    def peer_of(self, handle: str) -> "Seat | None":
        """The other one, if that is who `handle` means."""
        peer = self.peer
        return peer if peer is not None and peer.handle == handle else None

    @property
    def participants(self) -> list[str]:
        """Who is at the match, this one included."""
        return [seat.handle for seat in self.match.present]

    def is_free_for(self, claim: Claim) -> bool:
        """Whether its user may be on another connection from now on; a live one's proves who he is."""
        if not self.is_live or self.connection == claim.connection or settings.TRUST_DECLARED_IDENTITY:
            return True
        if claim.identity.key == self.identity or self.is_opened_by(claim.resume_token):
            return True
        return not Presence.objects.live().filter(room=self.match.room_key, connection=self.connection).exists()

    def is_opened_by(self, resume_token: str) -> bool:
        return bool(resume_token) and secrets.compare_digest(digest(resume_token), self.resume_digest)

    def take(self, claim: Claim) -> str:
        """Lets `claim` have it and returns what keeps it; an older connection of the user hears of its loss."""
        if not self.is_free_for(claim):
            raise errors.RequestRefused("match_full", FULL)
        before = self.connection if self.is_live else ""
        resume_token = claim.resume_token if self.is_opened_by(claim.resume_token) else secrets.token_urlsafe(24)
        self.resume_digest = digest(resume_token)
        self.connection, self.identity, self.kept_until = claim.connection, claim.identity.key, None
        self.save()
        if before and before != self.connection:
            signals.seat_replaced.send(Seat, seat=self, connection=before)
        signals.seat_taken.send(Seat, seat=self, peer=self.peer, count=len(self.participants))
        return resume_token

    def vacate(self, lost: bool = False) -> None:
        """Its user has gone, or is given up where the connection was `lost`; a reserved seat waits for him."""
        peer = self.peer
        for call in self.match.calls.going():
            call.break_off(by=self, lost=lost)
        if self.match.reserved:
            Seat.objects.filter(pk=self.pk).update(connection="", identity="", resume_digest="", kept_until=None)
        else:
            Seat.objects.filter(pk=self.pk).delete()
        signals.seat_left.send(Seat, seat=self, peer=peer)
        self.match.stir()
        self.match.clear()

    @event_log.verb
    def give_up(self) -> bool:
        """Vacates it, unless its user has come back by now; returns whether it did."""
        overdue = Seat.objects.overdue().filter(pk=self.pk)
        if not self.match.lock() or not overdue.exists():
            return False
        self.vacate(lost=True)
        return True


def digest(resume_token: str) -> str:
    return hashlib.sha256(resume_token.encode("utf-8", "replace")).hexdigest()
