"""Keeping order in a show, and the questions that viewers ask: what is said on sockets. All of it is ours.

Whoever keeps order may do each act on a socket or over REST; what waits for them, and the audit log, is read over REST.
"""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import msgspec

from realtime import wire
from streams.wire.bazaar import AboutSession

if TYPE_CHECKING:
    from streams import models

Reason = Annotated[str, msgspec.Meta(max_length=200, pattern=wire.NO_NUL)]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=525_600)]
Number = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
Phrase = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=wire.NO_NUL)]
AccountMinutes = Annotated[int, msgspec.Meta(ge=0, le=525_600)]
SlowMode = Annotated[int, msgspec.Meta(ge=0, le=120)]


class Act(AboutSession):
    """What someone who keeps order does. The ack has `act`, the number by which it is undone."""

    limit: ClassVar[str] = "manage"


class AboutPerson(Act):
    """An act about a person: the author of a message, or an account."""

    message_id: wire.Id | None = None
    user_id: Number | None = None
    reason: Reason = ""


class JoinModeration(AboutSession, tag="join-moderation"):
    """Someone who keeps order hears from now on that something waits, or was done. The ack has the first counts."""

    limit: ClassVar[str] = "join"


class LeaveModeration(AboutSession, tag="leave-moderation"):
    """Hears no more of it."""


class DeleteMessage(Act, tag="delete-message"):
    """Takes a message back for everyone."""

    message_id: wire.Id
    reason: Reason = ""


class DeleteMessages(AboutPerson, tag="delete-messages"):
    """Takes back all that a person has said in this show."""


class PinMessage(Act, tag="pin-message"):
    """Keeps a message in view, in place of another one."""

    message_id: wire.Id


class UnpinMessage(Act, tag="unpin-message"):
    """Keeps no message in view any longer."""


class SetChatRules(Act, tag="set-chat-rules"):
    """Changes the rules that are given: slow mode, frozen or not, and so on."""

    slow_mode: SlowMode | msgspec.UnsetType = msgspec.UNSET
    frozen: bool | msgspec.UnsetType = msgspec.UNSET
    links_by_moderators: bool | msgspec.UnsetType = msgspec.UNSET
    hold_messages: bool | msgspec.UnsetType = msgspec.UNSET
    guest_chat: bool | msgspec.UnsetType = msgspec.UNSET
    account_minutes: AccountMinutes | msgspec.UnsetType = msgspec.UNSET

    def given(self) -> dict[str, int | bool]:
        """Those that are named, by the fields of a show."""
        rules = {name: getattr(self, name) for name in self.__struct_fields__ if name not in ("op", "session_id")}
        return {name: value for name, value in rules.items() if value is not msgspec.UNSET}


class Restrict(AboutPerson):
    """Restricts a person in this show, for so many minutes or, without them, for good."""

    minutes: Minutes | None = None


class MutePerson(Restrict, tag="mute-person"):
    """Forbids a person to write, to react and to raise a hand."""


class BanPerson(Restrict, tag="ban-person"):
    """Forbids a person to be there, and closes their connections."""


class ShadowPerson(Restrict, tag="shadow-person"):
    """Shows what a person writes to nobody else, without telling them."""


class LiftRestriction(Act, tag="lift-restriction"):
    """Ends a mute, a ban or a shadow."""

    restriction_id: Number
    reason: Reason = ""


class BlockWord(Act, tag="block-word"):
    """Has lines with a word or phrase refused, or held. `*` at its end stands for the rest of a longer word."""

    word: Phrase
    action: Literal["refuse", "hold"] = "refuse"


class UnblockWord(Act, tag="unblock-word"):
    """Allows a word again."""

    word_id: Number


class AllowMessage(Act, tag="allow-message"):
    """Says a message that was held, now."""

    held_id: wire.Id


class RefuseMessage(Act, tag="refuse-message"):
    """Leaves a message unsaid that was held."""

    held_id: wire.Id
    reason: Reason = ""


class SettleReport(Act, tag="settle-report"):
    """Says that a report, and others of the same message, needs no further look."""

    report_id: Number
    status: Literal["resolved", "dismissed"] = "resolved"


class NameModerator(Act, tag="name-moderator"):
    """The owner of a show has an account keep order in it."""

    username: wire.Name


class DismissModerator(Act, tag="dismiss-moderator"):
    """The owner ends that."""

    user_id: Number


class PickQuestion(Act, tag="pick-question"):
    """Shows a question to everybody: it is answered now."""

    question_id: Number


class AnswerQuestion(Act, tag="answer-question"):
    """Says that a question has been answered."""

    question_id: Number


class DismissQuestion(Act, tag="dismiss-question"):
    """Takes a question off the list."""

    question_id: Number


class UndoAct(Act, tag="undo-act"):
    """Takes an act back. Each can be, once."""

    act: Number


class ReportMessage(AboutSession, tag="report-message"):
    """A viewer reports a message to those who keep order."""

    limit: ClassVar[str] = "report"
    message_id: wire.Id
    reason: Reason = ""


class AskQuestion(AboutSession, tag="ask-question"):
    """Marks a message of one's own as a question. The ack has its `questionId`."""

    limit: ClassVar[str] = "chat"
    message_id: wire.Id


class VoteQuestion(AboutSession, tag="vote-question"):
    """Votes for a question, or with `vote: false` takes the vote back. The ack has the `votes`."""

    limit: ClassVar[str] = "like"
    question_id: Number
    vote: bool = True


class ModerationChanged(wire.ServerMessage, tag="moderation-changed"):
    """Something was done to keep order, or waits for it: so many messages are held, and reports open."""

    session_id: str
    held: int
    reports: int


class ModeratorChanged(wire.ServerMessage, tag="moderator-changed"):
    """Tells somebody that they keep order in a show from now on, or no longer."""

    session_id: str
    moderates: bool


class ChatRestored(wire.ServerMessage, tag="chat-restored"):
    """Messages that were taken back are shown again, in their old places: read the chat anew."""

    session_id: str


class MessagePinned(wire.ServerMessage, tag="message-pinned"):
    """This message is kept in view, or none (null). A show's record has it as `pinnedMessage`."""

    session_id: str
    message_id: str | None


class MessageReviewed(wire.ServerMessage, tag="message-reviewed"):
    """Tells the author of a message that was held (the ack said so) whether it is shown now."""

    session_id: str
    held_id: str
    allowed: bool


class Question(msgspec.Struct, rename="camel"):
    """A question as everybody sees it."""

    question_id: int
    message_id: str
    message: str
    user_id: int | None
    user_name: str
    status: str
    votes: int

    @classmethod
    def of(cls, question: "models.Question") -> "Question":
        message = question.message
        return cls(
            question_id=question.pk,
            message_id=str(message.pk),
            message=message.text,
            user_id=message.user_id,
            user_name=message.name,
            status=question.status,
            votes=question.votes,
        )


class QuestionsUpdated(wire.ServerMessage, tag="questions-updated"):
    """The questions as they stand: the one that is answered now (`picked`), the others by votes, then the answered."""

    session_id: str
    questions: list[Question]


class Error(wire.ServerMessage, tag="error", omit_defaults=True):
    """A refusal; `kind` (on Socket.IO `type`) is for programs, `message` for people."""

    kind: str
    message: str
    retry_after: float | None = None
