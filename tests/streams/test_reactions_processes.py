"""Reactions to one show through two server processes."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from realtime.runtime import threads
from tests import sockets
from tests.journeys import server

pytestmark = [
    pytest.mark.journey,
    pytest.mark.usefixtures("live_db"),
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]


async def test_a_flood_through_two_processes_is_thinned_as_one_and_counted_in_full(
    database_url: str, tmp_path: Path
) -> None:
    show = await threads.in_db(sockets.make_show)
    limits = {"LIMITS": json.dumps({"shown-reaction": {"room": [0.001, 3]}})}
    with (
        server.running("uvicorn", database_url, tmp_path, **limits) as one,
        server.running("uvicorn", database_url, tmp_path, **limits) as other,
    ):
        async with await sockets.connect(one.address) as here, await sockets.connect(other.address) as there:
            for client in (here, there):
                assert (await client.ask("join-session", sessionId=show.id))["ok"]
            for _ in range(8):
                for client in (here, there):
                    await client.say("send-reaction", sessionId=show.id, kind="heart")
            for client in (here, there):
                await client.expect("reaction-stats", total=16)
                assert [frame["type"] for frame in client.passed].count("new-reaction") == 3
