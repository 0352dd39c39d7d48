"""Many clients' small verbs in one transaction: whatever arrives during a commit shares the next one."""

import asyncio
import functools
from collections import deque
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError

from realtime import lifecycle, metrics
from realtime.broker import publisher
from realtime.errors import Busy
from realtime.runtime import batches, threads
from realtime.storage import transactions

P = ParamSpec("P")
R = TypeVar("R")

BATCH = 200  # verbs in one transaction
# So many seconds lie between a commit and the next transaction: what was told goes out, and its readers answer.
WRITE_DELAY = 0.001
# So many verbs of a process may wait for a transaction; beyond it the sender is told to try again.
MAX_WAITING = 5_000


class _Job:
    """One verb, and what became of it."""

    __slots__ = ("call", "error", "future", "is_insert_only", "result")

    def __init__(self, call: Callable[[], Any], is_insert_only: bool, future: "asyncio.Future[Any]") -> None:
        self.call, self.is_insert_only = call, is_insert_only
        self.future = future
        self.result: Any = None
        self.error: Exception | None = None

    @property
    def has_timed_out(self) -> bool:
        return self.future.done() and not self.future.cancelled()

    def time_out(self) -> None:
        if not self.future.done():
            self.future.set_exception(TimeoutError())

    def settle(self) -> None:
        threads.settle(self.future, self.result, self.error)


def _call_all(jobs: list[_Job]) -> None:
    """Calls the verbs of `jobs`. One that refuses, before its first write, fails alone."""
    outbox = transactions.current()
    assert outbox is not None
    for job in jobs:
        job.result = job.error = None
        savepoint = outbox.savepoint()
        try:
            job.result = job.call()
        except DatabaseError:
            raise
        except Exception as error:
            outbox.rollback_to(savepoint)
            job.error = error


_in_transaction, _insert_only = transactions.verb(_call_all), transactions.insert_only(_call_all)


def _commit(jobs: list[_Job]) -> None:
    """Runs `jobs` in one transaction, in more only where the database refuses some of their data.

    A job that fails may have been committed nevertheless: a sender that tries again relies on its `op`.
    """
    run = _insert_only if all(job.is_insert_only for job in jobs) else _in_transaction
    for part, error in batches.run_bisecting(run, jobs):
        for job in part if error is not None else ():
            job.error = error


class Writer:
    """Collects verbs and commits them; each event loop has one."""

    def __init__(self) -> None:
        self.waiting: deque[_Job] = deque()
        self.task: asyncio.Task[None] | None = None
        self.next_at = 0.0  # The next transaction may begin then, by the loop's clock.

    async def submit(self, call: Callable[[], R], is_insert_only: bool = False) -> R:
        """Returns, or raises, what `call` did, after the commit; Busy if too much waits already.

        Raises TimeoutError after threads.DEADLINE. A verb that had begun may still be done then: a sender that tries
        again relies on its `op`.
        """
        if len(self.waiting) >= MAX_WAITING:
            raise Busy
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        job = _Job(call, is_insert_only, future)
        self.waiting.append(job)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._drain())
        deadline = loop.call_later(threads.DEADLINE, job.time_out)
        try:
            return await future
        finally:
            deadline.cancel()

    async def stop(self) -> None:
        """Waits until what was submitted has been committed."""
        if self.task is not None:
            await self.task

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self.waiting:
            if (delay := self.next_at - loop.time()) > 0:
                await asyncio.sleep(delay)
            taken = [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]
            jobs = [job for job in taken if not job.has_timed_out]  # Their senders were told to try again.
            if not jobs:
                continue
            metrics.writer_batch.add(len(jobs))
            begun = loop.time()
            try:
                await threads.in_writer(_commit, jobs)
            except Exception as error:
                for job in jobs:
                    job.error = error
            metrics.writer_seconds.add(loop.time() - begun)
            for job in jobs:
                job.settle()
            self.next_at = loop.time() + WRITE_DELAY


current = lifecycle.per_loop(Writer, lifecycle.Stage.WRITER, Writer.stop)


async def submit(verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs a small verb in the next shared transaction, and returns or raises after the commit what it did.

    The verb checks before its first write, for a refusal does not roll back the others, and gives its new rows to
    `event_log.insert()` where it can. Raises Busy where too many verbs wait, and TimeoutError after threads.DEADLINE.
    """
    return await current().submit(functools.partial(verb, *args, **kwargs), transactions.is_insert_only(verb))


def submit_from_thread(verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `submit`, for a thread such as that of a REST view; in a process without sockets the verb is simply called."""
    serving = publisher.current()
    if serving is None:
        return verb(*args, **kwargs)
    return asyncio.run_coroutine_threadsafe(submit(verb, *args, **kwargs), serving.loop).result()
