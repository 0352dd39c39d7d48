"""A show, who makes it, who watches it, and what is on it."""

from collections.abc import Iterator

import pytest

from accounts.models import User
from realtime import throttles
from realtime.models import restricted
from shopping.models import Product
from streams.models import Stream
from tests import factories


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """What the process keeps beside the database would outlive a test's rows."""
    throttles.forget()
    restricted.forget("")
    yield
    throttles.forget()
    restricted.forget("")


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
