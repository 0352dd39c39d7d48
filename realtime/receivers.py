"""Closes the sockets of people whose access has ended."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts import identity as identities
from accounts import signals as accounts_signals
from realtime import event_log, signals
from realtime.connections import control
from realtime.delivery import outgoing


@receiver(accounts_signals.access_revoked)
def close_revoked(sender: object, user_id: int, **_: Any) -> None:
    close_sockets(identities.user_key(user_id), control.UNAUTHORIZED)


@receiver(signals.person_banned)
def close_banned(sender: object, identity: str, room: str, until: datetime | None, **_: Any) -> None:
    """Whoever is banned from one room, or for a time, may connect again: the rooms refuse them while the ban holds."""
    close_sockets(identity, outgoing.COME_BACK if room or until else control.FORBIDDEN)


@receiver(accounts_signals.visitor_forgotten)
def close_forgotten(sender: object, visitor: str, **_: Any) -> None:
    with event_log.transaction():
        control.ControlRoom().tell(control.VisitorForgotten(visitor=visitor))


def close_sockets(identity: str, code: int) -> None:
    """Has every process close the sockets of an Identity key or a restriction's subject, once this commits."""
    with event_log.transaction():
        control.ControlRoom().tell(control.AccessRevoked(identity=identity, code=code))
