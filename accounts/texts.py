"""What a shown name and a shown line may be: every text that one person writes and another reads passes here.

What a reader cannot see is taken out, and what would change how other text is read is refused.
"""

import itertools
import re
import unicodedata

import regex
from django.core.exceptions import ValidationError

MAX_NAME = 64  # characters as people count them
MAX_STORED = 150  # code points of a name
MAX_BREAKS = 10  # line breaks of one line of a chat; the others become blanks
MAX_MARKS = 4  # on one character: no alphabet needs more, and a pile of them covers its neighbours

CONTROL = "A name or message may not contain control characters"
TURNS = "A name or message may not change the direction of the text around it"
NO_CHARACTER = "The text contains a character that is not one, such as NUL or half an emoji"

JOINERS = "\u200c\u200d"
EMBEDDINGS, POP_EMBEDDING = "\u202a\u202b", "\u202c"
ISOLATES, POP_ISOLATE = "\u2066\u2067\u2068", "\u2069"
OVERRIDES = "\u202d\u202e"
MARKS = "\u200e\u200f\u061c"  # they turn nothing but themselves, and right-to-left keyboards write them
# Letters and marks that show nothing, beside what Unicode calls format characters.
FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0"
VARIATIONS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")  # of a region, such as Scotland's


# Characters that Python calls printable, and that have to be looked at all the same.
_marks = frozenset(
    character
    for character in map(chr, itertools.chain(range(0x300, 0x20000), range(0xE0100, 0xE01F0)))
    if unicodedata.category(character) in ("Mn", "Me") or character in FILLERS
)


def _is_plain(text: str) -> bool:
    """Whether every character of a text shows and turns nothing, as nearly always, so that none has to be looked at."""
    if text.isascii():
        return text.isprintable()
    return text.isprintable() and _marks.isdisjoint(text) and unicodedata.is_normalized("NFC", text)


def line(text: str, most: int, breaks: int | None = MAX_BREAKS, may_be_empty: bool = False) -> str:
    """A message as it is shown; raises ValidationError for one that may not be.

    It has at most `most` characters and, where `breaks` is given, so many line breaks.
    """
    text = text.strip()
    if not _is_plain(text):
        text = _cleaned(text.replace("\r\n", "\n"), kept="\n\t").strip()
        if breaks is not None:
            text = _with_breaks(text, breaks)
        if not _shows(text):
            text = ""
    if not text and not may_be_empty:
        raise ValidationError("Message is required")
    if len(text) > most:
        raise ValidationError(f"Message must be at most {most} characters")
    return text


def name(text: str, most: int = MAX_NAME) -> str:
    """A name as it is shown, empty where nothing of it would be; raises ValidationError for one that may not be."""
    text = " ".join(text.split())
    if not _is_plain(text):
        text = " ".join(_cleaned(text).split())
        if any(character in EMBEDDINGS + ISOLATES for character in text):
            raise ValidationError(TURNS)
    if len(text) > MAX_STORED or len(_characters(text)) > most:
        raise ValidationError(f"A name has at most {most} characters")
    return text if _shows(text) else ""


def cut(text: str, most: int = MAX_NAME) -> str:
    """The beginning of a name that is too long to be shown."""
    text = " ".join(text.split())
    return text if len(text) <= most else "".join(_characters(text[:MAX_STORED])[:most]).rstrip()


def _cleaned(text: str, kept: str = "") -> str:
    """NFC without what nobody sees; `kept` are the control characters that stay."""
    text = unicodedata.normalize("NFC", text)
    flags = {at for flag in FLAG.finditer(text) for at in range(*flag.span())}
    shown: list[str] = []
    marks = 0
    for at, character in enumerate(text):
        kind = unicodedata.category(character)
        if kind in ("Cs", "Cn") and _is_no_character(character):
            raise ValidationError(NO_CHARACTER)
        if kind in ("Cc", "Zl", "Zp") and character not in kept:
            raise ValidationError(CONTROL)
        if character in OVERRIDES:
            raise ValidationError(TURNS)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if kind == "Cf" and at not in flags and not _is_kept_format(text, at):
            continue
        if character in FILLERS or marks > MAX_MARKS:
            continue
        shown.append(character)
    cleaned = "".join(shown)
    _check_balance(cleaned)
    return cleaned


def _is_no_character(character: str) -> bool:
    """Half a surrogate pair, or one of the code points that will never be a character."""
    code = ord(character)
    return 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _is_kept_format(text: str, at: int) -> bool:
    """Whether a format character does something where it stands: joins its neighbours, or says how text runs."""
    character = text[at]
    if character in JOINERS:
        return 0 < at < len(text) - 1 and _joins(text[at - 1]) and _joins(text[at + 1])
    return character in MARKS + EMBEDDINGS + POP_EMBEDDING + ISOLATES + POP_ISOLATE


def _joins(character: str) -> bool:
    """Whether joiners change how a character looks: that of an emoji or of an alphabet whose letters connect."""
    return unicodedata.category(character) in ("Lo", "Mn", "Mc", "So", "Sk") or VARIATIONS.match(character) is not None


def _check_balance(text: str) -> None:
    """Raises ValidationError for what begins to run another way and does not end it, or ends what it did not begin."""
    opened: list[str] = []
    for character in text:
        if character in EMBEDDINGS:
            opened.append(POP_EMBEDDING)
        elif character in ISOLATES:
            opened.append(POP_ISOLATE)
        elif character in (POP_EMBEDDING, POP_ISOLATE) and (not opened or opened.pop() != character):
            raise ValidationError(TURNS)
    if opened:
        raise ValidationError(TURNS)


def _with_breaks(text: str, most: int) -> str:
    """At most one empty line in a row, and so many breaks: one message does not fill the screen."""
    text = re.sub(r"\n[ \t]*(?:\n[ \t]*)+", "\n\n", text)
    lines = text.split("\n", most)
    return "\n".join([*lines[:most], *(rest.replace("\n", " ") for rest in lines[most:])])


def _shows(text: str) -> bool:
    """Whether anything of it can be seen."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def _characters(text: str) -> list[str]:
    """The characters as people count them, each with its marks."""
    return regex.findall(r"\X", text)
