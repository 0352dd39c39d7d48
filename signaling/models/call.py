"""Calls: who rang whom, when, for how long, and how it ended. A row is made when one rings and stays as history."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from realtime import errors, event_log
from signaling import signals
from signaling.models.match import CHUNK, Match, precedes
from signaling.models.seat import Seat, after

OFFLINE = "user_offline"
NOT_CONNECTED = "Target user is not connected"  # who is rung
NOT_FOUND = "Target user not found"  # who is offered a connection
DECLINED = "User declined"  # the reason of one who gives none
TIMEOUT = "timeout"  # the reason of a rejection by nobody


class Ending(models.TextChoices):
    """How a call ended: by being declined, or for one of the reasons that Matrix names (m.call.hangup)."""

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
        """Rung and not ended."""
        return self.filter(ended_at__isnull=True)

    def overdue(self) -> Self:
        """Rung for too long."""
        return self.going().filter(answered_at__isnull=True, rings_until__lte=Now())

    def at(self, match: Match) -> "Call | None":
        return self.going().filter(match=match).first()

    def is_talking(self, seat: Seat) -> bool:
        """Whether whoever has this seat has one at another match too, and is in a call there.

        Strangers may give themselves the same id, so it says nothing of who they are.
        """
        elsewhere = Seat.objects.taken().filter(identity=seat.identity).exclude(match=seat.match)
        talking = self.going().filter(answered_at__isnull=False)
        return talking.filter(match__in=elsewhere.values("match")).exists()

    def begin(self, by: Seat, to: Seat) -> "Call":
        return self.create(
            match=by.match,
            match_name=by.match.name,
            caller=by.handle,
            callee=to.handle,
            caller_user=by.user,
            callee_user=to.user,
        )

    # --- what the two at a match do

    @event_log.verb
    def ring(self, connection: str, to: str) -> "Call":
        """Rings the other one. Where both do, it is one call: that of the lesser user id."""
        by = Seat.objects.held_by(connection)
        peer = by.peer_of(to)
        if peer is None:
            raise errors.RequestRefused(OFFLINE, NOT_CONNECTED)
        call = self.at(by.match)
        glare = call is not None and call.answered_at is None and call.caller == peer.handle
        if call is None:
            call = self.begin(by, peer)
        elif glare and precedes(by.handle, peer.handle):
            call.turn_round()
        call.prolong()
        by.match.stir()
        busy = self.is_talking(peer)
        signals.call_rung.send(Call, call=call, by=by, peer=peer, glare=glare, busy=busy)
        return call

    @event_log.verb
    def accept(self, connection: str, to: str) -> None:
        by = Seat.objects.held_by(connection)
        if (peer := by.peer_of(to)) is None:
            return
        if (call := self.at(by.match)) is not None:
            call.answer()
        signals.call_accepted.send(Call, by=by, peer=peer)

    @event_log.verb
    def reject(self, connection: str, to: str, reason: str) -> None:
        """Declines what the other one has rung, and tells him so if he is still there."""
        by = Seat.objects.held_by(connection)
        call = self.at(by.match)
        if call is not None and call.answered_at is None and to in (call.caller, call.callee) and to != by.handle:
            call.end(reason if reason in HANGUPS else Ending.REJECTED, by=by.handle)
        if (peer := by.peer_of(to)) is not None:
            signals.call_rejected.send(Call, by=by, peer=peer, reason=reason or DECLINED)

    @event_log.verb
    def hang_up(self, connection: str, reason: str) -> None:
        """Ends what there is, and tells the other one even where there was nothing."""
        by = Seat.objects.held_by(connection)
        if (call := self.at(by.match)) is not None:
            known = reason if reason in HANGUPS else Ending.UNKNOWN_ERROR
            call.end(known if reason else Ending.USER_HANGUP, by=by.handle)
        if (peer := by.peer) is not None:
            signals.call_ended.send(Call, by=by, peer=peer, reason=reason)

    def offer(self, connection: str, to: str) -> None:
        """Notes that one has offered a connection: to ring before is usual, but not needed."""
        here = models.OuterRef("match")
        seat = (
            Seat.objects.live()
            .filter(connection=connection)
            .annotate(
                reaches=models.Exists(Seat.objects.live().filter(match=here, handle=to).exclude(connection=connection)),
                talks=models.Exists(self.going().filter(match=here)),
            )
        )
        known = seat.values_list("reaches", "talks").first()  # in one query: browsers offer again and again
        if known is None:
            raise Seat.DoesNotExist("No seat")
        if not known[0]:
            raise errors.RequestRefused(OFFLINE, NOT_FOUND)
        if not known[1]:
            self.begin_unrung(connection)

    @event_log.verb
    def begin_unrung(self, connection: str) -> None:
        by = Seat.objects.held_by(connection)
        if self.at(by.match) is None and (peer := by.peer) is not None:
            self.begin(by, peer)

    @event_log.verb
    def take_up(self, connection: str) -> None:
        """Notes that one has answered an offer."""
        if self.going().filter(answered_at__isnull=True, match__seats__connection=connection).exists():
            by = Seat.objects.held_by(connection)
            if (call := self.at(by.match)) is not None:
                call.answer()

    # --- what nobody does

    def time_out(self) -> int:
        """Gives up those who were rung for too long; returns how many."""
        overdue = list(self.overdue().select_related("match")[:CHUNK])
        return sum(call.give_up() for call in overdue)

    def forget(self, age: timedelta) -> int:
        """Deletes the history of calls that ended so long ago."""
        return self.filter(ended_at__lt=Now() - age).delete()[0]


class Call(models.Model):
    """A call between the two at a match."""

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
        """How long they talked."""
        return None if self.answered_at is None or self.ended_at is None else self.ended_at - self.answered_at

    def prolong(self) -> None:
        """Rings for the full time from now on."""
        if self.answered_at is None:
            Call.objects.filter(pk=self.pk).update(rings_until=after(settings.CALL_RING_SECONDS, Now()))

    def turn_round(self) -> None:
        self.caller, self.callee = self.callee, self.caller
        self.caller_user, self.callee_user = self.callee_user, self.caller_user
        self.save(update_fields=["caller", "callee", "caller_user", "callee_user"])

    def answer(self) -> None:
        if self.answered_at is None:
            Call.objects.filter(pk=self.pk).update(answered_at=Now())

    def end(self, ending: str, by: str = "") -> None:
        Call.objects.filter(pk=self.pk).going().update(ended_at=Now(), ending=ending, ended_by=by)

    def break_off(self, by: Seat, lost: bool) -> None:
        """One has gone without a word about the call."""
        self.end(Ending.ICE_TIMEOUT if lost else Ending.USER_HANGUP, by=by.handle)

    @event_log.verb
    def give_up(self) -> bool:
        """Ends it if it still rings in vain; returns whether it did."""
        overdue = Call.objects.overdue().filter(pk=self.pk)
        if self.match is None or not self.match.lock() or not overdue.exists():
            return False
        self.end(Ending.INVITE_TIMEOUT)
        seats = {seat.handle: seat for seat in self.match.seats.live()}
        signals.call_timed_out.send(Call, call=self, caller=seats.get(self.caller), callee=seats.get(self.callee))
        return True
