"""What a conversation leads to: offers of a call or a party, and an answer that is said in the show."""

from types import ModuleType
from typing import ClassVar

from realtime import database, handlers
from support.models import Conversation, Offer, Sender, chat_lines
from support.wire import offers


class Offers(handlers.ProtocolHandler):
    """A part of the handler of conversations, which says who speaks."""

    vocabulary: ClassVar[ModuleType] = offers

    @property
    def sender(self) -> Sender:
        raise NotImplementedError

    @handlers.on(offers.MakeOffer)
    async def support_offer(self, message: offers.MakeOffer) -> handlers.Reply:
        sender = self.sender
        conversation = await database.in_db(Conversation.objects.find, sender, message.conversation_id)
        made = await database.in_db(Offer.objects.make, conversation, sender, message.kind, message.op)
        return handlers.Reply(id=str(made.pk), seq=made.seq)

    @handlers.on(offers.AnswerOffer)
    async def support_offer_answer(self, message: offers.AnswerOffer) -> handlers.Reply:
        sender = self.sender
        conversation = await database.in_db(Conversation.objects.find, sender, message.conversation_id)
        answered = await database.in_db(Offer.objects.answer, conversation, sender, message.offer_id, message.accept)
        return handlers.Reply(id=str(answered.pk), url=answered.offer.url(for_agents=False))

    @handlers.on(offers.ShowAnswer)
    async def support_show_answer(self, message: offers.ShowAnswer) -> handlers.Reply:
        sender = self.sender
        conversation = await database.in_db(Conversation.objects.find, sender, message.conversation_id)
        shown = await database.in_db(chat_lines.show_answer, conversation, sender, message.message_id)
        return handlers.Reply(id=str(shown.pk), shownAs=str(shown.shown_id))
