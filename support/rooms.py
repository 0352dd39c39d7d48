"""The rooms of conversations, and the inbox in which staff hear of all of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from realtime import rooms, wire
from realtime.models import Presence
from rest.ids import CANONICAL
from support import broadcasts, events
from support.models import Conversation, Registration, Schedule, Sender
from support.rights import AGENTS, Action, Part
from support.wire import conversations, lines, offers

MAX_LINES = 100  # messages of a conversation that a newcomer is shown
MAX_LISTED = 100  # conversations that a newcomer to the inbox is shown
MAIN = broadcasts.INBOX.partition(":")[2]


class ConversationRoom(rooms.Room):
    """The customer of a conversation, and the staff who look at it. Its log is kept as long as the conversation."""

    kind = broadcasts.KIND
    ids = CANONICAL
    dialects = ("support",)
    admin_page = "support_conversation_change"

    def __init__(self, id: object, registration: Registration | None = None) -> None:
        """`registration` is the session that the connection has proved on Wrencos' socket, if any."""
        super().__init__(id)
        self.registration = registration

    @classmethod
    def titles(cls, ids: Any) -> dict[str, str]:
        return {str(found.pk): f"Conversation with {found}" for found in Conversation.objects.filter(pk__in=ids)}

    def admits(self, identity: identities.Identity) -> str:
        sender = Sender(identity, self.registration)
        conversation = self._conversation(sender)
        conversation.check_may(Action.READ, sender)
        return Part.AGENT.value if sender.is_agent else Part.CUSTOMER.value

    def addresses(self, identity: identities.Identity) -> frozenset[str]:
        """Staff have an address together, for their notes."""
        agents = frozenset({broadcasts.AGENTS}) if identity.has_role(*AGENTS) else frozenset()
        return super().addresses(identity) | agents

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        sender = Sender(identity, self.registration)
        return wire.plain(thread_of(self._conversation(sender), sender, upto))

    def entered(self, presences: Sequence[Presence]) -> None:
        self._tell_lookers(presences)

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        self._tell_lookers(presences)

    def _tell_lookers(self, changed: Sequence[Presence]) -> None:
        if any(presence.role == Part.AGENT for presence in changed):
            broadcasts.lookers_changed(self.id, lambda: lookers(self.id))

    def _conversation(self, sender: Sender) -> Conversation:
        return Conversation.objects.find(sender, UUID(self.id))


def lookers(id: str) -> events.Lookers:
    """Which agents have a conversation open, each named once."""
    here = Presence.objects.live().filter(room=broadcasts.room_key(id), role=Part.AGENT)
    keys = sorted(set(here.values_list("identity", flat=True)))
    users = User.objects.filter(pk__in=[identities.user_id_of(key) for key in keys]).order_by("username")
    agents = [offers.Looker(user_id=user.pk, name=user.username) for user in users]
    return events.Lookers(conversation_id=id, agents=agents)


class InboxRoom(rooms.Room):
    """The staff at the desk, who hear of every conversation."""

    kind = "inbox"
    ids = MAIN
    dialects = ("support", "wrencos")
    retention = timedelta(days=7)

    def __init__(self, id: object = MAIN) -> None:
        super().__init__(id)

    def admits(self, identity: identities.Identity) -> str:
        if self.id != MAIN or not identity.has_role(*AGENTS):
            raise Conversation.DoesNotExist("Room not found")
        return Part.AGENT.value

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        return wire.plain(inbox())


def inbox() -> conversations.Inbox:
    """The conversations that need somebody, the most urgent first."""
    urgent = Conversation.objects.unresolved().with_people().most_urgent_first()[:MAX_LISTED]
    return conversations.Inbox(conversations=[conversations.Summary.of(found) for found in urgent])


def opened(sender: Sender, id: str, upto: int) -> conversations.Opened:
    """What is told to whoever has entered a conversation when its log stood at `upto`."""
    return _opened(thread_of(Conversation.objects.find(sender, UUID(id)), sender, upto))


def nothing_opened() -> conversations.Opened:
    """What is told to a customer who has no conversation yet."""
    return _opened(None)


def _opened(thread: conversations.Thread | None) -> conversations.Opened:
    now, hours = timezone.now(), Schedule.objects.hours()
    staffed = hours.is_open(now)
    back_at = None if staffed else hours.opens_after(now)
    return conversations.Opened(thread=thread, staffed=staffed, back_at=None if back_at is None else wire.iso(back_at))


def thread_of(conversation: Conversation, sender: Sender, upto: int) -> conversations.Thread:
    """A conversation with its newest messages, oldest first, as its room had told them when its log stood at `upto`."""
    said = conversation.messages.readable(notes=sender.is_agent).filter(seq__lte=upto)
    newest = said.select_related("offer__match").prefetch_related("attachments").order_by("-seq")[:MAX_LINES]
    is_resolved = conversation.status == Conversation.Status.RESOLVED
    return conversations.Thread(
        id=str(conversation.pk),
        status=conversations.status_of(conversation),
        assignee=conversation.assignee.username if conversation.assignee else None,
        may_rate=is_resolved and Part.CUSTOMER in conversation.parts_of(sender) and not hasattr(conversation, "rating"),
        marks=conversations.Marks.of(conversation),
        messages=[lines.Line.of(message, sender.is_agent) for message in reversed(newest)],
        summary=conversations.Summary.of(conversation) if sender.is_agent else None,
    )
