"""What comes due at drops: it is done with every heartbeat, and at the moments that are known before."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min
from django.db.models.functions import Now
from django_tasks import task

from drops import mail
from drops.models import Claim, Drop, State, Status
from realtime import event_log, periodic

AHEAD = timedelta(minutes=1)  # What comes due later is found by a heartbeat before.
LATE = 0.05  # seconds after a moment, so that the database's clock has passed it


def do_what_is_due() -> int:
    """Opens and closes drops, ends holds and mails those whose turn has come; returns at how many drops."""
    done = Drop.objects.do_what_is_due()
    with event_log.transaction():  # The tasks are stored with what says that they were enqueued, or neither is.
        for claim_id in Claim.objects.take_for_mail():
            tell_of_turn.enqueue(str(claim_id))
    if (seconds := seconds_until_next()) is not None:
        look.schedule_within(seconds + LATE)
    return done


look = periodic.PeriodicTask(do_what_is_due)


def seconds_until_next() -> float | None:
    """In how many seconds, by the database's clock, something comes due; None where nothing does soon."""
    soon: dict[str, Any] = {"lte": Now() + AHEAD}
    drops = Drop.objects.order_by()
    moments: list[datetime | None] = [
        drops.filter(status=Status.ANNOUNCED, opens_at__lte=soon["lte"]).aggregate(at=Min("opens_at"))["at"],
        drops.filter(status=Status.OPEN, closes_at__lte=soon["lte"]).aggregate(at=Min("closes_at"))["at"],
        Claim.objects.filter(state=State.HELD, held_until__lte=soon["lte"]).aggregate(at=Min("held_until"))["at"],
    ]
    known = [moment for moment in moments if moment is not None]
    if not known:
        return None
    now = Drop.objects.annotate(now=Now()).values_list("now", flat=True).first()
    return max((min(known) - now).total_seconds(), 0.0) if now is not None else None


@task()
def tell_of_turn(claim_id: str) -> None:
    """Mails somebody whose turn has come while they were away, unless that is over by now."""
    claim = Claim.objects.filter(pk=claim_id, state=State.HELD).select_related("drop", "user").first()
    if claim is not None and claim.user is not None and claim.user.email and claim.held_until is not None:
        drop = claim.drop
        mail.message(claim.user.email, drop.stream_id, str(drop), claim.pieces, claim.held_until).send()
