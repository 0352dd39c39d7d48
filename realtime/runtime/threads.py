"""The bridge from async handlers to sync verbs: bounded pools of threads, with a deadline for each call."""

import asyncio
import contextvars
import functools
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import get_connection

from realtime.runtime import deadlines

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

# A call has so many seconds: a server that stops reading behind a stalled handler would miss its client's pongs.
DEADLINE = 10.0
MAX_WAITING = 10_000  # So many calls may wait for a thread; beyond it they fail at once.
# A thread keeps its connection to the database so many seconds for the next call; to fetch one costs a query's time.
KEPT = 1.0

Work = Callable[[], None]


class LifoThreadPool:
    """A bounded pool of threads, of which the one that worked last works next.

    Its database connection is open and its caches are warm; a quiet process uses one thread of eight (decision 0011).
    """

    def __init__(self, name: str, size: int) -> None:
        self.name, self.size = name, size
        self.started = 0
        self.idle: list[queue.SimpleQueue[Work]] = []
        self.waiting: deque[Work] = deque()
        self.lock = threading.Lock()

    def take(self, work: Work) -> None:
        """Has a thread call `work`, which must not raise; raises TimeoutError if MAX_WAITING calls wait already."""
        with self.lock:
            if self.idle:
                self.idle.pop().put(work)
            elif self.started < self.size:
                inbox: queue.SimpleQueue[Work] = queue.SimpleQueue()
                inbox.put(work)
                name = f"{self.name}_{self.started + 1}"
                threading.Thread(target=self._work, args=[inbox], name=name, daemon=True).start()
                self.started += 1
            elif len(self.waiting) < MAX_WAITING:
                self.waiting.append(work)
            else:
                raise TimeoutError(f"{MAX_WAITING} calls wait for a thread")

    def _work(self, inbox: "queue.SimpleQueue[Work]") -> None:
        connection = get_connection()
        work = inbox.get()
        while True:
            work()
            del work  # It would keep its arguments alive until the next call comes.
            if connection.errors_occurred:
                _let_go(connection)
            work = self._next(inbox, connection)

    def _next(self, inbox: "queue.SimpleQueue[Work]", connection: BaseDatabaseWrapper) -> Work:
        with self.lock:
            if self.waiting:
                return self.waiting.popleft()
            self.idle.append(inbox)
        try:
            return inbox.get(timeout=KEPT)
        except queue.Empty:
            _let_go(connection)
            return inbox.get()


def _let_go(connection: BaseDatabaseWrapper) -> None:
    try:
        connection.close()
    except Exception:  # The thread is needed, whatever the error is.
        logger.exception("a connection could not be closed")


@functools.cache
def socket_pool() -> LifoThreadPool:
    """The threads of sockets' database work. SQLite has one writer anyway and gets one thread."""
    return LifoThreadPool("sockets", 1 if connection.vendor == "sqlite" else settings.SOCKET_DATABASE_THREADS)


@functools.cache
def writer_pool() -> LifoThreadPool:
    """The writer's own thread, so that no reader delays a commit; on SQLite it is the one of the sockets."""
    return socket_pool() if connection.vendor == "sqlite" else LifoThreadPool("writer", 1)


@functools.cache
def job_pool() -> LifoThreadPool:
    """The thread of jobs, which may take long; on SQLite it is the one of the sockets."""
    return socket_pool() if connection.vendor == "sqlite" else LifoThreadPool("jobs", 1)


@functools.cache
def intake_pool() -> LifoThreadPool:
    """The thread of bulk, so that no batch delays a chat message; on SQLite it is the one of the sockets."""
    return socket_pool() if connection.vendor == "sqlite" else LifoThreadPool("intake", 1)


def settle(future: asyncio.Future[R], result: R | None, error: BaseException | None) -> None:
    """Gives whoever awaits `future` its result, or `error` unless that is None; not if they have been cancelled."""
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)  # type: ignore[arg-type]


def _call_within(seconds: float, function: Callable[[], R]) -> R:
    deadlines.watch.begin(seconds)
    try:
        return function()
    finally:
        deadlines.watch.end()


async def run(pool: LifoThreadPool, function: Callable[[], R], deadline: float | None = None) -> R:
    """Calls `function` in a thread of `pool`; not if the caller has been cancelled before its turn.

    Where the call hangs in the database for `deadline` seconds, it fails with OperationalError.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[R] = loop.create_future()

    def tell(result: R | None, error: BaseException | None) -> None:
        try:
            loop.call_soon_threadsafe(settle, future, result, error)
        except RuntimeError:
            logger.debug("the loop was closed before its call had ended")

    def work() -> None:
        if future.done():  # The caller was cancelled before its turn.
            return
        try:
            result = function() if deadline is None else _call_within(deadline, function)
        except BaseException as error:
            # A variable that outlived this line would form a cycle: the error's traceback holds this frame.
            tell(None, error)
        else:
            tell(result, None)

    pool.take(functools.partial(contextvars.copy_context().run, work))
    return await future


async def in_db(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls a sync verb or query in a thread of the socket pool.

    Raises TimeoutError after DEADLINE, though the call may go on, and at once if MAX_WAITING calls wait already.
    """
    async with asyncio.timeout(DEADLINE):
        return await run(socket_pool(), functools.partial(function, *args, **kwargs), DEADLINE)


async def in_writer(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls `function` in the writer's thread, one after the other. Only its database work has a deadline."""
    return await run(writer_pool(), functools.partial(function, *args, **kwargs), DEADLINE)


async def in_intake(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `in_writer`, in the thread of bulk."""
    return await run(intake_pool(), functools.partial(function, *args, **kwargs), DEADLINE)
