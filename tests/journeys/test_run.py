"""What `make run` starts, on a machine without Redis and PostgreSQL."""

import json
import signal
import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.journeys import server


def started(folder: Path, **environment: str) -> AbstractContextManager[server.Server]:
    given = {"REDIS_URL": "", "PYTHONUNBUFFERED": "1", **environment}  # as a terminal has it, line by line
    return server.running("run", f"sqlite:///{folder}/shop.sqlite3", folder, **given)


def products(running: server.Server) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{running.address.http}/api/products") as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


def test_the_first_start_dresses_the_shop_and_the_second_leaves_it_as_it_is(tmp_path: Path) -> None:
    with started(tmp_path) as first:
        offered = products(first)
        assert offered
        assert first.address.http in first.said
        assert "admin-demo" in first.said
        assert first.stop(signal.SIGINT) == 0
    with started(tmp_path) as second:
        assert products(second) == offered


def test_the_shop_can_be_left_empty(tmp_path: Path) -> None:
    with started(tmp_path, DEMO="0") as running:
        assert products(running) == []
        assert running.stop(signal.SIGINT) == 0
