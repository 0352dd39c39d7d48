"""What a server's start and stop mean for the process."""

import asyncio
from typing import Any

import pytest

from realtime import lifecycle, periodic
from realtime.connections import registry
from realtime.endpoints import lifespan
from realtime.lifecycle import Stage
from realtime.runtime import garbage

pytestmark = pytest.mark.everywhere


async def test_jobs_are_looked_for_from_the_start_and_everything_stops_at_the_end(
    live_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that nobody opens a socket to has no heartbeat, and runs its jobs all the same."""
    settings.RUN_JOBS = True
    monkeypatch.setattr(lifecycle, "_declared", [])  # The services of the server that other tests speak to go on.
    monkeypatch.setattr(garbage, "spare_loaded_objects", lambda: None)
    ended: list[str] = []

    async def end(_: object) -> None:
        ended.append("connections")

    runners = lifecycle.per_loop(periodic.JobRunner, Stage.JOBS, periodic.JobRunner.stop)
    monkeypatch.setattr(periodic, "current_runner", runners)
    monkeypatch.setattr(registry, "current", lifecycle.per_loop(object, Stage.CONNECTIONS, end))
    receive: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    send: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    running = asyncio.create_task(lifespan.application({}, receive.get, send.put))
    receive.put_nowait({"type": "lifespan.startup"})
    assert (await send.get())["type"] == "lifespan.startup.complete"
    looking = runners().task
    assert looking is not None
    receive.put_nowait({"type": "lifespan.shutdown"})
    assert (await send.get())["type"] == "lifespan.shutdown.complete"
    await running
    await asyncio.wait({looking})
    assert looking.cancelled()
    assert ended == ["connections"]
