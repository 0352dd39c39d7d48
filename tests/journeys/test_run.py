"""What `make run` starts, on a machine without Redis and PostgreSQL."""

import re
import signal
import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path

from tests.journeys import server


def started(folder: Path, **environment: str) -> AbstractContextManager[server.Server]:
    given = {"REDIS_URL": "", "PYTHONUNBUFFERED": "1", **environment}  # as a terminal has it, line by line
    return server.running("run", f"sqlite:///{folder}/shop.sqlite3", folder, **given)


def shows(running: server.Server) -> list[str]:
    """The addresses of the shows on the front page."""
    with urllib.request.urlopen(f"{running.address.http}/") as answer:
        return re.findall(r"/watch/[^/\"]+/", answer.read().decode())


def test_the_first_start_dresses_the_shop_and_the_second_leaves_it_as_it_is(tmp_path: Path) -> None:
    with started(tmp_path) as first:
        offered = shows(first)
        assert offered
        assert first.address.http in first.said
        assert "admin-demo" in first.said
        assert first.stop(signal.SIGINT) == 0
    with started(tmp_path) as second:
        assert shows(second) == offered


def test_the_shop_can_be_left_empty(tmp_path: Path) -> None:
    with started(tmp_path, DEMO="0") as running:
        assert shows(running) == []
        assert running.stop(signal.SIGINT) == 0
