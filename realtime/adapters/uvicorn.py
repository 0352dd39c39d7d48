"""uvicorn past its public interface: headers are bounded as they come, and frames go into the transport at once.

On the plain road uvicorn's own WebSocket implementation serves, `transport_of` knows no transport, and frames leave
through ASGI's `send`, which costs a coroutine, an encoder and a masking check for each frame and subscription. On the
fast road a broadcast is framed once (RFC 6455, section 5.2), and the same bytes are written to every connection.

No other file names what uvicorn, websockets or uvloop do not document. `implementations()` chooses the road
when a server starts: the fast one with the releases in `releases.TRIED` alone. tests/realtime/adapters/test_uvicorn.py
states what the fast road assumes of them.
"""

import asyncio
import contextlib
import ctypes
import functools
import os
import select
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Protocol

import uvicorn
import websockets
from django.conf import settings

from realtime.adapters import pongs, releases, slots
from rest import addresses, bodies, guard, proxies

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
except ImportError:  # An untried release may have moved them, and then the classes below are never served.
    HttpToolsProtocol = asyncio.Protocol  # type: ignore[misc, assignment]
    WebSocketsSansIOProtocol = asyncio.Protocol  # type: ignore[misc, assignment]

EXTENSION = "vitrine.transport"  # the key under which the ASGI scope's `extensions` hold a connection's transport
AHEAD = 8  # messages that are read before the application takes the first of them
MAX_FRAGMENTS = 1024  # of one message; empty ones have no size that a limit on bytes would count
SHORT = 4 * 1024  # bytes; a message longer than that stops the reading by itself
HEADER_SECONDS = 10.0  # from the beginning of a connection or request to the end of its headers
LAST_SECONDS = 1.0  # that connections have for a request when the server stops
SO_ATTACH_FILTER = 26  # of Linux; Python has no name for it
REFUSED_SECONDS = 2.0  # that a refused client has to read why


def implementations() -> dict[str, Any]:
    """uvicorn's options for its protocols: the classes below, or on the plain road its own.

    There h11 bounds the headers, with 400 for an answer, and nothing bounds the time that they take.
    """
    if releases.is_fast("uvicorn"):
        return {"http": f"{__name__}:{HttpProtocol.__name__}", "ws": f"{__name__}:{WebSocketProtocol.__name__}"}
    return {"http": "h11", "h11_max_incomplete_event_size": guard.MAX_HEADERS, "ws": "auto"}


