"""Stream Bazaar's part of a connection."""

import uuid
from collections.abc import Callable
from types import ModuleType
from typing import ClassVar

from django.conf import settings

from accounts import identity as identities
from realtime import database, errors, handlers, rooms, wire
from realtime.models import Restriction
from streams import reactions, speaking, tasks
from streams.events import shows
from streams.models import Like, Stream, Switchboard
from streams.models.host import PUBLISHER
from streams.rooms import ShopRoom, ShowRoom
from streams.wire import bazaar


@database.cached(seconds=0.5)
def is_shop_open() -> bool:
    """Whether pages offer to call the shop, read once for all who come back together."""
    return Switchboard.objects.is_open()


class Bazaar(handlers.ProtocolHandler):
    """Stream Bazaar's events."""

    dialect = "bazaar"
    vocabulary: ClassVar[ModuleType] = bazaar

    def __init__(self, client: handlers.Client) -> None:
        super().__init__(client)
        self.presents = False  # whether it has entered a show as its creator

    @handlers.on(bazaar.JoinSession)
    async def join_session(self, message: bazaar.JoinSession) -> handlers.Reply:
        await self.connection.declare(message.user_id, None)
        room = ShowRoom(message.session_id)
        joined = await self._enter(room, Switchboard.objects.is_open)
        if not self.connection.recover:  # Old clients have no word for what follows.
            return joined
        restriction = await database.in_db(Restriction.objects.against, self.connection.identity, room.key)
        if restriction is None:
            return joined
        until = None if restriction.until is None else wire.iso(restriction.until)
        restricted = bazaar.ChatRestricted(session_id=room.id, allowed=False, until=until)
        return handlers.Reply(*joined.messages, restricted, **joined.ack)

    @handlers.on(bazaar.LeaveSession)
    async def leave_session(self, message: bazaar.LeaveSession) -> None:
        await self.connection.leave(ShowRoom(message.session_id), self)
        self._expect_host()

    @handlers.on(bazaar.JoinShop)
    async def join_shop(self, message: bazaar.JoinShop) -> handlers.Reply:
        return await self._enter(ShopRoom(), Switchboard.objects.is_open)

    @handlers.on(bazaar.LeaveShop)
    async def leave_shop(self, message: bazaar.LeaveShop) -> None:
        await self.connection.leave(ShopRoom(), self)

    @handlers.on(bazaar.SendMessage)
    async def send_message(self, message: bazaar.SendMessage) -> handlers.Reply:
        asked = message.user_name or message.username
        await self.connection.declare(message.user_id, asked)
        said = await speaking.say(message.session_id, self.connection.identity, message.message, message.op)
        await speaking.heard(said, self.connection.identity)
        ack = speaking.answer(said, "seq")
        if asked and self.connection.identity.is_guest and not self.connection.identity.label:
            ack["userName"] = said.name  # Theirs is not free, or cannot be shown.
        return handlers.Reply(**ack)

    @handlers.on(bazaar.SendReaction)
    async def send_reaction(self, message: bazaar.SendReaction) -> None:
        await reactions.react(message.session_id, message.kind, self.connection.identity)

    @handlers.on(bazaar.ShowcaseProduct)
    async def showcase_product(self, message: bazaar.ShowcaseProduct) -> None:
        stream = await database.in_db(Stream.objects.find_controlled, message.session_id, self.connection.identity)
        await database.in_db(stream.showcase, message.product_id)

    @handlers.on(bazaar.TrackProductClick)
    async def track_product_click(self, message: bazaar.TrackProductClick) -> None:
        await self.connection.declare(message.user_id, None)
        stream = await database.in_db(self._find, message.session_id)
        await database.submit(stream.click, message.product_id, self.connection.identity)

    @handlers.on(bazaar.ProductClick)
    async def product_click(self, message: bazaar.ProductClick) -> None:
        await self.track_product_click(message)

    @handlers.on(bazaar.ToggleLike)
    async def toggle_like(self, message: bazaar.ToggleLike) -> handlers.Reply:
        stream = await database.in_db(self._find, message.session_id)
        identity = self.connection.identity
        liked = await database.submit(Like.objects.toggle, stream, identity.key, message.op, identity)
        return handlers.Reply(liked=liked)

    @handlers.on(bazaar.RaiseHand)
    async def raise_hand(self, message: bazaar.RaiseHand) -> None:
        """Whoever may write in the chat may raise a hand."""
        identity = self.connection.identity
        stream = await database.in_db(self._find, message.session_id)
        await database.in_db(stream.check_may_chat, identity)
        if await database.in_db(stream.is_shadowed, identity):
            return
        event = shows.HandRaised(
            stream_id=str(stream.pk), user_id=identity.user_id, name=identity.name, raised=message.raised
        )
        ShowRoom(stream.pk).tell(event, to=identities.user_key(stream.creator_id))

    async def rejoin(self, room: rooms.Room) -> handlers.Reply:
        return await self._enter(room, is_shop_open)

    async def _enter(self, room: rooms.Room, is_open: Callable[[], bool]) -> handlers.Reply:
        joined = await self.connection.join(room, self)
        membership = self.connection.memberships.get((room.key, self.dialect))
        self.presents |= membership is not None and membership.role == PUBLISHER
        if not self.connection.recover:
            return joined
        available = bazaar.ShopAvailable(available=await database.in_db(is_open))
        return handlers.Reply(*joined.messages, available, **joined.ack)

    def _find(self, id: uuid.UUID) -> Stream:
        """A show that whoever is connected may know of."""
        return Stream.objects.seen_by(self.connection.identity).find(id)

    async def closed(self) -> None:
        self._expect_host()

    async def became_unresponsive(self) -> None:
        self._expect_host()

    def _expect_host(self) -> None:
        """Has it found out in a while whether a host that has just gone is back."""
        if self.presents:
            tasks.mark_hosts_away.schedule_in(settings.HOST_AWAY_SECONDS)

    def refuse(self, refusal: errors.RequestRefused) -> bazaar.Error:
        return bazaar.Error(kind=refusal.code, message=refusal.message, retry_after=refusal.retry_after)
