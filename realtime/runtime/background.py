"""Tasks that nobody waits for."""

import asyncio
from collections.abc import Coroutine
from typing import Any


def spawn(coroutine: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
    """Runs `coroutine` in a task that is kept in `tasks` until its end: the event loop holds tasks only weakly."""
    task = asyncio.create_task(coroutine)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
