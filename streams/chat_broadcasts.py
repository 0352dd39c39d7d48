"""Who is told what is said in a show, what is taken back, and what those who keep order decide.

It stands beside `broadcasts.py`, and its functions are called in the same way.
"""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from django.utils.crypto import salted_hmac

from accounts import identity as identities
from realtime import event_log, wire
from streams.broadcasts import LOBBY, room_key, tell
from streams.events import chat, moderation
from streams.wire import moderation as moderation_wire

if TYPE_CHECKING:
    from streams.models import ChatMessage, HeldMessage, Stream

MAX_ERASED = 1000  # chat messages that one event takes back
MAX_REMOVED = 200  # the same, of one that says each of them to old clients
MAX_QUESTIONS = 50  # that are told, those with most votes
PSEUDONYM = 16  # hexadecimal digits


@functools.lru_cache(maxsize=10_000)
def pseudonym(author: str) -> str:
    """What stands for an Identity's key where others read it: the same person has the same one, whatever their name."""
    return salted_hmac("streams.author", author, algorithm="sha256").hexdigest()[:PSEUDONYM]


def chat_posted(
    message: "ChatMessage",
    role: str | msgspec.UnsetType = msgspec.UNSET,
    only_to: str = "",
    answers: UUID | None = None,
) -> tuple[Any, Any]:
    """Tells a new message; returns its numbers in the log of the show and in that of the lobby, or 0 for none.

    A number is an SQL expression that a row may hold until the transaction stores both, and an int from then on.
    `role` is that of an author with power. `only_to` is the address of an author whom nobody else is to see,
    `answers` the message that this one answers.
    """
    event = chat.Chatted(
        id=str(message.pk),
        stream_id=str(message.stream_id),
        text=message.text,
        name=message.name,
        user_id=message.user_id,
        at=wire.iso(message.created_at),
        by_staff=message.by_staff,
        extra=message.extra,
        role=role,
        badge=message.badge,
        author=pseudonym(message.author),
        answers=msgspec.UNSET if answers is None else str(answers),
    )
    stream = message.stream
    seq = event_log.tell(stream.room_key, event, author=message.author, op=message.op, to=only_to).seq
    if not stream.is_current:
        return seq, 0
    # The lobby's log keeps no `op`: a client may count its ops from 1 again in the next show that is featured there.
    return seq, event_log.tell(LOBBY, event, author=message.author, to=only_to).seq


def chat_removed(stream: "Stream", messages: "Sequence[ChatMessage]") -> None:
    """Takes messages of one show back, and what pointed to them.

    Only old clients in the lobby know a message by an id that its client gave it.
    """
    for begin in range(0, len(messages), MAX_REMOVED):
        some = messages[begin : begin + MAX_REMOVED]
        for key, name in ((stream.room_key, "seq"), (LOBBY, "lobby_seq")):
            told = [each for each in some if getattr(each, name)]
            if told:
                event_log.tell(key, _removed(stream, told, [getattr(each, name) for each in told]))
    gone = {each.pk for each in messages}
    if stream.pinned_message_id in gone:
        stream.pinned_message = None
        stream.save(update_fields=["pinned_message", "updated_at"])
        message_pinned(stream)
    if stream.questions.filter(message__in=gone).exists():
        questions_changed(stream)


def _removed(stream: "Stream", told: "list[ChatMessage]", seqs: list[int]) -> chat.ChatDeleted | chat.ChatRemoved:
    ids = [str(each.pk) for each in told]
    shown_as = [each.extra.get("id", str(each.pk)) for each in told]
    if len(told) == 1:
        return chat.ChatDeleted(id=ids[0], stream_id=str(stream.pk), seq=seqs[0], shown_as=shown_as[0])
    return chat.ChatRemoved(stream_id=str(stream.pk), ids=ids, seqs=seqs, shown_as=shown_as)


def chat_restored(stream: "Stream") -> None:
    """Some messages that were removed are shown again, each in its old place: pages read the chat anew."""
    tell(stream, chat.ChatRestored(stream_id=str(stream.pk)))


def chat_erased(stream: "Stream", lobby_seqs: list[int]) -> None:
    """Takes back what the lobby was told of a show's chat. The verb redacts the whole log of the show's own room."""
    for begin in range(0, len(lobby_seqs), MAX_ERASED):
        seqs = lobby_seqs[begin : begin + MAX_ERASED]
        event_log.tell(LOBBY, chat.ChatErased(seqs=seqs, shown=stream.featured))


# --- those who keep order, and what they decide


def message_pinned(stream: "Stream") -> None:
    """Tells which message is pinned, by its id alone: what it says can be taken back."""
    pinned = None if stream.pinned_message_id is None else str(stream.pinned_message_id)
    event_log.tell(stream.room_key, chat.MessagePinned(stream_id=str(stream.pk), message_id=pinned))


def held_settled(held: "HeldMessage", allowed: bool) -> None:
    """Tells the author of a line that waited what has become of it."""
    event = chat.HeldSettled(stream_id=str(held.stream_id), held_id=str(held.pk), allowed=allowed)
    event_log.tell(room_key(held.stream_id), event, to=held.to)


def moderator_changed(stream: "Stream", user_id: int, moderates: bool) -> None:
    """Tells somebody that they keep order from now on, or no longer; who does not leaves the room of those who do."""
    address = identities.user_key(user_id)
    event = moderation.ModeratorChanged(stream_id=str(stream.pk), moderates=moderates)
    event_log.tell(stream.room_key, event, to=address)
    if not moderates:
        event_log.tell(moderation_room(stream.pk), moderation.ModeratorLeft(stream_id=str(stream.pk)), to=address)


def moderation_room(stream_id: object) -> str:
    """The key of the room of those who keep order in a show."""
    return f"moderation:{stream_id}"


def moderation_changed(stream: "Stream") -> None:
    """Tells those who keep order that something was done, or waits for them; what it is they read over REST."""

    def read() -> moderation.QueueCounted:
        held, reports = stream.held_messages.waiting().count(), stream.reports.open().count()
        return moderation.QueueCounted(stream_id=str(stream.pk), held=held, reports=reports)

    event_log.tell_latest(moderation_room(stream.pk), "queue", read)


def questions_changed(stream: "Stream") -> None:
    """Tells the questions as they stand, as they are read."""

    def read() -> moderation.QuestionsChanged:
        shown = stream.questions.shown()[:MAX_QUESTIONS]
        return moderation.QuestionsChanged(
            stream_id=str(stream.pk), questions=[moderation_wire.Question.of(question) for question in shown]
        )

    event_log.tell_latest(stream.room_key, "questions", read)
