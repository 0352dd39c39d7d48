"""Two processes whose clocks differ by seconds agree on what is newest, because the database says so."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from realtime.runtime import threads
from tests import sockets
from tests.journeys import server

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]


async def test_counts_are_right_though_one_process_is_ahead(
    running: server.Server, database_url: str, tmp_path: Path
) -> None:
    show = await threads.in_db(sockets.make_show)
    user = await threads.in_db(sockets.make_user)
    with server.running("ahead", database_url, tmp_path) as ahead:
        async with await sockets.connect(ahead.address) as one:
            await one.ask("join-session", sessionId=show.id)
            await one.expect("viewer-count", data=1)
            async with await sockets.connect(running.address, **sockets.bearer(user)) as other:
                await other.ask("join-session", sessionId=show.id)
                for client in (one, other):
                    await client.expect("viewer-count", data=2)
                for speaker, total in ((one, 1), (other, 2)):
                    await speaker.ask("send-reaction", sessionId=show.id, kind="heart")
                    for client in (one, other):
                        await client.expect("reaction-stats", total=total)
            await one.expect("viewer-count", data=1)
