"""Calls to the shop where those who take them and those who call are on different processes, one of which may die.

So is the host of a show.
"""

import signal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from realtime import database
from realtime.models import Presence
from tests import factories, sockets
from tests.journeys import server
from tests.streams.shop_calls import Shop, availability

pytestmark = [
    pytest.mark.journey,
    pytest.mark.usefixtures("live_db"),
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]

SOON = server.WATCHFUL | {"CALL_GRACE_SECONDS": "0.3", "HOST_AWAY_SECONDS": "0"}


def connection_in(room: str, identity: str) -> str:
    return Presence.objects.get(room=room, identity=identity).connection


async def test_a_call_goes_across_processes_and_on_where_the_agents_process_is_killed(
    database_url: str, tmp_path: Path
) -> None:
    with (
        server.running("uvicorn", database_url, tmp_path, **SOON) as stays,
        server.running("uvicorn", database_url, tmp_path, **SOON) as dies,
    ):
        async with Shop(stays.address) as here, Shop(dies.address) as there:
            first = await there.agent()
            visitor = await here.visitor()
            assert availability(visitor)
            caller = await here.connect()
            call = await caller.ask("call-shop", name="Anna")
            assert (await first.rung())["name"] == "Anna"
            assert (await visitor.expect("shop-available"))["available"] is False
            second = await here.agent()
            assert (await visitor.expect("shop-available"))["available"] is True
            key = factories.identity(first.user).key
            lost = await database.in_db(connection_in, "agents:main", key)
            dies.stop(signal.SIGKILL)
            there.staff.clear()
            await server.miss(lost)
            ring = await second.rung()
            assert ring["callId"] == call["callId"]
            accepted = await second.accept(ring)
            assert (await caller.expect("shop-call-accepted"))["matchId"] == accepted["matchId"]


async def test_pages_offer_no_call_once_the_only_agents_process_is_killed(database_url: str, tmp_path: Path) -> None:
    with (
        server.running("uvicorn", database_url, tmp_path, **SOON) as stays,
        server.running("uvicorn", database_url, tmp_path, **SOON) as dies,
    ):
        async with Shop(stays.address) as here, Shop(dies.address) as there:
            agent, visitor = await there.agent(), await here.visitor()
            lost = await database.in_db(connection_in, "agents:main", factories.identity(agent.user).key)
            dies.stop(signal.SIGKILL)
            there.staff.clear()
            await server.miss(lost)
            assert (await visitor.expect("shop-available"))["available"] is False


async def test_a_host_whose_process_is_killed_is_away_until_they_are_back(database_url: str, tmp_path: Path) -> None:
    show = await database.in_db(sockets.make_show)
    proof = await database.in_db(sockets.bearer, show.creator)
    with (
        server.running("uvicorn", database_url, tmp_path, **SOON) as stays,
        server.running("uvicorn", database_url, tmp_path, **SOON) as dies,
    ):
        async with await sockets.connect(stays.address) as viewer:
            await viewer.ask("join-session", sessionId=show.id)
            host = await sockets.connect(dies.address, **proof)
            await host.ask("join-session", sessionId=show.id)
            lost = await database.in_db(connection_in, show.key, factories.identity(show.creator).key)
            dies.stop(signal.SIGKILL)
            await server.miss(lost)
            assert (await viewer.expect("host-away"))["away"] is True
            async with await sockets.connect(stays.address, **proof) as again:
                await again.ask("join-session", sessionId=show.id)
                assert (await viewer.expect("host-away"))["away"] is False
