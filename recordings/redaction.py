"""What must not be recorded, though a page let it through: secrets in fields, in addresses and in keystrokes.

Capture masks all that people type, so this is the second line, for old clients and for pages that write a secret into
their markup. An event is only taken apart where one of WORDS stands in it.
"""

import re
from collections.abc import Collection
from typing import Any

import msgspec

REDACTED = "[redacted]"
WORDS = tuple(
    b"pass pwd secret token apikey api_key api-key private keydown key= auth credential card cc- cc_ ccn ccc cce cvv "
    b"cvc csc security iban ssn otp one-time one_time jwt session ticket= sid= sig= signature code=".split()
)
HARMLESS = frozenset({"mouse:position", "scroll:position"})  # They are two numbers, and most of what comes.
# Of rrweb's events only those have text that have one of these keys; the others are moves, clicks and scrolling.
TEXTUAL = (b'"attributes"', b'"text"', b'"href"', b'"payload"', b'"rule"', b'"cssText"')
MAX_DEPTH = 200  # of what is taken apart; what is nested deeper is left out

# Names of fields, headers and attributes whose value is a secret.
SECRET = re.compile(
    r"pass(word|wd|code|phrase)|\bpwd\b|secret|token|api[-_]?key|private[-_]?key|authori[sz]ation|credential|"
    r"card[-_ ]?(number|num|no\b)|cc[-_]?(number|num|csc|cvv|cvc|exp)|\bcv[vc]\b|\bcsc\b|security[-_ ]?code|"
    r"\biban\b|\bssn\b|\botp\b|one[-_]time[-_]code|\bjwt\b",
    re.IGNORECASE,
)
# In addresses short names are secrets too.
PARAMETER = re.compile(
    rf"((?:[?&#;]|&amp;)(?:[\w.\[\]-]*(?:{SECRET.pattern})[\w.\[\]-]*|"
    r"auth|code|key|session(?:id)?|sid|sig|signature|ticket|x-amz-signature|x-amz-credential)=)"
    r"[^&#;\s\"'<>\\]+",
    re.IGNORECASE,
)
USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s@\"'<>]+@", re.IGNORECASE)  # name and password before a host
INPUT = re.compile(r"<input\b[^>]*>", re.IGNORECASE)
VALUE = re.compile(r"""(\bvalue\s*=\s*)(\\?"[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)
NAMING = ("type", "name", "id", "autocomplete", "fieldName", "inputType")  # what tells of a field what it is for

# The key codes of keys that write nothing: all others are left out, or whatever is typed could be read.
SILENT_KEYS = {8, 9, 13, 16, 17, 18, 20, 27, *range(33, 41), 45, 46, 91, *range(112, 124)}


class Event(msgspec.Struct):
    """One of a batch, whose data is left as it came unless it is suspicious."""

    event: str
    data: msgspec.Raw
    timestamp: float | int


def events(batch: bytes, kinds: Collection[str] = ()) -> bytes:
    """A batch of events, a JSON array, without secrets; `kinds` are those in it, as far as they are known."""
    if _is_harmless(batch, kinds) or not _is_suspicious(batch):
        return batch
    found = msgspec.json.decode(batch, type=list[Event])
    for event in found:
        if _is_suspicious(bytes(event.data)):
            event.data = _scrubbed(event.data)
    return msgspec.json.encode(found)


def address(url: str) -> str:
    """An address without the secrets in it."""
    return PARAMETER.sub(rf"\1{REDACTED}", USERINFO.sub(r"\1", url))


def _is_harmless(batch: bytes, kinds: Collection[str]) -> bool:
    """Whether nothing in it can be a secret: this spares most batches the look for WORDS, which takes far longer."""
    others = set(kinds) - HARMLESS
    return bool(kinds) and (not others or (others == {"rrweb"} and not any(key in batch for key in TEXTUAL)))


def _is_suspicious(data: bytes) -> bool:
    lowered = data.lower()
    return any(word in lowered for word in WORDS) or (b"@" in data and b"://" in data)


def _scrubbed(data: msgspec.Raw) -> msgspec.Raw:
    try:
        return msgspec.Raw(msgspec.json.encode(scrub(msgspec.json.decode(data))))
    except (RecursionError, msgspec.DecodeError):  # It is nested too deeply, or has a number that is none: 1e999.
        return msgspec.Raw(b"null")


def scrub(value: Any, depth: int = 0) -> Any:
    """A value without secrets; raises RecursionError where it is nested too deeply."""
    if depth > MAX_DEPTH:
        raise RecursionError
    match value:
        case str():
            return _text(value, depth)
        case list():
            return [scrub(each, depth + 1) for each in value]
        case dict():
            return _object(value, depth)
    return value


def _object(value: dict[str, Any], depth: int) -> dict[str, Any]:
    field = any(SECRET.search(str(value.get(name, ""))) for name in NAMING)
    keys = value.get("type") == "keydown"
    scrubbed: dict[str, Any] = {}
    for name, each in value.items():
        secret = SECRET.search(name) or (field and name in ("value", "text"))
        if secret and isinstance(each, str | int | float) and not isinstance(each, bool) and each != "":
            scrubbed[name] = REDACTED
        elif keys and name in ("key", "code", "keyCode", "which", "charCode"):
            scrubbed[name] = each if each in SILENT_KEYS else 0
        else:
            scrubbed[name] = scrub(each, depth + 1)
    return scrubbed


def _text(value: str, depth: int) -> str:
    """Old clients send JSON and whole pages as text."""
    if value[:1] in ("{", "[", '"'):
        try:
            inner = msgspec.json.decode(value)
        except msgspec.DecodeError:
            pass
        else:
            return msgspec.json.encode(scrub(inner, depth + 1)).decode()
    return address(INPUT.sub(_field, value)) if "<" in value else address(value)


def _field(tag: re.Match[str]) -> str:
    return VALUE.sub(rf'\1"{REDACTED}"', tag[0]) if SECRET.search(tag[0]) else tag[0]
