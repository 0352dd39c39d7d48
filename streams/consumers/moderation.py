"""Keeping order in a show on sockets: the acts that REST has too, reports, and questions."""

import uuid
from collections.abc import Callable
from types import ModuleType
from typing import Any, ClassVar

from accounts.models import User
from realtime import database, errors, handlers
from streams.models import ChatMessage, Question, Stream
from streams.models.act import ModerationAct, Verb
from streams.models.desk_lines import report
from streams.models.undoing import Desk
from streams.moderation_room import ModerationRoom
from streams.wire import moderation


class Moderation(handlers.ProtocolHandler):
    """Those who keep order in a show, and those who ask them to."""

    dialect = "moderation"
    vocabulary: ClassVar[ModuleType] = moderation

    @handlers.on(moderation.JoinModeration)
    async def join_moderation(self, message: moderation.JoinModeration) -> handlers.Reply:
        joined = await self.connection.join(ModerationRoom(message.session_id), self)
        stream = await database.in_db(self._find, message.session_id)
        return handlers.Reply(**joined.ack, **await database.in_db(waiting, stream))

    @handlers.on(moderation.LeaveModeration)
    async def leave_moderation(self, message: moderation.LeaveModeration) -> None:
        await self.connection.leave(ModerationRoom(message.session_id), self)

    # --- lines

    @handlers.on(moderation.DeleteMessage)
    async def delete_message(self, message: moderation.DeleteMessage) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.delete(desk.message(message.message_id), message.reason))

    @handlers.on(moderation.PinMessage)
    async def pin_message(self, message: moderation.PinMessage) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.pin(desk.message(message.message_id)))

    @handlers.on(moderation.UnpinMessage)
    async def unpin_message(self, message: moderation.UnpinMessage) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.unpin())

    @handlers.on(moderation.AllowMessage)
    async def allow_message(self, message: moderation.AllowMessage) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.allow(desk.held(message.held_id)))

    @handlers.on(moderation.RefuseMessage)
    async def refuse_message(self, message: moderation.RefuseMessage) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.refuse(desk.held(message.held_id), message.reason))

    @handlers.on(moderation.SettleReport)
    async def settle_report(self, message: moderation.SettleReport) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.settle(desk.report(message.report_id), message.status))

    # --- people

    @handlers.on(moderation.DeleteMessages)
    async def delete_messages(self, message: moderation.DeleteMessages) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.delete_all(person(desk, message), message.reason))

    @handlers.on(moderation.MutePerson)
    async def mute_person(self, message: moderation.MutePerson) -> handlers.Reply:
        return await self._restrict(Verb.MUTE, message)

    @handlers.on(moderation.BanPerson)
    async def ban_person(self, message: moderation.BanPerson) -> handlers.Reply:
        return await self._restrict(Verb.BAN, message)

    @handlers.on(moderation.ShadowPerson)
    async def shadow_person(self, message: moderation.ShadowPerson) -> handlers.Reply:
        return await self._restrict(Verb.SHADOW, message)

    @handlers.on(moderation.LiftRestriction)
    async def lift_restriction(self, message: moderation.LiftRestriction) -> handlers.Reply:
        return await self._act(
            message, lambda desk: desk.lift(desk.restriction(message.restriction_id), message.reason)
        )

    # --- rules

    @handlers.on(moderation.SetChatRules)
    async def set_chat_rules(self, message: moderation.SetChatRules) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.set_rules(**message.given()))

    @handlers.on(moderation.BlockWord)
    async def block_word(self, message: moderation.BlockWord) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.block(message.word, message.action)[1])

    @handlers.on(moderation.UnblockWord)
    async def unblock_word(self, message: moderation.UnblockWord) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.unblock(desk.blocked_word(message.word_id)))

    @handlers.on(moderation.NameModerator)
    async def name_moderator(self, message: moderation.NameModerator) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.name_moderator(desk.account(message.username))[1])

    @handlers.on(moderation.DismissModerator)
    async def dismiss_moderator(self, message: moderation.DismissModerator) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.dismiss_moderator(User.objects.get(pk=message.user_id)))

    @handlers.on(moderation.UndoAct)
    async def undo_act(self, message: moderation.UndoAct) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.undo(desk.act(message.act)))

    # --- questions

    @handlers.on(moderation.PickQuestion)
    async def pick_question(self, message: moderation.PickQuestion) -> handlers.Reply:
        return await self._settle_question(Verb.PICK, message)

    @handlers.on(moderation.AnswerQuestion)
    async def answer_question(self, message: moderation.AnswerQuestion) -> handlers.Reply:
        return await self._settle_question(Verb.ANSWER, message)

    @handlers.on(moderation.DismissQuestion)
    async def dismiss_question(self, message: moderation.DismissQuestion) -> handlers.Reply:
        return await self._settle_question(Verb.DISMISS_QUESTION, message)

    @handlers.on(moderation.AskQuestion)
    async def ask_question(self, message: moderation.AskQuestion) -> handlers.Reply:
        def ask() -> Question:
            stream = self._find(message.session_id)
            said = ChatMessage.objects.find(stream, message.message_id)
            return Question.objects.ask(stream, said, self.connection.identity)

        question = await database.in_db(ask)
        return handlers.Reply(questionId=question.pk)

    @handlers.on(moderation.VoteQuestion)
    async def vote_question(self, message: moderation.VoteQuestion) -> handlers.Reply:
        question = await database.in_db(Question.objects.find, message.session_id, message.question_id)
        return handlers.Reply(votes=await database.in_db(question.vote, self.connection.identity, message.vote))

    # --- viewers

    @handlers.on(moderation.ReportMessage)
    async def report_message(self, message: moderation.ReportMessage) -> None:
        stream = await database.in_db(self._find, message.session_id)
        said = await database.in_db(ChatMessage.objects.find, stream, message.message_id)
        await database.in_db(report, said, self.connection.identity, message.reason)

    # --- what they have in common

    def _find(self, id: uuid.UUID) -> Stream:
        """A show that whoever is connected may know of."""
        return Stream.objects.seen_by(self.connection.identity).find(id)

    async def _act(self, message: moderation.Act, do: Callable[[Desk], ModerationAct], **answer: Any) -> handlers.Reply:
        def act() -> ModerationAct:
            return do(Desk.open(message.session_id, self.connection.identity))

        return handlers.Reply(act=(await database.in_db(act)).pk, **answer)

    async def _restrict(self, verb: Verb, message: moderation.Restrict) -> handlers.Reply:
        return await self._act(
            message, lambda desk: desk.restrict(verb, person(desk, message), message.minutes, message.reason)
        )

    async def _settle_question(
        self, verb: Verb, message: "moderation.PickQuestion | moderation.AnswerQuestion | moderation.DismissQuestion"
    ) -> handlers.Reply:
        return await self._act(message, lambda desk: desk.settle_question(verb, desk.question(message.question_id)))

    def refuse(self, refusal: errors.RequestRefused) -> moderation.Error:
        return moderation.Error(kind=refusal.code, message=refusal.message, retry_after=refusal.retry_after)


def waiting(stream: Stream) -> dict[str, int]:
    return {"held": stream.held_messages.waiting().count(), "reports": stream.reports.open().count()}


def person(desk: Desk, message: moderation.AboutPerson) -> Any:
    return desk.person(message.message_id, message.user_id)
