"""How frames leave this process: one bounded send queue for each connection, so that a slow client costs nobody else.

A send queue has two roads. The plain one is ASGI's `send`, and the queue keeps what is not sent yet. On the fast one a
`Transport` of the server takes the frames at once and keeps what the client does not take; see realtime/adapters.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from realtime import metrics
from realtime.adapters import descriptors
from realtime.protocol import framing

logger = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]

SLOW = 1024 * 1024  # A client with more bytes waiting for SLOW_SECONDS is disconnected.
SLOW_SECONDS = 5.0
MAX_WAITING = 8 * 1024 * 1024  # A client with more bytes waiting is disconnected at once.
PIECE = 64 * 1024  # A client that is catching up is written so many bytes at a time.
COME_BACK = 1012  # close code of RFC 6455's registry, which calls it "service restart"
TRY_AGAIN_LATER = 1013  # close code of the same registry


class Transport(Protocol):
    """A connection of the server that frames can be written into at once, without ASGI's `send`.

    It keeps the bytes that the client does not take. From the first such byte until it keeps none, writing is paused:
    it calls `pause_writing` and `resume_writing` of the send queue that is attached to it, and `stop` when the
    connection ends. Its adapter guarantees that no frame is written behind a close frame.
    """

    descriptor: int | None
    """The socket, for `descriptors` to write into while writing is not paused. None if the transport encrypts."""

    disconnected: bool
    """Whether the connection is lost. Writing may raise from then on."""

    def attach(self, listener: "SendQueue", /) -> None:
        """Names the send queue that writes into this transport."""

    def put(self, data: bytes, /) -> None:
        """Writes whole WebSocket frames."""

    def waiting(self) -> int:
        """The number of bytes that the client has not taken yet."""

    async def drained(self) -> None:
        """Returns when writing is not paused."""

    def abort(self) -> None:
        """Ends the connection without a close frame, and forgets what waits."""

    def allow_large(self) -> None:
        """Takes messages of up to wire.LARGE_MESSAGE from the client from now on."""


class WritabilityListener(Protocol):
    """A subscription, which may stand in a fan-out group of connections that are written to together."""

    def on_writability_changed(self) -> None:
        """The send queue's `descriptor` has changed."""


class SendQueue:
    """Writes frames in their order and never makes the writer wait, through an ASGI `send` or into a transport.

    `abort` is called where not even a close frame can be written any more: ASGI knows no other way to give up a client.
    """

    def __init__(self, send: Send, abort: Callable[[], object] = lambda: None) -> None:
        self.send = send
        self.abort = abort
        self.waiting: list[framing.Frame] = []  # What `send` has not taken yet. A transport keeps its own.
        self.size = 0  # the bytes of `waiting`
        self.slow_since = 0.0  # by the monotonic clock; 0 while the client is not slow
        self.is_open = False  # True between accepting and closing. What is written outside of that is dropped.
        self.closing = False  # True once this side has begun to close. From then on the client's messages are ignored.
        self.task: asyncio.Task[None] | None = None
        self.transport: Transport | None = None
        self.descriptor: int | None = None  # The transport's, while writing is not paused.
        self.listeners: list[WritabilityListener] = []

    def start(self) -> None:
        """Opens the queue: the connection has been accepted."""
        self.is_open = True
        self.resume_writing()

    def use_transport(self, transport: Transport) -> None:
        """Writes into `transport` from now on, and first what waits. Nothing may be on its way through `send`."""
        self.transport = transport
        transport.attach(self)
        self.resume_writing()
        if self.waiting:
            waiting = framing.joined(self.waiting)
            self._forget_waiting()
            self._write_into(transport, waiting)

    # What a transport calls, as in asyncio's protocols.

    def pause_writing(self) -> None:
        self._set_descriptor(None)

    def resume_writing(self) -> None:
        self.slow_since = 0.0
        if self.is_open and self.transport is not None and not self.transport.waiting():
            self._set_descriptor(self.transport.descriptor)

    def stop(self) -> None:
        """Writes nothing more from now on."""
        self.is_open = False
        self._set_descriptor(None)
        self._forget_waiting()

    def _set_descriptor(self, descriptor: int | None) -> None:
        self.descriptor = descriptor
        for listener in self.listeners:
            listener.on_writability_changed()

    # Writing.

    def write(self, frames: Iterable[framing.Frame]) -> None:
        """Sends `frames`. A client that has been too slow with those before is disconnected instead."""
        if not self.is_open:
            return
        if self.descriptor is not None:
            if rest := descriptors.write(self.descriptor, framing.joined(frames)):
                self.write_rest(rest)
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
            self.task = asyncio.create_task(self._send_waiting())

    def write_rest(self, framed: bytes) -> None:
        """Writes what `descriptor` did not take of a write, which may begin in the middle of a frame."""
        if self.transport is not None:
            self._write_into(self.transport, framed)

    def _write_into(self, transport: Transport, framed: bytes) -> None:
        try:
            if self.is_too_slow(transport.waiting()):
                self.disconnect()
            else:
                transport.put(framed)
        except Exception:  # The connection is lost, and its consumer is about to be told.
            self.stop()

    def is_too_slow(self, waiting: int) -> bool:
        """Whether a client with so many bytes waiting has had enough time for them."""
        if waiting <= SLOW:
            self.slow_since = 0.0
            return False
        now = time.monotonic()
        self.slow_since = self.slow_since or now
        return waiting > MAX_WAITING or now - self.slow_since > SLOW_SECONDS

    async def _send_waiting(self) -> None:
        try:
            while self.waiting:
                frame = self.waiting[0]
                await self.put(frame)
                del self.waiting[0]
                self.size -= len(frame)
                if self.size <= SLOW:
                    self.slow_since = 0.0
        except Exception:  # The client is gone, and the server tells its consumer.
            self.stop()

    async def put(self, frame: framing.Frame) -> None:
        """Sends one frame on the plain road. Engine.IO's queue has another one."""
        await self.send({"type": "websocket.send", "text": frame.text})

    async def allow_large(self) -> None:
        """Has the transport take large messages; see `handlers.Client.allow_large`."""
        if self.transport is not None:
            self.transport.allow_large()

    async def release(self) -> None:
        """Answers a request that waits for frames, so that its client asks anew: only clients that poll have one."""

    async def flush(self) -> None:
        """Waits until everything that was written has been sent, at most SLOW_SECONDS."""
        if self.is_open and self.task is not None and not self.task.done():
            await asyncio.wait({self.task}, timeout=SLOW_SECONDS)

    async def drain(self) -> None:
        """Waits until at most PIECE bytes wait, and disconnects a client that takes nothing for SLOW_SECONDS."""
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

    def _forget_waiting(self) -> None:
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()  # It may be waiting for a client that will never read.
        self.waiting.clear()
        self.size = 0

    # The end.

    def disconnect(self) -> None:
        """Gives up a client that does not read."""
        logger.warning("a client that did not read was cut off")
        metrics.closed_slow.add("server")
        self.closing = True
        self.stop()
        if self.transport is not None:
            self.transport.abort()
            return
        self.task = asyncio.create_task(self.close(TRY_AGAIN_LATER))

    async def close(self, code: int) -> None:
        """Closes the connection from this side with a WebSocket close code, after what is already waiting."""
        self.closing = True
        await self.flush()
        self.stop()
        try:
            async with asyncio.timeout(SLOW_SECONDS):
                await self.send({"type": "websocket.close", "code": code})
        except TimeoutError:
            self.abort()
        except Exception:
            logger.debug("closed twice", exc_info=True)
