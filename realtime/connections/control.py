"""The one room every process follows: orders to close the sockets of someone whose access has ended."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ObjectDoesNotExist

from accounts import identity as identities
from realtime import events, rooms
from realtime.delivery import hubs
from realtime.models import restricted
from realtime.runtime import loops

if TYPE_CHECKING:
    from realtime.connections.connection import Connection

UNAUTHORIZED = 4401  # close code: log in again
FORBIDDEN = 4403  # close code: banned; do not come back


class AccessRevoked(events.Event, tag="access-revoked"):
    """The sockets of one identity are to be closed with `code`."""

    identity: str
    code: int = UNAUTHORIZED


class ControlRoom(rooms.Room):
    """Hubs follow it; no client is ever admitted."""

    kind = "control"
    retention = timedelta(days=1)

    def __init__(self, id: object = "all") -> None:
        super().__init__(id)

    def admits(self, identity: identities.Identity) -> str:
        raise ObjectDoesNotExist("Room not found")


class Connections:
    """The open connections of this process, by whom they act for."""

    def __init__(self) -> None:
        self.open: set[Connection] = set()
        self.total = 0  # since the process began
        self.closing: set[asyncio.Task[None]] = set()

    async def add(self, connection: "Connection") -> None:
        self.open.add(connection)
        self.total += 1
        await hubs.current().listen(ControlRoom().key, self.hear)

    def discard(self, connection: "Connection") -> None:
        self.open.discard(connection)

    def users(self) -> int:
        """How many different people the open connections act for."""
        return len({connection.identity.key for connection in list(self.open)})  # the health page asks from a thread

    def rooms(self, kind: str) -> int:
        """How many rooms of a kind somebody is in through this process."""
        keys = {key for connection in list(self.open) for key, _ in list(connection.memberships)}
        return sum(key.startswith(f"{kind}:") for key in keys)

    def hear(self, event: events.BaseEvent) -> None:
        if not isinstance(event, AccessRevoked):
            return
        restricted.invalidate_all()  # else who is banned would come back through what was read just before
        for connection in list(self.open):
            if connection.identity.key == event.identity:
                loops.run(connection.close(event.code), kept=self.closing)


connections = Connections()
