"""Live shows on sockets."""

import contextlib
import hashlib
from types import ModuleType
from typing import ClassVar

import msgspec
from django.core.exceptions import PermissionDenied

from accounts import identity as identities
from accounts import tokens
from realtime import consumers, greeter, parts, refusals, threads, wire, writer
from streams import records
from streams.models import ChatMessage, Like, Pin, Stream
from streams.rooms import ADMIN, LobbyRoom, ShowRoom
from streams.wire import bazaar, wrencos


class Bazaar(parts.Part):
    """Stream Bazaar's events."""

    dialect = "bazaar"
    vocabulary: ClassVar[ModuleType] = bazaar

    @parts.on(bazaar.JoinSession)
    async def join_session(self, message: bazaar.JoinSession) -> parts.Reply:
        await self.connection.declare(message.user_id, None)
        return await self.connection.join(ShowRoom(message.session_id), self)

    @parts.on(bazaar.LeaveSession)
    async def leave_session(self, message: bazaar.LeaveSession) -> None:
        await self.connection.leave(ShowRoom(message.session_id), self)

    @parts.on(bazaar.SendMessage)
    async def send_message(self, message: bazaar.SendMessage) -> parts.Reply:
        await self.connection.declare(message.user_id, message.user_name or message.username)
        said = await writer.submit(
            ChatMessage.objects.post, message.session_id, self.connection.identity, message.message, message.op
        )
        return parts.Reply(id=str(said.pk), seq=said.seq)

    @parts.on(bazaar.SendReaction)
    async def send_reaction(self, message: bazaar.SendReaction) -> None:
        stream = await threads.in_db(Stream.objects.find, message.session_id)
        await writer.submit(stream.react, message.kind)

    @parts.on(bazaar.ShowcaseProduct)
    async def showcase_product(self, message: bazaar.ShowcaseProduct) -> None:
        stream = await threads.in_db(Stream.objects.find_controlled, message.session_id, self.connection.identity)
        await threads.in_db(stream.showcase, message.product_id)

    @parts.on(bazaar.TrackProductClick)
    async def track_product_click(self, message: bazaar.TrackProductClick) -> None:
        await self.connection.declare(message.user_id, None)
        stream = await threads.in_db(Stream.objects.find, message.session_id)
        await writer.submit(stream.click, message.product_id, self.connection.identity)

    @parts.on(bazaar.ProductClick)
    async def product_click(self, message: bazaar.ProductClick) -> None:
        await self.track_product_click(message)

    @parts.on(bazaar.ToggleLike)
    async def toggle_like(self, message: bazaar.ToggleLike) -> parts.Reply:
        stream = await threads.in_db(Stream.objects.find, message.session_id)
        liked = await writer.submit(Like.objects.toggle, stream, self.connection.identity.key)
        return parts.Reply(liked=liked)

    def refuse(self, refusal: refusals.Refusal) -> bazaar.Error:
        return bazaar.Error(kind=refusal.code, message=refusal.message, retry_after=refusal.retry_after)


