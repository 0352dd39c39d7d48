"""What a process has one of for each event loop: made when first used, and stopped together in a known order.

The hubs, the presence tracker, the writer, the runner of jobs and the registry of connections are services. What
belongs to the whole process instead is owned by its module: the thread pools by `runtime.threads`, caches of rows and
answers by `storage.cached_rows` and `runtime.caching`, token buckets by `limits`, and the registries of what the code
declares (kinds of rooms, events, routes, periodic tasks) by the modules that declare them.
"""

import asyncio
import enum
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")
Stop = Callable[[Any], Awaitable[None]]

STOP_TIMEOUT = 15.0  # seconds that each service may take to stop


class Stage(enum.IntEnum):
    """The order in which a process that ends stops its services: each may still use those after it."""

    CONNECTIONS = 1  # They leave their rooms, and handlers store what is left to store.
    WRITER = 2  # It commits the verbs that wait.
    PRESENCE = 3  # Whoever is still here goes with the process.
    JOBS = 4  # A job that is running is given time to finish, and its lease comes back.
    DELIVERY = 5  # What waits is told and published.
    OTHER = 6


class PerLoop:
    """The accessor of one service: called, it returns the running loop's own."""

    def __init__(self, make: Callable[[], Any], stage: Stage, stop: Stop | None) -> None:
        self.make, self.stage, self._stop = make, stage, stop
        self.made: dict[asyncio.AbstractEventLoop, Any] = {}

    def __call__(self) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in self.made:
            self.made.clear()  # of loops that are no more
            self.made[loop] = self.make()
        return self.made[loop]

    async def stop(self) -> None:
        service = self.made.get(asyncio.get_running_loop())
        if service is not None and self._stop is not None:
            async with asyncio.timeout(STOP_TIMEOUT):
                await self._stop(service)


_declared: list[PerLoop] = []


def per_loop(
    make: Callable[[], T], stage: Stage = Stage.OTHER, stop: Callable[[T], Awaitable[None]] | None = None
) -> Callable[[], T]:
    """Declares a service and returns its accessor; `stop` is called with it when the process ends."""
    accessor = PerLoop(make, stage, stop)
    _declared.append(accessor)
    return accessor


def made(accessor: Callable[[], T]) -> T | None:
    """A service that some loop of this process has made, for whoever counts in a thread of their own; none is made."""
    assert isinstance(accessor, PerLoop)
    return next(iter(list(accessor.made.values())), None)


async def stop_all() -> None:
    """Stops the services of the running loop, stage by stage; one that fails does not keep the others from it."""
    for accessor in sorted(_declared, key=lambda accessor: accessor.stage):
        try:
            await accessor.stop()
        except Exception:
            logger.exception("%s did not stop in good order", accessor.make)
