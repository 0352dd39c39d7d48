"""A server for calls, and people who take a seat at it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from config.asgi import application
from realtime import limits
from realtime.models import restricted
from tests import sockets
from tests.signaling import people


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """What the process keeps beside the database would outlive a test's rows; all tests speak from one address."""
    limits.reset()
    restricted.invalidate("")
    yield
    limits.reset()
    restricted.invalidate("")


@pytest.fixture(scope="session")
async def server(live_db: None) -> AsyncIterator[sockets.Address]:
    async with sockets.serving(application) as address:
        yield address


@pytest.fixture
async def house(server: sockets.Address) -> AsyncIterator[people.House]:
    """Where people of this test meet; who is still there afterwards is sent home."""
    async with people.House(server) as house:
        yield house
