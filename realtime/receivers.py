"""What the kernel does when it hears that somebody's access has ended."""

from typing import Any

from django.dispatch import receiver

from accounts import signals as accounts_signals
from realtime import event_log, signals
from realtime.connections import control
from realtime.delivery import outgoing


@receiver(accounts_signals.access_revoked)
def close_revoked(sender: object, user_id: int, **_: Any) -> None:
    close_sockets(f"user:{user_id}", control.UNAUTHORIZED)


@receiver(signals.person_banned)
def close_banned(sender: object, identity: str, room: str, **_: Any) -> None:
    """Who is banned from one room comes back to the others; its door knows of the ban."""
    close_sockets(identity, outgoing.COME_BACK if room else control.FORBIDDEN)


def close_sockets(identity: str, code: int) -> None:
    with event_log.transaction():
        control.ControlRoom().tell(control.AccessRevoked(identity=identity, code=code))
