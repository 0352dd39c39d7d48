"""A picture's viewers and broadcaster on different server processes, one of which may die."""

import signal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from realtime import database
from signaling.models import Peer
from tests.journeys import server
from tests.streams import studio
from tests.streams.studio import ANSWER, AVAILABLE, OFFER, stopped

pytestmark = [
    pytest.mark.journey,
    pytest.mark.usefixtures("live_db"),
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]


async def test_two_processes_are_one_house_and_a_killed_ones_peers_go(database_url: str, tmp_path: Path) -> None:
    with (
        server.running("uvicorn", database_url, tmp_path, **server.WATCHFUL) as stays,
        server.running("uvicorn", database_url, tmp_path) as dies,
    ):
        async with (
            await studio.new(stays.address) as here,
            studio.Studio(dies.address, here.stream, here.creator) as there,
        ):
            ann, ben = await here.viewer("ann"), await there.viewer("ben")
            host = await there.broadcaster()
            assert await ann.next() == AVAILABLE
            assert [(await host.next())["customerId"] for _ in range(2)] == ["ann", "ben"]
            await host.say("webrtc_offer", to="ann", offer=OFFER)
            assert await ann.next() == {"type": "webrtc_offer", "from": "host", "offer": OFFER}
            await ann.say("webrtc_answer", to="host", answer=ANSWER)
            assert await host.next() == {"type": "webrtc_answer", "from": "ann", "answer": ANSWER}
            assert await ben.next() == AVAILABLE

            dies.stop(signal.SIGKILL)
            peer = await database.in_db(Peer.objects.get, broadcast__channel=here.stream.pk, name="host")
            await server.miss(peer.connection)
            assert await ann.next() == stopped("left")
            second = await here.broadcaster("second")
            assert await second.next() == {"type": "webrtc_new_customer", "customerId": "ann"}
            assert await second.settle() == []


@pytest.mark.parametrize("name", ["host", "other"])
async def test_a_broadcaster_comes_back_from_a_killed_process_without_a_stop(
    database_url: str, tmp_path: Path, name: str
) -> None:
    with (
        server.running("uvicorn", database_url, tmp_path) as stays,
        server.running("uvicorn", database_url, tmp_path) as dies,
    ):
        async with (
            await studio.new(stays.address) as here,
            studio.Studio(dies.address, here.stream, here.creator) as there,
        ):
            ann = await here.viewer("ann")
            await there.broadcaster()
            assert await ann.next() == AVAILABLE
            dies.stop(signal.SIGKILL)
            again = await here.broadcaster(name)
            assert await ann.next() == {**AVAILABLE, "broadcaster": name, "broadcasterId": name}
            assert await again.next() == {"type": "webrtc_new_customer", "customerId": "ann"}
