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
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.stop()

    def handle_cont(self, event: Any) -> None:
        if len(self.frames) < MAX_FRAGMENTS:
            super().handle_cont(event)
        elif not self.close_sent:
            self.frames = []
            self.conn.fail(1009, "too many fragments")
            self.handle_parser_exception()

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
