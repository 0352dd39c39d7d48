"""The open connections of this process: counted, told goodbye, and closed or demoted where someone's access ends."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from realtime import events, lifecycle
from realtime.connections.control import UNAUTHORIZED, AccessRevoked, ControlRoom, VisitorForgotten
from realtime.delivery import hubs
from realtime.models import restricted
from realtime.runtime import background, threads
from rest import addresses

if TYPE_CHECKING:
    from accounts.identity import Identity
    from realtime.connections.connection import Connection

logger = logging.getLogger(__name__)

SWEEP_INTERVAL = 5.0  # seconds between two looks for log-ins that have expired; one timer for all connections
TOO_MANY = "Too many connections of this account"
GOODBYE_TIMEOUT = 1.0  # seconds that the last words of a process may take


class Connections:
    """The open connections of this process, by whom they act for."""

    def __init__(self) -> None:
        self.open: set[Connection] = set()
        self.total = 0  # since the process began
        self.by_user = addresses.OpenConnections("MAX_CONNECTIONS_PER_USER")
        self.counted: dict[Connection, str] = {}  # the identity key for which `by_user` counts a connection
        self.closing: set[asyncio.Task[None]] = set()
        self.followed: hubs.Hubs | None = None  # the hubs through which the control room is followed

    async def add(self, connection: "Connection") -> None:
        """Counts a connection; the first one has this process follow the control room."""
        self.open.add(connection)
        self.total += 1
        current_sweep().start()
        self.count(connection)
        if self.followed is not hubs.current():
            await hubs.current().listen(ControlRoom().key, self.receive)
            self.followed = hubs.current()

    def discard(self, connection: "Connection") -> None:
        self.open.discard(connection)
        if (key := self.counted.pop(connection, None)) is not None:
            self.by_user.discard(key)

    def count(self, connection: "Connection") -> None:
        """Counts an open connection for the account that it has proved to act for. Guests are counted by address."""
        if connection in self.open and connection not in self.counted and connection.identity.verified:
            self.counted[connection] = key = connection.identity.key
            self.by_user.add(key)

    def is_full(self, identity: "Identity") -> bool:
        """Whether an account may open no more connections."""
        return identity.verified and self.by_user.is_full(identity.key)

    def users(self) -> int:
        """How many different people the open connections act for."""
        return len({connection.identity.key for connection in list(self.open)})  # The health page asks from a thread.

    def rooms(self, kind: str) -> int:
        """How many rooms of a kind somebody is in through this process."""
        keys = {key for connection in list(self.open) for key, _ in list(connection.memberships)}
        return sum(key.startswith(f"{kind}:") for key in keys)

    def receive(self, event: events.BaseEvent) -> None:
        """Takes an event of the control room."""
        if isinstance(event, VisitorForgotten):
            self._close([each for each in self.open if each.identity.visitor == event.visitor], UNAUTHORIZED)
        if isinstance(event, AccessRevoked):
            restricted.invalidate_all()  # What was read just before would let someone back in who is banned.
            self._close([each for each in self.open if each.identity.is_meant_by(event.identity)], event.code)

    def _close(self, connections: "list[Connection]", code: int) -> None:
        for connection in connections:
            background.spawn(connection.close(code), self.closing)

    async def demote_expired(self) -> None:
        """Makes guests of those whose log-in is over.

        One after the other: tokens that were given together expire together, and each costs a look into the database.
        """
        now = time.time()
        for connection in list(self.open):
            until = connection.identity.expires_at
            if until is not None and until <= now and connection.is_greeted:
                await connection.demote()

    async def send_goodbye(self) -> None:
        """Tells every client that the server is about to go, in the words of those protocols that have some."""
        here = list(self.open)
        for connection in here:
            connection.send_goodbye()
        if writing := {each.send_queue.task for each in here if each.send_queue.task is not None}:
            await asyncio.wait(writing, timeout=GOODBYE_TIMEOUT)

    async def release_polls(self) -> None:
        """Has the clients that poll ask anew, and so find another process, for this one takes no new requests."""
        for connection in list(self.open):
            await connection.send_queue.release()

    async def end_all(self) -> None:
        """Ends those that the server knows nothing of: a client that polls has no connection between two requests."""
        if ending := {asyncio.create_task(connection.end()) for connection in list(self.open)}:
            await asyncio.wait(ending, timeout=threads.DEADLINE)


connections = Connections()  # for all of the process, since pages ask for its counts from their threads

# Each event loop that serves ends its connections first of all.
current = lifecycle.per_loop(lambda: connections, lifecycle.Stage.CONNECTIONS, Connections.end_all)


class Sweep:
    """Looks regularly for log-ins that have expired; each event loop has one."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self.task is None:
            self.task = asyncio.create_task(self._look_regularly())

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            self.task = None

    async def _look_regularly(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_INTERVAL)
            try:
                await connections.demote_expired()
            except Exception:
                logger.exception("expired log-ins were not looked for")


current_sweep = lifecycle.per_loop(Sweep, lifecycle.Stage.CONNECTIONS, Sweep.stop)
