"""Between a show's chat and support: a question becomes a conversation, and its answer is said in the show."""

import uuid
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError

from accounts import identity as identities
from realtime import event_log
from streams.models import ChatMessage
from support import broadcasts
from support.models.conversation import Conversation
from support.models.conversation_queryset import id_of
from support.models.message import SupportMessage
from support.models.registration import Registration
from support.rights import Action

if TYPE_CHECKING:
    from support.models.sender import Sender


@event_log.verb
def take_up(sender: "Sender", line_id: uuid.UUID) -> Conversation:
    """Makes a conversation of a line: with its author, begun by what they wrote. Of one line there is one.

    Raises PermissionDenied for anyone but staff, DoesNotExist, and ValidationError for a line of one's own.
    """
    if not sender.is_agent:
        raise PermissionDenied("Insufficient permissions")
    line = ChatMessage.objects.visible().filter(pk=line_id).first()
    if line is None:
        raise ChatMessage.DoesNotExist("Message not found")
    if line.author in sender.keys:
        raise ValidationError("This is your own message")
    pk = id_of("line", str(line.pk))
    registered = Registration.objects.filter(identity=line.author).order_by("-seen_at").first()
    conversation, is_new = Conversation.objects.get_or_create(
        pk=pk,
        defaults={
            "customer": line.author,
            "user_id": identities.user_id_of(line.author),
            "registration": registered,
            "session": str(pk),
            "assignee": sender.identity.user,
            "show_id": line.stream_id,
            "line": line,
        },
    )
    if is_new:
        conversation.quote(line)
        broadcasts.line_answered(conversation, line)
    return conversation


@event_log.verb
def show_answer(conversation: Conversation, sender: "Sender", message_id: uuid.UUID) -> SupportMessage:
    """Says a reply in the conversation's show, under the agent's name; said already, it is not said again.

    Raises DoesNotExist, PermissionDenied, and ValidationError for what cannot be said there.
    """
    conversation.lock()
    conversation.check_may(Action.SHOW_ANSWER, sender)
    message = conversation.messages.replies().filter(pk=message_id).first()
    if message is None:
        raise SupportMessage.DoesNotExist("Message not found")
    if conversation.show_id is None:
        raise ValidationError("This conversation comes from no show")
    if message.shown_id is None:
        message.conversation = conversation
        shown = ChatMessage.objects.post(
            conversation.show_id, sender.identity, message.text, f"answer-{message.pk}", answers=conversation.line_id
        )
        message.shown = shown
        message.save(update_fields=["shown"])
        broadcasts.message_revised(message)
    return message
