"""Connections by how their clients' messages arrive: text frames of a raw WebSocket, or Socket.IO events."""

import asyncio
from typing import Any

import msgspec

from accounts import identity as identities
from realtime import errors, limits, wire
from realtime.connections import admission, patience
from realtime.connections.connection import Connection, Read
from realtime.delivery import outgoing
from realtime.handlers import Route, Routes
from realtime.protocol import framing

TOO_BIG = 1009  # close code, RFC 6455


def _too_big(route: Route) -> Read:
    """Refuses a message above its own limit in the place of reading it, so that it is counted and answered."""

    def refuse() -> wire.ClientMessage:
        raise errors.RequestRefused("too_big", f"At most {route.message.max_bytes // wire.KIB} KiB at once")

    return refuse


def _untellable() -> wire.ClientMessage:
    raise errors.RequestRefused("validation", errors.UNTELLABLE)


class _Receiving(Connection):
    _uncharged = 0  # bytes of short messages, which are counted together

    def _may_answer(self) -> bool:
        """Whether a message without a route may be answered: it counts against the limit on all messages too."""
        self.count_refusal()
        try:
            limits.take("message", self.subjects)
        except limits.Throttled:
            return False
        return True

    async def _admit(self, size: int) -> bool:
        """Counts the bytes of what has come, many short messages at once; returns whether it may be handled."""
        self._uncharged += size
        if self._uncharged <= patience.SMALL:
            return True
        size, self._uncharged = self._uncharged, 0
        return await self._charge(self.subjects, size)


class RawConnection(_Receiving):
    """A client on a raw WebSocket. Its handlers may have different framings; each frame is read in its handler's."""

    def __init__(
        self, routes: Routes, scope: admission.Scope, send_queue: outgoing.SendQueue, identity: identities.Identity
    ) -> None:
        super().__init__(routes, scope, send_queue, identity)
        self.family: str | None = None  # the name of the framing in which the last routed frame was written

    async def receive_frame(self, text: str | None) -> None:
        """Handles one frame; `text` is None for a binary one, which no message is written in."""
        if self.send_queue.closing:  # The client sent this before it knew.
            return
        size = framing.size(text or "")
        if not await self._admit(size):
            return
        if text is None:
            if self._may_answer():
                self._say_malformed("Expected a text frame")
            return
        read: Read | None = None
        try:
            heading = framing.read_heading(text)
        except (msgspec.DecodeError, RecursionError) as error:
            odd = framing.read_untellable_heading(text)
            if odd is None:
                await self._receive_unroutable(text, error)
                return
            heading, read = odd, _untellable
        route = self.routes.find(heading.type, lambda field: f'"{field}"' in text)
        if route is None:
            await self._receive_unroutable(text, heading)
            return
        if framing.is_longer(text, route.message.max_bytes):
            if await self._is_beyond_all(text):
                return
            read = _too_big(route)
        decoder = self.handlers[route.handler].framing
        self.family = decoder.name
        op = heading.op if isinstance(heading.op, str) else ""
        read = read or (lambda: decoder.unpack(text, heading, route.message))
        ack = await self.dispatch(route, read, bool(op), size)
        if op and ack:
            self._write([framing.Frame(msgspec.json.encode({"type": "ack", "op": op[:64], **ack}))])
        self._release()

    async def _is_beyond_all(self, text: str) -> bool:
        """Closes if a frame is longer than any may be. uvicorn has the same limit, other servers have their own."""
        if framing.is_longer(text, wire.MAX_MESSAGE):
            await self.close(TOO_BIG)
            return True
        return False

    async def _receive_unroutable(self, text: str, what: framing.Heading | Exception) -> None:
        """Answers a frame that cannot be decoded, has no name, or a name that no handler knows."""
        if await self._is_beyond_all(text) or not self._may_answer():
            return
        if isinstance(what, framing.Heading):
            self._say_unknown(what.type)
        elif isinstance(what, msgspec.ValidationError):
            self._say_unknown(None)
        else:
            self._say_malformed(str(what))

    def _say_unknown(self, name: str | None) -> None:
        """Sends the answer of the first handler that takes the frame for one of its protocol."""
        for handler in self.handlers:
            if (said := handler.unknown(name)) is not None:
                self.send(handler, said)
                return

    def _say_malformed(self, detail: str) -> None:
        """Sends one answer per framing until a routed frame has shown which one the client writes.

        A client ignores the answer in the framing that it does not know.
        """
        answered: set[str] = set()
        for handler in self.handlers:
            family = handler.framing.name
            if family in answered or self.family not in (None, family):
                continue
            if (said := handler.malformed(detail)) is not None:
                answered.add(family)
                self.send(handler, said)


class EventConnection(_Receiving):
    """A client on Socket.IO, where all messages are events."""

    def __init__(
        self, routes: Routes, scope: admission.Scope, send_queue: outgoing.SendQueue, identity: identities.Identity
    ) -> None:
        super().__init__(routes, scope, send_queue, identity, framing.EVENT)
        self._turn = asyncio.Lock()  # A polling client may post two events at the same time; they are handled in turn.

    async def receive_event(self, name: str, payload: Any, size: int) -> dict[str, Any]:
        """Handles one event of `size` bytes; returns its ack, which is empty for one that the server ignores."""
        if not await self._admit(size):
            return {}
        route = self.routes.find(name, lambda field: isinstance(payload, dict) and field in payload)
        if size > wire.MAX_MESSAGE:  # Only attachments can be so long together.
            await self.close(TOO_BIG)
            return {}
        if route is None:
            return {"ok": False, "code": "unknown", "message": "Unknown event"} if self._may_answer() else {}
        async with self._turn:
            if self.send_queue.closing:
                return {}
            is_too_big = size > route.message.max_bytes
            read = _too_big(route) if is_too_big else lambda: framing.read_event(payload, route.message)
            ack = await self.dispatch(route, read, False, size)
            await self.send_queue.flush()  # What the handler said comes before its answer.
            self._release_after_ack()
        return ack

    def _release_after_ack(self) -> None:
        """Lets through what came since a join in the loop's next turn.

        The caller queues the ack before it waits for anything, so the ack goes out first, and a client may take its
        position from it.
        """
        buffered = [each.subscription for each in self.memberships.values() if each.subscription.buffered is not None]
        for subscription in buffered:
            asyncio.get_running_loop().call_soon(subscription.release)
