"""Values that have broken servers before, and what can be done to a message that is right."""

import json
import random
import re
from typing import Any

# As JSON text, for Python's encoder cannot write most of them.
VALUES = [
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1",
    "1.5",
    "1e400",
    "-1e400",
    "1e-400",
    "NaN",
    "Infinity",
    "-0",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "9" * 400,
    "9" * 5000,
    "1" + "0" * 30 + ".5",
    '""',
    '" "',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\ud83d"',
    '"\\u202e\\u2066"',
    '"\\ufeff"',
    '"\\uffff"',
    '"' + "-" * 60_000 + '"',
    '"' + "a" * 70_000 + '"',
    '"' + "\\u0130" * 500 + '"',
    '"' + "e\\u0301" * 300 + '"',
    '"\\u0000own"',
    '"javascript:alert(1)"',
    '"<script>alert(1)</script>"',
    '"\' OR 1=1 --"',
    '"%s%n%x{0}{}"',
    '"../../../etc/passwd"',
    '"__proto__"',
    '"constructor"',
    '"0000-00-00T00:00:00Z"',
    '"9999-12-31T23:59:59.999999+14:00"',
    '"00000000-0000-0000-0000-000000000000"',
    '"urn:uuid:00000000-0000-0000-0000-000000000000"',
    '"{00000000000000000000000000000000}"',
    '"show:00000000-0000-0000-0000-000000000000"',
    '"show:"',
    '"show:not-an-id"',
    '"shopping:\\u0000"',
    '"control:all"',
    '"lobby:main"',
    '"١٢٣"',  # digits that are not ASCII's
    '"1e400"',
    "[]",
    "{}",
    "[[]]",
    "[null]",
    '{"":""}',
    '{"type":"ping"}',
    '{"toString":1,"__class__":{"__init__":null}}',
    '{"_placeholder":true,"num":0}',
    '{"_placeholder":true,"num":-1}',
    '{"_placeholder":true,"num":1e400}',
    '{"_placeholder":true,"num":"0"}',
    '{"_placeholder":[{"_placeholder":true,"num":0}],"num":0}',
    "[" * 200 + "]" * 200,
    "[" * 5000 + "]" * 5000,
    '{"a":' * 3000 + "1" + "}" * 3000,
    "[" + ",".join(["0"] * 10_000) + "]",
    "{" + ",".join(f'"k{n}":{n}' for n in range(5000)) + "}",
]
PLACE = "\x01"  # where a value of the list or a second key is put in: no schema makes this character


def spoiled(message: Any, chance: random.Random) -> str:
    """A message, as JSON, with up to three things wrong in its structure."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        message = _changed(message, chance)
    return written(message)


def written(message: Any) -> str:
    text = re.sub(r'"\\u0001(\d+)"', lambda found: VALUES[int(found[1])], json.dumps(message))
    return text.replace('\\u0001"', '"')


def _changed(value: Any, chance: random.Random) -> Any:
    """`value` with one change, somewhere inside of it."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key = chance.choice(list(value))
        match chance.randrange(10):
            case 0:
                return {name: value[name] for name in value if name != key}
            case 1:  # the same key twice: which one counts?
                return {**value, key + PLACE: _nasty(chance)}
            case 2:
                return {**value, chance.choice(["type", "op", "payload", "data", "kind", "__proto__"]): _nasty(chance)}
            case _:
                return {**value, key: _changed(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        at = chance.randrange(len(value))
        changed = [] if chance.random() < 0.2 else [_changed(value[at], chance)]
        return value[:at] + changed + value[at + 1 :]
    if chance.random() < 0.1:
        return [value] if chance.random() < 0.5 else {"data": value}
    return _nasty(chance)


def _nasty(chance: random.Random) -> str:
    return f"{PLACE}{chance.randrange(len(VALUES))}"


def scrambled(text: bytes, chance: random.Random, most: int = 4) -> bytes:
    """Text with some bytes flipped, lost, doubled, moved or put in."""
    changed = bytearray(text)
    for _ in range(chance.randint(1, most)):
        at = chance.randrange(len(changed) + 1)
        end = min(len(changed), at + chance.choice((1, 1, 2, 8, 64)))
        match chance.randrange(6):
            case 0 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                del changed[at:end]
            case 2:
                changed[at:at] = changed[at:end] * chance.choice((1, 2, 50))
            case 3:
                changed[at:at] = chance.choice(
                    [b"\0", b"\r\n", b"\n", b'"', b"{", b"[", b"\\", b"\xff", b"\xc0\x80", b"\x1e"]
                )
            case 4:
                del changed[at:]
            case _:
                changed[at:at] = VALUES[chance.randrange(len(VALUES))].encode()
    return bytes(changed)
