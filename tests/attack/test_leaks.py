"""Hostile clients that are gone have left nothing: no socket, no presence, no memory."""

import asyncio
import os
import time

import pytest

from realtime.models import Presence
from realtime.runtime import threads
from tests import sockets
from tests.attack import report, target
from tests.attack.floods import Flood, come_and_go
from tests.attack.target import Target

CONNECTIONS = int(os.environ.get("ATTACK_CONNECTIONS", "300"))  # `make attack`: 10,000
AT_ONCE = 50
WARM = 1000  # connections, before a server has the memory that it needs anyway
SETTLE_SECONDS = 120.0  # until the collector of garbage has been by

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600 + CONNECTIONS // 10)]


async def test_hostile_clients_leave_nothing_behind(unlimited: Target) -> None:
    props = await threads.in_db(target.make_props)
    flood = Flood(unlimited.address, "127.0.2.1", 0, props.show.id, props.party)
    is_measured = CONNECTIONS > WARM
    if is_measured:
        await _come_and_go(flood, WARM)
        await asyncio.to_thread(unlimited.leftovers)
    before = unlimited.memory()
    await _come_and_go(flood, CONNECTIONS)
    peak = unlimited.memory()
    faults = await target.faults_of(unlimited) | await asyncio.to_thread(unlimited.leftovers)
    if left := await _present(props.show.key):
        faults["presence"] = f"{left} are still present in the room"
    after = await asyncio.to_thread(_settled, unlimited, before * 1.1) if is_measured else unlimited.memory()
    if is_measured and after > before * 1.1:
        faults["memory"] = f"{before:,} kB have become {after:,} kB"
    figures = f"{before:,} → {peak:,} → {after:,} kB"
    report.note("leaks", f"{CONNECTIONS:,} hostile connections", figures, faults)
    assert not faults, "\n".join(["", figures, *faults.values()])


async def _come_and_go(flood: Flood, count: int) -> None:
    for start in range(0, count, AT_ONCE):
        await asyncio.gather(*(come_and_go(flood, number) for number in range(start, min(start + AT_ONCE, count))))


async def _present(room: str) -> int:
    def count() -> int:
        deadline = time.monotonic() + sockets.PATIENCE
        while (left := Presence.objects.filter(room=room).count()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return left

    return await asyncio.to_thread(count)


def _settled(attacked: Target, most: float) -> int:
    """The server's memory, as soon as it has come down to `most`, or as it is after a while."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (memory := attacked.memory()) > most and time.monotonic() < deadline:
        attacked.health()  # an idle server collects nothing
        time.sleep(1)
    return memory
