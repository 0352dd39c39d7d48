"""How long the server puts up with a client that sends more than it may: it pauses, and in the end it hangs up."""

import asyncio
import time

from realtime import limits

TOO_MUCH = 1008  # close code, RFC 6455: a policy was violated
MAX_REFUSALS = 2000  # messages within REFUSALS_SECONDS; a refused message costs the server its parsing
REFUSALS_SECONDS = 10.0
SMALL = 1024  # bytes; shorter messages are bounded by their number, so their bytes need not be counted one by one
MAX_PAUSE = limits.MAX_DEBT  # seconds

_sleep = asyncio.sleep


class Patience:
    """The patience with one connection. A pause wears off as fast as it has grown, so only who floods on is cut off.

    Whoever shares an address with a flood waits a little with each message, and catches up in between.
    """

    __slots__ = ("counted_since", "paused", "refusals", "resumed_at")

    def __init__(self) -> None:
        self.paused, self.resumed_at = 0.0, 0.0
        self.refusals, self.counted_since = 0, 0.0

    async def pause(self, seconds: float) -> bool:
        """Waits; returns whether there is patience left afterwards."""
        self.paused = max(0.0, self.paused - (time.monotonic() - self.resumed_at))
        seconds = min(seconds, MAX_PAUSE - self.paused)
        self.paused += seconds
        await _sleep(seconds)
        self.resumed_at = time.monotonic()
        return self.paused < MAX_PAUSE

    def refuse(self) -> bool:
        """Counts a refused message; returns whether there is patience left."""
        now = time.monotonic()
        if now - self.counted_since > REFUSALS_SECONDS:
            self.refusals, self.counted_since = 0, now
        self.refusals += 1
        return self.refusals < MAX_REFUSALS
