"""How frames leave this process: one bounded way out per connection, so that a slow client hurts nobody."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from realtime.protocol import framing

logger = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]

SLOW = 1024 * 1024  # bytes waiting; a client that stays above it for SLOW_SECONDS is cut
SLOW_SECONDS = 5.0
MAX_WAITING = 8 * 1024 * 1024  # bytes waiting; above it a client is cut at once
PIECE = 64 * 1024  # bytes written at a time to a client that is catching up
COME_BACK = 1012  # close codes, RFC 6455's registry, where it is called "service restart"
TRY_AGAIN_LATER = 1013


class Line(Protocol):
    """A transport that can be written to at once. It keeps what the client does not take, and jams so long."""

    send_queue: "SendQueue | None"  # is told of a jam, of its end, and of the end of everything
    # A file descriptor, which is written to past what the line keeps, so only while that is nothing; None where bytes
    # are changed on their way.
    socket: int | None

    def put(self, data: bytes) -> None: ...

    def waiting(self) -> int: ...  # bytes

    async def eased(self) -> None: ...

    def abort(self) -> None: ...


class Place(Protocol):
    """Where a client is told the same as others, who may all be written to straight."""

    def turn(self) -> None: ...


class SendQueue:
    """Writes frames in order, without ever making the writer wait: through an ASGI `send`, or straight into a line.

    `abandon` is called where not even a close can be written any more: ASGI knows no other way to let go of a client.
    """

    def __init__(self, send: Send, abandon: Callable[[], object] = lambda: None) -> None:
        self.send = send
        self.abandon = abandon
        self.waiting: list[framing.Frame] = []
        self.size = 0
        self.slow_since = 0.0
        self.open = False  # between accepted and closing; what is written outside is dropped
        self.over = False  # we hung up or took it down; from then on the client is not heard
        self.task: asyncio.Task[None] | None = None
        self.line: Line | None = None
        self.straight: int | None = None  # the socket that framed bytes can go into while nothing is in the way
        self.places: list[Place] = []  # that hear when this changes

    def begin(self) -> None:
        """The connection has been accepted."""
        self.open = True
        self.ease()

    def go_straight(self, line: Line) -> None:
        """Writes into `line` from now on, beginning with what waits; what was put may not be on its way any more."""
        self.line, line.send_queue = line, self
        self.ease()
        if self.waiting:
            waiting = framing.joined(self.waiting)
            self._forget_waiting()
            self._write_into(line, waiting)

    def jam(self) -> None:
        self._turn(None)

    def ease(self) -> None:
        self.slow_since = 0.0
        if self.open and self.line is not None and not self.line.waiting():
            self._turn(self.line.socket)

    def _turn(self, socket: int | None) -> None:
        self.straight = socket
        for place in self.places:
            place.turn()

    def write(self, frames: Iterable[framing.Frame]) -> None:
        if not self.open:
            return
        if self.straight is not None:
            self._write_straight(self.straight, framing.joined(frames))
            return
        if self.line is not None:
            self._write_into(self.line, framing.joined(frames))
            return
        batch = frames if isinstance(frames, framing.FrameBatch) else framing.FrameBatch(frames)
        self.waiting.extend(batch)
        self.size += batch.size
        if self.is_too_slow(self.size):
            self.cut()
        elif self.task is None or self.task.done():
            self.task = asyncio.create_task(self._drain())

    def _write_straight(self, socket: int, framed: bytes) -> None:
        try:
            taken = os.write(socket, framed)
        except OSError:  # it is full, or lost
            taken = 0
        if taken != len(framed):
            self.write_rest(framed[taken:])

    def write_rest(self, framed: bytes) -> None:
        """Writes what the straight way did not take."""
        if self.line is not None:
            self._write_into(self.line, framed)

    def _write_into(self, line: Line, framed: bytes) -> None:
        try:
            if self.is_too_slow(line.waiting()):
                self.cut()
            else:
                line.put(framed)
        except Exception:  # the connection is lost, and its consumer is about to hear so
            self.shut()

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
                frame = self.waiting[0]
                await self.put(frame)
                del self.waiting[0]
                self.size -= len(frame)
                if self.size <= SLOW:
                    self.slow_since = 0.0
        except Exception:  # the client is gone; its consumer is told so by the server
            self.shut()

    async def drain(self) -> None:
        """Waits while more than PIECE bytes are on their way."""
        if self.line is not None:
            await self._drain_line(self.line)
        while self.size > PIECE and self.task is not None and not self.task.done():
            done, _ = await asyncio.wait({self.task}, timeout=SLOW_SECONDS)
            if not done and self.open:
                self.cut()

    async def _drain_line(self, line: Line) -> None:
        try:
            async with asyncio.timeout(SLOW_SECONDS):
                await line.eased()
        except TimeoutError:
            if self.open:
                self.cut()

    async def put(self, frame: framing.Frame) -> None:
        await self.send({"type": "websocket.send", "text": frame.text})

    def shut(self) -> None:
        """Nothing more is written from now on."""
        self.open = False
        self._turn(None)
        self._forget_waiting()

    def _forget_waiting(self) -> None:
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()  # it may be waiting for a client that will never read
        self.waiting.clear()
        self.size = 0

    def cut(self) -> None:
        logger.warning("a client that did not read was cut off")
        self.over = True
        self.shut()
        if self.line is not None:
            self.line.abort()
            return
        self.task = asyncio.create_task(self.hang_up(TRY_AGAIN_LATER))

    async def hang_up(self, code: int) -> None:
        """Closes from our side, after what is already waiting."""
        self.over = True
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
