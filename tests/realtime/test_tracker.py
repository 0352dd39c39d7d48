"""Who is where: counted over all processes, stored in batches, and never longer there than the process is alive."""

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts import identity as identities
from analytics.models import StreamView
from realtime.broker import publisher
from realtime.models import Presence, Worker
from realtime.presence import tracker
from realtime.runtime import threads
from streams.rooms import ShowRoom
from tests import sockets
from tests.realtime import sample_protocol

pytestmark = [pytest.mark.usefixtures("live_db", "no_other_heartbeat"), pytest.mark.everywhere]


class Told:
    """The counts that one room was told."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.readings: list[tuple[float, int]] = []

    @property
    def counts(self) -> list[int]:
        """In the order in which they were read: a hub passes over one that comes late."""
        return [count for _, count in sorted(self.readings, key=lambda reading: reading[0])]

    def publish(self, notifications: Sequence[publisher.Notification]) -> None:
        for notification in notifications:
            if notification.room == self.room and isinstance(notification, publisher.TransientEvent):
                count = int(notification.body.rsplit(":", 1)[1].rstrip("}"))
                self.readings.append((notification.read_at, count))


@pytest.fixture
def told(room_key: str, monkeypatch: pytest.MonkeyPatch) -> Told:
    told = Told(room_key)
    monkeypatch.setattr(publisher, "publish", told.publish)
    return told


@pytest.fixture
async def here() -> AsyncIterator[tracker.Presences]:
    async for worker in _worker():
        yield worker


@pytest.fixture
async def there() -> AsyncIterator[tracker.Presences]:
    async for worker in _worker():
        yield worker


async def _worker() -> AsyncIterator[tracker.Presences]:
    worker = tracker.Presences()
    yield worker
    await worker.end()


def guest() -> identities.Identity:
    return identities.Identity(user=None, visitor=secrets.token_hex(16))


def name() -> str:
    """A connection's id."""
    return secrets.token_hex(8)


async def count(room: sample_protocol.TestRoom) -> int:
    return (await threads.in_db(room.presence_count)).n


async def die(worker: tracker.Presences, at: datetime) -> None:
    """The process's last heartbeat was `at`."""
    assert worker.heartbeat_task is not None
    worker.heartbeat_task.cancel()
    until = at + tracker.LIFETIME
    await threads.in_db(Worker.objects.filter(id=worker.worker).update, alive_until=until)


def a_minute_ago() -> datetime:
    return timezone.now() - 2 * tracker.LIFETIME


async def test_the_one_who_comes_hears_its_own_count(
    here: tracker.Presences, room: sample_protocol.TestRoom, told: Told
) -> None:
    assert await here.enter(room, "member", name(), guest()) == sample_protocol.Counted(n=1)
    assert await here.enter(room, "member", name(), guest()) == sample_protocol.Counted(n=2)
    assert told.counts == [1, 2]


async def test_counts_go_over_all_processes(
    here: tracker.Presences, there: tracker.Presences, room: sample_protocol.TestRoom, told: Told
) -> None:
    connection_id, identity = name(), guest()
    await here.enter(room, "member", name(), guest())
    await there.enter(room, "member", connection_id, identity)
    assert await count(room) == 2
    await there.leave(room, "member", connection_id, identity)
    assert await count(room) == 1
    assert told.counts == [1, 2, 1]


async def test_two_tabs_of_one_person_are_two(here: tracker.Presences, room: sample_protocol.TestRoom) -> None:
    identity = guest()
    await here.enter(room, "member", name(), identity)
    await here.enter(room, "member", name(), identity)
    assert await count(room) == 2


async def test_the_same_connection_twice_is_one(here: tracker.Presences, room: sample_protocol.TestRoom) -> None:
    connection_id, identity = name(), guest()
    await here.enter(room, "member", connection_id, identity)
    await here.enter(room, "member", connection_id, identity)
    assert await count(room) == 1


async def test_leaving_twice_does_no_harm(here: tracker.Presences, room: sample_protocol.TestRoom) -> None:
    connection_id, identity = name(), guest()
    await here.enter(room, "member", connection_id, identity)
    await here.leave(room, "member", connection_id, identity)
    await here.leave(room, "member", connection_id, identity)
    assert await count(room) == 0


async def test_who_comes_at_once_is_stored_at_once(
    here: tracker.Presences, room: sample_protocol.TestRoom, told: Told
) -> None:
    await here.begin()
    await asyncio.gather(*(here.enter(room, "member", name(), guest()) for _ in range(30)))
    assert await count(room) == 30
    assert told.counts[-1] == 30
    assert len(told.counts) <= 2


async def test_one_who_cannot_be_stored_does_not_keep_the_others_out(
    here: tracker.Presences, room: sample_protocol.TestRoom
) -> None:
    """Someone enters a show while it is deleted; the others of the batch must not pay."""
    await here.begin()
    gone = ShowRoom("0b9f0c9e-5f0e-4a52-9d0c-3d6f0b1f5a11")
    connection_id, identity = name(), guest()
    await here.enter(room, "member", connection_id, identity)
    results = await asyncio.gather(
        here.enter(room, "member", name(), guest()),
        here.enter(gone, "subscriber", name(), guest()),
        here.leave(room, "member", connection_id, identity),
        here.enter(room, "member", name(), guest()),
        return_exceptions=True,
    )
    assert [isinstance(result, Exception) for result in results] == [False, True, False, False]
    assert await count(room) == 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
