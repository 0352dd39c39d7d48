"""Customers and staff, over REST and on sockets."""

from collections.abc import AsyncIterator, Iterator

import pytest

from config.asgi import application
from realtime import limits
from realtime.models import restricted
from tests import sockets
from tests.support.desk import Desk


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
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
async def desk(server: sockets.Address) -> AsyncIterator[Desk]:
    async with Desk(server) as desk:
        yield desk
