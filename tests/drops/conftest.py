"""A show that is on, and what is dropped in it."""

from collections.abc import Iterator

import pytest

from accounts.models import User
from realtime import limits
from realtime.models import restricted
from shopping.models import Product
from streams.models import Stream
from tests import factories


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
def live(creator: User) -> Stream:
    return factories.stream(creator, "live")


@pytest.fixture
def product(creator: User, live: Stream) -> Product:
    product = factories.product(creator, stock=10)
    factories.listing(live, product)
    return product
