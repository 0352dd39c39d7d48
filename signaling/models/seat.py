"""The seats at matches: who has one, how long it is kept for a lost connection, and who may take it again."""

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
from signaling import broadcasts
from signaling.models.match import CHUNK, SEATS, Match

FULL = f"This match already has {SEATS} participants"


class SeatRequest(NamedTuple):
    """Who asks for a seat: the id that a client gave itself, and what proves that a seat of that id is its own."""

    handle: str
    connection: str
    identity: identities.Identity
    resume_token: str = ""

    def check_account(self) -> None:
        """Refuses a handle that is the id of another account."""
        handle = self.handle
        if not (handle.isascii() and handle.isdigit() and len(handle) < 19 and str(int(handle)) == handle):
            return
        proven = self.identity.user_id if self.identity.verified else None
        if proven != int(handle) and User.objects.filter(pk=int(handle)).exists():
            # A PermissionDenied would be `forbidden` on the wire, where clients must log in and try again.
            raise errors.RequestRefused("unauthorized", "This user id needs its account's token")


class Assignment(NamedTuple):
    """What the user of a seat is told: who is at the match, the user included, and the token that keeps the seat."""

    match: Match
    handle: str
    participants: list[str]
    resume_token: str

    @property
    def other(self) -> str | None:
        return next((handle for handle in self.participants if handle != self.handle), None)


def full() -> errors.RequestRefused:
    """Clients know the code `match_full` and ask again later; Django has no exception that says so."""
    return errors.RequestRefused("match_full", FULL)


def after(seconds: float, moment: models.Expression) -> models.Expression:
    """The SQL expression of `seconds` after `moment`."""
    span = models.Value(timedelta(seconds=seconds), models.DurationField())
    return models.ExpressionWrapper(moment + span, models.DateTimeField())


