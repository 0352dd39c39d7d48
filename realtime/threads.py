"""The one bridge from async handlers to sync verbs: a bounded pool of threads of our own, with a deadline."""

import asyncio
import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import close_old_connections, connection

P = ParamSpec("P")
R = TypeVar("R")

DEADLINE = 10.0  # seconds; a server that stops reading behind a stalled handler would miss its client's pongs


@functools.cache
def sockets() -> ThreadPoolExecutor:
    """The threads of socket database work; SQLite, which has one writer anyway, gets one."""
    size = 1 if connection.vendor == "sqlite" else settings.SOCKET_DATABASE_THREADS
    return ThreadPoolExecutor(size, thread_name_prefix="sockets")


@functools.cache
def writing() -> ThreadPoolExecutor:
    """The writer's thread: its own, so that no reader delays a commit; on SQLite the one that there is."""
    return sockets() if connection.vendor == "sqlite" else ThreadPoolExecutor(1, thread_name_prefix="writer")


def _read(function: Callable[[], R]) -> R:
    """With a connection of the pool, which goes back to it."""
    try:
        return function()
    finally:
        close_old_connections()


def _write(function: Callable[[], R]) -> R:
    """With the thread's own connection, for as long as it is sound: to fetch one costs as much as a small verb."""
    try:
        return function()
    finally:
        if connection.errors_occurred:
            connection.close()


def _settle(future: asyncio.Future[R], result: R | None, error: BaseException | None) -> None:
    if future.done():  # whoever waited has gone
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)  # type: ignore[arg-type]


async def _run(executor: ThreadPoolExecutor, call: Callable[..., R], function: Callable[[], R]) -> R:
    """What `loop.run_in_executor()` does, with one future instead of two that are chained: each message comes by."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[R] = loop.create_future()

    def work() -> None:
        try:
            result = call(function)
        except BaseException as error:
            loop.call_soon_threadsafe(_settle, future, None, error)
        else:
            loop.call_soon_threadsafe(_settle, future, result, None)

    job = executor.submit(contextvars.copy_context().run, work)
    try:
        return await future
    except asyncio.CancelledError:
        job.cancel()  # where it has not begun
        raise


async def in_db(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls a sync verb or query in one of our threads; raises TimeoutError after DEADLINE, whatever becomes of it."""
    async with asyncio.timeout(DEADLINE):
        return await _run(sockets(), _read, functools.partial(function, *args, **kwargs))


async def in_writer(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls `function` in the writer's thread, one after the other, without a deadline."""
    return await _run(writing(), _write, functools.partial(function, *args, **kwargs))
