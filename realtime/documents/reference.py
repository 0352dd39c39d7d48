"""The messages of all protocols as people read them: what each is for, its fields, and how it stands on each socket."""

import json
from typing import Any, NamedTuple

from realtime import wire
from realtime.consumers import SocketConsumer
from realtime.documents import asyncapi, typings
from realtime.handlers import ProtocolHandler

SOCKET_IO = "/socket.io/"

Document = dict[str, Any]


class Reference(NamedTuple):
    """One message. `on_socket_io` is empty where its protocol is not spoken there."""

    name: str
    summary: str
    fields: str
    raw: str
    on_socket_io: str
    limit: str


class Protocol(NamedTuple):
    name: str
    about: str
    addresses: list[str]
    receives: list[Reference]
    sends: list[Reference]


def protocols(endpoints: dict[str, type[SocketConsumer]], document: Document) -> list[Protocol]:
    """`document` is the AsyncAPI document of the endpoints. A handler that extends another one stands for both."""
    spoken: dict[str, list[str]] = {}
    fullest: dict[str, type[ProtocolHandler]] = {}
    for address, endpoint in endpoints.items():
        for protocol in endpoint.protocols:
            spoken.setdefault(protocol.dialect, []).append(address)
            if issubclass(protocol, fullest.setdefault(protocol.dialect, protocol)):
                fullest[protocol.dialect] = protocol
    return [_protocol(fullest[dialect], addresses, document) for dialect, addresses in spoken.items()]


def _protocol(protocol: type[ProtocolHandler], addresses: list[str], document: Document) -> Protocol:
    found: dict[bool, list[Reference]] = {True: [], False: []}
    for cls in sorted(asyncapi.messages_of(protocol), key=lambda cls: cls.wire_name()):
        is_received = issubclass(cls, wire.ClientMessage)
        found[is_received].append(_reference(protocol, cls, SOCKET_IO in addresses, document))
    about = (protocol.__doc__ or "").strip().partition("\n\n")[0]
    return Protocol(protocol.dialect, about, addresses, found[True], found[False])


def _reference(
    protocol: type[ProtocolHandler], cls: type[wire.Message], on_socket_io: bool, document: Document
) -> Reference:
    described = document["components"]["messages"][asyncapi.key_of(protocol, cls)]
    schema = document["components"]["schemas"][described["payload"]["$ref"].rpartition("/")[2]]
    example = dict(described["examples"][0]["payload"])
    if cls.rest:
        example.pop(cls.rest)
    fields = {name: value for name, value in example.items() if name not in ("type", "op")}
    keys = {"op": example["op"]} if "op" in example else {}
    return Reference(
        cls.wire_name(),
        described["summary"],
        typings.fields_of(protocol, cls, schema),
        _json(_raw(protocol, cls, fields) | keys),
        _event(cls, fields) if on_socket_io else "",
        f"at most {cls.max_bytes // wire.KIB} KiB, limit “{cls.limit}”" if issubclass(cls, wire.ClientMessage) else "",
    )


def _raw(protocol: type[ProtocolHandler], cls: type[wire.Message], fields: dict[str, Any]) -> dict[str, Any]:
    """As it stands on a raw socket; see realtime/protocol/framing.py."""
    if protocol.framing.name == "nested":
        return {"type": cls.wire_name(), "payload": fields[cls.whole] if cls.whole else fields}
    return {"type": cls.wire_name(), **fields}


def _event(cls: type[wire.Message], fields: dict[str, Any]) -> str:
    if issubclass(cls, wire.ServerMessage) and (key := cls.bare_key()):
        payload: Any = fields[key]
    else:
        payload = {"type" if name == "kind" and cls.has_kind() else name: value for name, value in fields.items()}
    if issubclass(cls, wire.ClientMessage):
        return f'socket.emit("{cls.wire_name()}", {_json(payload)}, (ack) => …)'
    return f'socket.on("{cls.wire_name()}", (payload) => …)\n// payload: {_json(payload)}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
