"""Claiming by a word in the chat: `mine`, `mine 2`, `mine red m`. Whoever wrote it alone hears what comes of it."""

import logging
import re
import time
from typing import NamedTuple
from uuid import UUID

from accounts import identity as identities
from drops import broadcasts
from drops.bounds import MAX_PER_PERSON
from drops.models import Door, Drop
from drops.models.deciding import ask
from drops.models.states import SELLING, UNFINISHED
from realtime import database, errors
from streams import speaking
from streams.models import ChatMessage

logger = logging.getLogger(__name__)

MAX_WORDS = 8  # A longer line is no claim.
BELIEVED = 1.0  # seconds that a process remembers which words a show has
MAX_KNOWN = 1000  # shows of which it does
AMBIGUOUS = "ambiguous"
WORD = re.compile(r"\w+")


class Asked(NamedTuple):
    """What a line claims: so many pieces of this drop, or of one that has to be named."""

    drop_id: UUID | None
    pieces: int
    words: str = ""  # for people, where it has to be said which drop is meant


@database.cached(seconds=BELIEVED)
def keywords_of(stream_id: UUID) -> frozenset[str]:
    """The words by which something can be claimed in a show now or soon; asked of every line that is said."""
    drops = Drop.objects.filter(stream=stream_id, status__in=UNFINISHED).exclude(keyword="")
    return frozenset(keyword.casefold() for keyword in drops.values_list("keyword", flat=True))


def read(stream_id: UUID, text: str) -> Asked | None:
    """What a line claims; None for any other line, such as a sentence that begins with the word."""
    words = WORD.findall(text.casefold())
    if not 1 <= len(words) <= MAX_WORDS or words[0] not in keywords_of(stream_id):
        return None
    drops = Drop.objects.filter(stream=stream_id, status__in=SELLING, keyword__iexact=words[0])
    named = {drop: set(WORD.findall(str(drop).casefold())) for drop in drops.order_by("created_at", "pk")}
    others = words[1:]
    counts = [word for word in others if word.isdecimal() and not any(word in name for name in named.values())]
    pieces = int(counts[0][:4]) if counts else 1
    if pieces > MAX_PER_PERSON or len(counts) > 1:
        return None
    meant = [drop for drop, name in named.items() if {*others} - {*counts} <= name]
    if len(meant) > 1:
        choices = " | ".join(f"{drop.keyword} {drop.form or drop.title}" for drop in meant[:5])
        return Asked(None, pieces, f"Say which one: {choices}")
    return Asked(meant[0].pk, pieces) if meant else None


_known: dict[UUID, tuple[float, frozenset[str]]] = {}  # the words of each show, and until when they are believed


async def may_claim(said: ChatMessage) -> bool:
    """Whether a line begins with a word that claims something: of most lines that is known without the database."""
    until, words = _known.get(said.stream_id, (0.0, frozenset[str]()))
    if until < time.monotonic():
        words = await database.in_db(keywords_of, said.stream_id)
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        _known[said.stream_id] = time.monotonic() + BELIEVED, words
    return bool(words) and (WORD.findall(said.text.casefold()) or [""])[0] in words


async def hear(said: ChatMessage, identity: identities.Identity) -> None:
    try:
        if not await may_claim(said):
            return
        if (asked := await database.in_db(read, said.stream_id, said.text)) is not None:
            if asked.drop_id is None:
                refuse(said, identity, asked)
                return
            wish = await database.submit(
                ask, said.stream_id, asked.drop_id, identity, asked.pieces, said.pk.hex, door=Door.CHAT
            )
            wish.settled()
    except Exception as error:
        tell(said, identity, error)


def hear_in_thread(said: ChatMessage, identity: identities.Identity) -> None:
    try:
        if (asked := read(said.stream_id, said.text)) is not None:
            if asked.drop_id is None:
                refuse(said, identity, asked)
                return
            wish = database.submit_from_thread(
                ask, said.stream_id, asked.drop_id, identity, asked.pieces, said.pk.hex, door=Door.CHAT
            )
            wish.settled()
    except Exception as error:
        tell(said, identity, error)


def refuse(said: ChatMessage, identity: identities.Identity, asked: Asked) -> None:
    broadcasts.claim_refused(said.stream_id, identity.address, AMBIGUOUS, asked.words)


def tell(said: ChatMessage, identity: identities.Identity, error: Exception) -> None:
    """Tells whoever wrote the line why it has claimed nothing. The line itself was said."""
    refusal = errors.of(error, "a claim in the chat")
    broadcasts.claim_refused(said.stream_id, identity.address, refusal.code, refusal.message)


speaking.listeners.append(speaking.Listener(hear, hear_in_thread))
