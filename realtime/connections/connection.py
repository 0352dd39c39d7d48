"""One connected client, whatever it speaks: who it is, its protocol handlers, and the rooms it is in."""

import asyncio
import functools
import logging
import uuid
from collections.abc import Mapping
from typing import Any

from accounts import identity as identities
from realtime import errors, events, limits, rooms, wire
from realtime.adapters import pongs
from realtime.connections import (
    admission,
    control,
    dispatching,
    flood_control,
    proof,
    registry,
    responsiveness,
)
from realtime.connections.unanswered import Unanswered
from realtime.delivery import hubs, outgoing
from realtime.delivery.subscriptions import Subscription, ignore
from realtime.handlers import Membership, ProtocolHandler, Reply, Routes
from realtime.presence import tracker
from realtime.protocol import framing
from realtime.runtime import background, threads

logger = logging.getLogger(__name__)

MAX_ROOMS = 128  # A connection may be in this many rooms at once.


class Connection:
    """The server's side of one client. It is complete once it is made; see `handlers.Client` for what handlers use.

    The endpoint that made it calls `begin`, then hands on what the client sends, and calls `end` in a `finally`.
    """

    unanswered: Unanswered | None = None  # what is answered later, from the first time on

    def __init__(
        self,
        routes: Routes,
        scope: admission.Scope,
        send_queue: outgoing.SendQueue,
        identity: identities.Identity,
        framing: framing.Framing | None = None,
    ) -> None:
        """`framing` is how all messages are written; where it is None, each handler has a framing of its own."""
        self.id = uuid.uuid4().hex[:16]
        self.routes = routes
        self.send_queue = send_queue
        self.address = admission.sender(scope)
        self.base_url = admission.base_url(scope)
        self.framing = framing
        self.recover = False
        self.is_unresponsive = False
        self.closed_by_client = self.is_acked = False
        self.memberships: dict[tuple[str, str], Membership] = {}
        self.is_greeted = False  # Protocols have a first word, which nothing may come before.
        self.has_declared = False
        self.said_name = ""  # the one that the client declared last, whether or not it is shown by it
        self.has_ended = False
        self._pongs: pongs.Watch | None = None
        self._flood_control = flood_control.FloodControl()
        self.leaving: set[asyncio.Task[None]] = set()
        self.max_message = wire.MAX_MESSAGE
        self.identify(identity)
        self.handlers: list[ProtocolHandler] = [handler(self) for handler in routes.protocols]

    # --- from the first message to the last

    async def begin(self) -> None:
        """Registers the connection and tells its handlers; it closes again if the user's access has just ended."""
        await registry.connections.add(self)
        if await self.check_access():
            for handler in self.handlers:
                await handler.opened()
            self.is_greeted = True

    async def end(self) -> None:
        """Leaves every room and tells the handlers; the client gets no frame afterwards. Safe to call twice."""
        if self.has_ended:
            return
        self.has_ended = True
        registry.connections.discard(self)
        if self._pongs is not None:
            self._pongs.stop()
        self.send_queue.closing = True
        self.send_queue.stop()
        memberships, self.memberships = list(self.memberships.values()), {}
        for membership in memberships:
            self.unsubscribe(membership.room.key, membership.subscription)
        for membership in memberships:
            await self.leave_presence(membership)
        for handler in self.handlers:
            try:
                await handler.closed()
            except Exception:
                logger.exception("%s of %s could not be closed", handler.dialect, self.id)
        self.handlers = []  # Each keeps this connection: only the garbage collector would end both.

    async def close(self, code: int) -> None:
        await self.send_queue.close(code)

    def send_goodbye(self) -> None:
        """Tells the client, in each of its protocols that has a word for it, that the server is about to stop."""
        for handler in self.handlers:
            if (goodbye := handler.goodbye()) is not None:
                self.send(handler, goodbye)

    def watch_pongs(self, interval: float) -> pongs.Watch:
        """Returns what the transport tells of each pong; see `responsiveness.watch`."""
        self._pongs = responsiveness.watch(self, interval)
        return self._pongs

    dispatch = dispatching.dispatch

    async def charge(self, subjects: Mapping[str, str], size: int) -> bool:
        """Counts the bytes of a message, and reads nothing more for a while where they are too many.

        Returns whether the client may go on.
        """
        wait = limits.spend("bytes", subjects, size)
        if wait and not await self._flood_control.pause(wait):
            logger.info("%s sent too many bytes", self.id)
            await self.close(flood_control.TOO_MUCH)
        return not self.send_queue.closing

    # --- what handlers ask of the connection

    def count_refusal(self) -> None:
        """Cuts the client off that is refused again and again; see `handlers.Client.count_refusal`."""
        if not self._flood_control.refuse() and not self.send_queue.closing:
            logger.info("%s was refused too often", self.id)
            self.send_queue.closing = True  # What it has sent meanwhile is not looked at any more.
            background.spawn(self.close(flood_control.TOO_MUCH), self.leaving)

    def send(self, handler: ProtocolHandler, *messages: wire.ServerMessage) -> None:
        """Writes to this client in the handler's framing. What a handler sends so comes before its reply."""
        framing = self._framing_of(handler)
        self._write([framing.pack(message) for message in messages])

    async def join(self, room: rooms.Room, handler: ProtocolHandler, handle: str = "") -> Reply:
        """Enters `room` in the handler's dialect; see `handlers.Client.join`."""
        key = (room.key, handler.dialect)
        if key not in self.memberships and len(self.memberships) >= MAX_ROOMS:
            raise errors.RequestRefused("too_many", f"At most {MAX_ROOMS} rooms at once")
        role = await threads.in_db(rooms.enter, room, self.identity)
        if key in self.memberships:  # It may come in another role now.
            await self.leave(room, handler)
        subscription = self._subscribe(room, handler)
        position = await hubs.current().join(room.key, subscription)
        membership = self.memberships[key] = Membership(room, role, subscription, handle)
        try:
            counted = await tracker.current().enter(room, role, self.id, self.identity, handle)
            if not self.send_queue.is_open:  # The connection ended meanwhile and would never leave what it enters now.
                raise errors.RequestRefused("gone", "The connection is closed")
        except BaseException:
            self.memberships.pop(key, None)
            self.unsubscribe(room.key, subscription)
            membership.is_present = True  # The connection may have ended, and left, before it entered.
            await self.leave_presence(membership)
            raise
        at_once = events.render(counted, handler.dialect) if counted is not None and counted.min_interval() else ()
        return Reply(*at_once, room=position.room, seq=position.seq, epoch=position.epoch)

    def stay(self, room: rooms.Room, handler: ProtocolHandler) -> Reply | None:
        """Joins a room again without leaving it; see `handlers.Client.stay`."""
        membership, hub = self.memberships.get((room.key, handler.dialect)), hubs.current().rooms.get(room.key)
        if membership is None or hub is None:
            return None
        self.unsubscribe(room.key, membership.subscription)
        membership.room = room
        membership.subscription = self._subscribe(room, handler)  # `hello` may have changed its encoding.
        position = hub.add(membership.subscription)
        return Reply(room=position.room, seq=position.seq, epoch=position.epoch)

    async def reach(self, room: rooms.Room, seq: int) -> None:
        """Waits for an event to be delivered; see `handlers.Client.reach`."""
        hub = hubs.current().rooms.get(room.key)
        if hub is not None and hub.position < seq:
            await hub.reaches(seq)

    async def end_dead(self, room: rooms.Room) -> None:
        """Ends presence that is left of a dead process; see `handlers.Client.end_dead`."""
        await tracker.current().end_dead(room.key)

    async def allow_large(self) -> None:
        """Opens the door wider for this client; see `handlers.Client.allow_large`."""
        self.max_message = wire.LARGE_MESSAGE
        await self.send_queue.allow_large()

    async def leave(self, room: rooms.Room, handler: ProtocolHandler) -> None:
        membership = self.memberships.pop((room.key, handler.dialect), None)
        if membership is not None:
            self.unsubscribe(room.key, membership.subscription)
            await self.leave_presence(membership)

    async def authenticate(self, token: str) -> None:
        await proof.authenticate(self, token)

    async def renew(self, token: str) -> None:
        await proof.renew(self, token)

    async def demote(self) -> None:
        """Makes the client a guest, for what proved its user has expired."""
        await proof.demote(self)

    async def declare(self, user_id: Any, name: str | None) -> None:
        await proof.declare(self, user_id, name)

    async def leave_presence(self, membership: Membership) -> None:
        if not membership.is_present:
            return
        membership.is_present = False
        try:
            await tracker.current().leave(membership.room, membership.role, self.id, self.identity)
        except Exception:
            logger.exception("%s could not leave %s", self.id, membership.room.key)

    # --- inside

    async def check_access(self) -> bool:
        """Closes the connection of a user whose access was revoked while the server found out who it is."""
        user = self.identity.user
        if user is None or await threads.in_db(user.has_access):
            return True
        await self.close(control.UNAUTHORIZED)
        return False

    def identify(self, identity: identities.Identity) -> None:
        self.identity = identity
        self.subjects: Mapping[str, str] = {"connection": self.id, "identity": identity.key, "address": self.address}
        for membership in self.memberships.values():
            self._address(membership.subscription, membership.room)

    def _address(self, subscription: Subscription, room: rooms.Room) -> None:
        """Sets by which names events reach this client in `room`."""
        subscription.addresses = room.addresses(self.identity) | {self.id}
        subscription.claims = self.identity.claims

    def _framing_of(self, handler: ProtocolHandler) -> framing.Framing:
        return self.framing or handler.framing

    def _write(self, frames: list[framing.Frame]) -> None:
        if frames:
            self.send_queue.write(frames)

    def _release(self) -> None:
        """Lets through what rooms told between a join and its answer, which is out now."""
        for membership in self.memberships.values():
            if membership.subscription.buffered is not None:
                membership.subscription.release()

    def _subscribe(self, room: rooms.Room, handler: ProtocolHandler) -> Subscription:
        subscription = Subscription(self.send_queue, handler.dialect, self._framing_of(handler), positions=self.recover)
        self._address(subscription, room)
        subscription.on_final = functools.partial(self._drop, (room.key, handler.dialect), subscription)
        return subscription

    def unsubscribe(self, room_key: str, subscription: Subscription) -> None:
        hubs.current().leave(room_key, subscription)
        subscription.on_final = ignore  # It keeps this connection, and the subscription itself.

    def _drop(self, key: tuple[str, str], subscription: Subscription) -> None:
        """Ends a membership whose subscription has just been told its final event."""
        membership = self.memberships.get(key)
        if membership is not None and membership.subscription is subscription:
            del self.memberships[key]
            self.unsubscribe(key[0], subscription)
            background.spawn(self.leave_presence(membership), self.leaving)
