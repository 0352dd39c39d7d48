"""A server for socket tests, and rooms whose facts mean nothing."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from config.asgi import application
from realtime import doorbell, hub, throttles
from tests import sockets
from tests.journeys import server as processes
from tests.realtime import ears


@pytest.fixture(autouse=True)
def fresh_throttles() -> Iterator[None]:
    """All tests speak from one address."""
    throttles.forget()
    yield
    throttles.forget()


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
def show(live_db: None) -> sockets.Show:
    return sockets.make_show()


@pytest.fixture
def room_key() -> str:
    return f"test:{uuid.uuid4()}"


# --- hubs without sockets


@pytest.fixture
async def house() -> AsyncIterator[hub.Hubs]:
    """The hubs of one process."""
    house = hub.Hubs()
    await house.start()
    yield house
    await house.stop()


@pytest.fixture
def bend(monkeypatch: pytest.MonkeyPatch) -> Callable[[ears.Bend], None]:
    """Lets a test decide which bells come of one that is rung, in another process than that of the hubs."""
    publish = doorbell.publish

    def by(bending: ears.Bend) -> None:
        doorbell.serve(asyncio.get_running_loop(), "another process", lambda bell: None)

        async def published(bell: doorbell.Bell) -> None:
            for bent in bending(bell):
                await publish(bent)

        monkeypatch.setattr(doorbell, "publish", published)

    return by
