"""Calls: who called whom, when, for how long, and how it ended. The rows stay as history."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from realtime import database, errors, event_log
from signaling import broadcasts, signals, wire
from signaling.models.match import CHUNK, Match
from signaling.models.seat import Seat, after

OFFLINE = "user_offline"  # Clients know this code; Django has no exception that says so.
NOT_CONNECTED = "Target user is not connected"  # This refuses a call.
NOT_FOUND = "Target user not found"  # This refuses an offer.
DECLINED = "User declined"  # This is the reason of a rejection without one.


class Ending(models.TextChoices):
    """How a call ended: it was rejected, or ended for one of the reasons that Matrix names (m.call.hangup)."""

    REJECTED = "rejected"
    USER_HANGUP = "user_hangup"
    USER_BUSY = "user_busy"
    USER_MEDIA_FAILED = "user_media_failed"
    INVITE_TIMEOUT = "invite_timeout"
    ICE_FAILED = "ice_failed"
    ICE_TIMEOUT = "ice_timeout"
    UNKNOWN_ERROR = "unknown_error"


HANGUPS = {ending.value for ending in Ending} - {Ending.REJECTED.value}


class CallQuerySet(models.QuerySet["Call"]):
    def going(self) -> Self:
        """Selects the calls that have not ended."""
        return self.filter(ended_at__isnull=True)

    def erase(self, user_id: int) -> int:
        """Forgets what the clients of a user called them in the calls that have ended; returns how many those are."""
        ended = self.filter(ended_at__isnull=False)
        made = ended.filter(caller_user=user_id).update(caller="", caller_user=None, ended_by="")
        return made + ended.filter(callee_user=user_id).update(callee="", callee_user=None, ended_by="")

    def overdue(self) -> Self:
        """Selects the calls that have rung for too long."""
        return self.going().filter(answered_at__isnull=True, rings_until__lte=Now())

    def at(self, match: Match) -> "Call | None":
        return self.going().filter(match=match).first()

    def is_talking(self, seat: Seat) -> bool:
        """Whether whoever has this seat is in a call at another match.

        It goes by the identity, because strangers may give themselves the same handle.
        """
        elsewhere = Seat.objects.taken().filter(identity=seat.identity).exclude(match=seat.match)
        talking = self.going().filter(answered_at__isnull=False)
        return talking.filter(match__in=elsewhere.values("match")).exists()

    def start(self, by: Seat, to: Seat) -> "Call":
        return self._begin(by.match, caller=by.handle, callee=to.handle, caller_user=by.user, callee_user=to.user)

    @event_log.verb
    def invite(self, match: Match, caller_user: User | None, callee_user: User) -> "Call":
        """Calls someone who is not at the match, for the one for whom it was made, and reserves the other seat.

        Nobody is told: whoever calls this rings them, and either withdraws the call or prolongs it.
        """
        caller, callee = match.seats.get(number=0).handle, str(callee_user.pk)
        match.seats.create(number=1, handle=callee)
        return self._begin(match, caller=caller, callee=callee, caller_user=caller_user, callee_user=callee_user)

    def _begin(self, match: Match, **sides: Any) -> "Call":
        call = self.create(match=match, match_name=match.name, **sides)
        signals.call_changed.send(Call, call=call)
        return call

    # --- what the two at a match do

    @event_log.verb
    def ring(self, connection: str, to: str, name: str = "") -> "Call":
        """Calls the peer, who is told the caller's `name`.

        If both call each other it is one call, that of the lesser user id; see `wire.precedes`.
        """
        by = Seat.objects.lock_for(connection)
        peer = by.peer_of(to)
        if peer is None:
            raise errors.RequestRefused(OFFLINE, NOT_CONNECTED)
        call = self.at(by.match)
        glare = call is not None and call.answered_at is None and call.caller == peer.handle
        if call is None:
            call = self.start(by, peer)
        elif glare and wire.precedes(by.handle, peer.handle):
            call.reverse()
        call.prolong()
        by.match.touch()
        busy = self.is_talking(peer)
        broadcasts.call_rung(call, by, peer, name=name, glare=glare, busy=busy)
        return call

    @event_log.verb
    def accept(self, connection: str, to: str) -> None:
        """Accepts the peer's call, and tells the peer."""
        by = Seat.objects.lock_for(connection)
        if (peer := by.peer_of(to)) is None:
            return
        if (call := self.at(by.match)) is not None:
            call.answer()
        broadcasts.call_accepted(by, peer)

    @event_log.verb
    def reject(self, connection: str, to: str, reason: str) -> None:
        """Rejects the peer's call, and tells the peer if they are still there."""
        by = Seat.objects.lock_for(connection)
        call = self.at(by.match)
        if call is not None and call.answered_at is None and to in (call.caller, call.callee) and to != by.handle:
            call.end(reason if reason in HANGUPS else Ending.REJECTED, by=by.handle)
        if (peer := by.peer_of(to)) is not None:
            broadcasts.call_rejected(by, peer, reason or DECLINED)

    @event_log.verb
    def hang_up(self, connection: str, reason: str) -> None:
        """Ends the call, and tells the peer even if there was none."""
        by = Seat.objects.lock_for(connection)
        if (call := self.at(by.match)) is not None:
            known = reason if reason in HANGUPS else Ending.UNKNOWN_ERROR
            call.end(known if reason else Ending.USER_HANGUP, by=by.handle)
        if (peer := by.peer) is not None:
            broadcasts.call_ended(by, peer, reason)

    def offer(self, connection: str, to: str) -> None:
        """Notes that a connection was offered: clients usually ring before, but need not."""
        here = models.OuterRef("match")
        seat = (
            Seat.objects.live()
            .filter(connection=connection)
            .annotate(
                reaches=models.Exists(Seat.objects.live().filter(match=here, handle=to).exclude(connection=connection)),
                talks=models.Exists(self.going().filter(match=here)),
            )
        )
        known = seat.values_list("reaches", "talks").first()  # It is one query, because browsers offer again and again.
        if known is None:
            raise Seat.DoesNotExist("No seat")
        if not known[0]:
            raise errors.RequestRefused(OFFLINE, NOT_FOUND)
        if not known[1]:
            self.start_unrung(connection)

    @event_log.verb
    def start_unrung(self, connection: str) -> None:
        by = Seat.objects.lock_for(connection)
        if self.at(by.match) is None and (peer := by.peer) is not None:
            self.start(by, peer)

    @event_log.verb
    def take_up(self, connection: str) -> None:
        """Notes that an offer was answered."""
        if self.going().filter(answered_at__isnull=True, match__seats__connection=connection).exists():
            by = Seat.objects.lock_for(connection)
            if (call := self.at(by.match)) is not None:
                call.answer()

    # --- what happens without them

    def time_out(self) -> int:
        """Ends the calls that have rung for too long; returns how many."""
        overdue = list(self.overdue().select_related("match")[:CHUNK])
        return sum(call.time_out() for call in overdue)

    def forget(self, age: timedelta) -> int:
        """Deletes the calls that ended longer ago than `age`; returns how many rows."""
        return database.delete(self.filter(ended_at__lt=Now() - age))


