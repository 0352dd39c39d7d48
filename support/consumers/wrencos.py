"""Wrencos' part of a connection, with its support: customers write to the staff, and registered admins answer."""

from types import ModuleType
from typing import ClassVar

import msgspec

from accounts import identity as identities
from realtime import database, errors, handlers, rooms, wire
from streams import consumers
from streams.models.host import ADMIN
from streams.wire import wrencos as shows
from support.models import AdminPosition, Claim, Conversation, Registration, Said, Sender, SupportMessage
from support.rooms import InboxRoom
from support.wire import wrencos


class Wrencos(consumers.Wrencos):
    """A customer's session is theirs alone: it is proved by who registered it first, or by the token they got then."""

    vocabulary: ClassVar[ModuleType] = wrencos

    def __init__(self, client: handlers.Client) -> None:
        super().__init__(client)
        self.registration: Registration | None = None
        self.known_as = ""  # what staff know the session as
        self.may_miss = False  # The session may have a conversation.

    @property
    def sender(self) -> Sender:
        """Whoever speaks on this connection, with the session that it has proved."""
        return Sender(self.connection.identity, self.registration, self.known_as)

    async def recognise(self, message: shows.Register) -> None:
        identity, address = self.connection.identity, self.connection.subjects["address"]
        claim = Claim(message.session_id, identity, message.resume_token or "", address)
        self.registration = await database.submit(Registration.objects.register, claim)
        self.known_as = self.registration.called(message.session_id)
        self.address, self.may_miss = self.registration.address, not self.registration.is_new

    @handlers.on(shows.Register)
    async def register(self, message: shows.Register) -> handlers.Reply:
        greeting = await super().register(message)
        registration = self.registration
        assert registration is not None
        missed = await self._missed(registration, greeting.ack["seq"]) if self.may_miss else []
        told = [
            msgspec.structs.replace(said, resume_token=registration.resume_token)
            if isinstance(said, shows.Registered)
            else said
            for said in greeting.messages
        ]
        return handlers.Reply(*told, *missed, **greeting.ack)

    @handlers.on(shows.RegisterAdmin)
    async def register_admin(self, message: shows.RegisterAdmin) -> handlers.Reply:
        registered = await super().register_admin(message)
        self.registration, self.address = None, ""
        inbox = await self.connection.join(InboxRoom(), self)
        missed = await database.in_db(missed_by_admin, self._admin(), inbox.ack["seq"])
        position = [wire.RoomPosition(**inbox.ack)] if self.connection.recover else []
        return handlers.Reply(*registered.messages, *missed, *position, **registered.ack)

    @handlers.on(wrencos.CustomerMessage)
    async def customer_message(self, message: wrencos.CustomerMessage) -> handlers.Reply:
        if self.registration is None:
            raise errors.RequestRefused("not_registered", "Register first")
        said = Said(message.message, message.op, name=message.customer_name or "")
        stored = await database.in_db(Conversation.objects.say, self.sender, said)
        self.may_miss = True
        return handlers.Reply(id=str(stored.pk), conversationId=str(stored.conversation_id), seq=stored.seq)

    @handlers.on(wrencos.StaffMessage)
    async def staff_message(self, message: wrencos.StaffMessage) -> handlers.Reply:
        sender = Sender(self._admin())
        stored = await database.in_db(
            Conversation.objects.answer_session, sender, message.session_id, message.content, message.op
        )
        return handlers.Reply(id=str(stored.pk), conversationId=str(stored.conversation_id), seq=stored.seq)

    async def rejoin(self, room: rooms.Room) -> handlers.Reply:
        if not isinstance(room, InboxRoom):
            return await super().rejoin(room)
        self._admin()
        return await self.connection.join(room, self)

    async def closed(self) -> None:
        """What was written to a connection that broke may not have arrived: it is told again, rather than never."""
        if not self.connection.closed_by_client:
            return
        if self.role == ADMIN and (user := self.connection.identity.user) is not None:
            await database.in_db(AdminPosition.objects.note_told, user)
        elif self.registration is not None and self.may_miss:
            await database.in_db(self.registration.note_told)

    async def _missed(self, registration: Registration, upto: int) -> list[wrencos.StaffReply]:
        """The replies that came while no tab of the session was there."""
        missed = await database.in_db(SupportMessage.objects.missed_by, registration, upto)
        if missed:
            await database.in_db(registration.note_told, upto)
        return [wrencos.StaffReply(message=reply.text, timestamp=wire.iso(reply.created_at)) for reply in missed]


def missed_by_admin(identity: identities.Identity, upto: int) -> list[wrencos.CustomerWrote]:
    """What customers wrote while an admin had no socket, up to number `upto` of the inbox."""
    assert identity.user is not None
    told = AdminPosition.objects.come(identity.user, upto)
    return [
        wrencos.CustomerWrote(
            session_id=message.conversation.session,
            message=message.text,
            customer_name=message.conversation.customer_name,
            timestamp=wire.iso(message.created_at),
        )
        for message in SupportMessage.objects.missed_by_admin(told, upto)
    ]
