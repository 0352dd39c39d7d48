"""The three ways in which a message stands in bytes.

A flat frame is `{type, ...}`, a nested one `{type, payload}`, and a Socket.IO event `[name, payload]`.
"""

import functools
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from realtime import wire
from rest import numbers

_LONG_NUMBER = b"0" * 19  # Only a frame with so many digits in a row is looked through for its numbers.
_DIGITS = bytes(ord("0") if chr(byte) in "0123456789" else ord(" ") for byte in range(256))
_SLOT = msgspec.json.encode(wire.PERSONAL_SLOT)  # It stands where each subscriber is written a value of their own.


def _encode(value: msgspec.Struct) -> bytes:
    if isinstance(value, wire.Message) and value.rest:
        fields = msgspec.to_builtins(value)
        return msgspec.json.encode(fields | fields.pop(value.rest))
    return msgspec.json.encode(value)


class Frame:
    """One encoded message. Each form that a transport needs is made once, whatever the number of subscribers."""

    __slots__ = ("_blank", "_framed", "_text", "cached", "payload", "pieces")

    def __init__(self, payload: bytes, personal: bool = False) -> None:
        self.payload = payload
        self.pieces = payload.split(_SLOT) if personal and _SLOT in payload else []  # what stands around the slots
        self._blank: Frame | None = None  # It is for everybody who has no value of their own.
        self._text: str | None = None
        self._framed = b""
        self.cached: Any = None  # A transport may wrap frames in objects of its own.

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = self.payload.decode()
        return self._text

    @property
    def framed(self) -> bytes:
        """The message as a WebSocket text frame."""
        if not self._framed:
            self._framed = framed(self.payload)
        return self._framed

    def filled(self, value: bytes) -> "Frame":
        """The frame for one subscriber: `value` is the JSON that fills its slots, or nothing."""
        if not self.pieces:
            return self
        if value:
            return Frame(value.join(self.pieces))
        self._blank = self._blank or Frame(b"".join(self.pieces))
        return self._blank

    def __len__(self) -> int:
        return len(self.payload)


TEXT = 0x81  # A WebSocket text frame that is a whole message begins with this byte.
BINARY = 0x82  # A binary one begins with this byte.


def framed(payload: bytes, kind: int = TEXT) -> bytes:
    """`payload` as a WebSocket frame of a server: unmasked and unfragmented (RFC 6455, section 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((kind, length)) + payload
    if length < 65536:
        return bytes((kind, 126)) + length.to_bytes(2, "big") + payload
    return bytes((kind, 127)) + length.to_bytes(8, "big") + payload


class FrameBatch(tuple[Frame, ...]):
    """Frames that are written together, to many subscribers: what is the same for all is computed once."""

    _framed: bytes | None = None

    @functools.cached_property
    def personal(self) -> bool:
        """Whether any frame has slots to fill."""
        return any(frame.pieces for frame in self)

    @property
    def framed(self) -> bytes:
        """The frames as they go over a WebSocket, one behind the other."""
        if self._framed is None:  # functools.cached_property would take a lock.
            self._framed = b"".join([frame.framed for frame in self])
        return self._framed

    @functools.cached_property
    def size(self) -> int:
        """The bytes of all payloads."""
        return sum(map(len, self))


def joined(frames: Iterable[Frame]) -> bytes:
    """What FrameBatch.framed is, for any frames."""
    return frames.framed if isinstance(frames, FrameBatch) else b"".join([frame.framed for frame in frames])


class Heading(msgspec.Struct):
    """The keys of a raw frame that say which message class reads the rest of it."""

    type: str
    op: Any = None  # The message class checks that it is a string.
    payload: msgspec.Raw = msgspec.Raw(b"")
    data: msgspec.Raw = msgspec.Raw(b"")


_ODD_TEXT = re.compile(r"\\u[dD][89a-fA-F]|[\x00-\x1f]")

read_heading = msgspec.json.Decoder(Heading).decode


def read_untellable_heading(text: str) -> Heading | None:
    """The heading of a frame that `read_heading` cannot read for half a surrogate pair or a control character in it.

    None for every other frame. Python's own JSON takes both.
    """
    if _ODD_TEXT.search(text) is None:
        return None
    try:
        fields = json.loads(text, strict=False)
        heading = Heading(fields["type"], fields.get("op"))
        wire.check_can_be_told([heading.type, heading.op])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return heading if isinstance(heading.type, str) else None


def size(data: str | bytes) -> int:
    """The number of bytes in which a frame came. A lone surrogate, which no UTF-8 has, counts as three."""
    return len(data) if isinstance(data, bytes) or data.isascii() else len(data.encode(errors="surrogatepass"))


def _has_long_number(text: str | bytes) -> bool:
    """A regular expression would take ten times as long, which is half of what a large frame costs."""
    data = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
    return _LONG_NUMBER in data.translate(_DIGITS)


def check_numbers(payload: Any) -> None:
    """Raises msgspec.ValidationError for a number that cannot be stored or told: see `numbers`."""
    pending = [payload]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
        elif numbers.is_out_of_range(value):
            raise msgspec.ValidationError(numbers.OUT_OF_RANGE)


def _body(message: wire.Message) -> bytes:
    """The message's fields as a JSON object, without the `type` that msgspec puts first."""
    if message.whole:
        return msgspec.json.encode(getattr(message, message.whole))
    encoded = _encode(message)
    start = len(message.wire_name()) + len('{"type":""')
    return b"{" + encoded[start:].removeprefix(b",")


