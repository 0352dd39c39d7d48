"""Wrencos' part of a connection: its live messages."""

import contextlib
from types import ModuleType
from typing import ClassVar

import msgspec
from django.core.exceptions import PermissionDenied, ValidationError

from accounts import identity as identities
from accounts import texts, tokens
from realtime import database, errors, handlers, rooms, wire
from streams import speaking
from streams.events import shows
from streams.models import Like, Pin, Stream
from streams.models.host import ADMIN
from streams.models.lobby import handle
from streams.rooms import LobbyRoom
from streams.wire import wrencos


class Wrencos(handlers.ProtocolHandler):
    """Wrencos' live messages: customers follow the current show, registered admins run it."""

    dialect = "wrencos"
    vocabulary: ClassVar[ModuleType] = wrencos

    def __init__(self, client: handlers.Client) -> None:
        super().__init__(client)
        self.role = ""  # the role in the lobby; empty until the client has registered
        self.session = ""  # a hash of the id that a customer has registered with
        self.address = ""  # the name in the lobby of the session that the customer has proved to be, if any
        self.liked_with = ""  # a hash of the id that the first like came with
        self.own_id: str | int = (
            ""  # the client's own id, which it reads where it likes the show, and nobody else is shown
        )

    @handlers.on(wrencos.Register)
    async def register(self, message: wrencos.Register) -> handlers.Reply:
        with contextlib.suppress(errors.RequestRefused):  # a bad token makes an anonymous customer
            await self._authenticate(message.token)
        self.session = handle(message.session_id)
        await self.recognise(message)
        lobby = LobbyRoom(address=self.address)
        joined, subscription = await self._follow(lobby, message.session_id)
        greeting = await database.in_db(
            lobby.greeting, message.session_id, bool(subscription.is_personal), joined.ack["seq"]
        )
        return handlers.Reply(*greeting, **joined.ack)

    @handlers.on(wrencos.RegisterAdmin)
    async def register_admin(self, message: wrencos.RegisterAdmin) -> handlers.Reply:
        await self._authenticate(message.token)
        user_id = self.connection.identity.user_id
        if user_id is None:
            raise errors.RequestRefused("unauthorized", "Token required")
        joined, _ = await self._follow(LobbyRoom(role=ADMIN), str(user_id))
        return handlers.Reply(wrencos.AdminRegistered(user_id=user_id), **joined.ack)

    @handlers.on(wrencos.StreamStart)
    async def stream_started(self, message: wrencos.StreamStart) -> None:
        facts = message.stream_data
        await database.in_db(
            Stream.objects.go_live,
            self._admin(),
            facts.stream_id,
            message.op,
            title=facts.title or "",
            description=facts.description or "",
            stream_url=facts.address(),
            quality=facts.quality or "",
        )

    @handlers.on(wrencos.StartStream)
    async def start_stream(self, message: wrencos.StartStream) -> None:
        admin = self._admin()
        stream = await database.in_db(Stream.objects.find_controlled, message.stream_id, admin)
        await database.in_db(stream.feature, admin)

    @handlers.on(wrencos.StopStream)
    async def stop_stream(self, message: wrencos.StopStream) -> None:
        stream = await database.in_db(Stream.objects.find_controlled, message.stream_id, self._admin())
        await database.in_db(stream.end)

    @handlers.on(wrencos.StreamStop)
    async def stream_stopped(self, message: wrencos.StreamStop) -> None:
        stream = await database.in_db(Stream.objects.find_controlled_or_current, message.stream_id, self._admin())
        await database.in_db(stream.end)

    @handlers.on(wrencos.AdminUpdate)
    async def stream_update(self, message: wrencos.AdminUpdate) -> None:
        self._admin()
        LobbyRoom().tell(shows.CountsReported(viewer_count=message.viewer_count, likes=message.likes))

    @handlers.on(wrencos.UpdatePins)
    async def pinned_products_updated(self, message: wrencos.UpdatePins) -> None:
        stream = await database.in_db(Stream.objects.find_controlled_or_current, None, self._admin())
        picks = sorted(message.pinned_products, key=lambda pick: pick.display_order)
        await database.in_db(Pin.objects.replace, stream, [pick.product_id for pick in picks])

    @handlers.on(wrencos.ToggleLike)
    async def toggle_like(self, message: wrencos.ToggleLike) -> None:
        stream = await self._current()
        await self.connection.declare(message.user_id, None)
        self.own_id = message.own_id() or self.own_id
        if message.session_id and not self.liked_with:  # the first one binds: a socket is one person
            self.liked_with = handle(message.session_id)
        if (membership := self.connection.memberships.get((LobbyRoom().key, self.dialect))) is not None:
            self._introduce(membership.subscription)
        await database.submit(Like.objects.toggle, stream, self._liker, message.op, self.connection.identity)

    @handlers.on(wrencos.SendChat)
    async def chat_message(self, message: wrencos.SendChat) -> handlers.Reply:
        self._check_registered()
        stream = await self._current()
        await self.connection.declare(None, message.username)
        identity = self.connection.identity
        is_admin = self.role == ADMIN and identity.has_role("staff", "admin")  # The log-in may have expired meanwhile.
        # Their pages speak as the shop, such as "Admin": staff may be shown by a name that is nobody else's to bear.
        name = _presentable(message.username) if is_admin else None
        said = await speaking.say(stream.pk, identity, message.message, message.op, message.kept(), name)
        return handlers.Reply(**speaking.answer(said, "lobby_seq"))

    async def recognise(self, message: wrencos.Register) -> None:
        """Finds out whose session this is, for protocol handlers that tell a session something for it alone."""

    def refuse(self, refusal: errors.RequestRefused) -> wire.Error:
        return wire.Error(message=refusal.message)

    async def rejoin(self, room: rooms.Room) -> handlers.Reply:
        self._check_registered()
        joined, _ = await self._follow(LobbyRoom(room.id, self.role, self.address), self.own_id)
        return joined

    async def _follow(self, lobby: LobbyRoom, own_id: str | int) -> tuple[handlers.Reply, handlers.Subscription]:
        joined = await self.connection.join(lobby, self, handle=self.session)
        subscription = self.connection.memberships[lobby.key, self.dialect].subscription
        self.role, self.own_id = lobby.role, own_id
        self._introduce(subscription)
        likes = await database.in_db(Like.objects.of_current(self._liker).exists)
        if subscription.is_personal is None:  # otherwise a newer event has said so meanwhile
            subscription.is_personal = likes
        return joined, subscription

    def _introduce(self, subscription: handlers.Subscription) -> None:
        """Makes the lobby recognise this client by its likes, and show it its own id beside them."""
        subscription.personal_value, subscription.personal_key = msgspec.json.encode(self.own_id), self._liker

    @property
    def _liker(self) -> str:
        """Whose likes this client makes: a guest's belong to an id that only it knows, and outlive its connection."""
        identity = self.connection.identity
        hashed = self.liked_with or self.session
        return f"handle:{hashed}" if hashed and identity.is_guest else identity.key

    async def _authenticate(self, token: str | None) -> None:
        if token:
            try:
                await self.connection.authenticate(token)
            except tokens.InvalidToken:
                raise errors.RequestRefused("unauthorized", "Authentication failed") from None

    def _check_registered(self) -> None:
        if not self.role:
            raise errors.RequestRefused("not_registered", "Register first")

    def _admin(self) -> identities.Identity:
        if self.role != ADMIN or not self.connection.identity.has_role("staff", "admin"):
            raise PermissionDenied("Insufficient permissions")
        return self.connection.identity

    async def _current(self) -> Stream:
        stream = await database.in_db(Stream.objects.current)
        if stream is None:
            raise errors.RequestRefused("no_stream", "No active stream")
        return stream


def _presentable(name: str | None) -> str | None:
    try:
        return texts.name(texts.cut(name or "")) or None
    except ValidationError:
        return None
