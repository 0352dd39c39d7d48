"""What the logs store of conversations, with Wrencos' words and our own for each event."""

from typing import Literal

from realtime import events
from support.wire import conversations, lines, offers, wrencos


class Written(events.Event, tag="support-written"):
    """Something was said in a conversation; a note is told to staff alone."""

    line: lines.Line

    def support(self) -> conversations.Wrote:
        return conversations.Wrote(message=self.line)


class StatusChanged(events.Event, tag="support-status"):
    conversation_id: str
    status: conversations.Status
    assignee: str | None

    def support(self) -> conversations.StatusChanged:
        return conversations.StatusChanged(
            conversation_id=self.conversation_id, status=self.status, assignee=self.assignee
        )


class Typed(events.Transient, tag="support-typing"):
    conversation_id: str
    by: Literal["customer", "agent"]
    name: str
    typing: bool

    def support(self) -> conversations.Typing:
        return conversations.Typing(
            conversation_id=self.conversation_id, by=self.by, name=self.name, typing=self.typing
        )


class Marked(events.Transient, tag="support-marked"):
    """Whoever comes back reads the marks beside the messages, so they need not be told again."""

    conversation_id: str
    marks: conversations.Marks

    def support(self) -> conversations.Marked:
        return conversations.Marked(conversation_id=self.conversation_id, marks=self.marks)


class Lookers(events.Latest, tag="support-lookers"):
    """Which agents have a conversation open."""

    conversation_id: str
    agents: list[offers.Looker]

    def support(self) -> offers.Lookers:
        return offers.Lookers(conversation_id=self.conversation_id, agents=self.agents)


class Begun(events.Event, tag="support-begun"):
    """A line of a show's chat has become a conversation; its author hears of it in the show."""

    conversation_id: str
    stream_id: str
    line_id: str

    def bazaar(self) -> offers.Begun:
        return offers.Begun(conversation_id=self.conversation_id, session_id=self.stream_id, message_id=self.line_id)


class CustomerWrote(events.Event, tag="support-customer-wrote"):
    """The inbox hears what a customer has written."""

    text: str
    at: str
    summary: conversations.Summary

    def wrencos(self) -> wrencos.CustomerWrote:
        return wrencos.CustomerWrote(
            session_id=self.summary.session_id,
            message=self.text,
            customer_name=self.summary.customer_name,
            timestamp=self.at,
        )

    def support(self) -> conversations.Changed:
        return conversations.Changed(conversation=self.summary)


class Changed(events.Event, tag="support-changed"):
    """The inbox hears how a conversation stands now."""

    summary: conversations.Summary

    def support(self) -> conversations.Changed:
        return conversations.Changed(conversation=self.summary)


class StaffReplied(events.Event, tag="support-staff-replied"):
    """A reply as the lobby carries it, to the session of one customer."""

    text: str
    at: str

    def wrencos(self) -> wrencos.StaffReply:
        return wrencos.StaffReply(message=self.text, timestamp=self.at)
