"""The doors' side of a connection: frames and events of one client, unpacked and handed on."""

import asyncio
import functools
import logging
from typing import Any

import msgspec
from channels.consumer import AsyncConsumer

from accounts import identity as identities
from accounts import tokens
from realtime import limits, wire
from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.connections import admission, control
from realtime.connections.connection import Connection
from realtime.delivery import outgoing
from realtime.protocol import framing

logger = logging.getLogger(__name__)

TOO_BIG = 1009  # close code, RFC 6455
FAREWELL = (1000, 1005)  # a client's own close, with a code and without; 1001 is a page that may just be loading anew


class SocketConsumer(Connection, AsyncConsumer):
    """A Channels consumer made of parts.

    On a raw WebSocket it is an ASGI application, with a receive loop of its own: Channels' dispatch would cost a thread
    hop per message. The Socket.IO door drives the same `begin`, `receive_event` and `end`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.abandoned = False
        self.family: str | None = None  # the framing of the last typed raw frame
        self.turn = asyncio.Lock()  # one event after the other, for a polling client may post two at the same time

    async def __call__(self, scope: admission.Scope, receive: Any, send: outgoing.Send) -> None:
        await receive()  # websocket.connect
        if not admission.origin_allowed(scope):
            logger.info("refused a socket of origin %s", admission.header(scope, b"origin")[:200])
            await send({"type": "websocket.close", "code": 4403})
            return
        accepted = await self._accept(scope, send)
        if accepted is None:
            return
        try:
            await self.begin(scope, *accepted)
            admission.forget_handshake(scope)
            while (event := await receive())["type"] == "websocket.receive":
                await self._receive_frame(event.get("text"))
            self.closed_by_client = (
                event.get("code") in FAREWELL and "reason" in event
            )  # uvicorn says 1005 of a loss too
        except asyncio.CancelledError:
            if not self.abandoned:
                raise
        finally:
            await self.end()

    async def _accept(
        self, scope: admission.Scope, send: outgoing.Send
    ) -> tuple[outgoing.SendQueue, identities.Identity] | None:
        """Accepts the handshake; a client with a bad token hears why, which only an accepted socket can say."""
        refusal = None
        try:
            identity = await admission.admit(scope)
        except tokens.InvalidToken as error:
            refusal = str(error)
        subprotocol = admission.SUBPROTOCOL if admission.SUBPROTOCOL in scope.get("subprotocols", ()) else None
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
        send_queue = outgoing.SendQueue(send, functools.partial(self._abandon, asyncio.current_task()))
        send_queue.start()
        if (line := uvicorn_adapter.transport_of(scope)) is not None:
            send_queue.use_transport(line)
        if refusal is not None:
            send_queue.write([framing.FLAT.pack(wire.Error(message=refusal))])
            await send_queue.close(control.UNAUTHORIZED)
            return None
        return send_queue, identity

    def _abandon(self, task: "asyncio.Task[Any] | None") -> None:
        """Ends without the client's word: it neither reads nor goes, so `receive` would never say so."""
        self.abandoned = True
        if task is not None:
            task.cancel()

    async def _receive_frame(self, text: str | None) -> None:
        if self.send_queue.closing:  # this came before the client knew
            return
        if text is None:  # binary frames belong to recordings
            if self._may_answer():
                self._say_malformed("Expected a text frame")
            return
        try:
            heading = framing.read_heading(text)
        except (msgspec.DecodeError, RecursionError) as error:
            await self._receive_unroutable(text, error)
            return
        route = self.routes.find(heading.type, lambda field: f'"{field}"' in text)
        if route is None:
            await self._receive_unroutable(text, heading)
        elif framing.is_longer(text, route.message.max_bytes):
            await self.close(TOO_BIG)
        else:
            speaks = self.handlers[route.handler].framing
            self.family = speaks.name
            op = heading.op if isinstance(heading.op, str) else ""
            ack = await self.dispatch(route, lambda: speaks.unpack(text, heading, route.message), acked=bool(op))
            if op:
                self._write([framing.Frame(msgspec.json.encode({"type": "ack", "op": op[:64], **ack}))])
            self._release()

    async def _receive_unroutable(self, text: str, what: framing.Heading | Exception) -> None:
        """A frame that no part hears: unreadable, nameless or of an unknown name. It has its bounds all the same."""
        if framing.is_longer(text, wire.ClientMessage.max_bytes):
            await self.close(TOO_BIG)
            return
        if not self._may_answer():
            return
        if isinstance(what, framing.Heading):
            self._say_unknown(what.type)
        elif isinstance(what, msgspec.ValidationError):
            self._say_unknown(None)
        else:
            self._say_malformed(str(what))

    def _may_answer(self) -> bool:
        """Whether what no part hears may be answered: to too much of it nothing is said."""
        try:
            limits.take("message", self.subjects)
        except limits.Throttled:
            return False
        return True

    async def receive_event(self, name: str, payload: Any, size: int) -> dict[str, Any]:
        """A Socket.IO event; returns what its callback gets, if it has one."""
        route = self.routes.find(name, lambda field: isinstance(payload, dict) and field in payload)
        if size > (route.message.max_bytes if route else wire.ClientMessage.max_bytes):
            await self.close(TOO_BIG)
            return {}
        if route is None:
            return {"ok": False, "code": "unknown", "message": "Unknown event"} if self._may_answer() else {}
        async with self.turn:
            if self.send_queue.closing:
                return {}
            ack = await self.dispatch(route, lambda: framing.read_event(payload, route.message), acked=False)
            self._release()
        return ack

    def _say_unknown(self, name: str | None) -> None:
        """Upper-case names, and frames without one, belong to the nested family; lower-case ones meet silence."""
        if name is not None and not name.isupper():
            return
        for handler in self.handlers:
            if (said := handler.unknown(name)) is not None:
                self.send(handler, said)
                return

    def _say_malformed(self, detail: str) -> None:
        """Both families' errors until a typed frame has shown which one speaks; each ignores the other's."""
        told: set[str] = set()
        for handler in self.handlers:
            family = handler.framing.name
            if family not in told and self.family in (None, family) and (said := handler.malformed(detail)) is not None:
                told.add(family)
                self.send(handler, said)
