"""Through each outage and after it nothing acknowledged is lost, doubled or out of order, and everybody comes back."""

import os
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from realtime.broker import publisher
from tests.chaos import cluster, machine, outages
from tests.chaos.machine import Chance

IS_LONG = "CHAOS_STEPS" in os.environ  # `make chaos`
OFFSETS = (5.0, -5.0)  # seconds that the processes' clocks are wrong

SHORT_SECONDS = 1.0

# How long each lasts at length, in seconds.
OUTAGES = {
    "half_open_database": 30.0,
    "database_away": 70.0,
    "redis_away": 60.0,
    "clients_stall": 30.0,
    "disk_full": 30.0,
}
if IS_LONG:
    OUTAGES |= {"database_silent": 30.0}

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def loop() -> Iterator[machine.Loop]:
    loop = machine.Loop()
    yield loop
    loop.stop()


@pytest.fixture(scope="module")
def proxied(
    servers_url: str, loop: machine.Loop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[outages.Proxied]:
    with cluster.standing(servers_url, tmp_path_factory.mktemp("outages"), outages.Proxied, loop=loop) as home:
        yield home


@pytest.fixture(autouse=True)
def bells_reach_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of this process: what it writes is found in the log."""
    monkeypatch.setattr(publisher, "publish", lambda notifications: None)


@pytest.mark.parametrize("what", OUTAGES)
def test_nothing_acknowledged_is_lost_doubled_or_out_of_order(
    proxied: outages.Proxied, loop: machine.Loop, what: str
) -> None:
    faults = list[str]()
    chaos = machine.Chaos(proxied, loop, Counter(), faults)
    outage = outages.Outage(proxied, chaos, OUTAGES[what] if IS_LONG else SHORT_SECONDS)
    for number in range(4):
        chaos.say(Chance(number, 0, 0, 0))
    chaos._do(getattr(outage, what))
    began = time.monotonic()
    proxied.heal()
    settled = loop.run(chaos._settle())
    print(f"{what}: everybody was back and answered after {time.monotonic() - began:.1f} s")  # noqa: T201
    faults += settled
    chaos.teardown()
    assert not faults, "\n".join(faults)


def test_processes_whose_clocks_differ_are_one_house(
    servers_url: str, loop: machine.Loop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By ten seconds: people, counts, tokens and what was missed are the same at each of them."""
    folder, faults = tmp_path_factory.mktemp("clocks"), list[str]()
    with cluster.standing(servers_url, folder, outages.Proxied, loop=loop, offsets=OFFSETS) as home:
        chaos = machine.Chaos(home, loop, Counter(), faults)
        outage = outages.Outage(home, chaos, 30.0 if IS_LONG else SHORT_SECONDS)
        outage.last()
        for number in range(4):  # each comes back by the other process
            loop.run(chaos.viewers[number].go())
            chaos.come_back(Chance(number, 0, (number + 1) % cluster.WORKERS, 0))
            chaos.say(Chance(number, 0, 0, 0))
        faults += outages.foreign_tokens(home)
        chaos.teardown()
    assert not faults, "\n".join(faults)
