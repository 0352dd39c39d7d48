"""A process that was believed dead and is not, such as all of them after the database was away: nobody is lost."""

import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts import identity as identities
from realtime.models import Presence, Worker
from realtime.presence import tracker
from realtime.runtime import threads
from tests.realtime import sample_protocol

pytestmark = [pytest.mark.usefixtures("live_db", "no_other_heartbeat"), pytest.mark.everywhere]


@pytest.fixture
async def here() -> AsyncIterator[tracker.Presences]:
    """The process that has left no sign of life for too long; it sends a heartbeat when a test says so."""
    here = tracker.Presences()
    await here.begin()
    assert here.heartbeat_task is not None
    here.heartbeat_task.cancel()
    yield here
    await here.end()


def guest() -> tuple[str, identities.Identity]:
    """A connection's id, and whose it is."""
    return secrets.token_hex(8), identities.Identity(user=None, visitor=secrets.token_hex(16))


async def reap(worker: tracker.Presences) -> None:
    def expire() -> None:
        a_moment_ago = timezone.now() - timedelta(seconds=1)  # for SQLite, whose now is a millisecond old
        Worker.objects.filter(id=worker.worker).update(alive_until=a_moment_ago)
        tracker.reap()

    await threads.in_db(expire)


async def stored(room: sample_protocol.TestRoom) -> list[str]:
    """Whose connections are here, once everything that waits has been written."""
    present = Presence.objects.filter(room=room.key).order_by("connection")
    return await threads.in_db(lambda: list(present.values_list("connection", flat=True)))


async def settle(worker: tracker.Presences) -> None:
    if worker.writing is not None:
        await worker.writing


async def test_those_who_are_still_there_are_counted_again(
    here: tracker.Presences, room: sample_protocol.TestRoom
) -> None:
    (stays, identity), (goes, other) = guest(), guest()
    await here.enter(room, "member", stays, identity)
    await here.enter(room, "member", goes, other)
    await reap(here)
    assert await stored(room) == []
    await here.leave(room, "member", goes, other)
    await here.heartbeat()
    await settle(here)
    assert await stored(room) == [stays]
    await here.leave(room, "member", stays, identity)
    assert await stored(room) == []


async def test_an_ordinary_heartbeat_writes_nobody_again(
    here: tracker.Presences, room: sample_protocol.TestRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.enter(room, "member", *guest())
    written: list[Any] = []
    monkeypatch.setattr(tracker, "store", written.append)
    await here.heartbeat()
    await settle(here)
    assert written == []


async def test_one_who_comes_back_before_its_leaving_could_be_stored_stays(
    here: tracker.Presences, room: sample_protocol.TestRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, identity = guest()
    await here.enter(room, "member", connection, identity)
    with monkeypatch.context() as away:
        away.setattr(tracker, "store", _fail)
        with pytest.raises(OperationalError):
            await here.leave(room, "member", connection, identity)
    await here.enter(room, "member", connection, identity)
    await here.heartbeat()
    await settle(here)
    assert await stored(room) == [connection]


async def test_a_return_that_could_not_be_stored_is_tried_again(
    here: tracker.Presences, room: sample_protocol.TestRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, identity = guest()
    await here.enter(room, "member", connection, identity)
    await reap(here)
    with monkeypatch.context() as away:
        away.setattr(tracker, "store", _fail)
        await here.heartbeat()
        await settle(here)
    assert await stored(room) == []
    await here.heartbeat()
    await settle(here)
    assert await stored(room) == [connection]


def _fail(_: object) -> None:
    raise OperationalError("the database is away")