class Wrencos(parts.Part):
    """Wrencos' live messages: customers follow the current show, registered admins run it."""

    dialect = "wrencos"
    vocabulary: ClassVar[ModuleType] = wrencos

    def __init__(self, connection: consumers.SocketConsumer) -> None:
        super().__init__(connection)
        self.registered = self.admin = False
        self.own_id = ""  # the client's own id, which only it is ever shown

    @parts.on(wrencos.Register)
    async def register(self, message: wrencos.Register) -> parts.Reply:
        with contextlib.suppress(refusals.Refusal):  # a bad token makes an anonymous customer
            await self._authenticate(message.token)
        lobby = LobbyRoom()
        joined = await self.connection.join(lobby, self, handle=handle(message.session_id))
        self.registered = True
        liker = self._answers_to(message.session_id)
        said = await threads.in_db(lobby.greeting, message.session_id, liker, joined.ack["seq"])
        return parts.Reply(*said, **joined.ack)

    @parts.on(wrencos.RegisterAdmin)
    async def register_admin(self, message: wrencos.RegisterAdmin) -> parts.Reply:
        await self._authenticate(message.token)
        user_id = self.connection.identity.user_id
        if user_id is None:
            raise refusals.Refusal("unauthorized", "Token required")
        joined = await self.connection.join(LobbyRoom(role=ADMIN), self)
        self.registered = self.admin = True
        self._answers_to(str(user_id))
        return parts.Reply(wrencos.AdminRegistered(user_id=user_id), **joined.ack)

    @parts.on(wrencos.StreamStart)
    async def stream_started(self, message: wrencos.StreamStart) -> None:
        facts = message.stream_data
        await threads.in_db(
            Stream.objects.go_live,
            self._admin(),
            facts.stream_id,
            title=facts.title,
            description=facts.description,
            stream_url=facts.stream_url or "",
        )

    @parts.on(wrencos.StartStream)
    async def start_stream(self, message: wrencos.StartStream) -> None:
        await threads.in_db(Stream.objects.go_live, self._admin(), str(message.stream_id))

    @parts.on(wrencos.StopStream)
    async def stop_stream(self, message: wrencos.StopStream) -> None:
        stream = await threads.in_db(Stream.objects.find_controlled, message.stream_id, self._admin())
        await threads.in_db(stream.end)

    @parts.on(wrencos.StreamStop)
    async def stream_stopped(self, message: wrencos.StreamStop) -> None:
        stream = await threads.in_db(Stream.objects.current_of, self._admin())
        await threads.in_db(stream.end)

    @parts.on(wrencos.AdminUpdate)
    async def stream_update(self, message: wrencos.AdminUpdate) -> None:
        self._admin()
        LobbyRoom().tell(records.AdminSaid(viewer_count=message.viewer_count, likes=message.likes))

    @parts.on(wrencos.UpdatePins)
    async def pinned_products_updated(self, message: wrencos.UpdatePins) -> None:
        stream = await threads.in_db(Stream.objects.current_of, self._admin())
        picks = sorted(message.pinned_products, key=lambda pick: pick.display_order)
        await threads.in_db(Pin.objects.replace, stream, [pick.product_id for pick in picks])

    @parts.on(wrencos.ToggleLike)
    async def toggle_like(self, message: wrencos.ToggleLike) -> None:
        stream = await self._current()
        liker = self._answers_to(message.own_id() or self.own_id)
        await writer.submit(Like.objects.toggle, stream, liker)

    @parts.on(wrencos.SayChat)
    async def chat_message(self, message: wrencos.SayChat) -> parts.Reply:
        if not self.registered:
            raise refusals.Refusal("not_registered", "Register first")
        stream = await self._current()
        await self.connection.declare(None, message.username)
        identity = self.connection.identity
        said = await writer.submit(
            ChatMessage.objects.post, stream.pk, identity, message.message, message.op, message.kept()
        )
        return parts.Reply(id=str(said.pk), seq=said.lobby_seq)

    def refuse(self, refusal: refusals.Refusal) -> wire.Error:
        return wire.Error(message=refusal.message)

    async def _authenticate(self, token: str | None) -> None:
        if token:
            try:
                await self.connection.authenticate(token)
            except tokens.InvalidToken:
                raise refusals.Refusal("unauthorized", "Authentication failed") from None

    def _admin(self) -> identities.Identity:
        if not self.admin:
            raise PermissionDenied("Insufficient permissions")
        return self.connection.identity

    async def _current(self) -> Stream:
        stream = await threads.in_db(Stream.objects.current)
        if stream is None:
            raise refusals.Refusal("no_stream", "No active stream")
        return stream

    def _answers_to(self, own_id: str) -> str:
        """From now on the client reads `own_id` where it likes the show; returns the key of its likes."""
        self.own_id = own_id
        identity = self.connection.identity
        liker = identity.key if identity.verified else f"handle:{handle(own_id)}"
        membership = self.connection.joined.get((LobbyRoom().key, self.dialect))
        if membership is not None:
            membership.member.own = msgspec.json.encode(own_id)
            membership.member.addresses |= {liker}
        return liker


def handle(own_id: str) -> str:
    """What stands for a client's own id: it is a secret between that client and us, and is not kept."""
    return hashlib.sha256(own_id.encode()).hexdigest()[:40]


class StreamsConsumer(consumers.SocketConsumer):
    parts = (greeter.Greeter, Bazaar, Wrencos)
