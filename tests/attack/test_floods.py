"""Who floods the server is stopped, and somebody who only chats does not notice."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest
from django.db.models.functions import Length

from realtime.models import RoomEvent
from realtime.runtime import threads
from tests import sockets
from tests.attack import bystander, floods, report, target
from tests.attack.floods import Flood, Outcome
from tests.attack.target import Props, Target

SECONDS = float(os.environ.get("ATTACK_SECONDS", "0.3"))  # of a flood that nothing else ends; `make attack`: more
IS_LONG = SECONDS > 1
MOST_HELD = 128 * 1024  # kilobytes that a server may have grown by, whatever one client has sent
MOST_KEPT = 17 * 1024  # characters of one event of a party in the log

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300 + 10 * SECONDS)]


async def make_flood(attacked: Target, number: int) -> tuple[Flood, Props]:
    """Each flood comes from an address of its own: what one did wrong is not laid at another's door."""
    props = await threads.in_db(target.make_props)
    return Flood(attacked.address, f"127.0.1.{number + 1}", SECONDS, props.show.id, props.party), props


@pytest.fixture(scope="module")
def quiet() -> list[float]:
    """Milliseconds, the 95th percentiles of a bystander without a flood; at length there is one before each."""
    return []


@pytest.mark.parametrize("flood", floods.FLOODS, ids=lambda flood: flood.__name__)
async def test_a_flood_is_stopped_and_nobody_else_notices(
    limited: Target, flood: Callable[[Flood], Awaitable[Outcome]], quiet: list[float]
) -> None:
    made, props = await make_flood(limited, floods.FLOODS.index(flood))
    async with bystander.present(limited.address) as others:
        if IS_LONG or not quiet:
            quiet.append(await others.talk(SECONDS))
        memory, spent = limited.memory(), limited.seconds()
        async with others.talking():
            outcome = await flood(made)
        flooded, grown = others.p95, limited.memory() - memory
        spent = limited.seconds() - spent
    faults = await target.faults_of(limited)
    if outcome.fault:
        faults["bound"] = outcome.fault
    if grown > MOST_HELD:
        faults["memory"] = f"the server has grown by {grown:,} kB"
    if kept := await threads.in_db(_longest, f"shopping:{props.party}"):
        faults["log"] = f"an event of {kept:,} characters is kept in the log"
    faults |= await asyncio.to_thread(limited.leftovers)
    figures = (
        f"{outcome.figures}; p95 of a bystander {quiet[-1]:.0f} → {flooded:.0f} ms; {spent:.1f} s CPU, {grown:+,} kB"
    )
    report.note(f"flood of {flood.__name__}", f"{SECONDS} s", figures, faults)
    assert not faults, "\n".join(["", figures, *faults.values()])


def _longest(room: str) -> int:
    longest = RoomEvent.objects.filter(room__key=room).annotate(length=Length("body")).order_by("-length").first()
    length: int = getattr(longest, "length", 0)
    return length if length > MOST_KEPT else 0


async def test_who_only_waits_is_not_waited_for(limited: Target) -> None:
    made, _ = await make_flood(limited, 100)
    ended = await asyncio.gather(*(wait(made) for wait in floods.WAITING))
    faults = {
        wait.__name__: f"{wait.__name__} is never ended"
        for wait, over in zip(floods.WAITING, ended, strict=True)
        if not over
    }
    report.note("waiting clients", f"{sockets.PATIENCE:.0f} s", f"{sum(ended)} of {len(ended)} ended", faults)
    faults |= await target.faults_of(limited) | await asyncio.to_thread(limited.leftovers)
    assert not faults, "\n".join(["", *faults.values()])
