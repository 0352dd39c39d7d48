"""Our own words for support, of the customer's widget and of the staff's desk."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, cast
from uuid import UUID

import msgspec

from realtime import wire
from support.wire.lines import Line

if TYPE_CHECKING:
    from support import models

MAX_LENGTH = 4000  # characters of one message, after trimming
MAX_ATTACHED = 10  # files of one message
MAX_EXCERPT = 200  # characters of the newest message that a list shows

# The model says in words what is too long: the type only keeps out what nobody could have meant.
Text = Annotated[str, msgspec.Meta(max_length=10 * MAX_LENGTH, pattern=wire.NO_NUL)]
Status = Literal["open", "pending", "snoozed", "resolved"]
Priority = Literal["low", "medium", "high", "urgent"]


class Open(wire.ClientMessage, tag="support-open"):
    """Enters a conversation, to be told what is said in it: the one named, or a customer's own present one."""

    limit: ClassVar[str] = "join"
    conversation_id: wire.Id | None = None


class Leave(wire.ClientMessage, tag="support-leave"):
    """Leaves a conversation: nothing more is told."""

    conversation_id: wire.Id


class Write(wire.ClientMessage, tag="support-write"):
    """Says something in a conversation; a customer who names none continues the present one or begins another.

    `internal` is a note that only staff read. `attachmentIds` are files that were uploaded over REST. To `email` a
    reply is sent that the customer has not read here. The other ids say where a new conversation comes from.
    """

    limit: ClassVar[str] = "support"
    text: Text
    conversation_id: wire.Id | None = None
    name: wire.Name | None = None
    email: Annotated[str, msgspec.Meta(max_length=254, pattern=wire.NO_NUL)] | None = None
    internal: bool = False
    attachment_ids: Annotated[list[wire.Id], msgspec.Meta(max_length=MAX_ATTACHED)] = msgspec.field(
        default_factory=list
    )
    show_id: wire.Id | None = None
    product_id: wire.Id | None = None
    party_id: wire.Key | None = None
    call_id: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None


class Type(wire.ClientMessage, tag="support-typing"):
    """Somebody is writing, or has stopped. Clients say it again every ten seconds."""

    limit: ClassVar[str] = "typing"
    conversation_id: wire.Id
    typing: bool = True


class Mark(wire.ClientMessage, tag="support-mark"):
    """Says up to which message, by its id, everything has been delivered to this client, or read by its user."""

    limit: ClassVar[str] = "typing"
    conversation_id: wire.Id
    delivered: wire.Id | None = None
    read: wire.Id | None = None


class Desk(wire.ClientMessage, tag="support-desk"):
    """A member of the staff comes to the desk: they hear of every conversation, and get new ones assigned."""

    limit: ClassVar[str] = "join"


class LeaveDesk(wire.ClientMessage, tag="support-desk-leave"):
    """A member of the staff leaves the desk."""


class Marks(msgspec.Struct, rename="camel"):
    """Up to which number in the room's log messages have been delivered and read."""

    customer_delivered: int
    customer_read: int
    staff_read: int

    @classmethod
    def of(cls, conversation: "models.Conversation") -> "Marks":
        return cls(
            customer_delivered=conversation.customer_delivered_seq,
            customer_read=conversation.customer_read_seq,
            staff_read=conversation.staff_read_seq,
        )


class Origin(msgspec.Struct, rename="camel"):
    """What a conversation began from: a line of a show's chat, as long as there is that line."""

    kind: Literal["line"]
    stream: str
    line: str

    @classmethod
    def of(cls, conversation: "models.Conversation") -> "Origin | None":
        if conversation.line_id is None:
            return None
        return cls(kind="line", stream=str(conversation.show_id), line=str(conversation.line_id))


class Summary(msgspec.Struct, rename="camel"):
    """A conversation as staff see it in a list. `replyDueAt` is null once the first reply has come."""

    id: str
    status: Status
    snoozed_until: str | None
    priority: Priority
    assignee_id: int | None
    assignee: str | None
    team: str
    tags: list[str]
    customer_name: str
    session_id: str
    user_id: int | None
    waiting_since: str | None
    last_message_at: str
    excerpt: str
    overdue: bool
    reply_due_at: str | None
    resolution_due_at: str | None
    show_id: str | None
    product_id: str | None
    party_id: str | None
    call_id: int | None
    origin: Origin | None = None

    @classmethod
    def of(cls, conversation: "models.Conversation") -> "Summary":
        show, product = conversation.show_id, conversation.product_id
        return cls(
            id=str(conversation.pk),
            status=status_of(conversation),
            snoozed_until=_iso(conversation.snoozed_until),
            priority=cast("Priority", str(conversation.priority)),
            assignee_id=conversation.assignee_id,
            assignee=conversation.assignee.username if conversation.assignee else None,
            team=conversation.team,
            tags=conversation.tags,
            customer_name=conversation.customer_name,
            session_id=conversation.session,
            user_id=conversation.user_id,
            waiting_since=_iso(conversation.waiting_since),
            last_message_at=wire.iso(conversation.last_message_at),
            excerpt=conversation.excerpt,
            overdue=conversation.is_overdue,
            reply_due_at=_iso(conversation.awaited_reply_at),
            resolution_due_at=_iso(conversation.resolution_due_at),
            show_id=_text(show),
            product_id=_text(product),
            party_id=conversation.party_id,
            call_id=conversation.call_id,
            origin=Origin.of(conversation),
        )


class Thread(msgspec.Struct, rename="camel"):
    """A conversation as whoever takes part in it sees it; `summary` is for staff alone."""

    id: str
    status: Status
    assignee: str | None
    may_rate: bool
    marks: Marks
    messages: list[Line]
    summary: Summary | None = None


class Opened(wire.ServerMessage, tag="support-opened"):
    """The conversation that was entered, with its newest messages; null where a customer has none yet.

    `staffed` says whether it is within the staff's working hours, and `backAt` when they begin again if not.
    """

    thread: Thread | None
    staffed: bool
    back_at: str | None


class Wrote(wire.ServerMessage, tag="support-message"):
    """Something was said in a conversation."""

    message: Line


class StatusChanged(wire.ServerMessage, tag="support-status"):
    """A conversation was resolved or goes on, or another member of the staff takes care of it."""

    conversation_id: str
    status: Status
    assignee: str | None


class Typing(wire.ServerMessage, tag="support-typing"):
    """Somebody is writing, or has stopped. It is over by itself after twelve seconds."""

    conversation_id: str
    by: Literal["customer", "agent"]
    name: str
    typing: bool


class Marked(wire.ServerMessage, tag="support-marks"):
    """More of a conversation has been delivered or read."""

    conversation_id: str
    marks: Marks


class Changed(wire.ServerMessage, tag="support-changed"):
    """A conversation has changed. Only staff are told."""

    conversation: Summary


class Inbox(wire.ServerMessage, tag="support-inbox"):
    """The conversations that need somebody, those that wait longest first."""

    conversations: list[Summary]


def status_of(conversation: "models.Conversation") -> Status:
    return cast("Status", str(conversation.status))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else wire.iso(moment)


def _text(id: UUID | None) -> str | None:
    return None if id is None else str(id)
