"""Figures of a show whose processes are stopped, killed and started again."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from analytics.models.ticker import INTERVAL
from realtime.runtime import threads
from tests import factories, sockets
from tests.journeys import server

pytestmark = [
    pytest.mark.journey,
    pytest.mark.usefixtures("live_db"),
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]

PATHS = ("sessions/{show}/analytics", "sessions/{show}/conversion-stats", "sessions/{show}/analytics/funnel")
TURNS = 3


def figures(show: sockets.Show) -> list[Any]:
    client = factories.client(show.creator)
    paths = [*PATHS, f"analytics/creator/{show.creator.pk}"]
    return [client.get(f"/api/{path.format(show=show.id)}").json() for path in paths]


@pytest.fixture
def show() -> sockets.Show:
    made = sockets.make_show()
    factories.listing(made.stream, factories.product(made.creator))
    return made


async def tell_turns(client: sockets.Client, times: int) -> list[datetime]:
    stats = [await client.expect("product-click-stats") for _ in range(times)]
    return [datetime.fromisoformat(each["timestamp"]) for each in stats]


async def test_a_restart_in_the_middle_of_a_show_changes_no_figure(
    show: sockets.Show, database_url: str, tmp_path: Path
) -> None:
    product = str((await threads.in_db(show.stream.listings.get)).product_id)
    with server.running("uvicorn", database_url, tmp_path) as first:
        async with await sockets.connect(first.address) as viewer:
            await viewer.ask("join-session", sessionId=show.id)
            await viewer.ask("product-click", sessionId=show.id, productId=product)
            await viewer.say("send-reaction", sessionId=show.id, kind="heart")
            await viewer.expect("reaction-stats", total=1)
            await viewer.ask("send-message", sessionId=show.id, message="Lovely")
            await viewer.ask("leave-session", data=show.id)
            before = await threads.in_db(figures, show)
    with server.running("uvicorn", database_url, tmp_path) as second:
        async with await sockets.connect(second.address) as other:
            assert await threads.in_db(figures, show) == before
            assert before[0]["reactions"] == {"total": 1, "breakdown": {"heart": 1}}
            assert before[1]["data"]["products"][0]["totalClicks"] == 1
            await other.ask("join-session", sessionId=show.id)
            await other.ask("product-click", sessionId=show.id, productId=product)
            assert (await other.expect("product-click-stats"))["productStats"][0]["totalClicks"] == 2


async def test_a_room_of_two_processes_is_told_once_in_a_turn_and_goes_on_when_one_is_killed(
    show: sockets.Show, database_url: str, tmp_path: Path
) -> None:
    product = str((await threads.in_db(show.stream.listings.get)).product_id)
    with (
        server.running("uvicorn", database_url, tmp_path, **server.WATCHFUL) as lasting,
        server.running("uvicorn", database_url, tmp_path, **server.WATCHFUL) as dying,
    ):
        async with await sockets.connect(lasting.address) as stays, await sockets.connect(dying.address) as goes:
            for client in (stays, goes):
                await client.ask("join-session", sessionId=show.id)
                await client.ask("product-click", sessionId=show.id, productId=product)
            moments = await tell_turns(stays, TURNS)
            passed = max(moments) - min(moments)
            assert passed > INTERVAL * (TURNS - 1) / 2  # two processes that both told it would be twice as fast
            dying.process.kill()
            assert min(await tell_turns(stays, TURNS)) > max(moments)
