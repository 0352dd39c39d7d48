"""The raw WebSocket endpoint: Channels consumers that are declared by the protocols which they serve."""

import asyncio
import logging
from typing import Any, ClassVar

from channels.consumer import AsyncConsumer

from accounts import tokens
from realtime import errors, wire
from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.connections import admission, control, registry
from realtime.connections.core import CoreHandler
from realtime.connections.receiving import RawConnection
from realtime.delivery import outgoing
from realtime.handlers import ProtocolHandler, Routes
from realtime.protocol import framing
from rest import bodies

__all__ = ["CoreHandler", "SocketConsumer", "open_connections"]

logger = logging.getLogger(__name__)

# A client that closes deliberately sends a code (1000) or none (1005). 1001 is a page that may only be reloading.
CLOSED_BY_CLIENT = (1000, 1005)


def open_connections() -> int:
    """How many clients are connected to this process."""
    return len(registry.connections.open)


class SocketConsumer(AsyncConsumer):
    """Serves `protocols` on a raw WebSocket. A subclass names them; their order decides who greets a client first.

    It is an ASGI application with a receive loop of its own: Channels' dispatch would cost a thread hop per message.
    The Socket.IO endpoint takes a subclass for its protocols alone.
    """

    protocols: ClassVar[tuple[type[ProtocolHandler], ...]] = ()
    routes: ClassVar[Routes]

    def __init_subclass__(cls) -> None:
        cls.routes = Routes(cls.protocols)

    async def __call__(self, scope: admission.Scope, receive: Any, send: outgoing.Send) -> None:
        await receive()  # websocket.connect
        if not admission.origin_allowed(scope):
            logger.info("refused a socket of origin %s", admission.header(scope, b"origin")[:200])
            await send({"type": "websocket.close", "code": control.FORBIDDEN})
            return
        abort = _Abort(asyncio.current_task())
        connection = await self._accept(scope, send, abort)
        if connection is None:
            return
        try:
            if not await self._begin(connection):
                return
            transport = uvicorn_adapter.transport_of(scope)
            if transport is not None and transport.ping_interval:
                transport.watch = connection.watch_pongs(transport.ping_interval)
            admission.forget_handshake(scope)
            while (event := await receive())["type"] == "websocket.receive":
                if (text := event.get("text")) is not None:
                    await connection.receive_frame(text)
                else:
                    await connection.receive_binary(event.get("bytes") or b"")
            # uvicorn says 1005 of a lost connection too, but then it gives no reason.
            connection.closed_by_client = event.get("code") in CLOSED_BY_CLIENT and "reason" in event
        except asyncio.CancelledError:
            if not abort.called:
                raise
        finally:
            await connection.end()

    async def _begin(self, connection: RawConnection) -> bool:
        """Closes a connection that cannot begin for now, so that its client comes back by itself."""
        try:
            await connection.begin()
        except Exception as error:
            if (refusal := errors.as_busy(error)) is None:
                raise
            connection.send_queue.write([framing.FLAT.pack(wire.Error(message=refusal.message))])
            await connection.close(outgoing.TRY_AGAIN_LATER)
            return False
        return True

    async def _accept(self, scope: admission.Scope, send: outgoing.Send, abort: "_Abort") -> RawConnection | None:
        """Accepts the handshake. A client with a bad token is told why, which only an accepted socket can be."""
        refusal, code = None, control.UNAUTHORIZED
        try:
            identity = await admission.admit(scope)
        except tokens.InvalidToken as error:
            refusal = str(error)
        except Exception as error:
            if (busy := errors.as_busy(error)) is None:
                raise
            refusal, code = busy.message, outgoing.TRY_AGAIN_LATER
        if refusal is None and registry.connections.is_full(identity):
            await bodies.refuse(bodies.Refused(429, registry.TOO_MANY), scope, _received, send)
            return None
        subprotocol = admission.SUBPROTOCOL if admission.SUBPROTOCOL in scope.get("subprotocols", ()) else None
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
        send_queue = outgoing.SendQueue(send, abort)
        send_queue.start()
        if (transport := uvicorn_adapter.transport_of(scope)) is not None:
            send_queue.use_transport(transport)
        if refusal is not None:
            send_queue.write([framing.FLAT.pack(wire.Error(message=refusal))])
            await send_queue.close(code)
            return None
        return RawConnection(self.routes, scope, send_queue, identity)


async def _received() -> dict[str, Any]:
    """What has been received already, of a handshake that is refused after it."""
    return {"type": "websocket.connect"}


class _Abort:
    """Ends the task of a client that neither reads nor goes: `receive` would never say that it is gone."""

    def __init__(self, task: "asyncio.Task[Any] | None") -> None:
        self.task, self.called = task, False

    def __call__(self) -> None:
        self.called = True
        if self.task is not None:
            self.task.cancel()
