"""A show, who makes it, who watches it, and what is on it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from accounts.models import User
from config.asgi import application
from realtime import limits
from realtime.models import restricted
from realtime.runtime import threads
from shopping.models import Product
from streams import rooms
from streams.models import Stream
from tests import factories, sockets
from tests.streams.lobby import Lobby


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """What the process keeps beside the database would outlive a test's rows."""
    limits.reset()
    restricted.invalidate("")
    yield
    limits.reset()
    restricted.invalidate("")


@pytest.fixture
def creator(db: None) -> User:
    return factories.user("creator")


@pytest.fixture
def viewer(db: None) -> User:
    return factories.user()


@pytest.fixture
def stream(creator: User) -> Stream:
    return factories.stream(creator)


@pytest.fixture
def live(creator: User) -> Stream:
    return factories.stream(creator, "live")


@pytest.fixture
def product(creator: User) -> Product:
    return factories.product(creator)


@pytest.fixture
def products(creator: User) -> list[Product]:
    return [factories.product(creator, name=f"Mug {n}") for n in range(4)]


# --- for socket tests


@pytest.fixture(scope="session")
async def server(live_db: None) -> AsyncIterator[sockets.Address]:
    async with sockets.serving(application) as address:
        yield address


@pytest.fixture
async def lobby(server: sockets.Address) -> AsyncIterator[Lobby]:
    """All Wrencos clients of a database share one: no test may leave its show on for the next."""
    await threads.in_db(end_current)
    async with Lobby(server) as lobby:
        yield lobby
    await threads.in_db(end_current)


def end_current() -> None:
    rooms.state_of.invalidate_all()
    current = Stream.objects.current()
    if current is not None:
        current.end()
