"""Conversations of customers with the staff: whose they are, how they stand, and who takes care of them."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models.functions import Now
from django.utils import timezone

from accounts import names
from accounts.models import User
from realtime import event_log
from realtime.models import Restriction
from streams.models import ChatMessage
from support import broadcasts, signals
from support.models.conversation_facts import ConversationFacts
from support.models.conversation_queryset import NOT_FOUND, ConversationQuerySet
from support.models.message import SupportMessage
from support.models.schedule import TimeGoal
from support.models.sender import Said, Sender
from support.rights import AGENTS, Action, Part, may
from support.wire.conversations import MAX_ATTACHED, MAX_EXCERPT

MAX_SNOOZE = timedelta(days=365)
MAX_TAGS = 20
MAX_MESSAGES = 2_000  # and changes of its status, of one conversation
MAX_TAG = 50  # characters of one


class Conversation(ConversationFacts):
    """What one customer and the staff say to each other. `session` is how Wrencos' admins know its customer."""

    objects = ConversationQuerySet.as_manager()

    class Meta(ConversationFacts.Meta):
        abstract = False

    @property
    def is_full(self) -> bool:
        return self.messages.last_seq() >= MAX_MESSAGES

    def check_has_room(self) -> None:
        if self.is_full:
            raise ValidationError("This conversation is too long: begin another one")

    def lock(self) -> None:
        """Locks the row until the transaction ends, and reads it again."""
        try:
            self.refresh_from_db(from_queryset=Conversation.objects.select_for_update(no_key=True))
        except Conversation.DoesNotExist:
            raise Conversation.DoesNotExist(NOT_FOUND) from None

    # --- who may do what

    def parts_of(self, sender: Sender) -> frozenset[Part]:
        """What `sender` is in this conversation: both for one of the staff who once asked something themselves."""
        customer = {Part.CUSTOMER} if sender.is_customer_of(self) else set()
        return frozenset(customer | ({Part.AGENT} if sender.is_agent else set()))

    def check_may(self, action: Action, sender: Sender) -> None:
        """Raises DoesNotExist for strangers, and PermissionDenied for those who may see it but not do this."""
        parts = self.parts_of(sender)
        if not parts:
            raise Conversation.DoesNotExist(NOT_FOUND)
        if not may(parts, action):
            raise PermissionDenied("Insufficient permissions")

    def speaks_as(self, sender: Sender) -> Part:
        return Part.CUSTOMER if Part.CUSTOMER in self.parts_of(sender) else Part.AGENT

    # --- what is said

    def add(self, sender: Sender, said: Said) -> SupportMessage:
        """Adds a message inside the transaction of the verb `say`."""
        self.lock()
        self.check_may(Action.NOTE if said.internal else Action.WRITE, sender)
        Restriction.check_may_enter(sender.identity, self.room_key)
        part = Part.AGENT if said.internal else said.part or self.speaks_as(sender)
        assert part in self.parts_of(sender)
        self.check_has_room()
        kinds = {Part.CUSTOMER: SupportMessage.Kind.CUSTOMER, Part.AGENT: SupportMessage.Kind.STAFF}
        message = SupportMessage(
            conversation=self,
            kind=SupportMessage.Kind.NOTE if said.internal else kinds[part],
            author=sender.key,
            user=sender.identity.user if sender.identity.verified else None,
            text=said.text,
            op=said.op,
        )
        self._attach(message, said.attachment_ids)
        if said.internal:
            message.name = sender.identity.name
            message.seq = broadcasts.note_written(message)
        elif part == Part.AGENT:
            self._answer(message, sender)
        else:
            self._hear(message, said)
        event_log.insert(message)
        if not said.internal:
            signals.message_said.send(SupportMessage, message=message)
        return message

    def _attach(self, message: SupportMessage, ids: Collection[uuid.UUID]) -> None:
        """Sends files with a message that its author has uploaded for it; raises ValidationError for any other."""
        if not ids:
            return
        if len(ids) > MAX_ATTACHED:
            raise ValidationError(f"A message has at most {MAX_ATTACHED} files")
        theirs = self.attachments.filter(pk__in=ids, message=None, uploader=message.author)
        if theirs.count() != len(set(ids)):
            raise ValidationError("There is no such attachment")
        theirs.update(message=message)

    def _hear(self, message: SupportMessage, said: Said) -> None:
        """The customer writes: whatever was resolved, snoozed or left to them is open again."""
        is_reopened = self.status != self.Status.OPEN
        if self.status == self.Status.RESOLVED or not self.excerpt:
            self._set_goals(message.created_at)
        self.name = names.of_customer(said.name) or self.name or (message.user.username if message.user else "")
        self.email = said.email or self.email
        message.name = self.customer_name
        self.status, self.snoozed_until, self.resolved_at = self.Status.OPEN, None, None
        self.waiting_since = self.waiting_since or message.created_at
        self.customer_read_seq = self.customer_delivered_seq = self.messages.last_seq()
        self._note_said(message)
        message.seq, message.inbox_seq = broadcasts.customer_wrote(message)
        if is_reopened:
            broadcasts.status_changed(self)

    def _answer(self, message: SupportMessage, sender: Sender) -> None:
        """Staff reply: whoever does so takes care of a conversation that nobody else does."""
        message.name = sender.identity.name
        is_taken = self._take_over(message, sender)
        message.seq, message.lobby_seq = broadcasts.staff_replied(message)
        if is_taken:
            broadcasts.status_changed(self)

    def _take_over(self, message: SupportMessage, sender: Sender) -> bool:
        """Notes a reply; returns whether its author takes care of the conversation from now on."""
        is_taken = self.assignee is None
        if is_taken:
            self.assignee = sender.identity.user
        self.first_reply_at = self.first_reply_at or message.created_at
        self.waiting_since = None
        self.staff_read_seq = self.messages.last_seq()
        self._note_said(message)
        return is_taken

    def offer(self, message: SupportMessage, sender: Sender) -> None:
        """Says what an agent offers: it counts as a reply. Part of the verb that makes the offer."""
        message.name = sender.identity.name
        is_taken = self._take_over(message, sender)
        message.seq = broadcasts.offer_made(message)
        event_log.insert(message)
        if is_taken:
            broadcasts.status_changed(self)

    def quote(self, line: ChatMessage) -> None:
        """Begins by what its customer has written in a show's chat."""
        message = SupportMessage(
            conversation=self,
            kind=SupportMessage.Kind.CUSTOMER,
            author=line.author,
            user_id=self.user_id,
            text=line.text,
        )
        self._hear(message, Said(line.text, name=line.name))
        event_log.insert(message)
        signals.message_said.send(SupportMessage, message=message)

    def _set_goals(self, since: datetime) -> None:
        """Says until when it should be answered, if it was not yet, and resolved."""
        reply_due_at, self.resolution_due_at = TimeGoal.objects.due(self.priority, since)
        if self.first_reply_at is None:
            self.reply_due_at = reply_due_at

    def _note_said(self, message: SupportMessage) -> None:
        self.last_message_at, self.excerpt = message.created_at, message.text[:MAX_EXCERPT]
        self.save()

    # --- marks, and who is writing

    @event_log.verb
    def mark(self, sender: Sender, delivered: uuid.UUID | None = None, read: uuid.UUID | None = None) -> None:
        """Notes up to which message everything has been delivered and read; marks never go back."""
        self.lock()
        self.check_may(Action.MARK, sender)
        delivered_seq, read_seq = self.messages.seq_of(delivered), self.messages.seq_of(read)
        if self.speaks_as(sender) == Part.CUSTOMER:
            changes = {
                "customer_delivered_seq": max(self.customer_delivered_seq, delivered_seq, read_seq),
                "customer_read_seq": max(self.customer_read_seq, read_seq),
            }
        else:
            changes = {"staff_read_seq": max(self.staff_read_seq, read_seq)}
        if self._change(**changes):
            broadcasts.marked(self)

    @event_log.verb
    def type(self, sender: Sender, connection: str, typing: bool) -> None:
        """Tells the others that somebody writes, or has stopped."""
        self.check_may(Action.TYPE, sender)
        part = self.speaks_as(sender)
        name = self.customer_name if part == Part.CUSTOMER else sender.identity.name
        broadcasts.typed(self, part, name, typing, connection)

    @event_log.verb
    def claim_unread(self) -> tuple[int, int] | None:
        """The numbers between which the replies are that are to be mailed now, for one caller; None where none are."""
        self.lock()
        after = max(self.customer_read_seq, self.mailed_seq)
        upto = self.messages.replies().last_seq()
        return (after, upto) if upto > after and self._change(mailed_seq=upto) else None

    def release_unread(self, after: int, upto: int) -> None:
        """Has what was claimed mailed again, because it could not be sent."""
        Conversation.objects.filter(pk=self.pk, mailed_seq=upto).update(mailed_seq=after)

    # --- how it stands

    @event_log.verb
    def assign(self, sender: Sender, agent: User | None, team: str | None = None) -> None:
        """Has one of the staff take care of it, or nobody. Raises ValidationError for anybody else."""
        self.lock()
        self.check_may(Action.ASSIGN, sender)
        if agent is not None and (agent.role not in AGENTS or not agent.is_active):
            raise ValidationError("Only staff can take care of a conversation")
        if self._change(assignee=agent, team=self.team if team is None else team.strip()[:50]):
            broadcasts.status_changed(self)

    @event_log.verb
    def assign_least_busy(self) -> bool:
        """Gives it to whoever is at the desk and has least to do; returns False where nobody is there."""
        self.lock()
        agent = Conversation.objects.least_busy()
        if agent is not None and self.assignee_id is None and self._change(assignee=agent):
            broadcasts.status_changed(self)
        return agent is not None

    @event_log.verb
    def set_status(self, sender: Sender, status: str, until: datetime | None = None) -> None:
        """Raises ValidationError for a snooze without an end, or with one that is past or too far away."""
        self.lock()
        self.check_may(Action.CHANGE_STATUS, sender)
        if status == self.Status.SNOOZED:
            now = timezone.now()
            if until is None or not now < until <= now + MAX_SNOOZE:
                raise ValidationError(f"A snooze ends within the next {MAX_SNOOZE.days} days")
        changes: dict[str, Any] = {"status": status, "snoozed_until": until if status == self.Status.SNOOZED else None}
        if status == self.Status.RESOLVED:
            changes |= {"waiting_since": None, "resolved_at": self.resolved_at or timezone.now()}
            self.offers.standing().end()
        else:
            changes["resolved_at"] = None
        is_over = status == self.Status.RESOLVED and self.status != status
        if self._change(**changes):
            broadcasts.status_changed(self)
        if is_over:
            signals.conversation_resolved.send(Conversation, conversation=self)

    @event_log.verb
    def wake(self) -> bool:
        """Opens it again, if its snooze is over; returns whether it was."""
        self.lock()
        is_due = Conversation.objects.snoozed().filter(pk=self.pk, snoozed_until__lte=Now()).exists()
        if is_due and self._change(status=self.Status.OPEN, snoozed_until=None):
            broadcasts.status_changed(self)
        return is_due

    @event_log.verb
    def revise(self, sender: Sender, priority: str | None = None, tags: list[str] | None = None) -> None:
        """Changes what staff note about it; raises ValidationError."""
        self.lock()
        self.check_may(Action.CHANGE_STATUS, sender)
        if tags is not None and (len(tags) > MAX_TAGS or any(not 0 < len(tag.strip()) <= MAX_TAG for tag in tags)):
            raise ValidationError(f"At most {MAX_TAGS} tags of at most {MAX_TAG} characters")
        kept = self.tags if tags is None else list(dict.fromkeys(tag.strip() for tag in tags))
        is_other = priority is not None and priority != self.priority
        if self._change(priority=priority or self.priority, tags=kept):
            if is_other:
                self._set_goals(self.created_at)
                self.save(update_fields=["reply_due_at", "resolution_due_at"])
            broadcasts.conversation_revised(self)

    def _change(self, **fields: Any) -> bool:
        """Stores what is another than before; returns whether anything is."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fields[name])
        if changed:
            self.save(update_fields=changed)
        return bool(changed)
