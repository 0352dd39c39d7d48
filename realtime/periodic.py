"""What comes due: verbs that every process runs with its heartbeat, and at moments that it knows beforehand.

A duty finds out from the database what is due. So a moment that its process does not live to see is made good with
another one's next heartbeat, and it does no harm that several come to the same one.
"""

import asyncio
import logging
import math
from collections.abc import Callable

from realtime.runtime import loops, threads

logger = logging.getLogger(__name__)

PACE = 0.25  # seconds between two runs of one duty for moments close to each other

_duties: list["PeriodicTask"] = []


class PeriodicTask:
    """A verb that does all that is due by now."""

    def __init__(self, verb: Callable[[], object]) -> None:
        self.verb = verb
        self.turns: set[int] = set()  # in which it will run
        self.running: set[asyncio.Task[None]] = set()
        _duties.append(self)

    def schedule_in(self, seconds: float) -> None:
        """Something of its kind will be due so soon; it runs a little later."""
        loop = asyncio.get_running_loop()
        turn = math.ceil((loop.time() + seconds) / PACE)
        if turn not in self.turns:
            self.turns.add(turn)
            loop.call_at(turn * PACE, self._start, turn)

    def _start(self, turn: int) -> None:
        self.turns.discard(turn)
        loops.run(self.do(), kept=self.running)

    async def do(self) -> None:
        try:
            await threads.in_db(self.verb)
        except Exception:
            logger.exception("%s was not done", getattr(self.verb, "__qualname__", self.verb))


async def run_due() -> None:
    for duty in _duties:
        await duty.do()
