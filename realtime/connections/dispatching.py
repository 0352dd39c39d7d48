"""How one message of a client is handled and answered, now or later."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from realtime import errors, limits, metrics, wire
from realtime.connections import flood_control
from realtime.connections.unanswered import Unanswered
from realtime.delivery import hubs
from realtime.handlers import Later, ProtocolHandler, Reply, Route

if TYPE_CHECKING:
    from realtime.connections.connection import Connection

logger = logging.getLogger(__name__)

Read = Callable[[], wire.ClientMessage]
Acknowledge = Callable[[dict[str, Any]], None]


async def dispatch(
    self: "Connection", route: Route, read: Read, acked: bool, size: int = 0, later: Acknowledge | None = None
) -> dict[str, Any]:
    """Has a handler answer one message, writes the answer and returns the ack. No error of a handler leaves here.

    `read` decodes the message, of `size` bytes: it is called once the limit on all messages allows it. `acked` says
    whether the client will be sent the ack; one that resumes its rooms is told their positions otherwise. Where the
    handler answers later, `later` is called with the ack then, and what is returned is empty; without `later` it is
    waited for.
    """
    handler, begun = self.handlers[route.handler], time.perf_counter()
    metrics.messages.add(route.message.wire_name())
    try:
        if not route.message.throttled_by_handler:
            limits.take("message", self.subjects)
        message = read()
        room = handler.limit_room(message)
        _throttle(self, route.message, room)
        if room and size > flood_control.SMALL and not await self.charge({"room": room}, size):
            return {}
        reply = await route.method(handler, message) or Reply()
        if isinstance(reply, Later):
            if later is not None:
                await _answer_later(self, route, handler, reply, size, later)
                return {}
            await asyncio.shield(reply.outcome)
            reply = reply.reply
    except Exception as error:
        reply = _refuse(self, handler, errors.of(error, f"{route.message.wire_name()} of {self.id}"), route)
    metrics.answer_seconds.add(time.perf_counter() - begun)
    return _answered(self, handler, reply, acked)


def _answered(self: "Connection", handler: ProtocolHandler, reply: Reply, acked: bool) -> dict[str, Any]:
    """Writes what a handler answers; returns the ack."""
    messages = reply.messages
    if self.recover and not acked and "epoch" in reply.ack:
        messages += (wire.RoomPosition(**{key: reply.ack[key] for key in ("room", "seq", "epoch")}),)
    if messages:
        self.send(handler, *messages)
    if hubs.current().is_degraded:
        return {"ok": True, **reply.ack, "degraded": True}
    return {"ok": True, **reply.ack}


async def _answer_later(
    self: "Connection", route: Route, handler: ProtocolHandler, reply: Later, size: int, acknowledge: Acknowledge
) -> None:
    """Returns when the connection may be read on, which is at once unless much waits for its outcome already."""

    def answer(outcome: "asyncio.Future[Any]") -> None:
        if outcome.cancelled():  # The process stops.
            return
        told, error = reply.reply, outcome.exception()
        if isinstance(error, Exception):
            told = _refuse(self, handler, errors.of(error, f"{route.message.wire_name()} of {self.id}"), route)
        acknowledge(_answered(self, handler, told, True))

    self.unanswered = self.unanswered or Unanswered()
    self.unanswered.add(reply.outcome, size, answer)
    await self.unanswered.has_room()


def _refuse(self: "Connection", handler: ProtocolHandler, refusal: errors.RequestRefused, route: Route) -> Reply:
    self.count_refusal()
    metrics.refused.add(refusal.code)
    if refusal.code != "rate_limited":  # A client could fill the log with these.
        logger.info("%s of %s was refused: %s", route.message.wire_name(), self.id, refusal.code)
    answer = handler.refuse(refusal)
    return Reply(*([answer] if answer else []), **refusal.ack())


def _throttle(self: "Connection", message: type[wire.ClientMessage], room: str) -> None:
    if message.limit != "message" and not message.throttled_by_handler:
        limits.take_of(self.identity, message.limit, {**self.subjects, **limits.of_room(room, self.address)})
