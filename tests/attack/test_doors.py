"""Whatever comes in by whatever door, the server neither ends nor hangs, nor has a fault of its own to report."""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable

import pytest

from realtime.runtime import threads
from tests.attack import report, target
from tests.attack.doors import http, polling, socketio, websocket
from tests.attack.plain import Silent
from tests.attack.target import Props, Target

INPUTS = int(os.environ.get("ATTACK_INPUTS", "2000"))  # `make attack` sends many more
ONLY = os.environ.get("ATTACK_ONLY", "")  # as a failure says it, such as 1200-1399: sent again one by one
BATCH = 25  # inputs of one client
AT_ONCE = 8  # clients
MANY = 20  # kinds of faults, after which no more is sent

Send = Callable[[Target, Props, list[random.Random]], Awaitable[None]]

# The share of all inputs, for a WebSocket takes many more than requests can bring.
DOORS: dict[str, tuple[Send, float]] = {
    "websocket": (websocket.send, 0.4),
    "socketio": (socketio.send, 0.3),
    "polling": (polling.send, 0.15),
    "http": (http.send, 0.15),
}

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300 + INPUTS // 20)]


@pytest.mark.parametrize("way_in", DOORS)
async def test_nothing_that_comes_in_breaks_the_server(unlimited: Target, way_in: str) -> None:
    send, share = DOORS[way_in]
    props = await threads.in_db(target.make_props)
    unlimited.answers.clear()
    first, last = map(int, ONLY.split("-")) if ONLY else (0, round(INPUTS * share) - 1)
    batch, together = (1, 1) if ONLY else (BATCH, BATCH * AT_ONCE)
    faults = await target.faults_of(unlimited)
    began = time.monotonic()
    for start in range(first, last + 1, together):
        numbers = range(start, min(start + together, last + 1))
        sending = [
            _send(send, unlimited, props, way_in, numbers[at : at + batch]) for at in range(0, len(numbers), batch)
        ]
        await asyncio.gather(*sending)
        again = f"again with ATTACK_SEED={target.SEED} ATTACK_ONLY={numbers[0]}-{numbers[-1]}"
        for kind, fault in (await target.faults_of(unlimited)).items():
            faults.setdefault(kind, f"{fault}\n{again}")
        if len(faults) > MANY or unlimited.has_ended():
            break
    took = time.monotonic() - began
    if not unlimited.has_ended():
        faults |= await asyncio.to_thread(unlimited.leftovers)
    counted = ", ".join(f"{count} of {status}" for status, count in sorted(unlimited.answers.items()))
    report.note(
        f"fuzz {way_in}", f"{last + 1 - first} inputs, seed {target.SEED}", f"{took:.0f} s; answers {counted}", faults
    )
    assert not faults, "\n".join(["", *faults.values()])


async def _send(send: Send, attacked: Target, props: Props, way_in: str, numbers: range) -> None:
    try:
        await send(attacked, props, [random.Random(f"{target.SEED}/{way_in}/{number}") for number in numbers])
    except Silent as error:
        attacked.fault(f"{error}, after inputs {numbers[0]} to {numbers[-1]}")