class _TooLarge(Exception):
    """The headers are; the parser makes a failed request of it."""


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which bounds what comes before there is a request: headers, time, and connections.

    What no callback of the parser has taken is headers, trailers or the like: all that a client could make it keep.
    """

    peers: ClassVar[addresses.OpenConnections] = addresses.OpenConnections()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit_concurrency = None  # It would answer with plain text, and count no handshakes.
        self.sender: str | None = None
        self.refusal: bodies.Refused | None = None
        self.deadline: asyncio.TimerHandle | None = None
        self.is_reading_headers = True
        self.is_given_up = False
        self.unread = 0  # bytes since the parser took something
        self.header_size = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if address and not proxies.is_trusted(address):
            sender = addresses.network_of(address)
            if self.peers.is_full(sender):
                self.refusal = bodies.Refused(429, "Too many connections from this address")
            else:
                self.sender = sender
                self.peers.add(sender)
        self._arm(HEADER_SECONDS if self.refusal is None else REFUSED_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self.release()
        super().connection_lost(exc)

    def release(self) -> None:
        sender, self.sender = self.sender, None
        if sender is not None:
            self.peers.discard(sender)

    def data_received(self, data: bytes) -> None:
        if self.is_given_up:
            return
        if self.is_reading_headers and self.deadline is None:
            self._arm(HEADER_SECONDS)
        self.unread += len(data)
        super().data_received(data)
        if self.unread > guard.MAX_HEADERS and not self.is_given_up:
            self._give_up(431, "Request headers are too large")

    # What the parser calls.

    def on_message_begin(self) -> None:
        self.header_size = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count_header(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_header(len(name) + len(value))
        super().on_header(name, value)

    def _count_header(self, size: int) -> None:
        self.header_size += size
        if self.header_size > guard.MAX_HEADERS:
            raise _TooLarge

    def on_headers_complete(self) -> None:
        self.unread, self.is_reading_headers = 0, False
        self._disarm()
        if 0 < settings.MAX_CONNECTIONS < len(self.connections):
            self.refusal = self.refusal or bodies.Refused(503, "The server has too many connections, try again")
        if self.refusal is not None:
            self.app = functools.partial(bodies.refuse, self.refusal)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.unread, self.is_reading_headers = 0, True
        super().on_message_complete()

    def _should_upgrade(self) -> bool:
        return self.refusal is None and super()._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        if self.refusal is None:
            super()._unsupported_upgrade_warning()

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # It keeps this object, which keeps it.
        following = self.transport.get_protocol()
        if isinstance(following, WebSocketProtocol) and not following.disconnected:
            following.sender, self.sender = self.sender, None
        else:
            self.release()

    # Ends before there is a request.

    def send_400_response(self, msg: str) -> None:
        if self.header_size > guard.MAX_HEADERS:
            self._give_up(431, "Request headers are too large")
        else:
            super().send_400_response(msg)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self.deadline = self.loop.call_later(seconds, self._on_deadline)

    def _disarm(self) -> None:
        deadline, self.deadline = self.deadline, None
        if deadline is not None:
            deadline.cancel()

    def _on_deadline(self) -> None:
        self.deadline = None
        if self._is_answering() and not self.is_given_up:
            self._arm(HEADER_SECONDS)
        elif self.is_given_up or not self.unread:  # A browser may open a connection that it has no request for yet.
            self.transport.close()
        else:
            self._give_up(408, "Request headers did not come")

    def _give_up(self, status: int, message: str) -> None:
        """Answers in the place of an application, and takes nothing more. The client is given time to read it."""
        self.is_given_up = True
        if self._is_answering() or self.transport.is_closing():  # It is another request's turn.
            self.transport.close()
            return
        lines = [b": ".join(header) for header in bodies.headers(message)]
        self.transport.write(b"\r\n".join([b"HTTP/1.1 %d " % status, *lines, b"", bodies.body(message)]))
        self._arm(REFUSED_SECONDS)


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
            HttpProtocol.peers.discard(sender)
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


def transport_of(scope: dict[str, Any]) -> WebSocketProtocol | None:
    """The transport of the connection with this ASGI scope, or None on the plain road and on other servers."""
    transport = scope.get("extensions", {}).get(EXTENSION)
    return transport if isinstance(transport, WebSocketProtocol) else None


class Server(uvicorn.Server):
    """A uvicorn that awaits `goodbye` before it closes its clients' connections.

    The lifespan protocol comes too late for that: it tells the application of a shutdown when all are closed.
    """

    def __init__(self, config: uvicorn.Config, goodbye: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self.goodbye = goodbye

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.goodbye()
        await self._take_what_has_come()
        await super().shutdown(sockets)

    async def _take_what_has_come(self) -> None:
        """Serves the requests that came before this server stops: to close over unread bytes is to reset.

        Nobody can connect any more, those who have connected are accepted and have LAST_SECONDS for a request, and each
        answer is its connection's last.
        """
        listeners = [listener for server in self.servers for listener in server.sockets]
        for listener in listeners:
            _refuse_new(listener)
        application = self.config.loaded_app
        self.config.loaded_app = functools.partial(_stopping, application)
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        clock = asyncio.get_running_loop().time
        end = clock() + LAST_SECONDS
        while clock() < end and (_has_waiting(listeners) or self._is_http_open()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # A listener tells nobody that its queue is empty.

    def _is_http_open(self) -> bool:
        return any(not isinstance(each, WebSocketsSansIOProtocol) for each in self.server_state.connections)


async def _stopping(application: Any, scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serves HTTP, and tells who opens a WebSocket to come back."""
    if scope["type"] == "websocket":
        await bodies.refuse(bodies.Refused(503, "The server is about to stop, try again"), scope, receive, send)
    else:
        await application(scope, receive, send)


def _refuse_new(listener: socket.socket) -> None:
    """Lets no new connection into a listener's queue, whose end would be reset when the listener is closed.

    A socket filter drops what asks for one; the client asks again after a second and hears that nobody listens. Where
    there are no such filters, as outside Linux, some who come in the last moment are reset.
    """
    drop_all = struct.pack("HBBI", 0x06, 0, 0, 0)  # BPF_RET | BPF_K: keep 0 bytes
    code = ctypes.create_string_buffer(drop_all)
    program = struct.pack("HL", 1, ctypes.addressof(code))
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(listener.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def _has_waiting(listeners: list[socket.socket]) -> bool:
    """Whether somebody has connected whom the loop has not accepted yet."""
    return bool(listeners) and bool(select.select(listeners, [], [], 0)[0])
