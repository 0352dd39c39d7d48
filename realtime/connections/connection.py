"""One connected client, whichever door it came through: limits, its parts, the rooms it is in, and what it is told."""

import asyncio
import functools
import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from django.conf import settings

from accounts import identity as identities
from accounts.models import User
from realtime import errors, events, limits, rooms, wire
from realtime.connections import admission, control
from realtime.delivery import hubs, outgoing
from realtime.delivery.subscriptions import Subscription
from realtime.handlers import ProtocolHandler, Reply, Route, Routes
from realtime.presence import tracker
from realtime.protocol import framing
from realtime.runtime import loops, threads

logger = logging.getLogger(__name__)

MAX_ROOMS = 128  # that one connection may be in

Read = Callable[[], wire.ClientMessage]


class Membership:
    """A room that a connection is in, in one dialect."""

    __slots__ = ("role", "room", "subscription")

    def __init__(self, room: rooms.Room, role: str, subscription: Subscription) -> None:
        self.room, self.role, self.subscription = room, role, subscription


class Connection:
    """What the doors drive, `begin` to `end`, and what parts ask of it."""

    protocols: ClassVar[tuple[type[ProtocolHandler], ...]] = ()
    routes: ClassVar[Routes]

    def __init_subclass__(cls) -> None:
        cls.routes = Routes(cls.protocols)

    # --- from the first message to the last

    async def begin(
        self,
        scope: admission.Scope,
        send_queue: outgoing.SendQueue,
        identity: identities.Identity,
        speaks: framing.Framing | None = None,
    ) -> None:
        """Takes up a connection; `speaks` is the framing of all its messages, else each part has its own."""
        self.id = uuid.uuid4().hex[:16]
        self.send_queue = send_queue
        self.address = str((scope.get("client") or ["unknown"])[0])
        self._identify(identity)
        self.base_url = admission.site(scope)
        self.framing = speaks
        self.recover = False
        self.declared = False
        self.closed_by_client = False  # whether the client itself has ended it, rather than its network
        self.memberships: dict[tuple[str, str], Membership] = {}
        self.leaving: set[asyncio.Task[None]] = set()
        self.handlers = [handler(self) for handler in self.protocols]
        await control.connections.add(self)
        if await self._check_access():
            for handler in self.handlers:
                await handler.opened()

    async def end(self) -> None:
        """Leaves everything; no frame reaches the client from here on."""
        control.connections.discard(self)
        self.send_queue.closing = True
        self.send_queue.stop()
        memberships, self.memberships = list(self.memberships.values()), {}
        for membership in memberships:
            hubs.current().leave(membership.room.key, membership.subscription)
        for membership in memberships:
            await self._absent(membership)
        for handler in self.handlers:
            try:
                await handler.closed()
            except Exception:
                logger.exception("%s of %s could not be closed", handler.dialect, self.id)

    async def close(self, code: int) -> None:
        await self.send_queue.close(code)

    def send_goodbye(self) -> None:
        """The server is about to go."""
        for handler in self.handlers:
            if (said := handler.farewell()) is not None:
                self.send(handler, said)

    async def dispatch(self, route: Route, read: Read, acked: bool) -> dict[str, Any]:
        """Hands one message to its part and writes the answer; returns the ack. No error of a handler leaves here."""
        handler = self.handlers[route.handler]
        try:
            if not route.message.paced:
                limits.take("message", self.subjects)
            message = read()
            self._throttle(message)
            reply = await route.method(handler, message) or Reply()
        except Exception as error:
            refusal = errors.of(error, f"{route.message.wire_name()} of {self.id}")
            if refusal.code != "rate_limited":  # of which there are as many as somebody cares to send
                logger.info("%s of %s was refused: %s", route.message.wire_name(), self.id, refusal.code)
            said = handler.refuse(refusal)
            reply = Reply(*([said] if said else []), **_refused(refusal))
        messages = reply.messages
        if self.recover and not acked and "epoch" in reply.ack:
            messages += (wire.RoomPosition(**{key: reply.ack[key] for key in ("room", "seq", "epoch")}),)
        self.send(handler, *messages)
        return {"ok": True, **reply.ack}

    def _throttle(self, message: wire.ClientMessage) -> None:
        if message.limit != "message" and not message.paced:
            limits.take_of(self.identity, message.limit, {**self.subjects, "room": message.place()})

    # --- what parts ask of the connection

    def send(self, handler: ProtocolHandler, *messages: wire.ServerMessage) -> None:
        """Writes to this client, in the part's framing. What a handler says so comes before its answer."""
        speaks = self._speaks(handler)
        self._write([speaks.pack(message) for message in messages])

    async def join(self, room: rooms.Room, dialect: ProtocolHandler, handle: str = "") -> Reply:
        """Enters `room`: everything after the position in the ack will be told, once the answer is out.

        `handle` stands for the id that a client gave itself, where a room counts those.
        """
        key = (room.key, dialect.dialect)
        if key not in self.memberships and len(self.memberships) >= MAX_ROOMS:
            raise errors.RequestRefused("too_many", f"At most {MAX_ROOMS} rooms at once")
        role = await threads.in_db(rooms.enter, room, self.identity)
        if key in self.memberships:  # in another role perhaps
            await self.leave(room, dialect)
        subscription = self._member(room, dialect)
        position = await hubs.current().join(room.key, subscription)
        membership = self.memberships[key] = Membership(room, role, subscription)
        try:
            counted = await tracker.current().enter(room, role, self.id, self.identity, handle)
            if not self.send_queue.is_open:  # it ended meanwhile, and what it enters now it would never leave
                raise errors.RequestRefused("gone", "The connection is closed")
        except BaseException:
            self.memberships.pop(key, None)
            hubs.current().leave(room.key, subscription)
            await self._absent(membership)
            raise
        at_once = events.render(counted, dialect.dialect) if counted is not None and counted.min_interval() else ()
        return Reply(*at_once, room=position.room, seq=position.seq, epoch=position.epoch)

    def stay(self, room: rooms.Room, dialect: ProtocolHandler) -> Reply | None:
        """As `join`, for one that is in the room: it does not go and come again. None for one that is not."""
        membership, hub = self.memberships.get((room.key, dialect.dialect)), hubs.current().rooms.get(room.key)
        if membership is None or hub is None:
            return None
        hub.subscribers.discard(membership.subscription)
        membership.subscription = self._member(room, dialect)  # it may be spoken to in another style from now on
        position = hub.add(membership.subscription)
        return Reply(room=position.room, seq=position.seq, epoch=position.epoch)

    async def leave(self, room: rooms.Room, dialect: ProtocolHandler) -> None:
        membership = self.memberships.pop((room.key, dialect.dialect), None)
        if membership is not None:
            hubs.current().leave(room.key, membership.subscription)
            await self._absent(membership)

    async def authenticate(self, token: str) -> None:
        """Binds this connection to the user of `token`; raises tokens.InvalidToken."""
        user = await threads.in_db(admission.bearer, token)
        self._identify(replace(self.identity, user=user, declared=False))
        await self._check_access()

    async def declare(self, user_id: Any, name: str | None) -> None:
        """Hears who a client says it is: a guest's label or, where old clients are trusted, a user."""
        if self.identity.user is not None or self.declared:
            return
        if name:
            self._identify(replace(self.identity, label=name))
        if settings.TRUST_DECLARED_IDENTITY and user_id is not None:
            self.declared = True
            user = await threads.in_db(User.objects.declarable(user_id).first)
            if user is not None:
                self._identify(replace(self.identity, user=user, declared=True))

    # --- inside

    async def _check_access(self) -> bool:
        """Hangs up on a user whose access was revoked while it was being found out who that is."""
        user = self.identity.user
        if user is None or await threads.in_db(user.has_access):
            return True
        await self.close(control.UNAUTHORIZED)
        return False

    def _identify(self, identity: identities.Identity) -> None:
        self.identity = identity
        self.subjects = {"connection": self.id, "identity": identity.key, "address": self.address}  # of limits

    def _speaks(self, handler: ProtocolHandler) -> framing.Framing:
        return self.framing or handler.framing

    def _write(self, frames: list[framing.Frame]) -> None:
        if frames:
            self.send_queue.write(frames)

    def _release(self) -> None:
        for membership in self.memberships.values():
            if membership.subscription.buffered is not None:
                membership.subscription.release()

    def _member(self, room: rooms.Room, dialect: ProtocolHandler) -> Subscription:
        subscription = Subscription(
            self.send_queue,
            dialect.dialect,
            self._speaks(dialect),
            positions=self.recover,
            addresses=room.addresses(self.identity) | {self.id},
        )
        subscription.on_final = functools.partial(self._let_go, (room.key, dialect.dialect), subscription)
        return subscription

    def _let_go(self, key: tuple[str, str], subscription: Subscription) -> None:
        """The room has told this member something final."""
        membership = self.memberships.get(key)
        if membership is not None and membership.subscription is subscription:
            del self.memberships[key]
            hubs.current().leave(key[0], subscription)
            loops.run(self._absent(membership), kept=self.leaving)

    async def _absent(self, membership: Membership) -> None:
        try:
            await tracker.current().leave(membership.room, membership.role, self.id, self.identity)
        except Exception:
            logger.exception("%s could not leave %s", self.id, membership.room.key)


def _refused(refusal: errors.RequestRefused) -> dict[str, Any]:
    ack = {"ok": False, "code": refusal.code, "message": refusal.message}
    return ack if refusal.retry_after is None else {**ack, "retryAfter": refusal.retry_after}