def _append(encoded: bytes, position: wire.Position) -> bytes:
    """Appends the keys of `position` to `encoded`, a JSON object with at least one key."""
    return encoded[:-1] + b"," + _encode(position)[1:]


class Framing:
    """One way to write messages and to read their payloads."""

    name: str
    """The part of an `Encoding` that stands for this framing."""

    def pack(self, message: wire.ServerMessage, position: wire.Position | None = None) -> Frame:
        """Writes a message, with the position in its room's log for a client that asked for positions."""
        raise NotImplementedError

    def unpack(self, text: str | bytes, heading: Heading, message_type: type[wire.ClientMessage]) -> wire.ClientMessage:
        """Reads a frame as a message of this class. Raises msgspec.ValidationError, which a client may be shown."""
        raise NotImplementedError


class _Flat(Framing):
    name = "flat"

    def pack(self, message: wire.ServerMessage, position: wire.Position | None = None) -> Frame:
        encoded = _encode(message)
        return Frame(encoded if position is None else _append(encoded, position), message.personal)

    def unpack(self, text: str | bytes, heading: Heading, message_type: type[wire.ClientMessage]) -> wire.ClientMessage:
        if message_type.rest:
            return read_event(msgspec.json.decode(text), message_type)
        if message_type.bare and heading.data:
            return read_event(msgspec.json.decode(heading.data), message_type, op=heading.op)
        if _has_long_number(text):
            check_numbers(msgspec.json.decode(text))
        return msgspec.json.decode(text, type=message_type)


class _Nested(Framing):
    name = "nested"

    def pack(self, message: wire.ServerMessage, position: wire.Position | None = None) -> Frame:
        packed = b'{"type":"' + message.wire_name().encode() + b'","payload":' + _body(message) + b"}"
        return Frame(packed if position is None else _append(packed, position), message.personal)

    def unpack(self, text: str | bytes, heading: Heading, message_type: type[wire.ClientMessage]) -> wire.ClientMessage:
        payload = msgspec.json.decode(heading.payload or b"{}")
        if message_type.whole:
            check_numbers(payload)
            return msgspec.convert({message_type.whole: payload, "op": heading.op}, message_type)
        return read_event(payload, message_type, op=heading.op)


class _Event(Framing):
    """Engine.IO's MESSAGE `4`, and in it a Socket.IO EVENT `2` of the default namespace (protocol revision 5)."""

    name = "event"

    def pack(self, message: wire.ServerMessage, position: wire.Position | None = None) -> Frame:
        if message.bare:
            payload = _encode(getattr(message, message.bare))
        else:
            payload = _body(message)
            if message.has_kind():
                payload = b'{"type":' + payload.removeprefix(b'{"kind":')
        second = b"" if position is None else b"," + _encode(position)
        packed = b'42["' + message.wire_name().encode() + b'",' + payload + second + b"]"
        return Frame(packed, message.personal)


def read_event(
    payload: Any, message_type: type[wire.ClientMessage], op: str | None = None, arguments: Sequence[Any] = ()
) -> wire.ClientMessage:
    """Reads a decoded payload, the first of an event's `arguments`, as a message of this class.

    A payload that is not an object is the value of the message's `bare` field. Raises msgspec.ValidationError for one
    that makes no sense, and for a missing one where a field is required.
    """
    check_numbers(payload)
    if not isinstance(payload, dict):
        key = message_type.bare_key()
        if payload is not None and key is None:
            raise msgspec.ValidationError("Expected an object")
        payload = {} if payload is None else {key: payload}
    fields = {key: value for key, value in payload.items() if key != "type"}
    if "type" in payload and message_type.has_kind():
        fields["kind"] = payload["type"]
    if op is not None:
        fields["op"] = op
    if message_type.raw in fields:
        fields[message_type.raw] = msgspec.Raw(_encoded(fields[message_type.raw]))
    if message_type.arguments:
        check_numbers(list(arguments))
        fields[message_type.arguments] = list(arguments)
    if message_type.rest:
        known = set(message_type.__struct_encode_fields__)
        fields[message_type.rest] = {key: fields.pop(key) for key in list(fields) if key not in known}
    try:
        return msgspec.convert(fields, message_type, str_keys=True)
    except UnicodeEncodeError:  # Python's JSON decoder lets half a surrogate pair pass, and no id or number has one.
        raise msgspec.ValidationError("Invalid text") from None


def _encoded(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, RecursionError):  # Python's JSON decoder lets half a surrogate pair pass.
        raise msgspec.ValidationError("Invalid text") from None


FLAT = _Flat()
NESTED = _Nested()
EVENT = _Event()
