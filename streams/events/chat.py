"""What is said in a show, what is taken back, and who may say something.

A stored tag keeps its spelling when its class is renamed; see `realtime.events`.
"""

from typing import Any

import msgspec

from realtime import events
from streams.wire import bazaar, wrencos


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
