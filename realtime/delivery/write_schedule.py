"""When a hub writes to its subscribers: at once if it is quiet, and seldom enough to share writes if it is busy."""

import asyncio
import math
import time
from collections.abc import Callable

BURST_WINDOW = 0.001  # Another event so many seconds after a write means that more are on their way.
SHARED_INTERVAL = 0.02  # So many seconds lie between two writes where other processes publish too.
SHARED_FOR = 1.0  # A room counts as such for so many seconds after another process has published.
LATEST_DELAY = 0.15  # A latest-value event may wait so many seconds for another to be written with.


class WriteSchedule:
    """Decides when the pending events of one room are written, for a write to a thousand subscribers is dear.

    - A room that has not been written for BURST_WINDOW is written in the next turn of the event loop.
    - An event within BURST_WINDOW of a write is one of a burst. It waits until the room has rested, after the end of
      that write, for as long as the write took per event, and is written together with what came meanwhile. A hundred
      events a second that come one by one wait for nothing so, while sixteen in flight share their writes.
    - Two processes share no commits, so each would write the events of both one by one. A room in which another process
      has published within SHARED_FOR is written once in SHARED_INTERVAL at most. That costs a message 10 ms on average,
      and lets two processes deliver for the price of one (1.07 s of CPU against 1.00 for 100,000 deliveries, 1.59
      without it).
    - A caller may let an event wait for others with `max_delay`: nobody sees that a count of viewers is LATEST_DELAY
      old, and in a busy room it costs no write of its own then.

    docs/decisions/0007-write-delays.md says how this was measured.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        write: Callable[[], int],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`write` writes all that is pending and returns the number of its events; `clock` tells seconds."""
        self.loop, self.write, self.clock = loop, write, clock
        self.written_at = -math.inf
        self.rested_at = 0.0  # The rest after the last write ends then.
        self.shared_until = 0.0  # Until then other processes are taken to publish in this room.
        self.due = 0.0  # when `timer` runs
        self.timer: asyncio.TimerHandle | None = None

    def remote_published(self) -> None:
        """Another process has published in this room."""
        self.shared_until = self.clock() + SHARED_FOR

    def request(self, max_delay: float = 0.0) -> None:
        """Has the room written as soon as the rules allow, but `max_delay` seconds later if nothing is more urgent."""
        now = self.clock()
        due = now + max_delay
        if now < self.written_at + BURST_WINDOW:
            due = max(due, self.rested_at)
        if now < self.shared_until:
            due = max(due, self.written_at + SHARED_INTERVAL)
        if self.timer is not None:
            if self.due <= due:
                return
            self.timer.cancel()
        self.due, self.timer = due, self.loop.call_later(due - now, self.flush)

    def flush(self) -> None:
        """Writes now, whatever the rules say, and begins the rest."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        began = self.clock()
        if events := self.write():
            self.written_at = self.clock()
            self.rested_at = self.written_at + (self.written_at - began) / events
