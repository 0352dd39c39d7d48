"""People who sell, what they sell, and friends who shop together."""

from collections.abc import AsyncIterator, Iterator

import pytest

from accounts.models import User
from config.asgi import application
from realtime import limits
from shopping.models import Product
from tests import factories, sockets
from tests.shopping.friends import Friends


@pytest.fixture(autouse=True)
def fresh_throttles() -> Iterator[None]:
    """All tests speak from one address."""
    limits.reset()
    yield
    limits.reset()


@pytest.fixture
def seller(db: None) -> User:
    return factories.user("creator")


@pytest.fixture
def product(seller: User) -> Product:
    return factories.product(seller)


# --- for socket tests


@pytest.fixture(scope="session")
async def server(live_db: None) -> AsyncIterator[sockets.Address]:
    async with sockets.serving(application) as address:
        yield address


@pytest.fixture
async def friends(server: sockets.Address) -> AsyncIterator[Friends]:
    async with Friends(server) as friends:
        yield friends
