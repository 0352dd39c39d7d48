"""Frames straight into uvicorn's transport: the only file that knows the ASGI server's insides.

The ASGI `send` costs a coroutine, an encoder and a masking check per frame and member. Here a broadcast is framed once
(RFC 6455, section 5.2) and the same bytes are written to every member's transport. What is used of uvicorn is checked
at start; on any other server the plain Outlet is taken.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

import uvicorn
from django.core.checks import CheckMessage, Error, register
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from realtime import framing, transport

logger = logging.getLogger(__name__)

EXTENSION = "vitrine.transport"
TRIED = "0.54."  # uvicorn releases whose insides this file knows
OVERRIDDEN = [
    "connection_made",
    "connection_lost",
    "handle_connect",
    "handle_close",
    "handle_parser_exception",
    "keepalive_timeout",
    "shutdown",
    "send",
]


class Protocol(WebSocketsSansIOProtocol):
    """uvicorn's own protocol, which lets its connection's outlet write to the transport."""

    outlet: "DirectOutlet | None" = None

    def connection_made(self, transport_: asyncio.BaseTransport) -> None:
        super().connection_made(transport_)
        self.transport.set_write_buffer_limits(high=transport.PIECE)

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

    def _shut(self) -> None:
        if self.outlet is not None:
            self.outlet.shut()
            self.outlet = None

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.outlet is not None:
            self.outlet.slow_since = 0.0


class DirectOutlet(transport.Outlet):
    """Writes at once; what the client does not take waits in the transport's own buffer, which is watched."""

    def __init__(self, protocol: Protocol, abandon: Callable[[], object]) -> None:
        super().__init__(protocol.send, abandon)
        self.protocol = protocol
        protocol.outlet = self

    def write(self, frames: Iterable[framing.Frame]) -> None:
        if not self.open:
            return
        burst = frames if isinstance(frames, framing.Burst) else framing.Burst(frames)
        try:
            if not self.protocol.writable.is_set() and self.is_too_slow(self.waiting_bytes()):
                self.cut()
            else:
                self.protocol.transport.write(burst.framed)
        except Exception:  # the connection is lost, and its consumer is about to hear so
            self.shut()

    def waiting_bytes(self) -> int:
        return self.protocol.transport.get_write_buffer_size()

    async def drain(self) -> None:
        try:
            async with asyncio.timeout(transport.SLOW_SECONDS):
                await self.protocol.writable.wait()
        except TimeoutError:
            if self.open:
                self.cut()

    def cut(self) -> None:
        logger.warning("a client that did not read was cut off")
        self.shut()
        self.protocol.transport.abort()


def outlet(scope: dict[str, Any], send: transport.Send, abandon: Callable[[], object]) -> transport.Outlet:
    """The way out of a connection that was just accepted: straight to the transport where the server allows it."""
    protocol = scope.get("extensions", {}).get(EXTENSION)
    return DirectOutlet(protocol, abandon) if isinstance(protocol, Protocol) else transport.Outlet(send, abandon)


@register()
def known_uvicorn(**_: Any) -> list[CheckMessage]:
    missing = [name for name in OVERRIDDEN if not hasattr(WebSocketsSansIOProtocol, name)]
    if uvicorn.__version__.startswith(TRIED) and not missing:
        return []
    return [
        Error(
            f"uvicorn {uvicorn.__version__} is not the release that sockets are written for ({TRIED}x).",
            hint="Install requirements.txt, or serve with --ws websockets-sansio, which is slower.",
            id="realtime.E001",
        )
    ]
