"""The parts' message classes as an AsyncAPI 3 document: what is said at each door, in which shape."""

import inspect
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import msgspec
from django.conf import settings

from realtime import wire
from realtime.consumers import SocketConsumer
from realtime.handlers import ProtocolHandler

REF = "#/components/schemas/{name}"


def document(doors: dict[str, type[SocketConsumer]]) -> dict[str, Any]:
    """`doors` maps an address to the consumer that answers there."""
    parts = list(dict.fromkeys(part for door in doors.values() for part in door.protocols))
    messages = {_key(part, cls): cls for part in parts for cls in messages_of(part)}
    schemas, components = msgspec.json.schema_components(list(messages.values()), ref_template=REF)
    described = zip(messages.items(), schemas, strict=True)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Vitrine sockets",
            "version": settings.VERSION,
            "description": "Raw sockets speak `{type, ...}` or `{type, payload}` as each part does; Socket.IO speaks"
            " events of the same names, and `type` where a flat message says `kind`.",
        },
        "channels": {address: _channel(address, door) for address, door in doors.items()},
        "operations": _operations(doors),
        "components": {
            "messages": {key: _message(cls, schema) for (key, cls), schema in described},
            "schemas": components,
        },
    }


def messages_of(part: type[ProtocolHandler]) -> Iterable[type[wire.Message]]:
    """Those that have a name of their own; a base class only has msgspec's, which is the class's."""
    return [cls for cls in _declared(part.vocabulary) if cls.wire_name() != cls.__name__]


def _declared(module: ModuleType) -> Iterable[type[wire.Message]]:
    for _, cls in inspect.getmembers(module, inspect.isclass):
        if issubclass(cls, wire.Message) and cls.__module__ == module.__name__:
            yield cls


def _key(part: type[ProtocolHandler], cls: type[wire.Message]) -> str:
    side = "heard" if issubclass(cls, wire.ClientMessage) else "said"
    return f"{part.dialect}.{side}.{cls.wire_name()}"


def _keys(door: type[SocketConsumer]) -> list[str]:
    return [_key(part, cls) for part in door.protocols for cls in messages_of(part)]


def _message(cls: type[wire.Message], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": cls.wire_name(), "summary": inspect.getdoc(cls) or "", "payload": schema}
    if issubclass(cls, wire.ClientMessage):
        found |= {"x-max-bytes": cls.max_bytes, "x-limit": cls.limit}
    return found


def _channel(address: str, door: type[SocketConsumer]) -> dict[str, Any]:
    return {
        "address": address,
        "description": inspect.getdoc(door) or "",
        "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in _keys(door)},
    }


def _operations(doors: dict[str, type[SocketConsumer]]) -> dict[str, Any]:
    """AsyncAPI speaks from the server's side: it receives what clients say."""
    operations = {}
    for address, door in doors.items():
        channel = address.replace("~", "~0").replace("/", "~1")
        for action, side in (("receive", "heard"), ("send", "said")):
            operations[f"{action} {address}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{channel}"},
                "messages": [
                    {"$ref": f"#/channels/{channel}/messages/{key}"} for key in _keys(door) if key.split(".")[1] == side
                ],
            }
    return operations
