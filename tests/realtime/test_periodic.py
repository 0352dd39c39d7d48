"""What comes due is done with every heartbeat, and at the moments that were named."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connections

from config import jobs
from realtime import lifecycle, periodic
from realtime.delivery import hubs
from realtime.models import JobRun
from realtime.presence import tracker
from realtime.runtime import threads
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
def task(work: Work) -> Iterator[periodic.PeriodicTask]:
    task = periodic.PeriodicTask(work)
    yield task
    periodic._tasks.remove(task)


@pytest.mark.everywhere
async def test_a_task_is_done_with_every_heartbeat(task: periodic.PeriodicTask, work: Work) -> None:
    presences = tracker.Presences()
    await presences.begin()
    for times in (1, 2):
        await presences.heartbeat()
        await asyncio.gather(*presences.periodic_tasks)
        assert work.times == times
    await presences.end()


async def test_a_task_is_done_when_something_is_due(task: periodic.PeriodicTask, work: Work) -> None:
    task.schedule_in(0.05)
    await work.wait()
    assert work.times == 1


async def test_moments_close_to_each_other_are_one(task: periodic.PeriodicTask, work: Work) -> None:
    for _ in range(100):
        task.schedule_in(periodic.GRANULARITY)
    assert len(task.scheduled) <= 2
    await work.wait()


async def test_what_comes_due_again_and_again_is_scheduled_once_from_any_thread(
    task: periodic.PeriodicTask, work: Work, local: hubs.Hubs
) -> None:
    for seconds in (3.0, 2.0, 2.0, 4.0):
        await threads.in_db(task.schedule_within, seconds)
    await asyncio.sleep(0)
    assert len(task.scheduled) == 2  # the second is sooner than the first, the others are not
    task.schedule_in(0)
    await work.wait()
    assert work.times == 1


def test_a_process_without_sockets_leaves_what_comes_due_to_others(task: periodic.PeriodicTask) -> None:
    task.schedule_within(1.0)
    assert not task.scheduled


async def test_a_task_that_fails_keeps_no_other_from_being_done(
    task: periodic.PeriodicTask, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    work.fails = True
    other = Work()
    behind = periodic.PeriodicTask(other)
    await periodic.run_due()
    periodic._tasks.remove(behind)
    assert (work.times, other.times) == (1, 1)
    assert "failed" in caplog.text


# --- jobs


@pytest.fixture
def own_jobs(monkeypatch: pytest.MonkeyPatch, live_db: None) -> Iterator[None]:
    """No job but those that the test declares, and none of their rows left."""
    monkeypatch.setattr(periodic, "_jobs", {})
    yield
    JobRun.objects.filter(name__startswith="test-").delete()


def in_processes(count: int) -> list[list[str]]:
    """What so many processes run that look for jobs at the same moment."""
    gate = threading.Barrier(count)

    def look(_: int) -> list[str]:
        gate.wait()
        try:
            return list(periodic.run_jobs())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(look, range(count)))


@pytest.mark.everywhere
def test_a_job_is_run_once_per_cluster(own_jobs: None, work: Work) -> None:
    periodic.every(timedelta(hours=1), work, "test-hourly")
    ran = in_processes(4)
    assert sorted(ran) == [[], [], [], ["test-hourly"]]
    assert work.times == 1
    assert list(periodic.run_jobs()) == []


@pytest.mark.everywhere
def test_a_job_is_run_again_when_its_interval_is_over(own_jobs: None, work: Work) -> None:
    periodic.every(timedelta(seconds=-1), work, "test-always")  # over even where the clock counts milliseconds
    assert list(periodic.run_jobs()) == list(periodic.run_jobs()) == ["test-always"]
    assert work.times == 2


def test_a_job_that_fails_is_tried_again_and_keeps_no_other_from_being_run(
    own_jobs: None, work: Work, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    work.fails, other = True, Work()
    monkeypatch.setattr(periodic, "RETRY", timedelta(0))
    periodic.every(timedelta(days=1), work, "test-failing")
    periodic.every(timedelta(days=1), other, "test-other")
    assert list(periodic.run_jobs()) == ["test-other"]
    assert "the job test-failing failed" in caplog.text
    work.fails = False
    assert list(periodic.run_jobs()) == ["test-failing"]


def test_the_lease_of_a_process_that_died_ends(own_jobs: None, work: Work) -> None:
    periodic.every(timedelta(days=1), work, "test-daily")
    assert JobRun.objects.take("test-daily", timedelta(hours=1))
    assert list(periodic.run_jobs()) == []
    JobRun.objects.filter(name="test-daily").update(leased_until="2001-01-01T00:00:00Z")
    assert list(periodic.run_jobs()) == ["test-daily"]


def test_a_frequent_job_waits_not_long_for_a_process_that_died() -> None:
    leases = [periodic.Job("", timedelta(minutes=each), Work()).lease for each in (1, 20, 1440)]
    assert leases == [periodic.RETRY, timedelta(minutes=20), periodic.MAX_LEASE]


@pytest.fixture
async def runner(own_jobs: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[periodic.JobRunner]:
    """The runner of a process that serves, which looks without a pause."""
    settings.RUN_JOBS = True
    monkeypatch.setattr(periodic, "LOOK_INTERVAL", 0)
    monkeypatch.setattr(periodic, "current_runner", lifecycle.per_loop(periodic.JobRunner))
    runner = periodic.current_runner()
    yield runner
    await runner.stop()


@pytest.mark.everywhere
async def test_a_process_that_serves_runs_jobs(runner: periodic.JobRunner, work: Work) -> None:
    periodic.every(timedelta(days=1), work, "test-daily")
    await periodic.run_due()  # as with a heartbeat
    await work.wait()
    await runner.stop()
    assert work.times == 1


async def test_a_process_that_is_not_to_run_jobs_runs_none(runner: periodic.JobRunner, settings: Any) -> None:
    settings.RUN_JOBS = False
    runner.start()
    assert runner.task is None


async def test_a_look_that_fails_is_logged_and_the_next_one_runs_the_job(
    runner: periodic.JobRunner, work: Work, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    periodic.every(timedelta(days=1), work, "test-daily")
    run_jobs, failures = periodic.run_jobs, [OperationalError("the database is away")]

    def fail_once() -> Iterator[str]:
        if failures:
            raise failures.pop()
        return run_jobs()

    monkeypatch.setattr(periodic, "run_jobs", fail_once)
    runner.start()
    await work.wait()
    assert "jobs could not be run" in caplog.messages


async def test_a_process_that_ends_lets_its_job_finish(runner: periodic.JobRunner) -> None:
    reached, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(reached.set)
        assert may_end.wait(sockets.PATIENCE)

    periodic.every(timedelta(days=1), work, "test-daily")
    runner.start()
    await asyncio.wait_for(reached.wait(), sockets.PATIENCE)
    stopping = asyncio.create_task(runner.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    may_end.set()
    await stopping
    [run] = await threads.in_db(lambda: list(JobRun.objects.filter(name="test-daily")))
    assert run.leased_until < run.due_at  # The lease came back.


def test_the_installation_declares_what_would_stand_in_a_crontab() -> None:
    assert set(periodic._jobs) >= {"prune-rooms", "prune-accounts", "end-parties", "delete-parties", "prune-calls"}
    assert timedelta(days=1) == jobs.DAILY
