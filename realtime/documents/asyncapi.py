"""Describes every endpoint's messages as an AsyncAPI 3 document, from the message classes of its protocols."""

import inspect
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import msgspec
from django.conf import settings

from realtime import wire
from realtime.consumers import SocketConsumer
from realtime.handlers import ProtocolHandler
from rest import examples

REF = "#/components/schemas/{name}"


def document(endpoints: dict[str, type[SocketConsumer]]) -> dict[str, Any]:
    """`endpoints` maps an address to the consumer that answers there."""
    protocols = list(dict.fromkeys(protocol for endpoint in endpoints.values() for protocol in endpoint.protocols))
    messages = {key_of(protocol, cls): cls for protocol in protocols for cls in messages_of(protocol)}
    schemas, components = msgspec.json.schema_components(list(messages.values()), ref_template=REF)
    described = zip(messages.items(), schemas, strict=True)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Vitrine sockets",
            "version": settings.VERSION,
            "description": "Raw sockets speak `{type, ...}` or `{type, payload}` as each protocol does; Socket.IO"
            " speaks events of the same names, and `type` where a flat message says `kind`.",
        },
        "channels": {address: _channel(address, endpoint) for address, endpoint in endpoints.items()},
        "operations": _operations(endpoints),
        "components": {
            "messages": {key: _message(cls, schema, components) for (key, cls), schema in described},
            "schemas": components,
        },
    }


def messages_of(protocol: type[ProtocolHandler]) -> Iterable[type[wire.Message]]:
    """The messages that a protocol declares. A base class has no tag of its own, so its wire name is its class name."""
    return [cls for module in vocabularies(protocol) for cls in _declared(module) if cls.wire_name() != cls.__name__]


def vocabularies(protocol: type[ProtocolHandler]) -> Iterable[ModuleType]:
    """The modules of a protocol's messages: a handler that extends another one has the words of both."""
    return dict.fromkeys(vars(cls)["vocabulary"] for cls in protocol.__mro__ if "vocabulary" in vars(cls))


def _declared(module: ModuleType) -> Iterable[type[wire.Message]]:
    for _, cls in inspect.getmembers(module, inspect.isclass):
        if issubclass(cls, wire.Message) and cls.__module__ == module.__name__:
            yield cls


def key_of(protocol: type[ProtocolHandler], cls: type[wire.Message]) -> str:
    action = "receive" if issubclass(cls, wire.ClientMessage) else "send"
    return f"{protocol.dialect}.{action}.{cls.wire_name()}"


def _keys(endpoint: type[SocketConsumer]) -> list[str]:
    return [key_of(protocol, cls) for protocol in endpoint.protocols for cls in messages_of(protocol)]


def _message(cls: type[wire.Message], schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    example = {**examples.of(schema, components), "type": cls.wire_name()}
    if cls.rest:
        example[cls.rest] = {}
    found: dict[str, Any] = {
        "name": cls.wire_name(),
        "summary": inspect.getdoc(cls) or "",
        "payload": schema,
        "examples": [{"payload": example}],
    }
    if issubclass(cls, wire.ClientMessage):
        found |= {"x-max-bytes": cls.max_bytes, "x-limit": cls.limit}
    return found


def _channel(address: str, endpoint: type[SocketConsumer]) -> dict[str, Any]:
    return {
        "address": address,
        "description": inspect.getdoc(endpoint) or "",
        "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in _keys(endpoint)},
    }


def _operations(endpoints: dict[str, type[SocketConsumer]]) -> dict[str, Any]:
    """AsyncAPI takes the server's side: `receive` is what clients send."""
    operations = {}
    for address, endpoint in endpoints.items():
        channel = address.replace("~", "~0").replace("/", "~1")
        for action in ("receive", "send"):
            operations[f"{action} {address}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{channel}"},
                "messages": [
                    {"$ref": f"#/channels/{channel}/messages/{key}"}
                    for key in _keys(endpoint)
                    if key.split(".")[1] == action
                ],
            }
    return operations
