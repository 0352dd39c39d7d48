"""Finding conversations, and beginning and going on with them."""

import hashlib
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.validators import validate_email
from django.db import models
from django.db.models.functions import Greatest, Now
from django.utils import crypto, timezone

from accounts import identity as identities
from accounts import texts
from accounts.models import User
from realtime import event_log
from realtime.models import Presence, Room
from streams.models.lobby import handle
from support import mail
from support.broadcasts import INBOX
from support.models.message import SupportMessage
from support.models.registration import Registration
from support.models.sender import Grant, Said, Sender
from support.rights import AGENTS, Part
from support.wire.conversations import MAX_LENGTH

if TYPE_CHECKING:
    from support.models.conversation import Conversation

REOPENED = timedelta(days=7)  # for which a resolved conversation goes on when its customer writes again
MAILED = timedelta(days=3)  # A reply that could not be mailed so long is given up.
CHUNK = 200  # A periodic task takes care of so many conversations at a time.
NOT_FOUND = "Conversation not found"


def id_of(author: str, op: str) -> uuid.UUID:
    """The id of the conversation that `author` begins with the message `op`: the same one however often it comes."""
    return uuid.UUID(bytes=crypto.salted_hmac("support.conversation", f"{author} {op}").digest()[:16], version=4)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, sender: Sender) -> Self:
        return self.all() if sender.is_agent else self.filter(sender.own())

    def find(self, sender: Sender, pk: uuid.UUID) -> "Conversation":
        """Raises DoesNotExist for a conversation of other people as for one that there is not."""
        found = self.visible_to(sender).with_people().filter(pk=pk).first()
        if found is None:
            raise self.model.DoesNotExist(NOT_FOUND)
        return found

    def present_of(self, sender: Sender) -> "Conversation | None":
        """The conversation that a customer goes on with, if there is one: the one in which something was said last."""
        going_on = self.filter(sender.own()).with_people().continued().order_by("-last_message_at").first()
        return going_on if going_on is not None and not going_on.is_full else None

    def continued(self) -> Self:
        """Those that go on when their customer writes: resolved ones only for a while."""
        resolved = models.Q(status=self.model.Status.RESOLVED)
        return self.filter(~resolved | models.Q(resolved_at__gt=Now() - REOPENED))

    def with_people(self) -> Self:
        return self.select_related("assignee", "registration")

    # --- lists of the desk

    def unresolved(self) -> Self:
        return self.exclude(status=self.model.Status.RESOLVED)

    def resolved(self) -> Self:
        return self.filter(status=self.model.Status.RESOLVED)

    def unassigned(self) -> Self:
        return self.unresolved().filter(assignee=None)

    def snoozed(self) -> Self:
        return self.filter(status=self.model.Status.SNOOZED)

    def overdue(self) -> Self:
        """Those whose first reply or resolution should have been there by now."""
        late_reply = models.Q(first_reply_at=None, reply_due_at__lte=Now())
        return self.unresolved().filter(late_reply | models.Q(resolution_due_at__lte=Now()))

    def most_urgent_first(self) -> Self:
        """Overdue ones, then those whose customer waits, longest first, then the others, newest first."""
        late = models.Case(models.When(pk__in=self.model.objects.overdue().values("pk"), then=0), default=1)
        waiting = models.F("waiting_since").asc(nulls_last=True)
        return self.alias(late=late).order_by("late", waiting, "-last_message_at")

    # --- what people say

    @event_log.verb
    def say(self, sender: Sender, said: Said) -> SupportMessage:
        """Says something in a conversation; a customer who names none goes on with the present one or begins another.

        The same `op` of the same sender, sent again, returns the first message. Raises ValidationError, DoesNotExist
        and PermissionDenied.
        """
        text = texts.line(said.text, MAX_LENGTH, breaks=None, may_be_empty=bool(said.attachment_ids))
        if said.email:
            validate_email(said.email)
        if said.op is not None and (first := self._said(sender, said)) is not None:
            return first
        conversation = self._thread_for(sender, said)
        return conversation.add(sender, said._replace(text=text))

    @event_log.verb
    def hear_mail(self, conversation_id: uuid.UUID, address: str, text: str, message_id: str) -> SupportMessage:
        """Takes in the answer to a mail. Raises DoesNotExist, also where it comes from somebody else's address."""
        conversation = self.filter(pk=conversation_id).select_related("user").first()
        if conversation is None or conversation.mail_address.lower() != address.strip().lower():
            raise self.model.DoesNotExist(NOT_FOUND)
        op = f"mail-{hashlib.sha256(message_id.encode()).hexdigest()[:40]}" if message_id else None
        written = mail.newly_written(text)[:MAX_LENGTH]
        return self.say(self.granted(conversation), Said(written, op, conversation.pk))

    @staticmethod
    def granted(conversation: "Conversation") -> Sender:
        """The customer of a conversation as whom somebody comes who was mailed its link."""
        nobody = identities.Identity(None, identities.new_visitor()[0])
        return Sender(nobody, grant=Grant(conversation.pk, conversation.customer))

    @event_log.verb
    def answer_session(self, sender: Sender, session: str, text: str, op: str | None = None) -> SupportMessage:
        """Answers the customer of a session, as staff; the first to speak may be they. Raises DoesNotExist."""
        conversation = self.filter(session=session).order_by("-created_at").first()
        if conversation is None:
            registration = Registration.objects.filter(claimed=handle(session), alias="").first()
            if registration is None:
                raise self.model.DoesNotExist("Customer not found")
            customer = registration.identity
            conversation = self.create(
                customer=customer,
                user_id=identities.user_id_of(customer),
                registration=registration,
                session=session,
            )
        return self.say(sender, Said(text, op, conversation.pk, part=Part.AGENT))

    def _said(self, sender: Sender, said: Said) -> SupportMessage | None:
        found = SupportMessage.objects.filter(author=sender.key, op=said.op)
        if said.conversation_id is not None:
            found = found.filter(conversation=said.conversation_id)
        return found.select_related("conversation").first()

    def _thread_for(self, sender: Sender, said: Said) -> "Conversation":
        if said.conversation_id is None:
            present = None if said.is_new else self.present_of(sender)
            return present or self.begin(sender, said)
        named = self.find(sender, said.conversation_id)
        goes_on = not named.is_full and self.continued().filter(pk=named.pk).exists()
        return named if goes_on or named.speaks_as(sender) != Part.CUSTOMER else self.begin(sender, said)

    @event_log.verb
    def begin(self, sender: Sender, said: Said) -> "Conversation":
        """A new conversation of a customer, whose first message is about to be said."""
        pk = id_of(sender.key, said.op) if said.op else uuid.uuid4()
        return self.create(
            pk=pk,
            customer=sender.key,
            user_id=sender.user_id,
            registration=sender.registration,
            session=sender.session or str(pk),
            assignee=self.least_busy(),
            **said.origin.links(sender),
        )

    # --- who takes care of them

    def least_busy(self) -> User | None:
        """Of the staff who are at the desk, the one with the fewest open conversations; None where nobody is there."""
        present = Presence.objects.live().filter(room=INBOX).values_list("identity", flat=True).distinct()
        ids = [int(key.removeprefix("user:")) for key in present if key.startswith("user:")]
        load = models.Count("support_conversations", filter=models.Q(support_conversations__status="open"))
        agents = User.objects.active().filter(pk__in=ids, role__in=AGENTS)
        return agents.annotate(load=load).order_by("load", "pk").first()

    def assign_waiting(self) -> int:
        """Gives the conversations that nobody takes care of to the staff who are at the desk; returns how many."""
        assigned = 0
        for conversation in self.unassigned().filter(status=self.model.Status.OPEN).order_by("created_at")[:CHUNK]:
            if not conversation.assign_least_busy():
                break
            assigned += 1
        return assigned

    def wake(self) -> int:
        """Opens the conversations again whose snooze is over; returns how many."""
        due = list(self.snoozed().filter(snoozed_until__lte=Now())[:CHUNK])
        return sum(conversation.wake() for conversation in due)

    # --- what goes out by mail

    def unread(self) -> "list[Conversation]":
        """Those whose customer can be mailed and has not read a reply for as long as settings.SUPPORT says."""
        known = ~models.Q(email="") | models.Q(user__email_verified=True)
        now = timezone.now()
        waited = now - timedelta(seconds=settings.SUPPORT.seconds)
        replies = SupportMessage.objects.replies().filter(
            conversation=models.OuterRef("pk"),
            created_at__range=(now - MAILED, waited),
            seq__gt=Greatest(models.OuterRef("customer_read_seq"), models.OuterRef("mailed_seq")),
        )
        return list(self.filter(known, models.Exists(replies)).select_related("user")[:CHUNK])

    # --- their end

    def forget(self, age: timedelta) -> int:
        """Deletes the conversations that were resolved longer ago than `age`, with their rooms; returns how many."""
        deleted, old = 0, self.filter(resolved_at__lt=timezone.now() - age, status=self.model.Status.RESOLVED)
        while found := list(old[:CHUNK]):
            Room.objects.filter(key__in=[conversation.room_key for conversation in found]).delete()
            for conversation in found:
                conversation.attachments.all().discard()
            self.filter(pk__in=[conversation.pk for conversation in found]).delete()
            deleted += len(found)
        return deleted

    def close_to_guest(self, customer: str) -> int:
        """Lets a guest, an Identity's key, read their conversations no longer; returns how many those are."""
        return self.filter(customer=customer).update(closed_to_guest=True)

    def erase(self, customer: str) -> int:
        """Forgets what a customer, an Identity's key, has said of themselves; returns how many conversations."""
        return self.filter(customer=customer).update(name="", email="", excerpt="")
