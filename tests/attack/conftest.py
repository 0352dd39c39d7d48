"""The server under attack, one for each module, on this worker's test database."""

from collections.abc import Iterator

import pytest

from tests.attack import target


@pytest.fixture(scope="module")
def unlimited(servers_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[target.Target]:
    """A server whose limits let everything through to the handlers."""
    made = target.Target(servers_url, tmp_path_factory.mktemp("attack") / "server.log", **target.UNLIMITED)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def limited(servers_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[target.Target]:
    """A server as it is run."""
    made = target.Target(servers_url, tmp_path_factory.mktemp("attack") / "server.log", **target.AS_IT_IS_RUN)
    yield made
    made.stop()
