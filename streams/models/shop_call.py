"""Calls to the shop: they ring at one of the staff after another, until somebody takes the call or nobody is left."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from realtime import event_log
from shopping.models import Product
from signaling.models import Call, Match
from signaling.models.call import Ending
from signaling.models.seat import after
from streams import broadcasts
from streams.events.shop_calls import AgentRung, CallAccepted, CallEnded
from streams.models.shop_call_queryset import ACCEPTED, ShopCallQuerySet
from streams.models.stream import Stream
from streams.models.switchboard import Switchboard, available_agents

MAX_RUNG = 5  # So many of the staff are rung by one call at most.


class ShopCall(models.Model):
    """Someone who calls the shop. Each of the staff at whom it rings is one Call at its match."""

    class Outcome(models.TextChoices):
        ACCEPTED = ACCEPTED
        UNANSWERED = "unanswered"
        CANCELLED = "cancelled"

    caller = models.CharField(max_length=80, blank=True, help_text="user:<id> or visitor:<id>")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=150, blank=True)
    handle = models.CharField(max_length=128, blank=True, help_text="as whom they sit at the match")
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    stream = models.ForeignKey(Stream, models.SET_NULL, null=True, blank=True, related_name="+")
    about = models.CharField(max_length=255, blank=True, help_text="what they came from, by its name then")
    match = models.ForeignKey(Match, models.SET_NULL, null=True, blank=True, related_name="shop_calls")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", help_text="rung last"
    )
    op = models.CharField(max_length=64, default="", blank=True)
    placed_at = models.DateTimeField(db_default=Now(), db_index=True)
    rings_until = models.DateTimeField(null=True, blank=True)
    kept_until = models.DateTimeField(null=True, blank=True, help_text="for a caller whose page was lost")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="when it ceased to ring")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default="", blank=True)

    objects = ShopCallQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["caller", "-placed_at"], name="shop_call_caller")]  # looked up of one visitor
        constraints = [
            models.UniqueConstraint(
                fields=["caller"], condition=models.Q(ended_at__isnull=True), name="shop_call_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, outcome="")
                | models.Q(ended_at__isnull=False, outcome__in=["accepted", "unanswered", "cancelled"]),
                name="shop_call_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or 'Somebody'} called the shop"

    def ringing(self) -> AgentRung:
        """What those are told at whom it rings."""
        return AgentRung(
            call_id=self.pk,
            name=self.name,
            guest=self.user_id is None,
            about=self.about,
            product_id=str(self.product_id) if self.product_id else None,
            session_id=str(self.stream_id) if self.stream_id else None,
            seconds=settings.SHOP_CALL_RING_SECONDS,
        )

    def verdict(self) -> CallAccepted | CallEnded | None:
        """What whoever calls is told once it rings no longer."""
        if self.outcome == self.Outcome.ACCEPTED and self.match is not None:
            return CallAccepted(call_id=self.pk, match_name=self.match.name, handle=self.handle)
        return CallEnded(call_id=self.pk, reason=self.outcome) if self.outcome else None

    def state(self) -> dict[str, Any]:
        """As REST, and the snapshot of its room, say it to whoever calls."""
        accepted = self.outcome == self.Outcome.ACCEPTED
        return {
            "callId": self.pk,
            "status": self.outcome or "ringing",
            "about": self.about,
            "matchId": self.match.name if accepted and self.match else None,
            "userId": self.handle if accepted else None,
        }

    # --- its course; whoever calls these has locked the switchboard

    def ring_next(self) -> bool:
        """Rings the member of the staff who is available and was called least recently; returns False if none is."""
        assert self.match is not None
        rung = list(self.match.calls.values_list("callee_user", flat=True))
        agent = next((agent for agent in available_agents() if agent.pk not in (*rung, self.user_id)), None)
        if agent is None or len(rung) >= MAX_RUNG:
            return False
        Call.objects.invite(self.match, self.user, agent)
        self.agent = agent
        ShopCall.objects.filter(pk=self.pk).update(
            agent=agent, rings_until=after(settings.SHOP_CALL_RING_SECONDS, Now())
        )
        broadcasts.agent_rung(self)
        return True

    def move_on(self, reason: str) -> None:
        """Rings at the next one; where there is none, the caller is told so. `reason` is for the one it rang at."""
        if reason == "declined":
            self._withdraw(Ending.REJECTED, by=str(self.agent_id))
        else:
            self._withdraw(Ending.INVITE_TIMEOUT)
        broadcasts.agent_released(self, reason)
        if not self.ring_next():
            self.close(self.Outcome.UNANSWERED)

    def cancel(self) -> None:
        self._withdraw(Ending.USER_HANGUP, by=self.handle)
        broadcasts.agent_released(self, "cancelled")
        self.close(self.Outcome.CANCELLED)

    def close(self, outcome: str) -> None:
        """It rings no longer, and whoever calls is told why. A match at which nobody will meet is deleted."""
        ShopCall.objects.filter(pk=self.pk).update(ended_at=Now(), outcome=outcome, rings_until=None, kept_until=None)
        self.outcome = outcome
        broadcasts.shop_call_over(self)
        if outcome != self.Outcome.ACCEPTED and self.match is not None:
            self.match.delete_if_empty(though_reserved=True)

    def _withdraw(self, ending: str, by: str = "") -> None:
        if self.match is not None and (ring := Call.objects.at(self.match)) is not None:
            ring.withdraw(ending, by)

    @event_log.verb
    def time_out(self) -> bool:
        """Moves on if nobody has taken the call in time; returns whether it did."""
        Switchboard.objects.lock()
        call = ShopCall.objects.going().filter(pk=self.pk, rings_until__lte=Now()).first()
        if call is not None:
            call.move_on("missed")
        return call is not None

    @event_log.verb
    def release(self) -> bool:
        """Cancels it unless the caller has come back by now; returns whether it did."""
        Switchboard.objects.lock()
        call = ShopCall.objects.going().filter(pk=self.pk, kept_until__lte=Now()).first()
        if call is not None:
            call.cancel()
        return call is not None
