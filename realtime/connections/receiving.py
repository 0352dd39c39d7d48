"""Connections by how their clients' messages arrive: text frames of a raw WebSocket, or Socket.IO events."""

import asyncio
import functools
from collections.abc import Sequence
from typing import Any

import msgspec

from accounts import identity as identities
from realtime import errors, limits, wire
from realtime.adapters import packets
from realtime.connections import admission, flood_control
from realtime.connections.connection import Connection
from realtime.connections.dispatching import Read
from realtime.delivery import outgoing
from realtime.handlers import Route, Routes
from realtime.protocol import bulk, framing

TOO_BIG = 1009  # close code, RFC 6455


def _too_big(route: Route) -> Read:
    """Refuses a message above its own limit in the place of reading it, so that it is counted and answered."""

    def refuse() -> wire.ClientMessage:
        raise errors.RequestRefused("too_big", f"At most {route.message.max_bytes // wire.KIB} KiB at once")

    return refuse


def _untellable() -> wire.ClientMessage:
    raise errors.RequestRefused("validation", errors.UNTELLABLE)


def _takes_no_bytes() -> wire.ClientMessage:
    raise errors.RequestRefused("validation", bulk.NO_BYTES)


def _ignore(ack: dict[str, Any]) -> None:
    """For a client that has asked for no ack."""


def _ack(op: str, ack: dict[str, Any]) -> framing.Frame:
    return framing.Frame(msgspec.json.encode({"type": "ack", "op": op, **ack}))


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
        if self._uncharged <= flood_control.SMALL:
            return True
        size, self._uncharged = self._uncharged, 0
        return await self.charge(self.subjects, size)

    def _find_any(self, name: str) -> Route | None:
        """The route of a message that no protocol declares, where a handler takes such."""
        route = self.routes.any
        return route if route is not None and self.handlers[route.handler].takes(name) else None


class RawConnection(_Receiving):
    """A client on a raw WebSocket. Its handlers may have different framings; each frame is read in its handler's."""

    def __init__(
        self, routes: Routes, scope: admission.Scope, send_queue: outgoing.SendQueue, identity: identities.Identity
    ) -> None:
        super().__init__(routes, scope, send_queue, identity)
        self.family: str | None = None  # the name of the framing in which the last routed frame was written
        self._acks: tuple[framing.Frame, ...] = ()  # that go out in the loop's next turn

    async def receive_binary(self, data: bytes) -> None:
        """Handles a binary frame, of which a header says what is behind it."""
        parts = bulk.split(data)
        if parts is not None:
            await self.receive_frame(*parts)
        elif not self.send_queue.closing and await self._admit(len(data)):
            if len(data) > self.max_message:
                await self.close(TOO_BIG)
            elif self._may_answer():
                self._say_malformed("Expected a binary frame with a header")

    async def receive_frame(self, text: str, attached: bytes | None = None) -> None:
        """Handles one frame, to which bytes may be attached."""
        if self.send_queue.closing:  # The client sent this before it knew.
            return
        size = framing.size(text)
        if attached is not None:
            size += bulk.PREFIX + len(attached)
        if not await self._admit(size):
            return
        if size > self.max_message:  # uvicorn may have the same limit, other servers have their own.
            await self.close(TOO_BIG)
            return
        read: Read | None = None
        try:
            heading = framing.read_heading(text)
        except (msgspec.DecodeError, RecursionError) as error:
            odd = framing.read_untellable_heading(text)
            if odd is None:
                self._receive_unroutable(error)
                return
            heading, read = odd, _untellable
        route = self.routes.find(heading.type, lambda field: f'"{field}"' in text) or self._find_any(heading.type)
        if route is None:
            self._receive_unroutable(heading)
            return
        if size > route.message.max_bytes:
            read = _too_big(route)
        self.family = self.handlers[route.handler].framing.name
        op = heading.op if isinstance(heading.op, str) else ""
        read = read or self._reader(route, heading, text, attached)
        self.is_acked = bool(op)
        later = functools.partial(self._acknowledge_later, op[:64]) if op else _ignore
        ack = await self.dispatch(route, read, self.is_acked, size, later)
        if op and ack:
            self._write([_ack(op[:64], ack)])
        self._release()

    def _reader(self, route: Route, heading: framing.Heading, text: str, attached: bytes | None) -> Read:
        """What decodes a frame, called once the limits allow it."""
        if attached is not None:
            return lambda: bulk.read_binary(text, heading, route.message, attached)
        if route is self.routes.any:
            return lambda: bulk.read_any(text, heading, route.message)
        decoder = self.handlers[route.handler].framing
        return lambda: decoder.unpack(text, heading, route.message)

    def _acknowledge_later(self, op: str, ack: dict[str, Any]) -> None:
        """One commit answers many messages: their acks go out in one write."""
        if not self._acks:
            asyncio.get_running_loop().call_soon(self._write_acks)
        self._acks = (*self._acks, _ack(op, ack))

    def _write_acks(self) -> None:
        acks, self._acks = self._acks, ()
        self._write(list(acks))

    def _receive_unroutable(self, what: framing.Heading | Exception) -> None:
        """Answers a frame that cannot be decoded, has no name, or a name that no handler knows."""
        if not self._may_answer():
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
            if (answer := handler.unknown(name)) is not None:
                self.send(handler, answer)
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
            if (answer := handler.malformed(detail)) is not None:
                answered.add(family)
                self.send(handler, answer)


class EventConnection(_Receiving):
    """A client on Socket.IO, where all messages are events."""

    def __init__(
        self, routes: Routes, scope: admission.Scope, send_queue: outgoing.SendQueue, identity: identities.Identity
    ) -> None:
        super().__init__(routes, scope, send_queue, identity, framing.EVENT)
        self._turn = asyncio.Lock()  # A polling client may post two events at the same time; they are handled in turn.

    async def receive_event(self, name: packets.EventName, arguments: Sequence[Any]) -> dict[str, Any]:
        """Handles one event; returns its ack, which is empty for one that the server ignores."""
        size = name.size
        if not await self._admit(size):
            return {}
        payload = arguments[0] if arguments else None
        route = self.routes.find(name, lambda field: isinstance(payload, dict) and field in payload)
        route = route or self._find_any(name)
        if size > self.max_message:  # Only attachments can be so long together.
            await self.close(TOO_BIG)
            return {}
        if route is None:
            return {"ok": False, "code": "unknown", "message": "Unknown event"} if self._may_answer() else {}
        async with self._turn:
            if self.send_queue.closing:
                return {}
            self.is_acked = name.is_acked
            later = None if self.is_acked else _ignore  # python-socketio sends an ack when it is returned
            ack = await self.dispatch(route, self._reader(route, name, arguments), False, size, later)
            await self.send_queue.flush()  # What the handler said comes before its answer.
            self._release_after_ack()
        return ack

    def _reader(self, route: Route, name: packets.EventName, arguments: Sequence[Any]) -> Read:
        if name.size > route.message.max_bytes:
            return _too_big(route)
        if name.is_stripped:
            return _takes_no_bytes
        if route is self.routes.any:
            return functools.partial(bulk.read_any_event, str(name), arguments, route.message)
        payload = arguments[0] if arguments else None
        return lambda: framing.read_event(payload, route.message, arguments=arguments)

    def _release_after_ack(self) -> None:
        """Lets through what came since a join in the loop's next turn.

        The caller queues the ack before it waits for anything, so the ack goes out first, and a client may take its
        position from it.
        """
        buffered = [each.subscription for each in self.memberships.values() if each.subscription.buffered is not None]
        for subscription in buffered:
            asyncio.get_running_loop().call_soon(subscription.release)
