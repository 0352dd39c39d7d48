"""Who is where: joins and leaves in batches, heartbeats, and the end of those whose process died."""

import asyncio
import contextlib
import logging
import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DataError, IntegrityError, connection
from django.db.models.functions import Now

from accounts import identity as identities
from realtime import event_log, events, lifecycle, periodic, rooms
from realtime.delivery import hubs
from realtime.models import Presence, Room, Worker
from realtime.runtime import background, batches, threads

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS: float = settings.PRESENCE_BEAT
LIFETIME = timedelta(seconds=settings.PRESENCE_LIFETIME)
SUBSCRIBE_TIMEOUT = 1.0  # seconds; the next heartbeat tries again
BATCH = 500  # joins and leaves in one transaction

PresenceCounts = dict[str, events.Latest | None]


class _Change:
    """One join or leave on its way into the database."""

    __slots__ = ("arrives", "future", "presence", "room")

    def __init__(
        self, room: rooms.Room, presence: Presence, arrives: bool, future: "asyncio.Future[PresenceCounts]"
    ) -> None:
        self.room, self.presence, self.arrives, self.future = room, presence, arrives, future

    @property
    def key(self) -> tuple[str, str, str]:
        return self.room.key, self.presence.connection, self.presence.role

    def settle(self, outcome: PresenceCounts | Exception) -> None:
        if isinstance(outcome, Exception):
            threads.settle(self.future, None, outcome)
        else:
            threads.settle(self.future, outcome, None)


