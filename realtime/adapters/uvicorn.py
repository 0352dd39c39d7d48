"""Frames straight into uvicorn's transport: the only file that knows the ASGI server's insides.

The ASGI `send` costs a coroutine, an encoder and a masking check per frame and member. Here a broadcast is framed once
(RFC 6455, section 5.2) and the same bytes are written to every member's socket. What is used of uvicorn and of its
parser is checked at start; on any other server outlets write through `send`.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import uvicorn
import websockets
from django.core.checks import CheckMessage, Error, register
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from realtime.adapters import slots
from realtime.delivery import outgoing

EXTENSION = "vitrine.transport"
TRIED = {uvicorn: "0.54.", websockets: "17."}  # releases whose insides this file knows
OVERRIDDEN = [
    "connection_made",
    "connection_lost",
    "handle_connect",
    "handle_close",
    "handle_parser_exception",
    "keepalive_timeout",
    "pause_writing",
    "resume_writing",
    "shutdown",
    "send",
    "send_receive_event_to_app",
]
AHEAD = 8  # messages that are read before the application takes the first,
SHORT = 4 * 1024  # bytes, or characters, each; a longer one is read alone


class Protocol(WebSocketsSansIOProtocol):
    """uvicorn's own protocol, as a transport.Line: its connection's outlet writes straight into the transport."""

    send_queue: outgoing.SendQueue | None = None
    put: Callable[[bytes], None]
    descriptor: int | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.inbox = slots.Queue()
        self.queue = self.inbox  # type: ignore[assignment]
        self.writable = slots.Flag()  # type: ignore[assignment]

    def connection_made(self, transport_: asyncio.BaseTransport) -> None:
        super().connection_made(transport_)
        self.transport.set_write_buffer_limits(high=0)  # writing is paused while anything is left in its buffer
        self.put = self.transport.write
        self.descriptor = _socket(self.transport)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"][EXTENSION] = self  # type: ignore[assignment]

    # Every way in which a connection ends shuts the outlet first: uvloop raises when a lost transport is written to,
    # and a frame behind a close frame is a protocol error.

    def connection_lost(self, exc: Exception | None) -> None:
        self._shut()
        super().connection_lost(exc)

    def handle_close(self, event: Any) -> None:
        self._shut()
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        self._shut()
        super().handle_parser_exception()

    def keepalive_timeout(self) -> None:
        self._shut()
        super().keepalive_timeout()

    def shutdown(self) -> None:
        self._shut()
        super().shutdown()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self._shut()
        await super().send(message)
        if message["type"] == "websocket.accept":  # what was said at the handshake is a third of an idle connection
            self.request.headers.clear()
            self.response.headers.clear()

    def send_receive_event_to_app(self) -> None:
        """Queues a message for the application, and stops reading only if enough is queued.

        uvicorn's own method stops reading with every message until the application takes it, which costs two system
        calls a message. It does not where `read_paused` says that reading has stopped, so it is told so here.
        """
        size = sum(map(len, self.frames))
        paused, self.read_paused = self.read_paused, True
        super().send_receive_event_to_app()
        self.read_paused = paused
        is_enough = size > SHORT or len(self.inbox.items) >= AHEAD
        if is_enough and not self.read_paused and not self.close_sent:
            self.read_paused = True
            self.transport.pause_reading()

    def _shut(self) -> None:
        if self.send_queue is not None:
            self.send_queue.stop()
            self.send_queue = None

    # What the client does not take waits in the transport's own buffer, which is watched.

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.send_queue is not None:
            self.send_queue.pause_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.send_queue is not None:
            self.send_queue.resume_writing()

    def waiting(self) -> int:
        return self.transport.get_write_buffer_size()

    async def drained(self) -> None:
        await self.writable.wait()

    def abort(self) -> None:
        self.transport.abort()


def _socket(of: asyncio.Transport) -> int | None:
    """Its file descriptor, unless it encrypts. Neither event loop closes it before `connection_lost` has returned."""
    if of.get_extra_info("sslcontext") is not None:
        return None
    descriptor: int = of.get_extra_info("socket").fileno()
    return descriptor


def transport_of(scope: dict[str, Any]) -> Protocol | None:
    """The connection's transport, where the server lets us write to it."""
    protocol = scope.get("extensions", {}).get(EXTENSION)
    return protocol if isinstance(protocol, Protocol) else None


@register()
def known_server(**_: Any) -> list[CheckMessage]:
    changed = [
        f"{package.__name__} {package.__version__} is not the release that sockets are written for ({tried}x)."
        for package, tried in TRIED.items()
        if not package.__version__.startswith(tried)
    ]
    missing = [
        f"uvicorn's WebSockets have no {name} any more."
        for name in OVERRIDDEN
        if not hasattr(WebSocketsSansIOProtocol, name)
    ]
    hint = "Install requirements.txt, or serve with --ws websockets-sansio, which is slower."
    return [Error(trouble, hint=hint, id="realtime.E001") for trouble in changed + missing]
