"""What comes due is done with every heartbeat, and at the moments that were named."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from realtime import periodic
from realtime.presence import tracker
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db", "no_other_heartbeat")


class Work:
    """A verb that counts how often it was done."""

    def __init__(self) -> None:
        self.times = 0
        self.done = threading.Event()
        self.fails = False

    def __call__(self) -> None:
        self.times += 1
        self.done.set()
        if self.fails:
            raise RuntimeError("not today")

    async def wait(self) -> None:
        assert await asyncio.to_thread(self.done.wait, sockets.PATIENCE)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def duty(work: Work) -> Iterator[periodic.PeriodicTask]:
    duty = periodic.PeriodicTask(work)
    yield duty
    periodic._duties.remove(duty)


@pytest.mark.everywhere
async def test_a_duty_is_done_with_every_heartbeat(duty: periodic.PeriodicTask, work: Work) -> None:
    house = tracker.Presences()
    await house.begin()
    for times in (1, 2):
        await house.beat()
        await asyncio.gather(*house.dutiful)
        assert work.times == times
    await house.end()


async def test_a_duty_is_done_when_something_is_due(duty: periodic.PeriodicTask, work: Work) -> None:
    duty.schedule_in(0.05)
    await work.wait()
    assert work.times == 1


async def test_moments_close_to_each_other_are_one(duty: periodic.PeriodicTask, work: Work) -> None:
    for _ in range(100):
        duty.schedule_in(periodic.PACE)
    assert len(duty.turns) <= 2
    await work.wait()


async def test_a_duty_that_fails_keeps_no_other_from_being_done(
    duty: periodic.PeriodicTask, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    work.fails = True
    other = Work()
    behind = periodic.PeriodicTask(other)
    await periodic.run_due()
    periodic._duties.remove(behind)
    assert (work.times, other.times) == (1, 1)
    assert "was not done" in caplog.text