class Presences:
    """Everyone who is connected to this process, as the database knows them; each event loop has one."""

    def __init__(self) -> None:
        self.worker = uuid.uuid4().hex
        self.waiting: list[_Change] = []
        self.missed: list[_Change] = []  # The database did not take these; the next heartbeat tries them again.
        self.here: dict[tuple[str, str, str], _Change] = {}  # the arrival of everyone who is here
        self.writing: asyncio.Task[None] | None = None
        self.heartbeat_task: asyncio.Task[None] | None = None
        self.periodic_tasks: set[asyncio.Task[None]] = set()  # the run that the last heartbeat began
        self.starting = asyncio.Lock()

    async def begin(self) -> None:
        """Sends the first heartbeat: nobody is present through a process that is not known to live."""
        async with self.starting:
            if self.heartbeat_task is None:
                await self._show_life()
                await threads.in_db(Worker.objects.heartbeat, self.worker, LIFETIME)
                self.heartbeat_task = asyncio.create_task(self._send_heartbeats())

    async def _show_life(self) -> None:
        """Subscribes to a channel that is this process's own, by which the others see at once whether it lives."""
        await hubs.current().start()
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(SUBSCRIBE_TIMEOUT):
                await hubs.current().broker.subscribe(life_channel(self.worker))

    async def end_dead(self, key: str) -> None:
        """Ends the presence of whoever is in a room through a process that has died, before its heartbeats are missed.

        Whoever comes back from there would meet themselves otherwise.
        """
        for worker in await threads.in_db(others, key, self.worker):
            if await hubs.current().broker.subscribers(life_channel(worker)) == 0:
                logger.warning("the process %s has died", worker)
                await threads.in_db(deregister, worker)

    async def enter(
        self, room: rooms.Room, role: str, connection_id: str, identity: identities.Identity, handle: str = ""
    ) -> events.Latest | None:
        """Stores that someone is in `room`; returns the presence count of the same transaction."""
        await self.begin()
        presence = Presence(
            room=room.key,
            worker=self.worker,
            connection=connection_id,
            identity=identity.key,
            visitor=identities.visitor_key(identity.visitor),
            address=identity.address_hash,
            name=identity.name,
            handle=handle,
            role=role,
        )
        presence_count = await self._submit(room, presence, arrives=True)
        return presence_count.get(room.key)

    async def leave(self, room: rooms.Room, role: str, connection_id: str, identity: identities.Identity) -> None:
        presence = Presence(room=room.key, connection=connection_id, identity=identity.key, role=role)
        await self._submit(room, presence, arrives=False)

    async def _submit(self, room: rooms.Room, presence: Presence, arrives: bool) -> PresenceCounts:
        future: asyncio.Future[PresenceCounts] = asyncio.get_running_loop().create_future()
        change = _Change(room, presence, arrives, future)
        if arrives:
            self.here[change.key] = change
        else:
            self.here.pop(change.key, None)
        self.waiting.append(change)
        self._wake()
        async with asyncio.timeout(threads.DEADLINE):
            return await future

    def _wake(self) -> None:
        if self.waiting and (self.writing is None or self.writing.done()):
            self.writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self.waiting:
            batch, self.waiting = self.waiting[:BATCH], self.waiting[BATCH:]
            await self._store(batch)

    async def _store(self, batch: list[_Change]) -> None:
        """Stores `batch`; a change that the database refuses fails alone. The next heartbeat retries other failures."""
        try:
            outcomes = await threads.in_writer(batches.run_bisecting, store, batch)
        except Exception as error:
            logger.exception("%d joins and leaves were not stored", len(batch))
            outcomes = [(batch, error)]
        for changes, outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, (DataError, IntegrityError)):
                self.missed += [change for change in changes if not change.arrives or change.future.done()]
            for change in changes:
                change.settle(outcome)

    async def _send_heartbeats(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                await self.heartbeat()
            except Exception:
                logger.exception("no heartbeat")

    async def heartbeat(self) -> None:
        """One heartbeat. A process that was reaped, because its heartbeats were late, brings its people back."""
        await self._show_life()
        known = await threads.in_db(Worker.objects.heartbeat, self.worker, LIFETIME)
        await threads.in_db(reap)
        again = [change for change in self.missed if change.arrives == (change.key in self.here)]
        if not known:
            again += [change for change in self.here.values() if change.future.done()]
        self.waiting, self.missed = self.waiting + again, []
        self._wake()
        if not self.periodic_tasks:  # With a slow database they may take longer than a heartbeat may be late.
            background.spawn(periodic.run_due(), self.periodic_tasks)

    async def end(self) -> None:
        """Leaves in good order: what still waits is stored, and whoever is still here goes with the process."""
        if self.heartbeat_task is None:
            return
        self.heartbeat_task.cancel()
        if self.writing is not None:
            await asyncio.wait({self.writing}, timeout=threads.DEADLINE)
        await threads.in_db(deregister, self.worker)


@event_log.verb
def store(changes: list[_Change]) -> PresenceCounts:
    """Writes a batch of joins and leaves, tells each room's hooks, and counts each room once."""
    by_room: dict[str, list[_Change]] = defaultdict(list)
    for change in changes:
        by_room[change.room.key].append(change)
    for _, changed in sorted(by_room.items()):  # Rooms' hooks may lock rows, which this order keeps from deadlocks.
        room = changed[0].room
        arrived = [change.presence for change in changed if change.arrives]
        gone = [change.presence for change in changed if not change.arrives]
        Presence.objects.bulk_create(arrived, ignore_conflicts=True)
        if arrived:
            room.entered(arrived)
        _remove(room, gone)
    return _count(changed[0].room for _, changed in sorted(by_room.items()))


def _remove(room: rooms.Room, gone: list[Presence], at: datetime | None = None) -> None:
    if gone:
        here = Presence.objects.filter(room=room.key)
        for role in {presence.role for presence in gone}:
            left = {presence.connection for presence in gone if presence.role == role}
            here.filter(role=role, connection__in=left).delete()
        room.left(gone, at)


def _count(changed: Iterable[rooms.Room]) -> PresenceCounts:
    presence_count: PresenceCounts = {}
    for room in changed:
        if not room.is_counted:
            continue
        Room.objects.lock(room.key)  # Two processes that count at once would each miss the other's changes.
        event = presence_count[room.key] = room.presence_count()
        if event is not None:
            room.tell(event)
    return presence_count


@event_log.verb
def reap() -> None:
    """Ends the presence of everyone whose process has died, as of its last heartbeat; one process does it for all."""
    dead = Worker.objects.dead().select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
    for worker in dead:
        _end_presences(Presence.objects.filter(worker=worker.id), at=worker.alive_until - LIFETIME)
        worker.delete()
    known = Worker.objects.values("id")
    orphans = Presence.objects.exclude(worker__in=known).filter(at__lt=Now() - LIFETIME)
    _end_presences(orphans, at=None)


@event_log.verb
def deregister(worker: str) -> None:
    """Ends a process, and the presence of everyone whose connection was not closed before."""
    list(Worker.objects.filter(id=worker).select_for_update())  # Of several who find it dead, one ends it.
    _end_presences(Presence.objects.filter(worker=worker), at=None)
    Worker.objects.filter(id=worker).delete()


def others(key: str, worker: str) -> list[str]:
    """The processes but `worker` through which somebody is in a room."""
    return list(Presence.objects.filter(room=key).exclude(worker=worker).values_list("worker", flat=True).distinct())


def life_channel(worker: str) -> str:
    return f"life:{worker}"


def _end_presences(presences: Iterable[Presence], at: datetime | None) -> None:
    by_room: dict[str, list[Presence]] = defaultdict(list)
    for presence in presences:
        by_room[presence.room].append(presence)
    known = {key: room for key in sorted(by_room) if (room := rooms.known(key)) is not None}
    for key, room in known.items():
        _remove(room, by_room[key], at)
    _count(known.values())
    # This release may not know a room's kind, while an older or newer one runs beside it.
    unknown = [presence.pk for key in by_room.keys() - known.keys() for presence in by_room[key]]
    Presence.objects.filter(pk__in=unknown).delete()


current = lifecycle.per_loop(Presences, lifecycle.Stage.PRESENCE, Presences.end)
