"""A server for socket tests, and rooms whose facts mean nothing."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from config.asgi import application
from realtime import limits
from realtime.broker import brokers, publisher
from realtime.delivery import hubs
from realtime.presence import tracker
from tests import sockets
from tests.journeys import server as processes
from tests.realtime import recorders, room_log, sample_protocol


@pytest.fixture(autouse=True)
def fresh_throttles() -> Iterator[None]:
    """All tests speak from one address."""
    limits.reset()
    yield
    limits.reset()


@pytest.fixture
def no_limits(settings: Any) -> None:
    settings.LIMITS = {}


@pytest.fixture(scope="session")
async def uvicorn_server(live_db: None) -> AsyncIterator[sockets.Address]:
    async with sockets.serving(application) as address:
        yield address


@pytest.fixture(scope="session")
def daphne_server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sockets.Address]:
    with processes.running("daphne", database_url, tmp_path_factory.mktemp("daphne")) as started:
        yield started.address


@pytest.fixture
def server(request: pytest.FixtureRequest) -> sockets.Address:
    """The application on uvicorn; a test marked with `sockets.ON_BOTH` runs on daphne too."""
    kind = getattr(request, "param", "uvicorn")
    address: sockets.Address = request.getfixturevalue(f"{kind}_server")
    return address


@pytest.fixture
async def no_other_heartbeat(live_db: None) -> AsyncIterator[None]:
    """Nothing is done in the background that a test counts: the tracker of this loop, if it has begun, stands still."""
    presences = tracker.current()
    if presences.heartbeat_task is None:
        yield
        return
    presences.heartbeat_task.cancel()
    await asyncio.wait({presences.heartbeat_task, *presences.periodic_tasks})
    yield
    presences.heartbeat_task = asyncio.create_task(presences._send_heartbeats())


@pytest.fixture
def show(live_db: None) -> sockets.Show:
    return sockets.make_show()


@pytest.fixture
def room_key() -> str:
    return f"test:{uuid.uuid4()}"


@pytest.fixture
def room(room_key: str) -> sample_protocol.TestRoom:
    return sample_protocol.TestRoom(room_key.partition(":")[2])


@pytest.fixture
def published(room_key: str, monkeypatch: pytest.MonkeyPatch) -> room_log.Published:
    """What was published, a list for each commit that tells this test's rooms; others go on in the background."""
    published: room_log.Published = []

    def publish(notifications: list[publisher.Notification]) -> None:
        if any(notification.room.startswith(room_key) for notification in notifications):
            published.append(notifications)

    monkeypatch.setattr(publisher, "publish", publish)
    return published


# --- hubs without sockets


@pytest.fixture(autouse=True)
async def own_publisher() -> AsyncIterator[None]:
    """Hubs that a test makes for itself leave the process's publisher to the server that later tests speak to."""
    yield
    own = hubs.current()
    if own.checking is not None:
        own.publisher.start()
    elif (running := publisher.current()) is not None:
        await running.stop()


@pytest.fixture
async def local() -> AsyncIterator[hubs.Hubs]:
    """The hubs of one process."""
    local = hubs.Hubs()
    await local.start()
    yield local
    await local.stop()


@pytest.fixture
async def intercept(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[[recorders.Interception], None]]:
    """Publishes from another process than that of the hubs, and lets a test change what arrives there."""
    broker = brokers.create(lambda message: None)
    publish = broker.publish

    def by(interception: recorders.Interception) -> None:
        def publish_bent(channel: str, message: bytes) -> None:
            for bent in interception(publisher.decode(message)):
                publish(channel, publisher.encode(bent))

        monkeypatch.setattr(broker, "publish", publish_bent)
        publisher.Publisher(asyncio.get_running_loop(), broker, lambda notification: None).start()

    yield by
    await broker.stop()
