"""How messages stand in bytes: flat `{type, ...}`, nested `{type, payload}`, Socket.IO's event `[name, payload]`."""

import functools
from collections.abc import Iterable
from typing import Any

import msgspec

from realtime import wire

_OWN = msgspec.json.encode(wire.PERSONAL_SLOT)


def _encode(value: msgspec.Struct) -> bytes:
    if isinstance(value, wire.Message) and value.rest:
        fields = msgspec.to_builtins(value)
        return msgspec.json.encode(fields | fields.pop(value.rest))
    return msgspec.json.encode(value)


class Frame:
    """One encoded message; each form a transport needs is made once, however many members it is written to."""

    __slots__ = ("_blank", "_framed", "_text", "cached", "payload", "pieces")

    def __init__(self, payload: bytes, personal: bool = False) -> None:
        self.payload = payload
        self.pieces = payload.split(_OWN) if personal and _OWN in payload else []  # around what is each receiver's own
        self._blank: Frame | None = None  # for the many whom it does not mean
        self._text: str | None = None
        self._framed = b""
        self.cached: Any = None  # for a transport that wraps frames in objects of its own

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = self.payload.decode()
        return self._text

    @property
    def framed(self) -> bytes:
        """As a WebSocket text frame."""
        if not self._framed:
            self._framed = framed(self.payload)
        return self._framed

    def filled(self, own: bytes) -> "Frame":
        """For one receiver: `own` is a JSON value, or nothing."""
        if not self.pieces:
            return self
        if own:
            return Frame(own.join(self.pieces))
        self._blank = self._blank or Frame(b"".join(self.pieces))
        return self._blank

    def __len__(self) -> int:
        return len(self.payload)


TEXT = 0x81  # the first byte of a final text frame
BINARY = 0x82  # the first byte of a final binary frame


def framed(payload: bytes, kind: int = TEXT) -> bytes:
    """`payload` as an unmasked, unfragmented WebSocket frame (RFC 6455, section 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((kind, length)) + payload
    if length < 65536:
        return bytes((kind, 126)) + length.to_bytes(2, "big") + payload
    return bytes((kind, 127)) + length.to_bytes(8, "big") + payload


class FrameBatch(tuple[Frame, ...]):
    """Frames that go to many in one write: what they have in common is found out once."""

    _framed: bytes | None = None

    @functools.cached_property
    def personal(self) -> bool:
        return any(frame.pieces for frame in self)

    @property
    def framed(self) -> bytes:
        if self._framed is None:  # less than functools.cached_property, which takes a lock
            self._framed = b"".join([frame.framed for frame in self])
        return self._framed

    @functools.cached_property
    def size(self) -> int:
        return sum(map(len, self))


def joined(frames: Iterable[Frame]) -> bytes:
    """`frames` as they go over a WebSocket, one behind the other."""
    return frames.framed if isinstance(frames, FrameBatch) else b"".join([frame.framed for frame in frames])


class Heading(msgspec.Struct):
    """What must be known of a raw frame before it can be read as a message."""

    type: str
    op: Any = None  # a text, as the message itself will find out
    payload: msgspec.Raw = msgspec.Raw(b"")
    data: msgspec.Raw = msgspec.Raw(b"")


read_heading = msgspec.json.Decoder(Heading).decode


def size(data: str | bytes) -> int:
    """Bytes of a frame as it came."""
    return len(data) if isinstance(data, bytes) or data.isascii() else len(data.encode(errors="surrogatepass"))


def is_longer(text: str, most: int) -> bool:
    """Whether a frame has more than so many bytes. No character has more than four."""
    return 4 * len(text) > most and size(text) > most


def _body(message: wire.Message) -> bytes:
    """The message's fields as a JSON object, without the `type` that the struct's tag puts first."""
    if message.whole:
        return msgspec.json.encode(getattr(message, message.whole))
    encoded = _encode(message)
    start = len(message.wire_name()) + len('{"type":""')
    return b"{" + encoded[start:].removeprefix(b",")


def _with(encoded: bytes, position: wire.Position) -> bytes:
    """`encoded`, an object with at least one key, with the position's keys behind its own."""
    return encoded[:-1] + b"," + _encode(position)[1:]


class Framing:
    """One way to write messages and to read their payloads."""

    name: str

    def pack(self, message: wire.ServerMessage, position: wire.Position | None = None) -> Frame:
        raise NotImplementedError

    def unpack(self, text: str | bytes, heading: Heading, heard: type[wire.ClientMessage]) -> wire.ClientMessage:
        """Raises msgspec.ValidationError, whose text may be shown to the client."""
        raise NotImplementedError


class _Flat(Framing):
    name = "flat"

    def pack(self, message: wire.ServerMessage, position: wire.Position | None = None) -> Frame:
        encoded = _encode(message)
        return Frame(encoded if position is None else _with(encoded, position), message.personal)

    def unpack(self, text: str | bytes, heading: Heading, heard: type[wire.ClientMessage]) -> wire.ClientMessage:
        if heard.rest:
            return read_event(msgspec.json.decode(text), heard)
        if heard.bare and heading.data:
            return read_event(msgspec.json.decode(heading.data), heard, op=heading.op)
        return msgspec.json.decode(text, type=heard)


class _Nested(Framing):
    name = "nested"

    def pack(self, message: wire.ServerMessage, position: wire.Position | None = None) -> Frame:
        packed = b'{"type":"' + message.wire_name().encode() + b'","payload":' + _body(message) + b"}"
        return Frame(packed if position is None else _with(packed, position), message.personal)

    def unpack(self, text: str | bytes, heading: Heading, heard: type[wire.ClientMessage]) -> wire.ClientMessage:
        payload = msgspec.json.decode(heading.payload or b"{}")
        if heard.whole:
            return msgspec.convert({heard.whole: payload, "op": heading.op}, heard)
        return read_event(payload, heard, op=heading.op)


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


def read_event(payload: Any, heard: type[wire.ClientMessage], op: str | None = None) -> wire.ClientMessage:
    """A message from a decoded payload; a missing or nonsensical one raises msgspec.ValidationError."""
    if not isinstance(payload, dict):
        key = heard.bare_key()
        if payload is not None and key is None:
            raise msgspec.ValidationError("Expected an object")
        payload = {} if payload is None else {key: payload}
    fields = {key: value for key, value in payload.items() if key != "type"}
    if "type" in payload and heard.has_kind():
        fields["kind"] = payload["type"]
    if op is not None:
        fields["op"] = op
    if heard.rest:
        known = set(heard.__struct_encode_fields__)
        fields[heard.rest] = {key: fields.pop(key) for key in list(fields) if key not in known}
    return msgspec.convert(fields, heard, str_keys=True)


FLAT = _Flat()
NESTED = _Nested()
EVENT = _Event()
