"""A server for socket tests, and rooms whose facts mean nothing."""

import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from config.asgi import application
from realtime import throttles
from tests import sockets


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


@pytest.fixture
def server(request: pytest.FixtureRequest) -> sockets.Address:
    """The application on uvicorn; a test parametrized with SERVERS runs on daphne too."""
    kind = getattr(request, "param", "uvicorn")
    address: sockets.Address = request.getfixturevalue(f"{kind}_server")
    return address


@pytest.fixture
def show(live_db: None) -> Any:
    return sockets.make_show()


@pytest.fixture
def room_key() -> str:
    return f"test:{uuid.uuid4()}"
