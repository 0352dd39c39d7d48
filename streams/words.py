"""Finds blocked words and phrases, in the spellings that get around a plain comparison, and links.

A text is folded: no accents, no case, digits and signs that stand for letters as those letters. A word is found where
it is spaced out (`s p a m`, `s.p.a.m`), stretched (`spaaaam`) or written with look-alikes (`5p@m`), and not inside of
another word. One that ends with `*` is found at the beginning of longer words too.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from accounts import looks

STRETCHED = 3  # A letter that is repeated so often stands for any smaller number of it.
SPACED_OUT = 3  # So many letters that stand alone are read as one word.
ONE = str.maketrans("1|", "ii"), str.maketrans("1|", "ll")  # The digit is read in both ways.
LEET = str.maketrans("034578@$€", "oeastbase")
# Writing without spaces between words: there a phrase may stand anywhere.
UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
LINK = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,15}://\S|\bwww\.\w|\b(?:[\w-]+\.)+(?:[a-z]{2,24}/\S|(?:com|net|org|info|biz|io|co|me|tv|gg|ly"
    r"|shop|store|xyz|top|site|online|live|club|app|dev|link|click|de|fr|uk|es|it|nl|pl|ru|cn|in|br|eu|us|ch|at)\b)",
    re.IGNORECASE,
)


class Token(NamedTuple):
    """A folded word: its letters without repetitions, and how often each stands there."""

    letters: str
    counts: tuple[int, ...]

    def matches(self, said: "Token", is_prefix: bool = False) -> bool:
        if not (said.letters.startswith(self.letters) if is_prefix else said.letters == self.letters):
            return False
        pairs = zip(self.counts, said.counts, strict=False)
        return all(count == own or (count > own and count >= STRETCHED) for own, count in pairs)


def token(word: str) -> Token:
    runs = [(letter, sum(1 for _ in run)) for letter, run in itertools.groupby(word)]
    return Token("".join(letter for letter, _ in runs), tuple(count for _, count in runs))


def fold(text: str) -> str:
    """Without case, accents and invisible characters; look-alikes of other alphabets as the letters they look like."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    seen = (each for each in decomposed if unicodedata.category(each) not in ("Mn", "Cf", "Me"))
    return "".join(map(looks.latin, seen)).casefold()


def _readings(text: str) -> Iterator[str]:
    """A folded text with its digits and signs as letters, in each way in which they may be meant."""
    leet = text.translate(LEET)
    for table in ONE if any(each in leet for each in "1|") else ONE[:1]:
        yield leet.translate(table)


def _parts(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def _chunks(text: str) -> list[str]:
    """What stands between spaces, without the signs in it."""
    return [joined for chunk in text.split() if (joined := "".join(_parts(chunk)))]


def _merged(parts: list[str]) -> list[str]:
    """With letters that stand alone put together."""
    return [
        word for alone, run in itertools.groupby(parts, key=_is_alone) for word in (["".join(run)] if alone else run)
    ]


def _is_alone(part: str) -> bool:
    return len(part) == 1


class Phrase(NamedTuple):
    """A blocked word or phrase, and what becomes of a line with it."""

    tokens: tuple[Token, ...]
    plain: str  # of a phrase that may stand anywhere, such as an emoji, which has no words
    is_prefix: bool
    action: str

    @classmethod
    def read(cls, text: str, action: str) -> "Phrase":
        folded = fold(text.strip())
        names = (unicodedata.name(each, "") for each in folded)
        parts = _parts(next(_readings(folded)))
        if not parts or any(name.startswith(UNSPACED) for name in names):
            return cls((), "".join(folded.split()).strip("*"), False, action)
        return cls(tuple(map(token, parts)), "", folded.endswith("*"), action)

    def stands_at(self, said: list[Token], at: int) -> bool:
        if len(said) - at < len(self.tokens):
            return False
        last = len(self.tokens) - 1
        return all(
            own.matches(said[at + index], self.is_prefix and index == last) for index, own in enumerate(self.tokens)
        )


class Words:
    """All that is blocked in one chat."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        """`phrases` are texts, each with what becomes of a line in which it stands."""
        known = [phrase for phrase in (Phrase.read(*each) for each in phrases) if phrase.tokens or phrase.plain]
        self.anywhere = [phrase for phrase in known if phrase.plain]
        self.prefixes = [phrase for phrase in known if phrase.is_prefix and len(phrase.tokens) == 1]
        self.single = [phrase for phrase in known if len(phrase.tokens) == 1]
        self.by_first: dict[str, list[Phrase]] = {}
        for phrase in known:
            if phrase.tokens and phrase not in self.prefixes:
                self.by_first.setdefault(phrase.tokens[0].letters, []).append(phrase)

    def __bool__(self) -> bool:
        return bool(self.anywhere or self.single or self.by_first)

    def find(self, text: str) -> set[str]:
        """What is to become of a line with this text: the actions of all that stands in it."""
        folded = fold(text)
        squeezed = "".join(folded.split())
        actions = {phrase.action for phrase in self.anywhere if phrase.plain in squeezed}
        for reading in _readings(folded):
            parts = _parts(reading)
            for said in (parts, _chunks(reading), _merged(parts)):
                actions |= self._among([token(word) for word in said])
            actions |= self._spaced_out(parts)
        return actions

    def _among(self, said: list[Token]) -> set[str]:
        found = set()
        for at, word in enumerate(said):
            candidates = self.by_first.get(word.letters, ())
            found |= {phrase.action for phrase in candidates if phrase.stands_at(said, at)}
            found |= {phrase.action for phrase in self.prefixes if phrase.stands_at(said, at)}
        return found

    def _spaced_out(self, parts: list[str]) -> set[str]:
        found = set()
        for alone, run in itertools.groupby(parts, key=_is_alone):
            joined = "".join(run)
            if alone and len(joined) >= SPACED_OUT:
                letters = token(joined).letters
                found |= {
                    phrase.action
                    for phrase in self.single
                    if len(phrase.tokens[0].letters) >= SPACED_OUT and phrase.tokens[0].letters in letters
                }
        return found


NOTHING = Words(())


def has_link(text: str) -> bool:
    return LINK.search(unicodedata.normalize("NFKC", text)) is not None
