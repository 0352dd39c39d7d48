"""What belongs to an event loop: the things of which each has one, and the tasks that nobody waits for."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def one_each(make: Callable[[], T]) -> Callable[[], T]:
    """Gives the running loop's own, which is made when it is first asked for."""
    made: dict[asyncio.AbstractEventLoop, T] = {}

    def own() -> T:
        loop = asyncio.get_running_loop()
        if loop not in made:
            made.clear()  # of loops that are no more
            made[loop] = make()
        return made[loop]

    return own


def run(coroutine: Coroutine[Any, Any, None], kept: set[asyncio.Task[None]]) -> None:
    """Runs `coroutine` in a task that `kept` holds to its end: the loop itself would let go of one that waits."""
    task = asyncio.create_task(coroutine)
    kept.add(task)
    task.add_done_callback(kept.discard)
