"""Notices that a client answers no pings while its connection still stands: it is half-open."""

import asyncio
from collections.abc import Callable

PONG_SECONDS = 15.0  # A pong that is missing for so long after its ping makes a client silent.


class Watch:
    """Calls `tell` with True when a client has fallen silent, and with False when it has answered again."""

    __slots__ = ("_tell", "_timer", "interval", "is_silent")

    def __init__(self, interval: float, tell: Callable[[bool], None]) -> None:
        """`interval` is the seconds from a pong to the next ping."""
        self.interval = interval
        self.is_silent = False
        self._tell: Callable[[bool], None] | None = tell
        self._timer = self._start()

    def pong(self) -> None:
        """The client has answered a ping."""
        if self._tell is None:
            return
        self._timer.cancel()
        self._timer = self._start()
        if self.is_silent:
            self.is_silent = False
            self._tell(False)

    def stop(self) -> None:
        """The connection has ended."""
        self._timer.cancel()
        self._tell = None

    def _start(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self.interval + PONG_SECONDS, self._fall_silent)

    def _fall_silent(self) -> None:
        if self._tell is not None:
            self.is_silent = True
            self._tell(True)
