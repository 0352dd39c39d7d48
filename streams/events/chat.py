"""What is said in a show, what is taken back, and who may say something.

A stored tag keeps its spelling when its class is renamed; see `realtime.events`.
"""

from typing import Any

import msgspec

from realtime import events
from streams.wire import bazaar, moderation, wrencos


class SpeechChanged(events.Event, tag="speech-changed"):
    """Somebody may not write in the chat any longer, or may again; it is told to them alone."""

    stream_id: str
    allowed: bool
    until: str | None

    def bazaar(self) -> bazaar.ChatRestricted:
        return bazaar.ChatRestricted(session_id=self.stream_id, allowed=self.allowed, until=self.until)


class Chatted(events.Event, tag="chatted"):
    id: str
    stream_id: str
    text: str
    name: str
    user_id: int | None
    at: str
    by_staff: bool
    extra: dict[str, Any]
    role: str | msgspec.UnsetType = msgspec.UNSET  # of a moderator or one above: nobody else can look like one
    answers: str | msgspec.UnsetType = msgspec.UNSET  # the id of the message that staff answer by this one
    badge: str = ""
    author: str = ""  # a pseudonym, by which a reader hides somebody

    def bazaar(self) -> bazaar.NewMessage:
        return bazaar.NewMessage(
            id=self.id,
            message=self.text,
            user_id=self.user_id,
            user_name=self.name,
            username=self.name,
            session_id=self.stream_id,
            created_at=self.at,
            role=self.role,
            answers=self.answers,
            badge=self.badge or msgspec.UNSET,
            author=self.author or msgspec.UNSET,
        )

    def wrencos(self) -> wrencos.ChatMessage:
        shown = {"id": self.id, "timestamp": self.at} | self.extra
        return wrencos.ChatMessage(
            id=shown.pop("id"),
            timestamp=shown.pop("timestamp"),
            username=self.name,
            message=self.text,
            is_admin=self.by_staff,
            extra=shown,
        )


class ChatDeleted(events.Event, tag="chat-deleted"):
    """One message is taken back."""

    id: str
    stream_id: str
    seq: int
    shown_as: wrencos.Stamp

    def redacts(self) -> list[int]:
        return [self.seq]

    def bazaar(self) -> bazaar.MessageDeleted:
        return bazaar.MessageDeleted(session_id=self.stream_id, message_id=self.id)

    def wrencos(self) -> wrencos.ChatDeleted:
        return wrencos.ChatDeleted(id=self.shown_as)


class ChatRemoved(events.Event, tag="chat-removed"):
    """Several messages are taken back at once."""

    stream_id: str
    ids: list[str]
    seqs: list[int]
    shown_as: list[wrencos.Stamp]

    def redacts(self) -> list[int]:
        return self.seqs

    def bazaar(self) -> list[bazaar.MessageDeleted]:
        return [bazaar.MessageDeleted(session_id=self.stream_id, message_id=each) for each in self.ids]

    def wrencos(self) -> list[wrencos.ChatDeleted]:
        return [wrencos.ChatDeleted(id=each) for each in self.shown_as]


class ChatRestored(events.Event, tag="chat-restored"):
    """Messages that were taken back are shown again."""

    stream_id: str

    def bazaar(self) -> moderation.ChatRestored:
        return moderation.ChatRestored(session_id=self.stream_id)


class MessagePinned(events.Event, tag="message-pinned"):
    """A message is kept in view, or none is any longer."""

    stream_id: str
    message_id: str | None

    def bazaar(self) -> moderation.MessagePinned:
        return moderation.MessagePinned(session_id=self.stream_id, message_id=self.message_id)


class HeldSettled(events.Event, tag="held-settled"):
    """A line that waited has been said now, or will not be; its author alone is told."""

    stream_id: str
    held_id: str
    allowed: bool

    def bazaar(self) -> moderation.MessageReviewed:
        return moderation.MessageReviewed(session_id=self.stream_id, held_id=self.held_id, allowed=self.allowed)


class ChatErased(events.Event, tag="chat-erased"):
    """All that the lobby was told of a show's chat is taken back.

    Clients that still show this chat (`shown`) are sent an empty history.
    """

    seqs: list[int]
    shown: bool

    def redacts(self) -> list[int]:
        return self.seqs

    def wrencos(self) -> wrencos.ChatHistory | None:
        return wrencos.ChatHistory(messages=[]) if self.shown else None
