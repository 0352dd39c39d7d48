"""Five hundred want fifty pieces at the same moment, and one of the two processes that they ask is killed meanwhile."""

import asyncio
import json
import secrets
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import websockets
from django.conf import settings
from django.db import connection

from accounts import identity as identities
from drops.models import Drop
from realtime.runtime import threads
from tests import factories, sockets
from tests.drops.dropping import announce, check
from tests.journeys import server

pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]

BUYERS, PIECES = 500, 50
# All of these buyers have one address.
WITHOUT_LIMITS = {
    "LIMITS": json.dumps({"claim": {"address": [0, 0]}, "message": {"address": [0, 0]}, "join": {"address": [0, 0]}}),
    "QUOTAS": json.dumps({"guest-claims": 0}),
}


def prepare() -> Drop:
    creator = factories.user("creator")
    stream = factories.stream(creator, "live")
    product = factories.product(creator, stock=PIECES)
    factories.listing(stream, product)
    return announce(stream, product, quantity=PIECES, hold_seconds=600)


class Buyer:
    """A page as it is: what is not answered before its connection is lost is sent again with the same op."""

    def __init__(self, drop: Drop) -> None:
        self.asked = {"type": "claim-drop", "sessionId": str(drop.stream_id), "dropId": str(drop.pk)}
        self.op = secrets.token_hex(8)
        self.cookie: dict[str, Any] = {"additional_headers": {"Cookie": f"visitor={identities.new_visitor()[1]}"}}

    async def arrive(self, address: sockets.Address) -> None:
        self.client = await sockets.connect(address, "/ws/", **self.cookie)

    async def claim(self, start: asyncio.Event, other: sockets.Address) -> dict[str, Any]:
        await start.wait()
        try:
            ack = await self._ask()
        except (websockets.ConnectionClosed, OSError):
            await self.arrive(other)
            ack = await self._ask()
        await self.client.connection.close()
        assert ack["ok"], ack
        claim: dict[str, Any] = ack["claim"]
        return claim

    async def _ask(self) -> sockets.Frame:
        await self.client.send({**self.asked, "op": self.op})
        return await self.client.expect("ack", 60, op=self.op)


async def test_never_oversold_though_a_process_dies(database_url: str, tmp_path: Path) -> None:
    drop = await threads.in_db(prepare)
    with (
        server.running("uvicorn", database_url, tmp_path, **WITHOUT_LIMITS) as stays,
        server.running("uvicorn", database_url, tmp_path, **WITHOUT_LIMITS) as dies,
    ):
        buyers = [Buyer(drop) for _ in range(BUYERS)]
        for begin in range(0, BUYERS, 50):
            some = enumerate(buyers[begin : begin + 50])
            await asyncio.gather(*(each.arrive((stays, dies)[index % 2].address) for index, each in some))
        start = asyncio.Event()
        claims = [asyncio.create_task(buyer.claim(start, stays.address)) for buyer in buyers]
        start.set()
        while sum(claim.done() for claim in claims) < BUYERS // 5:
            await asyncio.wait([claim for claim in claims if not claim.done()], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.to_thread(dies.stop, signal.SIGKILL)
        states = Counter(claim["state"] for claim in await asyncio.gather(*claims))
    assert states == {"held": PIECES, "waiting": BUYERS - PIECES}
    await threads.in_db(check, drop)
    counts = await threads.in_db(lambda: (drop.held, drop.waiting, drop.claims.count()))
    assert counts == (PIECES, BUYERS - PIECES, BUYERS)
