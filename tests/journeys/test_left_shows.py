"""A show whose host went with a process that was killed ends by itself."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from realtime.models import JobRun, Presence
from realtime.runtime import threads
from streams.models import Host, Stream
from tests import factories, sockets
from tests.journeys import server
from tests.journeys.server import WATCHFUL, miss

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]


def make_show() -> tuple[Stream, dict[str, Any]]:
    show = factories.stream(factories.user("creator"), "live")
    return show, sockets.bearer(show.creator)


def connection_of_the_host(show: Stream) -> str:
    found: str = Presence.objects.get(room=show.room_key, role="publisher").connection
    return found


def tick(database_url: str) -> str:
    """What a timer runs, as if the host who has gone had done so an hour ago."""
    gone = Host.objects.exclude(left_at=None)
    gone.update(left_at=timezone.now() - timedelta(hours=1))
    JobRun.objects.filter(name="end-left-shows").delete()
    given = {
        "DEBUG": "1",
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_PREFIX": settings.REDIS_PREFIX,
    }
    command = [sys.executable, "manage.py", "tick"]
    done = subprocess.run(command, cwd=server.ROOT, env=os.environ | given, capture_output=True, text=True, check=True)
    return done.stdout


async def test_a_show_whose_hosts_process_was_killed_is_paused_then_ended(database_url: str, tmp_path: Path) -> None:
    show, proof = await threads.in_db(make_show)
    with (
        server.running("uvicorn", database_url, tmp_path, **WATCHFUL, HOST_AWAY_SECONDS="0") as stays,
        server.running("uvicorn", database_url, tmp_path, **WATCHFUL) as killed,
    ):
        async with await sockets.connect(stays.address, "/ws/streams/") as viewer:
            await viewer.ask("join-session", sessionId=str(show.pk))
            host = await sockets.connect(killed.address, "/ws/streams/", **proof)
            assert (await host.ask("join-session", sessionId=str(show.pk)))["ok"]
            of_host = await threads.in_db(connection_of_the_host, show)
            assert "end-left-shows: done" in await threads.in_db(tick, database_url)
            await threads.in_db(show.refresh_from_db)
            assert show.status == "live"
            killed.stop(signal.SIGKILL)
            await miss(of_host)
            assert (await viewer.expect("host-away"))["away"] is True
            await threads.in_db(tick, database_url)
            await viewer.expect("stream-paused")
            await threads.in_db(tick, database_url)
            await viewer.expect("stream-ended")
            host.abandon()
