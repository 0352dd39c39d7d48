"""Saying something in a show, for every protocol: first the operator's own hook is asked, where there is one."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from django.conf import settings

from accounts import identity as identities
from realtime import database
from streams import hook
from streams.chat_broadcasts import pseudonym
from streams.models import ChatMessage, HeldMessage, Stream


class Listener(NamedTuple):
    """What another app does with each line that viewers say: `hear` on the event loop, `hear_in_thread` elsewhere.

    It is called after the line was said, with who said it, and answers nobody; it must not raise.
    """

    hear: Callable[[ChatMessage, identities.Identity], Awaitable[None]]
    hear_in_thread: Callable[[ChatMessage, identities.Identity], None]


listeners: list[Listener] = []


async def heard(said: ChatMessage | HeldMessage, identity: identities.Identity) -> None:
    """Tells the listeners of a line, unless it waits for those who keep order."""
    if isinstance(said, ChatMessage):
        for listener in listeners:
            await listener.hear(said, identity)


def heard_in_thread(said: ChatMessage | HeldMessage, identity: identities.Identity) -> None:
    if isinstance(said, ChatMessage):
        for listener in listeners:
            listener.hear_in_thread(said, identity)


async def say(
    stream_id: uuid.UUID,
    identity: identities.Identity,
    text: str,
    op: str | None = None,
    extra: dict[str, Any] | None = None,
    name: str | None = None,
) -> ChatMessage | HeldMessage:
    """As `ChatMessage.objects.post_or_hold`."""
    cause = await ask(stream_id, identity, text) if settings.CHAT_HOOK else ""
    return await database.submit(ChatMessage.objects.post_or_hold, stream_id, identity, text, op, extra, name, cause)


async def ask(stream_id: uuid.UUID, identity: identities.Identity, text: str) -> str:
    """Why the hook wants a line to wait; what those say who keep order, or may not write, it is not asked about."""
    stream = await database.in_db(Stream.objects.find, stream_id)
    if not await database.in_db(needs_hook, stream, identity):
        return ""
    line = hook.Line(
        session_id=str(stream_id),
        user_id=identity.user_id,
        author=pseudonym(identity.key),
        user_name=identity.name,
        message=text,
    )
    return await hook.judge(line)


def needs_hook(stream: Stream, identity: identities.Identity) -> bool:
    """Raises what `Stream.check_may_chat` raises."""
    stream.check_may_chat(identity)
    return not stream.is_moderated_by(identity)


def answer(said: ChatMessage | HeldMessage, log: str) -> dict[str, Any]:
    """What an ack says of a message: its number in one of the two logs (`seq`, `lobby_seq`), or that it is held."""
    if isinstance(said, HeldMessage):
        return {"held": str(said.pk)}
    return {"id": str(said.pk), "seq": getattr(said, log)}
