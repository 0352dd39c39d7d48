"""Frames that hold bytes, and messages of any name."""

from collections.abc import Sequence
from typing import Any

import msgspec

from realtime import wire
from realtime.protocol import framing

NO_BYTES = "This message takes no bytes"

PREFIX = 4  # A binary frame begins with so many bytes, which say how long its header is.


def split(frame: bytes) -> tuple[str, bytes] | None:
    """The header of a binary frame, which is a flat frame of text, and the bytes behind it; None for any other."""
    end = PREFIX + int.from_bytes(frame[:PREFIX], "big")
    if not PREFIX < end <= len(frame):
        return None
    try:
        return frame[PREFIX:end].decode(), frame[end:]
    except UnicodeDecodeError:
        return None


def read_binary(
    header: str, heading: framing.Heading, message_type: type[wire.ClientMessage], data: bytes
) -> wire.ClientMessage:
    """Reads a binary frame that `split` has taken apart; only the flat framing has such."""
    if message_type.binary is None:
        raise msgspec.ValidationError(NO_BYTES)
    message = framing.FLAT.unpack(header, heading, message_type)
    setattr(message, message_type.binary, data)
    return message


def read_any(text: str, heading: framing.Heading, message_type: type[wire.ClientMessage]) -> wire.ClientMessage:
    """Reads a flat frame whose name no protocol declares: `data` alone, or all of its fields, are its payload."""
    payload = msgspec.json.decode(text)
    payload = {key: value for key, value in payload.items() if key not in ("type", "op")}
    arguments = [payload["data"] if payload.keys() == {"data"} else payload] if payload else []
    return read_any_event(heading.type, arguments, message_type, heading.op)


def read_any_event(
    name: str, arguments: Sequence[Any], message_type: type[wire.ClientMessage], op: Any = None
) -> wire.ClientMessage:
    return framing.read_event({"name": name, "op": op}, message_type, arguments=arguments)
