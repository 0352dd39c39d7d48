"""Many clients' small verbs in one transaction: whatever arrived during the last commit shares the next one."""

import asyncio
import functools
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError, DataError, IntegrityError

from realtime import event_log
from realtime.errors import Busy as Busy
from realtime.runtime import loops, threads

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

BATCH = 200  # verbs in one transaction
REST = 0.001  # seconds between two transactions, in which what was told goes out, and its hearers answer
MAX_WAITING = 5_000  # verbs of this process that wait for one; beyond it the sender is told to try again


class _Job:
    """One verb, and what became of it."""

    __slots__ = ("appends", "call", "error", "future", "result")

    def __init__(self, call: Callable[[], Any], appends: bool, future: "asyncio.Future[Any]") -> None:
        self.call, self.appends = call, appends
        self.future = future
        self.result: Any = None
        self.error: Exception | None = None

    def give_up(self) -> None:
        if not self.future.done():
            self.future.set_exception(TimeoutError())

    def settle(self) -> None:
        if self.future.done():  # its sender is gone
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


def _all(jobs: list[_Job]) -> None:
    """Runs `jobs` in one transaction. A verb that refuses, before its first write, fails alone."""
    for job in jobs:
        job.result = job.error = None
        mark = event_log.savepoint()
        try:
            job.result = job.call()
        except DatabaseError:
            raise
        except Exception as error:
            event_log.rollback_to(mark)
            job.error = error


_together, _appending = event_log.verb(_all), event_log.insert_only(_all)


def _commit(jobs: list[_Job]) -> None:
    """Runs `jobs`, halving on data that the database refuses until the bad one fails alone."""
    try:
        (_appending if all(job.appends for job in jobs) else _together)(jobs)
    except (DataError, IntegrityError) as error:
        if len(jobs) == 1:
            jobs[0].error = error
            return
        middle = len(jobs) // 2
        _commit(jobs[:middle])
        _commit(jobs[middle:])
    except Exception as error:
        # The commit may have happened: a sender that retries relies on its `op`.
        logger.exception("a batch of %d verbs failed", len(jobs))
        for job in jobs:
            job.error = error


class Writer:
    """One per event loop."""

    def __init__(self) -> None:
        self.waiting: deque[_Job] = deque()
        self.task: asyncio.Task[None] | None = None
        self.rested = 0.0  # when it will have

    async def submit(self, call: Callable[[], R], appends: bool = False) -> R:
        if len(self.waiting) >= MAX_WAITING:
            raise Busy
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        job = _Job(call, appends, future)
        self.waiting.append(job)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._drain())
        # After it the verb may still be done: a sender that retries relies on its `op`.
        deadline = loop.call_later(threads.DEADLINE, job.give_up)
        try:
            return await future
        finally:
            deadline.cancel()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self.waiting:
            if (rest := self.rested - loop.time()) > 0:
                await asyncio.sleep(rest)
            jobs = [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]
            try:
                await threads.in_writer(_commit, jobs)
            except Exception as error:
                for job in jobs:
                    job.error = error
            for job in jobs:
                job.settle()
            self.rested = loop.time() + REST


_writer = loops.one_each(Writer)


async def submit(verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs a small verb in the next shared transaction; returns, or raises, what it did, after the commit.

    The verb checks before its first write, and its model instances come in with `log.insert()` where they can.
    """
    return await _writer().submit(functools.partial(verb, *args, **kwargs), event_log.is_insert_only(verb))
