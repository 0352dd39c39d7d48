"""Our own part of a connection for support: the customer's widget, and the staff's desk."""

from types import ModuleType
from typing import ClassVar

from realtime import database, errors, handlers, rooms, wire
from support.consumers.offers import Offers
from support.consumers.wrencos import Wrencos
from support.models import Conversation, Origin, Said, Sender
from support.rooms import ConversationRoom, InboxRoom, inbox, nothing_opened, opened
from support.wire import conversations


class Support(Offers):
    """Conversations as our own pages speak of them. Customers are known by cookie, guest token, log-in or session."""

    dialect = "support"
    vocabulary: ClassVar[ModuleType] = conversations

    @handlers.on(conversations.Open)
    async def support_open(self, message: conversations.Open) -> handlers.Reply:
        if message.conversation_id is not None:
            return await self._enter(ConversationRoom(message.conversation_id))
        present = await database.in_db(Conversation.objects.present_of, self.sender)
        if present is None:
            return handlers.Reply(await database.in_db(nothing_opened))
        return await self._enter(ConversationRoom(present.pk))

    @handlers.on(conversations.Leave)
    async def support_leave(self, message: conversations.Leave) -> None:
        await self.connection.leave(ConversationRoom(message.conversation_id), self)

    @handlers.on(conversations.Write)
    async def support_write(self, message: conversations.Write) -> handlers.Reply:
        """Whoever writes is in the conversation from then on, so that they hear the answer."""
        origin = Origin(message.show_id, message.product_id, message.party_id, message.call_id)
        said = Said(
            message.text,
            message.op,
            message.conversation_id,
            name=message.name or "",
            email=message.email or "",
            internal=message.internal,
            attachment_ids=tuple(message.attachment_ids),
            origin=origin,
        )
        stored = await database.in_db(Conversation.objects.say, self.sender, said)
        room = ConversationRoom(stored.conversation_id)
        ids = {"id": str(stored.pk), "conversationId": str(stored.conversation_id)}
        if (room.key, self.dialect) in self.connection.memberships:
            return handlers.Reply(seq=stored.seq, **ids)
        entered = await self._enter(room)
        return handlers.Reply(*entered.messages, **entered.ack, **ids)

    @handlers.on(conversations.Type)
    async def support_typing(self, message: conversations.Type) -> None:
        conversation = await database.in_db(Conversation.objects.find, self.sender, message.conversation_id)
        await database.in_db(conversation.type, self.sender, self.connection.id, message.typing)

    @handlers.on(conversations.Mark)
    async def support_mark(self, message: conversations.Mark) -> None:
        conversation = await database.in_db(Conversation.objects.find, self.sender, message.conversation_id)
        await database.in_db(conversation.mark, self.sender, message.delivered, message.read)

    @handlers.on(conversations.Desk)
    async def support_desk(self, message: conversations.Desk) -> handlers.Reply:
        joined = await self.connection.join(InboxRoom(), self)
        return handlers.Reply(await database.in_db(inbox), **joined.ack)

    @handlers.on(conversations.LeaveDesk)
    async def support_desk_leave(self, message: conversations.LeaveDesk) -> None:
        await self.connection.leave(InboxRoom(), self)

    def refuse(self, refusal: errors.RequestRefused) -> wire.Error:
        return wire.Error(message=refusal.message)

    async def rejoin(self, room: rooms.Room) -> handlers.Reply:
        if isinstance(room, ConversationRoom):
            room = ConversationRoom(room.id, self.sender.registration)
        return await self.connection.join(room, self)

    @property
    def sender(self) -> Sender:
        """Whoever speaks on this connection; one that is registered in Wrencos' words has proved a session as well."""
        for handler in self.connection.handlers:
            if isinstance(handler, Wrencos):
                return handler.sender
        return Sender(self.connection.identity)

    async def _enter(self, room: ConversationRoom) -> handlers.Reply:
        sender = self.sender
        room.registration = sender.registration
        joined = await self.connection.join(room, self)
        thread = await database.in_db(opened, sender, room.id, joined.ack["seq"])
        return handlers.Reply(thread, **joined.ack)
