"""Running servers on this worker's test database."""

from collections.abc import Iterator

import pytest

from tests.journeys import server


@pytest.fixture(scope="module")
def running(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Server]:
    """One process, as `make run` starts it."""
    with server.running("uvicorn", database_url, tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="module")
def second(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Server]:
    """Another one, on the same database and Redis."""
    with server.running("uvicorn", database_url, tmp_path_factory.mktemp("server")) as started:
        yield started
