"""Who takes part in a session: a place that someone keeps from one connection to the next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models.functions import Concat
from django.utils import timezone

from accounts import identity as identities
from realtime import event_log
from realtime.models import Presence, Restriction, RoomEvent
from shopping import signals

if TYPE_CHECKING:
    from shopping.models.session import ShoppingSession

MAX_NAME = 64  # characters
NAMELESS = "Anonymous"
KIND = "shopping"  # the rooms of sessions are called `shopping:<id>`
CHAT = "CHAT_MESSAGE"  # the event in which people write to each other
STRAY = timedelta(seconds=45)  # after which a place whose connection never arrived is free again


class Newcomer(NamedTuple):
    """Who comes: acting for whom, through which connection if any, and how the others know him."""

    identity: identities.Identity
    connection: str
    user_id: str
    name: str | None


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def here(self) -> Self:
        return self.filter(since__isnull=False).order_by("since", "pk")

    def listed(self) -> Self:
        """Who is here or expected, in the order of coming."""
        return self.filter(models.Q(since__isnull=False) | models.Q(expected=True)).order_by(
            models.F("since").asc(nulls_first=True), "pk"
        )

    def strays(self) -> Self:
        """Places of connections of which presence knows nothing: their process died while they were coming."""
        rooms = Concat(models.Value(f"{KIND}:"), models.OuterRef("session_id"))
        present = Presence.objects.filter(room=rooms, connection=models.OuterRef("connection"))
        return self.here().filter(~models.Exists(present), since__lt=timezone.now() - STRAY)

    def spare(self) -> Self:
        """Places that nothing is lost with, the oldest first."""
        return self.filter(since=None, expected=False, removed=False, lines=None, votes=None).order_by("left_at")


class Participant(models.Model):
    """A place in a session. `user_id` is what the others know it by: the id of its connection, or of its last one."""

    session = models.ForeignKey("shopping.ShoppingSession", models.CASCADE, related_name="participants")
    identity = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    user_id = models.CharField(max_length=64)
    name = models.CharField(max_length=MAX_NAME)
    connection = models.CharField(max_length=32, blank=True, default="")
    since = models.DateTimeField(null=True, blank=True, help_text="empty: not here")
    left_at = models.DateTimeField(null=True, blank=True)
    expected = models.BooleanField(default=False, help_text="has made the session over REST and has not come yet")
    removed = models.BooleanField(default=False, help_text="by the host; may not come back")

    joined_seq = 0  # the number of the event that told of the last coming

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["session", "identity"])]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "connection"],
                condition=models.Q(since__isnull=False),
                name="participant_connection",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """By which the room's log knows this place, whatever its connection."""
        return f"seat:{self.pk}"

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset({self.address, self.user_id})

    # --- coming and going

    def sit(self, newcomer: Newcomer) -> None:
        self.user_id, self.connection = newcomer.user_id, newcomer.connection
        self.name = label(newcomer.name) or self.name or NAMELESS
        if newcomer.connection:
            self.since, self.expected = timezone.now(), False
        self.save()

    def rename(self, name: str | None) -> None:
        if (said := label(name)) and said != self.name:
            self.name = said
            self.save(update_fields=["name"])

    def come_back(self) -> None:
        self.since = timezone.now()
        self.save(update_fields=["since"])
        signals.participant_joined.send(Participant, participant=self)

    def vacate(self, reason: str = "") -> None:
        """Is not here any longer; `reason` is for the others."""
        self.since, self.expected, self.left_at = None, False, timezone.now()
        self.save(update_fields=["since", "expected", "left_at", "removed"])
        signals.participant_left.send(Participant, participant=self, reason=reason)

    @event_log.verb
    def leave(self) -> None:
        """Goes for good: a host leaves the session to another."""
        session = self.session
        session.lock()
        if session.ended_at is None and session.participants.here().filter(pk=self.pk).exists():
            if session.owner_id == self.pk:
                session.owner = None
            self.vacate()
            session.settle()

    # --- what only the host may do

    @event_log.verb
    def hand_over(self, user_id: str) -> None:
        """Makes another one the host; whom it is already, because the message came twice, is so without a word."""
        session = self.take_turn()
        if session.host is not None and session.host.user_id == user_id:
            return
        other = self._as_host(session, user_id)
        session.owner = other
        session.lead(other)
        session.save(update_fields=["host", "owner"])

    @event_log.verb
    def remove(self, user_id: str) -> None:
        """Sends someone away, with all he has open; he does not come back, unless he is the host himself."""
        session = self.take_turn()
        if session.host_id == self.pk and session.participants.filter(user_id=user_id, removed=True).exists():
            return  # the message came twice
        other = self._as_host(session, user_id)
        if other == self:
            raise ValidationError("You cannot remove yourself")
        theirs = [other]
        if other.identity != self.identity:
            session.participants.filter(identity=other.identity).update(removed=True)
            theirs = list(session.participants.here().filter(identity=other.identity))
        for seat in theirs:
            seat.vacate(reason="removed")
            signals.participant_removed.send(Participant, participant=seat)
        session.settle()

    def _as_host(self, session: ShoppingSession, user_id: str) -> Participant:
        if session.host_id != self.pk:
            raise PermissionDenied("Only the host can do this")
        other = session.participants.here().filter(user_id=user_id).first()
        if other is None:
            raise ValidationError("Participant not found")
        return other

    # --- what everyone may do

    def take_turn(self) -> ShoppingSession:
        """The session, this participant's alone until the transaction ends."""
        session = self.session
        session.lock()
        self._check_here()
        type(session).objects.touch([session.pk])
        return session

    def _check_here(self) -> None:
        if not self._is_here():
            raise Participant.DoesNotExist("Not in a session")

    def _is_here(self) -> bool:
        going_on = {"session__ended_at": None, "session__expires_at__gt": timezone.now()}
        return Participant.objects.here().filter(pk=self.pk, connection=self.connection, **going_on).exists()

    @event_log.verb
    def sync(self, payload: dict[str, Any], op: str | None = None) -> Told:
        """Does something that the others see; the same `op` again is the same deed."""
        if op and event_log.is_rerun() and (done := self._done(op)) is not None:
            return Told(done.seq)
        event_log.memoize(("here", self.pk, self.connection), self._check_here)
        if payload.get("eventType") == CHAT:
            Restriction.check_may_speak(self.identity, f"{KIND}:{self.session_id}")
        told = Told()
        signals.synced.send(Participant, participant=self, payload=payload, op=op, told=told)
        event_log.collect("shopping", set[str], type(self.session).objects.touch).add(self.session_id)
        return told

    def _done(self, op: str) -> RoomEvent | None:
        return RoomEvent.objects.done(f"{KIND}:{self.session_id}", self.identity, op)


class Told:
    """The number of the event that something became."""

    def __init__(self, seq: int = 0) -> None:
        self.seq = seq


def label(name: str | None) -> str:
    """A name as others are shown it; what is too long is cut, for a name is no reason to refuse anyone."""
    return " ".join((name or "").split())[:MAX_NAME]
