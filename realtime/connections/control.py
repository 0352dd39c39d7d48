"""The one room that every process follows: orders to close the sockets of someone whose access has ended."""

from datetime import timedelta

from django.core.exceptions import ObjectDoesNotExist

from accounts import identity as identities
from realtime import events, rooms

UNAUTHORIZED = 4401  # close code: log in again
FORBIDDEN = 4403  # close code: banned; do not come back


class AccessRevoked(events.Event, tag="access-revoked"):
    """The sockets of one subject, see `signals.person_banned`, are to be closed with `code`."""

    identity: str
    code: int = UNAUTHORIZED


class VisitorForgotten(events.Event, tag="visitor-forgotten"):
    """The sockets of one browser are to be closed, whoever has logged in there: it has started over."""

    visitor: str


class ControlRoom(rooms.Room):
    """Processes follow it; no client is ever admitted."""

    kind = "control"
    ids = "all"
    retention = timedelta(days=1)

    def __init__(self, id: object = "all") -> None:
        super().__init__(id)

    def admits(self, identity: identities.Identity) -> str:
        raise ObjectDoesNotExist("Room not found")
