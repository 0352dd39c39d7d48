"""What is compared when texts are searched: small letters without accents, and what a query asks for."""

import re
import unicodedata
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.backends.base.base import BaseDatabaseWrapper

MAX_QUERY = 200  # characters
MAX_WORDS = 10  # of a query; the others are not looked at
MIN_PREFIX = 2  # letters of a word that is still being typed

# The function search_plain() of PostgreSQL (`search.index`) is made of the same four constants.
MARKS = r"[\u0300-\u036f]"
BETWEEN = r"[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u2000-\u206f\u3000-\u303f]+"
LETTERS = ("øłđħıðŧŋς", "oldhidtnσ")  # noqa: RUF001 - it is a sigma
DIGRAPHS = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}

_MARKS, _BETWEEN, _LETTERS = re.compile(MARKS), re.compile(BETWEEN), str.maketrans(*LETTERS) | str.maketrans(DIGRAPHS)
_PART = re.compile(r'(-?)"([^"]*)"|(\S+)')


def plain(text: str | None) -> str:
    """A text as it is compared: in small letters, without accents, with one space where other signs were."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text or "")).lower()
    return _BETWEEN.sub(" ", bare.translate(_LETTERS).replace("\0", " ")).strip()


class Query(NamedTuple):
    """What is sought. Rows have all `words` and `phrases`, and none of `without`; the last word may be unfinished."""

    words: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...] = ()
    without: tuple[tuple[str, ...], ...] = ()
    unfinished: bool = False

    def __bool__(self) -> bool:
        """Whether anything is sought; what is only excluded finds nothing."""
        return bool(self.words or self.phrases)


def parse(text: str) -> Query:
    """Reads words, `"some words in this order"` and `-excluded` ones. Every text is a query, if not of anything.

    Raises ValidationError for one that is too long.
    """
    if len(text) > MAX_QUERY:
        raise ValidationError(f"A search query has at most {MAX_QUERY} characters")
    sought: list[str] = []
    phrases: list[tuple[str, ...]] = []
    without: list[tuple[str, ...]] = []
    room = MAX_WORDS
    for minus, quoted, word in _PART.findall(text):
        is_excluded = bool(minus) or (word.startswith("-") and len(word) > 1)
        found = tuple(plain(quoted or word).split())[:room]
        room -= len(found)
        if not found:
            continue
        if is_excluded:
            without.append(found)
        elif quoted and len(found) > 1:
            phrases.append(found)
        else:
            sought.extend(found)
    unfinished = bool(sought) and plain(text[-1:]) != "" and len(sought[-1]) >= MIN_PREFIX
    return Query(tuple(sought), tuple(phrases), tuple(without), unfinished)


def teach_sqlite(sender: Any, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Gives SQLite the function that PostgreSQL gets by the migration."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("search_plain", 1, plain, deterministic=True)
