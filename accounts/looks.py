"""How a name looks: names that people would take for each other have the same look."""

import functools
import re
import unicodedata

from confusable_homoglyphs import confusables
from django.conf import settings

from accounts import texts

MAX_LENGTH = 150  # characters of a look that are compared

# A name may not be one of these words, and not have one of the first ones among its words.
OF_POWER = "admin administrator moderator staff support official"
RESERVED = f"{OF_POWER} mod owner host shop store team helpdesk help system server root security vitrine"

# What is still alike when the letters of other alphabets have been read as Latin ones.
ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "@": "a"})
PAIRS = (("rn", "m"), ("vv", "w"))


@functools.lru_cache(maxsize=10_000)
def latin(character: str) -> str:
    """The Latin letters, if there are any, that a character of another alphabet looks like."""
    if character.isascii():
        return character
    found = confusables.is_confusable(character, greedy=True)
    alike = [each["c"] for each in found[0]["homoglyphs"]] if found else []
    return min((each for each in alike if each.isascii() and each.isalpha()), default=character)


def look(name: str) -> str:
    """What two names have in common that look alike: case, accents, blanks and signs make no difference."""
    letters = [
        latin(character)
        for character in unicodedata.normalize("NFKD", name)
        if unicodedata.category(character)[0] in "LNPS" and character not in texts.FILLERS
    ]
    folded = "".join(latin(character) for character in "".join(letters).casefold()).translate(ALIKE)
    for pair, single in PAIRS:
        folded = folded.replace(pair, single)
    return "".join(filter(str.isalnum, folded))[:MAX_LENGTH]


@functools.lru_cache(maxsize=8)
def _looks(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(look, words))


def is_reserved(name: str) -> bool:
    """Whether a name looks like a word by which the shop, or those who keep order in it, are known."""
    whole = _looks((*RESERVED.split(), *settings.RESERVED_NAMES))
    if look(name) in whole or look(name.strip("0123456789 _-.")) in whole:
        return True
    words = {look(word) for word in re.split(r"[\W\d_]+", name)}
    return not words.isdisjoint(_looks(tuple(OF_POWER.split())))
