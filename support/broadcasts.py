"""Who is told when something happens in a conversation. A verb calls these functions inside its transaction.

The author of what the inbox hears is the customer, whoever caused it: it quotes them, and goes where they are erased.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime import event_log, wire
from streams.broadcasts import LOBBY
from streams.broadcasts import room_key as show_key
from support import events
from support.rights import Part
from support.wire import conversations, lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.models import ChatMessage
    from support.models import Conversation, SupportMessage

KIND = "conversation"  # The rooms of conversations have the keys `conversation:<id>`.
INBOX = "inbox:main"  # the key of the room in which staff hear of all conversations
AGENTS = "agents"  # the address of the staff in a conversation's room


def room_key(conversation_id: object) -> str:
    return f"{KIND}:{conversation_id}"


def customer_wrote(message: SupportMessage) -> tuple[Any, Any]:
    """Tells the conversation and the inbox; returns the message's numbers in the two logs.

    A number is an SQL expression that a row may hold until the transaction stores both, and an int from then on.
    """
    conversation = message.conversation
    event = events.CustomerWrote(
        text=message.text, at=wire.iso(message.created_at), summary=conversations.Summary.of(conversation)
    )
    inbox_seq = event_log.tell(INBOX, event, author=conversation.customer).seq
    return _written(message), inbox_seq


def staff_replied(message: SupportMessage) -> tuple[Any, Any]:
    """Tells the conversation, every tab of the customer's session, and the inbox.

    Returns as `customer_wrote` does, and the number in the lobby's log, or 0 where the customer has no session there.
    """
    conversation, lobby_seq = message.conversation, 0
    if conversation.registration is not None:
        event = events.StaffReplied(text=message.text, at=wire.iso(message.created_at))
        address = conversation.registration.address
        lobby_seq = event_log.tell(LOBBY, event, author=message.author, to=address).seq
    _tell_inbox(conversation)
    return _written(message), lobby_seq


def note_written(message: SupportMessage) -> Any:
    """Tells the staff in the conversation; returns as `customer_wrote` does."""
    return _written(message, to=AGENTS)


def offer_made(message: SupportMessage) -> Any:
    """Tells the conversation and the inbox; returns as `note_written` does."""
    _tell_inbox(message.conversation)
    return _written(message)


def message_revised(message: SupportMessage) -> None:
    """Tells a message again that has changed, to each side as it is theirs to read."""
    key = message.conversation.room_key
    theirs, agents = (events.Written(line=lines.Line.of(message, for_agents)) for for_agents in (False, True))
    event_log.tell(key, theirs, author=message.author, but=AGENTS)
    event_log.tell(key, agents, author=message.author, to=AGENTS)


def lookers_changed(conversation_id: object, read: Callable[[], events.Lookers]) -> None:
    """Tells the agents in a conversation who of them looks at it, once this transaction is over."""
    event_log.tell_latest(room_key(conversation_id), "lookers", read, to=AGENTS)


def line_answered(conversation: Conversation, line: ChatMessage) -> None:
    """Tells whoever wrote a line in a show's chat that it has become a conversation."""
    event = events.Begun(conversation_id=str(conversation.pk), stream_id=str(line.stream_id), line_id=str(line.pk))
    event_log.tell(show_key(line.stream_id), event, to=line.author)


def _written(message: SupportMessage, to: str = "") -> Any:
    event = events.Written(line=lines.Line.of(message))
    key = room_key(message.conversation_id)
    return event_log.tell(key, event, author=message.author, op=message.op, to=to).seq


def status_changed(conversation: Conversation) -> None:
    """Tells the customer too: how it stands, and who takes care of it."""
    event = events.StatusChanged(
        conversation_id=str(conversation.pk),
        status=conversations.status_of(conversation),
        assignee=conversation.assignee.username if conversation.assignee else None,
    )
    event_log.tell(conversation.room_key, event)
    _tell_inbox(conversation)


def conversation_revised(conversation: Conversation) -> None:
    """Tells the staff what is theirs alone: its priority, team and tags."""
    _tell_inbox(conversation)


def marked(conversation: Conversation) -> None:
    event = events.Marked(conversation_id=str(conversation.pk), marks=conversations.Marks.of(conversation))
    event_log.tell(conversation.room_key, event)


def typed(conversation: Conversation, by: Part, name: str, typing: bool, connection: str) -> None:
    """Tells everyone in the conversation but the connection that says so."""
    event = events.Typed(conversation_id=str(conversation.pk), by=by.value, name=name, typing=typing)
    event_log.tell(conversation.room_key, event, but=connection)


def _tell_inbox(conversation: Conversation) -> None:
    event = events.Changed(summary=conversations.Summary.of(conversation))
    event_log.tell(INBOX, event, author=conversation.customer)