class Call(models.Model):
    """A call between the two people at a match."""

    match = models.ForeignKey(Match, models.SET_NULL, null=True, blank=True, related_name="calls")
    match_name = models.CharField(max_length=128)
    caller = models.CharField(max_length=128)
    callee = models.CharField(max_length=128)
    caller_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="calls_made"
    )
    callee_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="calls_got"
    )
    rung_at = models.DateTimeField(db_default=Now(), db_index=True)
    rings_until = models.DateTimeField(null=True, blank=True, help_text="null where nobody rang")
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=128, default="", blank=True)
    ending = models.CharField(max_length=20, choices=Ending.choices, default="", blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["rings_until"],
                condition=models.Q(ended_at__isnull=True, answered_at__isnull=True),
                name="call_ringing",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["match"], condition=models.Q(ended_at__isnull=True), name="call_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ending="") | models.Q(ended_at__isnull=False, ending__gt=""),
                name="call_ending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.caller} to {self.callee}"

    @property
    def duration(self) -> timedelta | None:
        """How long they talked, once they have."""
        return None if self.answered_at is None or self.ended_at is None else self.ended_at - self.answered_at

    def prolong(self) -> None:
        """Lets it ring for the full time from now on."""
        if self.answered_at is None:
            Call.objects.filter(pk=self.pk).update(rings_until=after(settings.CALL_RING_SECONDS, Now()))

    def reverse(self) -> None:
        """Makes the callee the caller."""
        self.caller, self.callee = self.callee, self.caller
        self.caller_user, self.callee_user = self.callee_user, self.caller_user
        self.save(update_fields=["caller", "callee", "caller_user", "callee_user"])

    def answer(self) -> None:
        if self.answered_at is None:
            Call.objects.filter(pk=self.pk).update(answered_at=Now())

    def end(self, ending: str, by: str = "") -> None:
        if Call.objects.filter(pk=self.pk).going().update(ended_at=Now(), ending=ending, ended_by=by):
            signals.call_changed.send(Call, call=self)

    def withdraw(self, ending: str, by: str = "") -> None:
        """Ends a call to someone who was invited and has not come, and frees the seat that was reserved for them."""
        Seat.objects.filter(match=self.match_id, handle=self.callee, connection="").delete()
        self.end(ending, by)

    def end_without_word(self, by: Seat, lost: bool) -> None:
        """Ends the call because one side has gone, or its connection was `lost`."""
        self.end(Ending.ICE_TIMEOUT if lost else Ending.USER_HANGUP, by=by.handle)

    @event_log.verb
    def time_out(self) -> bool:
        """Ends the call if it still rings; returns whether it did."""
        overdue = Call.objects.overdue().filter(pk=self.pk)
        if self.match is None or not self.match.lock() or not overdue.exists():
            return False
        self.end(Ending.INVITE_TIMEOUT)
        seats = {seat.handle: seat for seat in self.match.seats.live()}
        broadcasts.call_timed_out(self, caller=seats.get(self.caller), callee=seats.get(self.callee))
        return True
