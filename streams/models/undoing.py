"""Taking back what was done in a show to keep order, however long ago."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import User
from realtime import event_log
from realtime.models import Restriction
from streams.models.act import ModerationAct, Verb
from streams.models.desk_people import from_facts, person_of
from streams.models.desk_rules import Rules
from streams.models.held_message import HeldMessage
from streams.models.moderator import Moderator


class Desk(Rules):
    """Someone who keeps order in a show, with all that they can do there."""

    @event_log.verb
    def undo(self, act: ModerationAct) -> ModerationAct:
        """Takes an act back, once, by someone who could have done it."""
        self.stream.lock()
        act = self.stream.acts.select_for_update().get(pk=act.pk)
        verb = Verb(act.verb)
        self.check(verb.right)
        if act.undone_at is not None or not verb.is_undoable:
            raise ValidationError("This cannot be undone")
        self._undo[verb](self, act, act.details)
        act.undone_at, act.undone_by = timezone.now(), self.by.user
        act.save(update_fields=["undone_at", "undone_by"])
        return self.write_down(Verb.UNDO, act.whom, act.message, act=act.pk)

    def _restore_message(self, act: ModerationAct, details: dict[str, Any]) -> None:
        assert act.message is not None
        self.restore([self.message(act.message)])

    def _restore_messages(self, act: ModerationAct, details: dict[str, Any]) -> None:
        at = parse_datetime(details["removedAt"])
        self.restore(list(self.stream.messages.filter(author=act.whom, removed_at=at)))
        held = self.stream.held_messages.filter(author=act.whom, settled_at=at)
        held.update(status=HeldMessage.Status.WAITING, settled_at=None)

    def _pin_before(self, act: ModerationAct, details: dict[str, Any]) -> None:
        before = self.stream.messages.filter(pk=details["before"], deleted=False).first() if details["before"] else None
        self._set_pinned(before)

    def _set_rules_before(self, act: ModerationAct, details: dict[str, Any]) -> None:
        self.stream.revise(**details["before"])

    def _lift(self, act: ModerationAct, details: dict[str, Any]) -> None:
        restriction = Restriction.objects.filter(pk=details["restriction"], room=self.stream.room_key).first()
        if restriction is None:
            raise Restriction.DoesNotExist("The restriction is over")
        self.check_outranks(person_of(restriction))
        restriction.lift()

    def _impose(self, act: ModerationAct, details: dict[str, Any]) -> None:
        restriction = from_facts(self.stream.room_key, details["restriction"])
        self.check_outranks(person_of(restriction))
        restriction.impose()

    def _unblock(self, act: ModerationAct, details: dict[str, Any]) -> None:
        self.stream.blocked_words.filter(text=details["word"]).delete()
        self._mark()

    def _block(self, act: ModerationAct, details: dict[str, Any]) -> None:
        self.stream.blocked_words.check_has_room()
        self.stream.blocked_words.get_or_create(text=details["word"], defaults={"action": details["action"]})
        self._mark()

    def _wait_again(self, act: ModerationAct, details: dict[str, Any]) -> None:
        held = self.stream.held_messages.get(pk=details["held"])
        if act.verb == Verb.ALLOW and act.message is not None:
            self.message(act.message).hide()
        held.settle(HeldMessage.Status.WAITING)

    def _reopen(self, act: ModerationAct, details: dict[str, Any]) -> None:
        self.stream.reports.filter(pk__in=details["reports"]).update(status="open")

    def _dismiss(self, act: ModerationAct, details: dict[str, Any]) -> None:
        self._change_moderator(details["user"], moderates=False)

    def _name(self, act: ModerationAct, details: dict[str, Any]) -> None:
        self._change_moderator(details["user"], moderates=True)

    def _change_moderator(self, user_id: int, moderates: bool) -> None:
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            raise Moderator.DoesNotExist("User not found")
        if moderates:
            self.add_moderator(user)
        else:
            self.remove_moderator(user)

    def _return_question(self, act: ModerationAct, details: dict[str, Any]) -> None:
        question = self.stream.questions.select_related("message").get(pk=details["question"])
        question.stream = self.stream
        question.become(details["before"])

    _undo: ClassVar[dict[Verb, Callable[["Desk", ModerationAct, dict[str, Any]], None]]] = {
        Verb.DELETE: _restore_message,
        Verb.DELETE_ALL: _restore_messages,
        Verb.PIN: _pin_before,
        Verb.UNPIN: _pin_before,
        Verb.RULES: _set_rules_before,
        Verb.MUTE: _lift,
        Verb.BAN: _lift,
        Verb.SHADOW: _lift,
        Verb.LIFT: _impose,
        Verb.BLOCK: _unblock,
        Verb.UNBLOCK: _block,
        Verb.ALLOW: _wait_again,
        Verb.REFUSE: _wait_again,
        Verb.SETTLE: _reopen,
        Verb.NAME: _dismiss,
        Verb.DISMISS: _name,
        Verb.PICK: _return_question,
        Verb.ANSWER: _return_question,
        Verb.DISMISS_QUESTION: _return_question,
    }
