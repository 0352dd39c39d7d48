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


class Transport(Protocol):
    """A transport that can be written to at once. It keeps what the client does not take, and jams so long."""

    send_queue: "SendQueue | None"  # is told when writing pauses, resumes and ends
    # Written to past the transport's own buffer, so only while that is empty; None where bytes are encrypted.
    descriptor: int | None

    def put(self, data: bytes) -> None: ...

    def waiting(self) -> int: ...  # bytes

    async def drained(self) -> None: ...

    def abort(self) -> None: ...


class WritabilityListener(Protocol):
    """Where a client is told the same as others, who may all be written to straight."""

    def on_writability_changed(self) -> None: ...


class SendQueue:
    """Writes frames in order and never makes the writer wait: through an ASGI `send`, or into a transport.

    `abort` is called where not even a close can be written any more: ASGI knows no other way to let go of a client.
    """

    def __init__(self, send: Send, abort: Callable[[], object] = lambda: None) -> None:
        self.send = send
        self.abort = abort
        self.waiting: list[framing.Frame] = []
        self.size = 0
        self.slow_since = 0.0
        self.is_open = False  # between accepted and closing; what is written outside is dropped
        self.closing = False  # we hung up or took it down; from then on the client is not heard
        self.task: asyncio.Task[None] | None = None
        self.transport: Transport | None = None
        self.descriptor: int | None = None  # the socket that framed bytes can go into while nothing is in the way
        self.listeners: list[WritabilityListener] = []  # that hear when this changes

    def start(self) -> None:
        """The connection has been accepted."""
        self.is_open = True
        self.resume_writing()

    def use_transport(self, transport: Transport) -> None:
        """Writes into `line` from now on, beginning with what waits; what was put may not be on its way any more."""
        self.transport, transport.send_queue = transport, self
        self.resume_writing()
        if self.waiting:
            waiting = framing.joined(self.waiting)
            self._forget_waiting()
            self._write_into(transport, waiting)

    def pause_writing(self) -> None:
        self._turn(None)

    def resume_writing(self) -> None:
        self.slow_since = 0.0
        if self.is_open and self.transport is not None and not self.transport.waiting():
            self._turn(self.transport.descriptor)

    def _turn(self, socket: int | None) -> None:
        self.descriptor = socket
        for listener in self.listeners:
            listener.on_writability_changed()

    def write(self, frames: Iterable[framing.Frame]) -> None:
        if not self.is_open:
            return
        if self.descriptor is not None:
            self._write_descriptor(self.descriptor, framing.joined(frames))
            return
        if self.transport is not None:
            self._write_into(self.transport, framing.joined(frames))
            return
        batch = frames if isinstance(frames, framing.FrameBatch) else framing.FrameBatch(frames)
        self.waiting.extend(batch)
        self.size += batch.size
        if self.is_too_slow(self.size):
            self.disconnect()
        elif self.task is None or self.task.done():
            self.task = asyncio.create_task(self._drain())

    def _write_descriptor(self, socket: int, framed: bytes) -> None:
        try:
            taken = os.write(socket, framed)
        except OSError:  # it is full, or lost
            taken = 0
        if taken != len(framed):
            self.write_rest(framed[taken:])

    def write_rest(self, framed: bytes) -> None:
        """Writes what the straight way did not take."""
        if self.transport is not None:
            self._write_into(self.transport, framed)

    def _write_into(self, transport: Transport, framed: bytes) -> None:
        try:
            if self.is_too_slow(transport.waiting()):
                self.disconnect()
            else:
                transport.put(framed)
        except Exception:  # the connection is lost, and its consumer is about to hear so
            self.stop()

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
            self.stop()

    async def drain(self) -> None:
        """Waits while more than PIECE bytes are on their way."""
        if self.transport is not None:
            await self._drain_transport(self.transport)
        while self.size > PIECE and self.task is not None and not self.task.done():
            done, _ = await asyncio.wait({self.task}, timeout=SLOW_SECONDS)
            if not done and self.is_open:
                self.disconnect()

    async def _drain_transport(self, transport: Transport) -> None:
        try:
            async with asyncio.timeout(SLOW_SECONDS):
                await transport.drained()
        except TimeoutError:
            if self.is_open:
                self.disconnect()

    async def put(self, frame: framing.Frame) -> None:
        await self.send({"type": "websocket.send", "text": frame.text})

    def stop(self) -> None:
        """Nothing more is written from now on."""
        self.is_open = False
        self._turn(None)
        self._forget_waiting()

    def _forget_waiting(self) -> None:
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()  # it may be waiting for a client that will never read
        self.waiting.clear()
        self.size = 0

    def disconnect(self) -> None:
        logger.warning("a client that did not read was cut off")
        self.closing = True
        self.stop()
        if self.transport is not None:
            self.transport.abort()
            return
        self.task = asyncio.create_task(self.close(TRY_AGAIN_LATER))

    async def close(self, code: int) -> None:
        """Closes from our side, after what is already waiting."""
        self.closing = True
        if self.is_open and self.task is not None and not self.task.done():
            await asyncio.wait({self.task}, timeout=SLOW_SECONDS)
        self.stop()
        try:
            async with asyncio.timeout(SLOW_SECONDS):
                await self.send({"type": "websocket.close", "code": code})
        except TimeoutError:
            self.abort()
        except Exception:
            logger.debug("closed twice", exc_info=True)
