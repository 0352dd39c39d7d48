"""What is to be done without anybody asking: periodic tasks, which every process runs, and jobs, once per cluster.

A periodic task finds out from the database what is due. So a moment that its process does not live to see is made good
by another process's next heartbeat, and it does no harm that several processes come to the same one.

A job is what an operator would put into cron, such as a nightly clean-up. Whoever looks first takes its lease in the
database, so it runs once per cluster however many processes there are. Processes that serve look for jobs by
themselves, from their start on, unless settings.RUN_JOBS is off; then `manage.py tick` must be run by a timer.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Collection, Iterator
from contextvars import Context
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from realtime import lifecycle
from realtime.broker import publisher
from realtime.models import JobRun
from realtime.runtime import background, threads

logger = logging.getLogger(__name__)

GRANULARITY = 0.25  # seconds between two runs of one task for moments that are close to each other
LOOK_INTERVAL = 60.0  # seconds between two looks of a process for jobs that are due
MAX_LEASE = timedelta(hours=1)  # Another process may run a job again after this, whatever became of the first run.
RETRY = timedelta(minutes=5)  # after which a job that failed is tried again, and the shortest lease

_tasks: list["PeriodicTask"] = []
_jobs: dict[str, "Job"] = {}


class PeriodicTask:
    """A verb that does all that is due by now: it runs with every heartbeat, and at moments that are known before."""

    def __init__(self, verb: Callable[[], object]) -> None:
        self.verb = verb
        self.scheduled: set[int] = set()  # moments at which it will run, in units of GRANULARITY
        self.running: set[asyncio.Task[None]] = set()
        _tasks.append(self)

    def schedule_in(self, seconds: float) -> None:
        """Has it run in `seconds`, or a little later, because something will be due then."""
        self._schedule(seconds, [])

    def schedule_within(self, seconds: float) -> None:
        """Has it run in `seconds` unless it will run before anyway: for a verb that comes due again and again.

        It may be called in any thread, so by the verb itself. A process without sockets leaves it to those that have
        them.
        """
        if (serving := publisher.current()) is not None:
            serving.loop.call_soon_threadsafe(self._schedule, seconds, self.scheduled, context=Context())

    def _schedule(self, seconds: float, instead: Collection[int]) -> None:
        """Has it run in `seconds`, unless one of the moments `instead` comes before that."""
        loop = asyncio.get_running_loop()
        now, moment = loop.time() / GRANULARITY, math.ceil((loop.time() + seconds) / GRANULARITY)
        if moment not in self.scheduled and not any(now <= other <= moment for other in instead):
            self.scheduled.add(moment)
            loop.call_at(moment * GRANULARITY, self._start, moment)

    def _start(self, moment: int) -> None:
        self.scheduled.discard(moment)
        background.spawn(self.run(), self.running)

    async def run(self) -> None:
        """Runs the verb; an error is logged, for the next heartbeat tries again."""
        try:
            await threads.in_db(self.verb)
        except Exception:
            logger.exception("%s failed", getattr(self.verb, "__qualname__", self.verb))


@dataclass(frozen=True)
class Job:
    """A verb that one process of the cluster runs every so often."""

    name: str
    every: timedelta
    verb: Callable[[], object]

    @property
    def lease(self) -> timedelta:
        """How long a process that dies keeps the job from being run: a frequent job must not wait for an hour."""
        return min(max(self.every, RETRY), MAX_LEASE)

    def run_if_due(self) -> bool:
        """Runs the verb if it is due and no other process has taken it; returns whether it was run without an error."""
        if not JobRun.objects.take(self.name, self.lease):
            return False
        try:
            self.verb()
        except Exception:
            logger.exception("the job %s failed", self.name)
            JobRun.objects.finish(self.name, RETRY)
            return False
        JobRun.objects.finish(self.name, self.every)
        return True


def every(interval: timedelta, verb: Callable[[], object], name: str) -> None:
    """Declares a job. Its name is stored, and must not change."""
    _jobs[name] = Job(name, interval, verb)


def jobs() -> list[Job]:
    """All that are declared."""
    return list(_jobs.values())


def run_jobs() -> Iterator[str]:
    """Runs the jobs that are due, one after the other; yields the names of those that were run."""
    for job in list(_jobs.values()):
        if job.run_if_due():
            yield job.name


class JobRunner:
    """Looks for jobs that are due; each event loop has one. A job may take long, so it has a thread of its own."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.look: asyncio.Task[None] | None = None  # the look that is going on, with the job that it has found

    def start(self) -> None:
        """Looks once a minute from now on, if settings.RUN_JOBS is on; further calls do nothing."""
        if self.task is None and settings.RUN_JOBS:
            self.task = asyncio.create_task(self._look_regularly())

    async def stop(self) -> None:
        """Waits for the job that is running, for threads.DEADLINE at most."""
        if self.task is None:
            return
        if self.look is not None:
            await asyncio.wait({self.look}, timeout=threads.DEADLINE)
        self.task.cancel()

    async def _look_regularly(self) -> None:
        while True:
            await asyncio.sleep(LOOK_INTERVAL)
            self.look = asyncio.create_task(self._look())
            await asyncio.wait({self.look})
            self.look = None

    async def _look(self) -> None:
        try:
            deadline = MAX_LEASE.total_seconds()  # By then other processes have taken a job that hangs.
            for name in await threads.run(threads.job_pool(), lambda: list(run_jobs()), deadline):
                logger.info("the job %s was run", name)
        except Exception:
            logger.exception("jobs could not be run")  # The next look tries again.


current_runner = lifecycle.per_loop(JobRunner, lifecycle.Stage.JOBS, JobRunner.stop)


async def run_due() -> None:
    """Runs the periodic tasks, with each heartbeat. Under servers without lifespan this also begins the jobs."""
    current_runner().start()
    for task in _tasks:
        await task.run()
