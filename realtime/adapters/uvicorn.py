"""uvicorn's WebSockets past their public interface: frames go into the transport at once.

On the plain road uvicorn's own WebSocket implementation serves, `transport_of` knows no transport, and frames leave
through ASGI's `send`, which costs a coroutine, an encoder and a masking check for each frame and subscription. On the
fast road a broadcast is framed once (RFC 6455, section 5.2), and the same bytes are written to every connection.

Only the adapters of uvicorn name what uvicorn, websockets or uvloop do not document: this one, `uvicorn_http` and
`uvicorn_server`, which chooses the road. tests/realtime/adapters/test_uvicorn.py states what is assumed of them.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import websockets

from realtime import large_messages, wire
from realtime.adapters import pongs, slots
from rest import addresses

try:
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
except ImportError:  # An untried release may have moved it, and then the class below is never served.
    WebSocketsSansIOProtocol = asyncio.Protocol  # type: ignore[misc, assignment]

EXTENSION = "vitrine.transport"  # the key under which the ASGI scope's `extensions` hold a connection's transport
AHEAD = 8  # messages that are read before the application takes the first of them
MAX_FRAGMENTS = 1024  # of one message; empty ones have no size that a limit on bytes would count
SHORT = 4 * 1024  # bytes; a message longer than that stops the reading by itself
TOO_SLOW = 1008  # close code, RFC 6455: a policy was violated
TOO_BIG = 1009

peers = addresses.OpenConnections()  # of each address, HTTP connections and WebSockets together


class Listener(Protocol):
    """Who writes into a transport: the send queue of its connection."""

    def pause_writing(self) -> None:
        """The transport has begun to keep bytes that the client does not take."""

    def resume_writing(self) -> None:
        """The transport keeps no bytes any more."""

    def stop(self) -> None:
        """The connection ends, and nothing may be written into it from now on."""


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol as a transport that a send queue writes into: `outgoing.Transport`.

    Only `websocket_implementation` may choose it: with untried releases a descriptor could be somebody else's by the
    time it is written into.
    """

    listener: Listener | None = None
    allows_large = False
    watch: pongs.Watch | None = None
    has_ended = False
    put: Callable[[bytes], None]
    descriptor: int | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.inbox = slots.Queue()
        self.queue = self.inbox  # type: ignore[assignment]
        self.writable = slots.Flag()  # type: ignore[assignment]
        self.sender: str | None = None  # whose connection it is among HttpProtocol.peers
        self.large: _LargeMessage | None = None

    def connection_made(self, transport_: asyncio.BaseTransport) -> None:
        super().connection_made(transport_)
        # With this mark the transport calls `pause_writing` for the first byte that it keeps, and `resume_writing`
        # when it keeps none. `descriptors` depends on that.
        self.transport.set_write_buffer_limits(high=0)
        self.put = self.transport.write
        self.descriptor = _plain_socket(self.transport)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"][EXTENSION] = self  # type: ignore[assignment]

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self._detach()
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True  # uvicorn would log an error for each handshake that is refused so.
        if message["type"] == "websocket.accept":  # The headers of the handshake are a third of an idle connection.
            self.request.headers.clear()
            self.response.headers.clear()

    def handle_pong(self, event: Any) -> None:
        super().handle_pong(event)
        if self.watch is not None:
            self.watch.pong()

    # Each method by which a connection can end stops the send queue first: uvloop raises when a lost transport is
    # written to, and a frame behind a close frame is a protocol error.

    def connection_lost(self, exc: Exception | None) -> None:
        self._detach()
        super().connection_lost(exc)
        sender, self.sender = self.sender, None
        if sender is not None:
            peers.discard(sender)
        self.conn.parser.close()  # A generator, which keeps the object that keeps it.

    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            if hasattr(self, "scope"):
                self.scope["extensions"].pop(EXTENSION, None)  # It is this object, which keeps its scope.

    def handle_close(self, event: Any) -> None:
        self._detach()
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        self._detach()
        super().handle_parser_exception()

    def keepalive_timeout(self) -> None:
        self._detach()
        super().keepalive_timeout()

    def shutdown(self) -> None:
        self._detach()
        super().shutdown()

    def _detach(self) -> None:
        self.has_ended, self.descriptor = True, None
        if self.large is not None:
            self.large.end()
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.stop()

    def fail(self, code: int, reason: str) -> None:
        """Closes the connection from this side for what its client sends."""
        self.frames = []
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    def handle_cont(self, event: Any) -> None:
        if len(self.frames) < MAX_FRAGMENTS:
            super().handle_cont(event)
        elif not self.close_sent:
            self.fail(TOO_BIG, "too many fragments")

    # Large messages. The parser takes them from everybody; here it is seen in time whether a client may send one.

    def allow_large(self) -> None:
        self.allows_large = True

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if len(self.conn.reader.buffer) > SHORT or self.conn.current_size:
            self._watch_unfinished()

    def _watch_unfinished(self) -> None:
        """Looks how long a message is becoming that is not whole yet."""
        come = len(self.conn.reader.buffer) + (self.conn.current_size or 0)
        if come > wire.MAX_MESSAGE and self.large is None and not self.close_sent:
            self.large = _LargeMessage(self)
            if self.inbox.readers and not self.inbox.items:  # Everything before it has been handled.
                self.large.judge()

    async def receive(self) -> Any:
        """The next message, as uvicorn's own method, which knows of no large ones."""
        if self.large is not None and not self.inbox.items:
            self.large.judge()
        message = await self.inbox.get()
        if self.read_paused and self.large is None and not self.inbox.items:
            self.read_paused = False
            self.transport.resume_reading()
        return message

    # Reading ahead.

    def send_receive_event_to_app(self) -> None:
        """Queues a message for the application, and stops reading only if enough is queued.

        uvicorn's own method stops reading with every message until the application takes it, which costs two system
        calls a message. It does not where `read_paused` says that reading has stopped already, so that is what this
        method tells it. uvicorn resumes reading when the application has taken all.
        """
        size = sum(map(len, self.frames))
        paused, self.read_paused = self.read_paused, True
        try:  # noqa: SIM105 - suppress() would cost more, with each message
            super().send_receive_event_to_app()
        except websockets.InvalidState:  # It would close over text that is no UTF-8; the client has closed already.
            pass
        self.read_paused = paused
        if self.large is not None:
            self.large.is_whole = True
        is_enough = size > SHORT or len(self.inbox.items) >= AHEAD
        if is_enough and not self.read_paused and not self.close_sent:
            self.read_paused = True
            self.transport.pause_reading()

    # What a send queue asks of its transport. The transport's own buffer keeps what the client does not take.

    def attach(self, listener: Listener) -> None:
        """Stops at once who comes too late: the system may have given the descriptor to another connection by then."""
        if self.has_ended:
            listener.stop()
        else:
            self.listener = listener

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.listener is not None:
            self.listener.pause_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.listener is not None:
            self.listener.resume_writing()

    def waiting(self) -> int:
        return self.transport.get_write_buffer_size()

    async def drained(self) -> None:
        await self.writable.wait()

    def abort(self) -> None:
        self.transport.abort()


