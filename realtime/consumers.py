"""One connected client, whichever door it came through: unpack, limit, validate, hand to a part, answer."""

import asyncio
import functools
import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import msgspec
from channels.consumer import AsyncConsumer
from django.conf import settings

from accounts import identity as identities
from accounts import tokens
from accounts.models import User
from realtime import (
    admission,
    control,
    framing,
    hub,
    presence,
    records,
    refusals,
    rooms,
    threads,
    throttles,
    transport,
    wire,
)
from realtime.members import Member
from realtime.parts import Part, Reply, Route, Routes

logger = logging.getLogger(__name__)

TOO_BIG = 1009  # close code, RFC 6455
MAX_ROOMS = 128  # that one connection may be in
UNLIMITED = ("moderator", "staff", "admin")  # roles whom only the limit on all messages holds

Read = Callable[[], wire.Heard]


class Membership:
    """A room that a connection is in, in one dialect."""

    __slots__ = ("member", "role", "room")

    def __init__(self, room: rooms.Room, role: str, member: Member) -> None:
        self.room, self.role, self.member = room, role, member


class SocketConsumer(AsyncConsumer):
    """A Channels consumer made of parts.

    On a raw WebSocket it is an ASGI application, with a receive loop of its own: Channels' dispatch would cost a thread
    hop per message. The Socket.IO door drives the same `begin`, `hear_event` and `end`.
    """

    parts: ClassVar[tuple[type[Part], ...]] = ()
    routes: ClassVar[Routes]

    abandoned = False

    def __init_subclass__(cls) -> None:
        cls.routes = Routes(cls.parts)

    # --- from the first byte to the last

    async def __call__(self, scope: admission.Scope, receive: Any, send: transport.Send) -> None:
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
            while (event := await receive())["type"] == "websocket.receive":
                await self._hear_raw(event.get("text"))
        except asyncio.CancelledError:
            if not self.abandoned:
                raise
        finally:
            await self.end()

    async def _accept(
        self, scope: admission.Scope, send: transport.Send
    ) -> tuple[transport.Outlet, identities.Identity] | None:
        """Accepts the handshake; a client with a bad token hears why, which only an accepted socket can say."""
        refusal = None
        try:
            identity = await admission.admit(scope)
        except tokens.InvalidToken as error:
            refusal = str(error)
        subprotocol = admission.SUBPROTOCOL if admission.SUBPROTOCOL in scope.get("subprotocols", ()) else None
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
        outlet = transport.Outlet(send, functools.partial(self._abandon, asyncio.current_task()))
        outlet.open = True
        if refusal is not None:
            outlet.write([framing.FLAT.pack(wire.Error(message=refusal))])
            await outlet.hang_up(control.UNAUTHORIZED)
            return None
        return outlet, identity

    def _abandon(self, task: "asyncio.Task[Any] | None") -> None:
        """Ends without the client's word: it neither reads nor goes, so `receive` would never say so."""
        self.abandoned = True
        if task is not None:
            task.cancel()

    async def begin(
        self,
        scope: admission.Scope,
        outlet: transport.Outlet,
        identity: identities.Identity,
        speaks: framing.Framing | None = None,
    ) -> None:
        """Takes up a connection; `speaks` is the framing of all its messages, else each part has its own."""
        self.id = uuid.uuid4().hex[:16]
        self.outlet = outlet
        self.identity = identity
        self.address = str((scope.get("client") or ["unknown"])[0])
        self.framing = speaks
        self.family: str | None = None  # the framing of the last typed raw frame
        self.recover = False
        self.declared = False
        self.joined: dict[tuple[str, str], Membership] = {}
        self.turn = asyncio.Lock()  # one event after the other, for a polling client may post two at the same time
        self.here = [part(self) for part in self.parts]
        await control.connections.add(self)
        for part in self.here:
            await part.opened()

    async def end(self) -> None:
        """Leaves everything; no frame reaches the client from here on."""
        control.connections.discard(self)
        self.outlet.shut()
        memberships, self.joined = list(self.joined.values()), {}
        for membership in memberships:
            hub.hubs().leave(membership.room.key, membership.member)
        for membership in memberships:
            await self._absent(membership)
        for part in self.here:
            try:
                await part.closed()
            except Exception:
                logger.exception("%s of %s could not be closed", part.dialect, self.id)

    async def hang_up(self, code: int) -> None:
        await self.outlet.hang_up(code)

    # --- what the client says

    async def _hear_raw(self, text: str | None) -> None:
        if text is None:  # binary frames belong to recordings
            self._say_malformed("Expected a text frame")
            return
        if not self.outlet.open:  # it is being closed, and this came before the client knew
            return
        try:
            heading = framing.read_heading(text)
        except (msgspec.DecodeError, RecursionError) as error:
            await self._hear_nonsense(text, error)
            return
        route = self.routes.find(heading.type, lambda field: f'"{field}"' in text)
        if route is None:
            await self._hear_nonsense(text, heading)
        elif framing.size(text) > route.heard.max_bytes:
            await self.hang_up(TOO_BIG)
        else:
            speaks = self.here[route.part].framing
            self.family = speaks.name
            op = heading.op if isinstance(heading.op, str) else ""
            ack = await self.hear(route, lambda: speaks.unpack(text, heading, route.heard), acked=bool(op))
            if op:
                self._write([framing.Frame(msgspec.json.encode({"type": "ack", "op": op[:64], **ack}))])
            self._release()

    async def _hear_nonsense(self, text: str, what: framing.Heading | Exception) -> None:
        """A frame that no part hears: unreadable, nameless or of an unknown name. It has its bounds all the same."""
        if framing.size(text) > wire.Heard.max_bytes:
            await self.hang_up(TOO_BIG)
            return
        try:
            throttles.take("message", self._subjects)
        except throttles.Throttled:
            return
        if isinstance(what, framing.Heading):
            self._say_unknown(what.type)
        elif isinstance(what, msgspec.ValidationError):
            self._say_unknown(None)
        else:
            self._say_malformed(str(what))

    async def hear_event(self, name: str, payload: Any, size: int) -> dict[str, Any]:
        """A Socket.IO event; returns what its callback gets, if it has one."""
        route = self.routes.find(name, lambda field: isinstance(payload, dict) and field in payload)
        if size > (route.heard.max_bytes if route else wire.Heard.max_bytes):
            await self.hang_up(TOO_BIG)
            return {}
        if route is None:
            return {"ok": False, "code": "unknown", "message": "Unknown event"}
        async with self.turn:
            if not self.outlet.open:
                return {}
            ack = await self.hear(route, lambda: framing.read_event(payload, route.heard), acked=False)
            self._release()
        return ack

    async def hear(self, route: Route, read: Read, acked: bool) -> dict[str, Any]:
        """Hands one message to its part and writes the answer; returns the ack. No error of a handler leaves here."""
        part = self.here[route.part]
        try:
            throttles.take("message", self._subjects)
            message = read()
            self._throttle(message)
            reply = await route.handler(part, message) or Reply()
        except Exception as error:
            refusal = refusals.of(error, f"{route.heard.wire_name()} of {self.id}")
            logger.info("%s of %s was refused: %s", route.heard.wire_name(), self.id, refusal.code)
            said = part.refuse(refusal)
            reply = Reply(*([said] if said else []), **_refused(refusal))
        messages = list(reply.messages)
        if self.recover and not acked and "epoch" in reply.ack:
            messages.append(wire.RoomPosition(**{key: reply.ack[key] for key in ("room", "seq", "epoch")}))
        self._write([self._speaks(part).pack(message) for message in messages])
        return {"ok": True, **reply.ack}

    @property
    def _subjects(self) -> dict[str, str]:
        """Whom limits count for."""
        return {"connection": self.id, "identity": self.identity.key, "address": self.address}

    def _throttle(self, message: wire.Heard) -> None:
        if message.limit != "message" and not self.identity.has_role(*UNLIMITED):
            throttles.take(message.limit, {**self._subjects, "room": message.place()})

    # --- what parts ask of the connection

    def say(self, part: Part, *messages: wire.Said) -> None:
        """Writes to this client, in the part's framing, before any answer of the message in hand."""
        self._write([self._speaks(part).pack(message) for message in messages])

    async def join(self, room: rooms.Room, dialect: Part, handle: str = "") -> Reply:
        """Enters `room`: everything after the position in the ack will be told, once the answer is out.

        `handle` stands for the id that a client gave itself, where a room counts those.
        """
        key = (room.key, dialect.dialect)
        if key not in self.joined and len(self.joined) >= MAX_ROOMS:
            raise refusals.Refusal("too_many", f"At most {MAX_ROOMS} rooms at once")
        role = await threads.in_db(rooms.enter, room, self.identity)
        if key in self.joined:  # in another role perhaps
            await self.leave(room, dialect)
        member = Member(
            self.outlet,
            dialect.dialect,
            self._speaks(dialect),
            positions=self.recover,
            addresses=frozenset({self.identity.key, self.id}),
        )
        position = await hub.hubs().join(room.key, member)
        membership = self.joined[key] = Membership(room, role, member)
        try:
            census = await presence.presences().enter(room, role, self.id, self.identity, handle)
            if not self.outlet.open:  # it ended meanwhile, and what it enters now it would never leave
                raise refusals.Refusal("gone", "The connection is closed")
        except BaseException:
            self.joined.pop(key, None)
            hub.hubs().leave(room.key, member)
            await self._absent(membership)
            raise
        at_once = records.render(census, dialect.dialect) if census is not None and census.pace() else ()
        return Reply(*at_once, room=position.room, seq=position.seq, epoch=position.epoch)

    async def leave(self, room: rooms.Room, dialect: Part) -> None:
        membership = self.joined.pop((room.key, dialect.dialect), None)
        if membership is not None:
            hub.hubs().leave(room.key, membership.member)
            await self._absent(membership)

    async def authenticate(self, token: str) -> None:
        """Binds this connection to the user of `token`; raises tokens.InvalidToken."""
        user = await threads.in_db(admission.bearer, token)
        self.identity = replace(self.identity, user=user, declared=False)

    async def declare(self, user_id: Any, name: str | None) -> None:
        """Hears who a client says it is: a guest's label or, where old clients are trusted, a user."""
        if self.identity.user is not None or self.declared:
            return
        if name:
            self.identity = replace(self.identity, label=name)
        if settings.TRUST_DECLARED_IDENTITY and user_id is not None:
            self.declared = True
            user = await threads.in_db(User.objects.declarable(user_id).first)
            if user is not None:
                self.identity = replace(self.identity, user=user, declared=True)

    # --- inside

    def _speaks(self, part: Part) -> framing.Framing:
        return self.framing or part.framing

    def _write(self, frames: list[framing.Frame]) -> None:
        if frames:
            self.outlet.write(frames)

    def _release(self) -> None:
        for membership in self.joined.values():
            if membership.member.held is not None:
                membership.member.release()

    async def _absent(self, membership: Membership) -> None:
        try:
            await presence.presences().leave(membership.room, membership.role, self.id, self.identity)
        except Exception:
            logger.exception("%s could not leave %s", self.id, membership.room.key)

    def _say_unknown(self, name: str | None) -> None:
        """Upper-case names, and frames without one, belong to the nested family; lower-case ones meet silence."""
        if name is not None and not name.isupper():
            return
        for part in self.here:
            if (said := part.unknown(name)) is not None:
                self.say(part, said)
                return

    def _say_malformed(self, detail: str) -> None:
        """Both families' errors until a typed frame has shown which one speaks; each ignores the other's."""
        told: set[str] = set()
        for part in self.here:
            family = part.framing.name
            if family not in told and self.family in (None, family) and (said := part.malformed(detail)) is not None:
                told.add(family)
                self.say(part, said)


def _refused(refusal: refusals.Refusal) -> dict[str, Any]:
    ack = {"ok": False, "code": refusal.code, "message": refusal.message}
    return ack if refusal.retry_after is None else {**ack, "retryAfter": refusal.retry_after}