async def test_two_processes_that_let_someone_in_at_the_same_moment_end_with_the_true_count(
    here: tracker.Presences, room: sample_protocol.TestRoom, told: Told
) -> None:
    """Neither transaction sees the other's viewer: one of them has to wait and count both."""
    await here.begin()

    def change() -> list[Any]:
        row = Presence(room=room.key, worker=here.worker, connection=name(), identity="visitor:1", role="member")
        return [tracker._Change(room, row, True, asyncio.Future())]

    first, second = change(), change()

    def race() -> None:
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                tracker.store(first)
                other = pool.submit(_and_close, tracker.store, second)
                threading.Event().wait(0.3)  # until the other has counted, or waits for us
            other.result()
        connection.close()

    await threads.in_db(race)
    assert told.counts[-1] == 2


def _and_close(call: Callable[..., object], *arguments: object) -> None:
    try:
        call(*arguments)
    finally:
        connection.close()


# --- the end of a process


async def test_whoever_was_present_through_a_dead_process_is_not_counted(
    here: tracker.Presences, there: tracker.Presences, room: sample_protocol.TestRoom
) -> None:
    await here.enter(room, "member", name(), guest())
    await there.enter(room, "member", name(), guest())
    await die(there, a_minute_ago())
    assert await count(room) == 1


async def test_a_dead_process_is_reaped_once_and_the_rooms_are_told(
    here: tracker.Presences, there: tracker.Presences, room: sample_protocol.TestRoom, told: Told
) -> None:
    await here.enter(room, "member", name(), guest())
    await there.enter(room, "member", name(), guest())
    await die(there, a_minute_ago())
    told.readings.clear()
    await threads.in_db(tracker.reap)
    assert told.counts == [1]
    assert not await threads.in_db(Presence.objects.filter(worker=there.worker).exists)
    assert not await threads.in_db(Worker.objects.filter(id=there.worker).exists)
    await threads.in_db(tracker.reap)
    assert told.counts == [1]


async def test_views_through_a_dead_process_end_at_its_last_heartbeat(there: tracker.Presences) -> None:
    show = await threads.in_db(sockets.make_show)
    connection_id, died = name(), a_minute_ago()
    await there.enter(ShowRoom(show.id), "subscriber", connection_id, guest())
    view = StreamView.objects.filter(connection=connection_id)
    await threads.in_db(view.update, joined_at=died - 2 * tracker.LIFETIME)
    await die(there, died)
    await threads.in_db(tracker.reap)
    ended = await threads.in_db(view.get)
    assert ended.left_at == died
    assert ended.watch_duration == 60


async def test_a_living_process_is_not_reaped(here: tracker.Presences, room: sample_protocol.TestRoom) -> None:
    await here.enter(room, "member", name(), guest())
    await threads.in_db(tracker.reap)
    assert await count(room) == 1


async def test_presences_whose_process_is_unknown_are_removed_when_they_are_old(
    here: tracker.Presences, room: sample_protocol.TestRoom
) -> None:
    def leave_behind(age: datetime) -> None:
        row = Presence(room=room.key, worker="nobody", connection=name(), identity="visitor:1", role="member", at=age)
        row.save()

    await threads.in_db(leave_behind, a_minute_ago())
    await threads.in_db(leave_behind, timezone.now())
    await threads.in_db(tracker.reap)
    assert await threads.in_db(Presence.objects.filter(room=room.key).count) == 1


async def test_a_process_that_ends_in_good_order_takes_its_people_along(
    here: tracker.Presences, room: sample_protocol.TestRoom, told: Told
) -> None:
    """Those whose connection could not be closed first, such as clients that poll."""
    leaving = tracker.Presences()
    await here.enter(room, "member", name(), guest())
    await leaving.enter(room, "member", name(), guest())
    told.readings.clear()
    await leaving.end()
    assert await count(room) == 1
    assert told.counts == [1]
    assert not await threads.in_db(Presence.objects.filter(worker=leaving.worker).exists)


async def test_a_heartbeat_that_fails_is_tried_again(
    here: tracker.Presences, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    heartbeats = asyncio.Queue[int]()
    loop = asyncio.get_running_loop()

    def fail() -> None:
        loop.call_soon_threadsafe(heartbeats.put_nowait, 1)
        raise ConnectionError("the database is away")

    monkeypatch.setattr(tracker, "HEARTBEAT_SECONDS", 0.001)
    monkeypatch.setattr(tracker, "reap", fail)
    await here.begin()
    for _ in range(2):
        await asyncio.wait_for(heartbeats.get(), sockets.PATIENCE)
    await here.end()
    assert {record.getMessage() for record in caplog.records} == {"no heartbeat"}


def test_people_in_rooms_of_another_release_do_not_keep_the_others_from_being_reaped(live_db: None) -> None:
    """As while an older release runs beside a newer one that died."""
    worker = secrets.token_hex(8)
    Worker.objects.create(id=worker, alive_until=timezone.now() - timedelta(minutes=1))
    strange = Presence.objects.create(
        room="novelty:1", worker=worker, connection=secrets.token_hex(4), identity="visitor:1", role="member"
    )
    tracker.reap()
    assert not Worker.objects.filter(id=worker).exists()
    assert not Presence.objects.filter(pk=strange.pk).exists()
