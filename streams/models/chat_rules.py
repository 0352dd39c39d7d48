"""What the chat of one show is checked against beside the show's own row: its blocked words and its moderators.

Each process remembers them. A show's row has a mark (`Stream.rules`) that is another one after each change, and empty
where there are none, so whoever has the row knows whether what is remembered is the newest: see decision 0010.
"""

import secrets
import uuid
from typing import NamedTuple

from realtime import database
from streams.models.blocked_word import BlockedWord
from streams.models.moderator import Moderator
from streams.words import NOTHING, Words

REMEMBERED = 600.0  # seconds
MAX_REMEMBERED = 500  # shows of a process


class Rules(NamedTuple):
    words: Words
    moderators: frozenset[int]


NONE = Rules(NOTHING, frozenset())


@database.cached(seconds=REMEMBERED, max_entries=MAX_REMEMBERED)
def _read(stream_id: uuid.UUID, mark: str) -> Rules:
    words = BlockedWord.objects.filter(stream=stream_id).values_list("text", "action")
    moderators = Moderator.objects.filter(stream=stream_id).values_list("user_id", flat=True)
    return Rules(Words(words), frozenset(moderators))


def rules_of(stream_id: uuid.UUID, mark: str) -> Rules:
    """The rules of a show whose row has this mark."""
    return _read(stream_id, mark) if mark else NONE


def new_mark(stream_id: uuid.UUID) -> str:
    """The mark of a show whose words or moderators have just changed."""
    of_show = {"stream": stream_id}
    are_any = BlockedWord.objects.filter(**of_show).exists() or Moderator.objects.filter(**of_show).exists()
    return secrets.token_hex(8) if are_any else ""
