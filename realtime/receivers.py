"""What the kernel does when it hears that somebody's access has ended."""

from typing import Any

from django.dispatch import receiver

from accounts import signals
from realtime import control, log


@receiver(signals.access_revoked)
def close_sockets(sender: object, user_id: int, **_: Any) -> None:
    with log.transaction():
        control.ControlRoom().tell(control.AccessRevoked(identity=f"user:{user_id}"))
