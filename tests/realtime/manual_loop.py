"""An event loop's timers with a clock that the test turns; tasks run on the loop that really runs."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Timer:
    """What `call_later` returns."""

    def __init__(self, due: float, call: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self.due, self.call, self.arguments = due, call, arguments
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class ManualLoop:
    """Stands in for an event loop; `time` may serve as the clock of what is tested."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def create_task(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        return asyncio.get_running_loop().create_task(coroutine)

    def call_later(self, delay: float, call: Callable[..., object], *arguments: Any) -> Timer:
        timer = Timer(self.now + delay, call, arguments)
        self.timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Turns the clock on and runs, in their order, the timers that become due; each finds the time it was due."""
        until = self.now + seconds
        while due := [timer for timer in self.timers if timer.due <= until and not timer.is_cancelled]:
            timer = min(due, key=lambda timer: timer.due)
            self.timers.remove(timer)
            self.now = max(self.now, timer.due)
            timer.call(*timer.arguments)
        self.now = max(self.now, until)
