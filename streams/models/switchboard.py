"""Who of the shop takes calls now, and whether pages offer to call it."""

from django.db import models

from accounts import identity as identities
from accounts.models import User
from realtime import event_log
from realtime.models import Presence
from signaling.models import Call
from streams import broadcasts

MAX_TOLD = 1000  # shows that are told when this changes; the pages of others learn it when they enter


def on_duty() -> set[int]:
    """The ids of the staff who take calls."""
    keys = Presence.objects.live().filter(room=broadcasts.AGENTS).values_list("identity", flat=True)
    return {user_id for key in keys if (user_id := identities.user_id_of(key)) is not None}


def available_agents() -> list[User]:
    """Those who take calls and are in none, the least recently called first."""
    here = on_duty()
    if not here:
        return []
    of_theirs = models.Q(caller_user__in=here) | models.Q(callee_user__in=here)
    sides = Call.objects.going().filter(of_theirs).values_list("caller_user", "callee_user")
    busy = {user_id for pair in sides for user_id in pair}
    free = User.objects.filter(pk__in=here - busy).annotate(called_at=models.Max("calls_got__rung_at"))
    return list(free.order_by(models.F("called_at").asc(nulls_first=True), "pk"))


class SwitchboardQuerySet(models.QuerySet["Switchboard"]):
    def lock(self) -> "Switchboard":
        """The one row, made if need be, and locked until the transaction ends: nobody is rung by two at once."""
        locked = self.select_for_update(no_key=True)
        if (found := locked.first()) is None:
            self.bulk_create([Switchboard(pk=1)], ignore_conflicts=True)
            found = locked.get(pk=1)
        return found

    def is_open(self) -> bool:
        """Whether pages offer to call the shop."""
        return self.filter(open=True).exists()

    @event_log.verb
    def settle(self) -> None:
        """Finds out whether somebody can be called, and tells the pages if that has changed."""
        switchboard, is_open = self.lock(), bool(available_agents())
        if switchboard.open == is_open:
            return
        self.filter(pk=switchboard.pk).update(open=is_open)
        watched = Presence.objects.filter(room__startswith=broadcasts.room_key("")).values_list("room", flat=True)
        broadcasts.shop_available(is_open, watched.order_by().distinct()[:MAX_TOLD])

    def follow(self, call: Call) -> None:
        """Settles after a call has begun or ended, if somebody in it takes calls to the shop."""
        if {call.caller_user_id, call.callee_user_id} & on_duty():
            self.settle()


class Switchboard(models.Model):
    """One row for the whole shop. `open` is what pages were told last."""

    open = models.BooleanField(default=False)

    objects = SwitchboardQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="switchboard_once")]

    def __str__(self) -> str:
        return "open" if self.open else "closed"
