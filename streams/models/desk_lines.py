"""What is done to single lines: taken back, pinned, looked at before they are shown, or after they were reported."""

from django.core.exceptions import ValidationError

from accounts import identity as identities
from realtime import event_log
from streams import chat_broadcasts, signals
from streams.models.act import ModerationAct, Verb
from streams.models.chat import ChatMessage
from streams.models.desk_people import People
from streams.models.held_message import HeldMessage
from streams.models.report import Report
from streams.models.stream import Stream


class Lines(People):
    """What is done to lines."""

    @event_log.verb
    def delete(self, message: ChatMessage, reason: str = "") -> ModerationAct:
        """Takes a message back for everyone."""
        self.check(Verb.DELETE.right)
        if message.deleted:
            raise ChatMessage.DoesNotExist("Message not found")
        message.hide()
        self.settle_reports([message])
        return self.write_down(Verb.DELETE, message.author, message.pk, reason)

    @event_log.verb
    def pin(self, message: ChatMessage) -> ModerationAct:
        """Keeps a message in view, in place of another one."""
        self.check(Verb.PIN.right)
        if message.deleted or message.shadowed:
            raise ChatMessage.DoesNotExist("Message not found")
        before = self._set_pinned(message)
        return self.write_down(Verb.PIN, message.author, message.pk, before=before)

    @event_log.verb
    def unpin(self) -> ModerationAct:
        self.check(Verb.UNPIN.right)
        self.stream.lock()
        if self.stream.pinned_message_id is None:
            raise ChatMessage.DoesNotExist("No message is pinned")
        before = self._set_pinned(None)
        return self.write_down(Verb.UNPIN, before=before)

    def _set_pinned(self, message: ChatMessage | None) -> str | None:
        """Returns the id of the one that was pinned before."""
        self.stream.lock()
        before = self.stream.pinned_message_id
        self.stream.pinned_message = message
        self.stream.save(update_fields=["pinned_message", "updated_at"])
        chat_broadcasts.message_pinned(self.stream)
        self.stream.make_known(signals.message_pinned)
        return None if before is None else str(before)

    # --- lines that wait

    @event_log.verb
    def allow(self, held: HeldMessage) -> ModerationAct:
        """Says a line that waits, now."""
        self._take(held, Verb.ALLOW)
        if self.stream.status == Stream.Status.ENDED:
            raise ValidationError("This session has ended")
        held.settle(HeldMessage.Status.ALLOWED)
        message = ChatMessage.objects.say_held(self.stream, held)
        chat_broadcasts.held_settled(held, allowed=True)
        return self.write_down(Verb.ALLOW, held.author, message.pk, held=str(held.pk))

    @event_log.verb
    def refuse(self, held: HeldMessage, reason: str = "") -> ModerationAct:
        """Nobody will see a line that waits."""
        self._take(held, Verb.REFUSE)
        held.settle(HeldMessage.Status.REFUSED)
        chat_broadcasts.held_settled(held, allowed=False)
        return self.write_down(Verb.REFUSE, held.author, reason=reason, held=str(held.pk))

    def _take(self, held: HeldMessage, verb: Verb) -> None:
        """Locks a line that waits; of two who decide on it at once the first one does."""
        self.check(verb.right)
        held.refresh_from_db(from_queryset=HeldMessage.objects.select_for_update(no_key=True))
        if held.stream_id != self.stream.pk or held.status != HeldMessage.Status.WAITING:
            raise HeldMessage.DoesNotExist("Message not found")

    # --- what viewers report

    @event_log.verb
    def settle(self, report: Report, status: str) -> ModerationAct:
        """Resolves or dismisses a report, and the others of the same message with it."""
        self.check(Verb.SETTLE.right)
        if report.stream_id != self.stream.pk:
            raise Report.DoesNotExist("Report not found")
        if status not in (Report.Status.RESOLVED, Report.Status.DISMISSED):
            raise ValidationError("Invalid status")
        open_ones = list(self.stream.reports.open().filter(message=report.message_id).values_list("pk", flat=True))
        if not open_ones:
            raise Report.DoesNotExist("Report not found")
        Report.objects.filter(pk__in=open_ones).update(status=status)
        author = report.message.author
        return self.write_down(Verb.SETTLE, author, report.message_id, status=status, reports=open_ones)

    @event_log.verb
    def restore(self, messages: list[ChatMessage]) -> None:
        """Shows messages again that were removed, in their old places."""
        for message in messages:
            if message.deleted and not message.text:
                raise ValidationError("What was said there has been forgotten")
        ChatMessage.objects.filter(pk__in=[each.pk for each in messages]).update(deleted=False, removed_at=None)
        chat_broadcasts.chat_restored(self.stream)


@event_log.verb
def report(message: ChatMessage, identity: identities.Identity, reason: str = "") -> Report:
    """Someone who may be in the show reports a message to those who keep order there. Once is enough."""
    stream = message.stream
    stream.check_admits(identity)
    if message.deleted or (message.shadowed and message.author != identity.key):
        raise ChatMessage.DoesNotExist("Message not found")
    if message.author == identity.key:
        raise ValidationError("This message is your own")
    stream.reports.check_has_room()
    found, is_new = Report.objects.get_or_create(
        message=message,
        reporter=identity.key,
        defaults={"stream": stream, "name": identity.name, "reason": reason},
    )
    if is_new:
        chat_broadcasts.moderation_changed(stream)
    return found