class SeatQuerySet(models.QuerySet["Seat"]):
    def taken(self) -> Self:
        """Selects the seats that somebody has, if only until the grace is over."""
        return self.exclude(connection="")

    def live(self) -> Self:
        """Selects the seats whose user is connected."""
        return self.taken().filter(kept_until__isnull=True)

    def overdue(self) -> Self:
        """Selects the seats whose grace is over."""
        return self.filter(kept_until__lte=Now())

    def of(self, connection: str) -> "Seat | None":
        """The seat of a connection, even of a lost one."""
        return self.filter(connection=connection).select_related("match").first()

    def lock_for(self, connection: str) -> "Seat":
        """The seat of a connection that acts at its match, which is locked; raises DoesNotExist."""
        seat = self.live().of(connection)
        if seat is not None and seat.match.lock():
            seat = self.live().of(connection)
        if seat is None:
            raise Seat.DoesNotExist("No seat")
        return seat

    @event_log.verb
    def assign(self, match: Match, request: SeatRequest) -> Assignment:
        """Assigns a seat at `match`: a free one, the user's own again, or their own from an older connection.

        Raises DoesNotExist if the match has been deleted meanwhile, and RequestRefused.
        """
        request.check_account()
        if not match.lock():
            raise Match.DoesNotExist("Match not found")
        seats = {seat.handle: seat for seat in match.seats.all()}
        seat = seats.get(request.handle)
        if seat is None:
            free = {*range(SEATS)} - {other.number for other in seats.values()}
            if not free:
                raise full()
            seat = Seat(match=match, number=min(free), handle=request.handle)
        resume_token = seat.occupy(request)
        match.touch()
        return Assignment(match, seat.handle, seat.participants, resume_token)

    # --- when connections end

    def keep_for_grace(self, connections: Iterable[str], since: datetime | None = None) -> None:
        """Keeps the seats of lost connections until the grace is over, because their users may come back."""
        begun = Now() if since is None else models.Value(since, models.DateTimeField())
        self.live().filter(connection__in=connections).update(kept_until=after(settings.CALL_GRACE_SECONDS, begun))

    def restore(self, connections: Iterable[str]) -> None:
        """Ends the grace of connections that were only believed to be lost."""
        self.filter(connection__in=connections).update(kept_until=None)

    @event_log.verb
    def announce_lost(self, connection: str) -> None:
        """Tells the peer that a connection broke, whose seat is kept."""
        seat = self.of(connection)
        if seat is not None:
            broadcasts.seat_lost(seat, seat.peer)

    @event_log.verb
    def announce_back(self, connection: str) -> bool:
        """Tells the peer that a connection which was lost is back; returns False if its seat is gone meanwhile."""
        seat = self.live().of(connection)
        if seat is not None:
            broadcasts.seat_taken(seat, seat.peer, len(seat.participants))
        return seat is not None

    @event_log.verb
    def leave(self, connection: str) -> None:
        """Frees the seat of a connection whose user has gone for good."""
        seat = self.of(connection)
        if seat is not None and seat.match.lock() and self.filter(pk=seat.pk, connection=connection).exists():
            seat.leave()

    def release(self) -> int:
        """Frees the seats of those who have not come back in time; returns how many."""
        overdue = list(self.overdue().select_related("match")[:CHUNK])
        return sum(seat.release() for seat in overdue)


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
        """The account of whoever has the seat, if they have one."""
        user_id = identities.user_id_of(self.identity)
        return None if user_id is None else User.objects.filter(pk=user_id).first()

    @property
    def peer(self) -> "Seat | None":
        """The other seat at the match, while its user is connected."""
        return self.match.seats.live().exclude(pk=self.pk).first()

    def peer_of(self, handle: str) -> "Seat | None":
        """The peer, if its handle is `handle`."""
        peer = self.peer
        return peer if peer is not None and peer.handle == handle else None

    @property
    def participants(self) -> list[str]:
        """The handles of those at the match, this one included."""
        return [seat.handle for seat in self.match.present]

    def is_free_for(self, request: SeatRequest) -> bool:
        """Whether the seat may go to the requesting connection. A live seat goes only to one that proves its user."""
        if not self.is_live or self.connection == request.connection or settings.TRUST_DECLARED_IDENTITY:
            return True
        if self.identity in request.identity.proven or self.is_opened_by(request.resume_token):
            return True
        return not Presence.objects.live().filter(room=self.match.room_key, connection=self.connection).exists()

    def is_opened_by(self, resume_token: str) -> bool:
        return bool(resume_token) and secrets.compare_digest(digest(resume_token), self.resume_digest)

    def occupy(self, request: SeatRequest) -> str:
        """Gives the seat to the requesting connection, tells the one that had it, and returns the resume token."""
        if not self.is_free_for(request):
            raise full()
        before = self.connection if self.is_live else ""
        resume_token = request.resume_token if self.is_opened_by(request.resume_token) else secrets.token_urlsafe(24)
        self.resume_digest = digest(resume_token)
        self.connection, self.identity, self.kept_until = request.connection, request.identity.address, None
        self.save()
        if before and before != self.connection:
            broadcasts.seat_replaced(self, before)
        broadcasts.seat_taken(self, self.peer, len(self.participants))
        return resume_token

    def leave(self, lost: bool = False) -> None:
        """Frees the seat of a user who has gone, or whose connection was `lost` for too long.

        A reserved seat stays reserved for its handle.
        """
        peer = self.peer
        for call in self.match.calls.going():
            call.end_without_word(by=self, lost=lost)
        if self.match.reserved:
            Seat.objects.filter(pk=self.pk).update(connection="", identity="", resume_digest="", kept_until=None)
        else:
            Seat.objects.filter(pk=self.pk).delete()
        broadcasts.seat_left(self, peer)
        self.match.touch()
        self.match.delete_if_empty()

    @event_log.verb
    def release(self) -> bool:
        """Frees the seat, unless its user has come back by now; returns whether it did."""
        overdue = Seat.objects.overdue().filter(pk=self.pk)
        if not self.match.lock() or not overdue.exists():
            return False
        self.leave(lost=True)
        return True


def digest(resume_token: str) -> str:
    return hashlib.sha256(resume_token.encode("utf-8", "replace")).hexdigest()
