"""How frames leave this process: one bounded way out per connection, so that a slow client hurts nobody."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from realtime import framing

logger = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]

SLOW = 1024 * 1024  # bytes waiting; a client that stays above it for SLOW_SECONDS is cut
SLOW_SECONDS = 5.0
MAX_WAITING = 8 * 1024 * 1024  # bytes waiting; above it a client is cut at once
PIECE = 64 * 1024  # bytes written at a time to a client that is catching up
COME_BACK = 1012  # close codes, RFC 6455's registry, where it is called "service restart"
TRY_AGAIN_LATER = 1013


class Outlet:
    """Writes frames in order through an ASGI `send`, without ever making the writer wait.

    `abandon` is called where not even a close can be written any more: ASGI knows no other way to let go of a client.
    """

    def __init__(self, send: Send, abandon: Callable[[], object] = lambda: None) -> None:
        self.send = send
        self.abandon = abandon
        self.waiting: deque[framing.Frame] = deque()
        self.size = 0
        self.slow_since = 0.0
        self.open = False  # between accepted and closing; what is written outside is dropped
        self.task: asyncio.Task[None] | None = None

    def write(self, frames: Iterable[framing.Frame]) -> None:
        if not self.open:
            return
        burst = frames if isinstance(frames, framing.Burst) else framing.Burst(frames)
        self.waiting.extend(burst)
        self.size += burst.size
        if self.is_too_slow(self.size):
            self.cut()
        elif self.task is None or self.task.done():
            self.task = asyncio.create_task(self._drain())

    def is_too_slow(self, waiting: int) -> bool:
        """Whether a client that has so many bytes waiting has been given enough time for them."""
        if waiting <= SLOW:
            self.slow_since = 0.0
            return False
        now = time.monotonic()
        self.slow_since = self.slow_since or now
        return waiting > MAX_WAITING or now - self.slow_since > SLOW_SECONDS

    async def _drain(self) -> None:
        try:
            while self.waiting:
                frame = self.waiting.popleft()
                await self.put(frame)
                self.size -= len(frame)
                if self.size <= SLOW:
                    self.slow_since = 0.0
        except Exception:  # the client is gone; its consumer is told so by the server
            self.shut()

    async def drain(self) -> None:
        """Waits while more than PIECE bytes are on their way."""
        while self.size > PIECE and self.task is not None and not self.task.done():
            done, _ = await asyncio.wait({self.task}, timeout=SLOW_SECONDS)
            if not done and self.open:
                self.cut()

    async def put(self, frame: framing.Frame) -> None:
        await self.send({"type": "websocket.send", "text": frame.text})

    def shut(self) -> None:
        """Nothing more is written from now on."""
        self.open = False
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()  # it may be waiting for a client that will never read
        self.waiting.clear()
        self.size = 0

    def cut(self) -> None:
        logger.warning("a client that did not read was cut off")
        self.shut()
        self.task = asyncio.create_task(self.hang_up(TRY_AGAIN_LATER))

    async def hang_up(self, code: int) -> None:
        """Closes from our side, after what is already waiting."""
        if self.open and self.task is not None and not self.task.done():
            await asyncio.wait({self.task}, timeout=SLOW_SECONDS)
        self.shut()
        try:
            async with asyncio.timeout(SLOW_SECONDS):
                await self.send({"type": "websocket.close", "code": code})
        except TimeoutError:
            self.abandon()
        except Exception:
            logger.debug("closed twice", exc_info=True)