class _LargeMessage:
    """A message on its way that is longer than most clients may send.

    The connection is not read on until all messages before it have been handled, for one of them may allow it, and
    its turn has come. The turn ends when the application asks for the next message.
    """

    def __init__(self, protocol: WebSocketProtocol) -> None:
        self.protocol = protocol
        self.turns = large_messages.turns()
        self.is_whole = self.is_judged = self.has_turn = False
        self.deadline: asyncio.TimerHandle | None = None
        protocol.read_paused = True
        protocol.transport.pause_reading()

    def judge(self) -> None:
        """Called when the application waits for the next message."""
        if self.is_whole:
            self.end()
        elif not self.is_judged:
            self.is_judged = True
            if self.protocol.allows_large:
                self.turns.take(self._begin)
            else:
                self.protocol.fail(TOO_BIG, "message too big")

    def _begin(self) -> None:
        self.has_turn = True
        self.deadline = asyncio.get_running_loop().call_later(large_messages.PATIENCE, self._give_up)
        self._read_on()

    def _give_up(self) -> None:
        if not self.is_whole and not self.protocol.close_sent:
            self.protocol.fail(TOO_SLOW, "message too slow")

    def _read_on(self) -> None:
        self.protocol.read_paused = False
        if not self.protocol.transport.is_closing():
            self.protocol.transport.resume_reading()

    def end(self) -> None:
        self.protocol.large = None
        self._read_on()
        if self.deadline is not None:
            self.deadline.cancel()
        if self.has_turn:
            self.turns.give_back()
        else:
            self.turns.cancel(self._begin)


def _plain_socket(transport: asyncio.Transport) -> int | None:
    """The file descriptor of `transport`, or None if it encrypts what is written into it."""
    if transport.get_extra_info("sslcontext") is not None:
        return None
    descriptor: int = transport.get_extra_info("socket").fileno()
    return descriptor


def is_websocket(protocol: object) -> bool:
    """Whether one of uvicorn's connections is a WebSocket, on either road."""
    return isinstance(protocol, WebSocketsSansIOProtocol)


def transport_of(scope: dict[str, Any]) -> WebSocketProtocol | None:
    """The transport of the connection with this ASGI scope, or None on the plain road and on other servers."""
    transport = scope.get("extensions", {}).get(EXTENSION)
    return transport if isinstance(transport, WebSocketProtocol) else None
