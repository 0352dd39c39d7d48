"""Two server processes behind one database and one Redis are one house."""

import asyncio
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from realtime import event_log
from realtime.runtime import threads
from streams.events.products import Cleared
from tests import sockets
from tests.journeys import server, show, visitors

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]

KINDS = [visitors.OverWebSocket, visitors.Plain, visitors.Node]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_a_show_whose_viewers_are_spread_over_two_processes(
    running: server.Server, second: server.Server, kind: type[visitors.Visitor]
) -> None:
    await show.play(kind, running.address, second.address)


async def test_viewers_of_a_process_that_is_stopped_vanish(
    running: server.Server, database_url: str, tmp_path: Path
) -> None:
    made = await threads.in_db(sockets.make_show)
    stays = await visitors.Plain.arrive(running.address)
    await stays.ask("join-session", {"sessionId": made.id})
    with server.running("uvicorn", database_url, tmp_path) as stopped:
        going = [
            await kind.arrive(stopped.address)
            for kind in (visitors.Plain, visitors.OverWebSocket, visitors.OverPolling)
        ]
        for visitor in going:
            await visitor.ask("join-session", {"sessionId": made.id})
        await stays.expect("viewer-count", lambda count: count == 4)
        stopping = asyncio.create_task(asyncio.to_thread(stopped.stop))
        await stays.expect("viewer-count", lambda count: count == 1)
        await stopping
    await stays.go()
    for visitor in going:
        await visitor.go()


async def test_a_socket_is_told_by_a_process_that_serves_none(running: server.Server) -> None:
    """As a management command does: it has no hubs, and rings Redis itself."""
    made = await threads.in_db(sockets.make_show)
    async with await sockets.connect(running.address) as client:
        await client.ask("join-session", sessionId=made.id)

        def tell() -> None:
            with event_log.transaction():
                event_log.tell(made.key, Cleared(stream_id=made.id))

        await threads.in_db(tell)
        await client.expect("showcase-cleared")
