"""The rules of a chat, who keeps order in it, and which question is answered."""

from typing import Any

from django.core.exceptions import ValidationError

from accounts import identity as identities
from accounts.models import User
from realtime import event_log
from streams import chat_broadcasts
from streams.models import chat_rules
from streams.models.act import ModerationAct, Verb
from streams.models.blocked_word import BlockedWord
from streams.models.desk_lines import Lines
from streams.models.moderator import Moderator
from streams.models.question import Question

SWITCHES = ("slow_mode", "frozen", "links_by_moderators", "hold_messages", "guest_chat", "account_minutes")


class Rules(Lines):
    """What holds for everybody in the chat."""

    @event_log.verb
    def set_rules(self, **rules: Any) -> ModerationAct:
        """Changes SWITCHES of the show that are given."""
        self.check(Verb.RULES.right)
        if not rules:
            raise ValidationError("Name a rule that is to change")
        self.stream.lock()
        before = {name: getattr(self.stream, name) for name in rules}
        self.stream.revise(**rules)
        return self.write_down(Verb.RULES, before=before, after=rules)

    # --- blocked words

    @event_log.verb
    def block(self, text: str, action: str = BlockedWord.Action.REFUSE) -> tuple[BlockedWord, ModerationAct]:
        """Has lines with a word or phrase refused or held, in whatever spelling."""
        self.check(Verb.BLOCK.right)
        self.stream.lock()
        word = BlockedWord(stream=self.stream, text=" ".join(text.split()), action=action)
        word.clean_fields(exclude=["stream"])
        known = self.stream.blocked_words.filter(text=word.text).first()
        if known is None:
            self.stream.blocked_words.check_has_room()
        else:
            word.pk = known.pk
        word.save()
        self._mark()
        return word, self.write_down(Verb.BLOCK, word=word.text, action=word.action)

    @event_log.verb
    def unblock(self, word: BlockedWord) -> ModerationAct:
        self.check(Verb.UNBLOCK.right)
        self.stream.lock()
        self.stream.blocked_words.filter(pk=word.pk).delete()
        self._mark()
        return self.write_down(Verb.UNBLOCK, word=word.text, action=word.action)

    # --- moderators

    @event_log.verb
    def name_moderator(self, user: User) -> tuple[Moderator, ModerationAct]:
        """Has an account keep order in this show."""
        self.check(Verb.NAME.right)
        self.stream.lock()
        moderator = self.add_moderator(user)
        return moderator, self.write_down(Verb.NAME, identities.user_key(user.pk), user=user.pk)

    @event_log.verb
    def dismiss_moderator(self, user: User) -> ModerationAct:
        self.check(Verb.DISMISS.right)
        self.stream.lock()
        self.remove_moderator(user)
        return self.write_down(Verb.DISMISS, identities.user_key(user.pk), user=user.pk)

    def add_moderator(self, user: User) -> Moderator:
        if user.pk == self.stream.creator_id:
            raise ValidationError("The owner keeps order anyway")
        moderator = self.stream.moderators.filter(user=user).first()
        if moderator is None:
            self.stream.moderators.check_has_room()
            moderator = self.stream.moderators.create(user=user)
        self._mark()
        chat_broadcasts.moderator_changed(self.stream, user.pk, moderates=True)
        return moderator

    def remove_moderator(self, user: User) -> None:
        if not self.stream.moderators.filter(user=user).delete()[0]:
            raise Moderator.DoesNotExist("Moderator not found")
        self._mark()
        chat_broadcasts.moderator_changed(
            self.stream, user.pk, moderates=self.stream.is_moderated_by(identities.Identity(user, ""))
        )

    def _mark(self) -> None:
        self.stream.rules = chat_rules.new_mark(self.stream.pk)
        self.stream.save(update_fields=["rules", "updated_at"])

    # --- questions

    @event_log.verb
    def settle_question(self, verb: Verb, question: Question) -> ModerationAct:
        """Picks the question that is answered now, says that it has been, or dismisses it."""
        status = QUESTION_STATUS[verb]
        self.check(verb.right)
        self.stream.lock()
        question.refresh_from_db()
        question.stream = self.stream
        before = question.status
        question.become(status)
        return self.write_down(verb, question.message.author, question.message_id, question=question.pk, before=before)


QUESTION_STATUS = {
    Verb.PICK: Question.Status.PICKED,
    Verb.ANSWER: Question.Status.ANSWERED,
    Verb.DISMISS_QUESTION: Question.Status.DISMISSED,
}
