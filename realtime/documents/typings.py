"""Writes the message classes of an endpoint as TypeScript, for those who use client.js with a type checker."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from realtime import wire
from realtime.consumers import SocketConsumer
from realtime.documents import asyncapi
from realtime.handlers import ProtocolHandler

WIDTH = 120
WORDS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

Schema = dict[str, Any]
Messages = dict[str, list[str]]  # The key is the message's name, which two protocols may share.


def declarations(endpoint: type[SocketConsumer]) -> str:
    """Two maps from the name of a message to its fields, and the interfaces that they refer to."""
    found = [(protocol, cls) for protocol in endpoint.protocols for cls in asyncapi.messages_of(protocol)]
    found = [(protocol, cls) for protocol, cls in found if cls.wire_name() != wire.ANY]
    references, components = msgspec.json.schema_components([cls for _, cls in found], ref_template="{name}")
    sides: dict[type[wire.Message], Messages] = {wire.ClientMessage: {}, wire.ServerMessage: {}}
    for (protocol, cls), reference in zip(found, references, strict=True):
        side = sides[wire.ClientMessage if issubclass(cls, wire.ClientMessage) else wire.ServerMessage]
        fields = fields_of(protocol, cls, components[reference["$ref"]])
        side.setdefault(cls.wire_name(), []).append(fields)
    shared = {name for schema in components.values() for name in _references(schema)}
    blocks = [
        _map("What a client may say, by type; `send` adds the `op`.", "ClientMessages", sides[wire.ClientMessage]),
        _map("What the server says, by type.", "ServerMessages", sides[wire.ServerMessage]),
        *(_interface(name, components[name]) for name in sorted(shared)),
    ]
    return "\n\n".join(blocks)


def fields_of(protocol: type[ProtocolHandler], cls: type[wire.Message], schema: Schema) -> str:
    """The fields of one message, as they are on the raw socket of its protocol."""
    hidden = {"type", "op", cls.rest}
    properties = {name: field for name, field in schema["properties"].items() if name not in hidden}
    fields = _object({**schema, "properties": properties}, "[extra: string]: unknown" if cls.rest else None)
    return _braced([f"payload: {fields}"]) if protocol.framing.name == "nested" else fields


def _map(about: str, name: str, messages: Messages) -> str:
    rows = [f'  "{key}": {_indented(" | ".join(dict.fromkeys(types)))};' for key, types in sorted(messages.items())]
    return "\n".join([f"/** {about} */", f"export interface {name} {{", *rows, "}"])


def _interface(name: str, schema: Schema) -> str:
    about = [f"/** {_sentence(schema['description'])} */"] if "description" in schema else []
    if schema.get("type") != "object":
        return "\n".join([*about, f"export type {_name(name)} = {_type(schema)};"])
    return "\n".join([*about, f"export interface {_name(name)} {_block(list(_fields(schema)))}"])


def _references(schema: Any) -> Iterator[str]:
    """The components that a schema refers to anywhere."""
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"]
        for inner in schema.values():
            yield from _references(inner)


def _type(schema: Schema) -> str:
    """The type of a JSON schema as msgspec writes it. Bounds of values are left out: TypeScript has none."""
    if "$ref" in schema:
        return _name(schema["$ref"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        items = _type(schema.get("items", {}))
        return f"({items})[]" if " " in items else f"{items}[]"
    if schema.get("type") == "object":
        return _object(schema)
    return WORDS.get(schema.get("type", ""), "any")


def _object(schema: Schema, extra: str | None = None) -> str:
    if "properties" not in schema:
        values = schema.get("additionalProperties")
        return f"Record<string, {_type(values) if isinstance(values, dict) else 'any'}>"
    return _braced([*_fields(schema), *([extra] if extra else [])])


def _fields(schema: Schema) -> Iterator[str]:
    for name, field in schema["properties"].items():
        yield f"{name}{'' if name in schema.get('required', ()) else '?'}: {_type(field)}"


def _braced(fields: list[str]) -> str:
    """Writes fields on one line if there is room for it and for a name before it."""
    if not fields:
        return "{}"
    line = f"{{ {'; '.join(fields)} }}"
    return line if len(line) < WIDTH - 40 and "\n" not in line else _block(fields)


def _block(fields: Iterable[str]) -> str:
    return "\n".join(["{", *(f"  {_indented(field)};" for field in fields), "}"])


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _name(component: str) -> str:
    """The name of a component; where two classes share a name, msgspec puts their modules before it."""
    return "".join(word[:1].upper() + word[1:] for word in component.split("."))


def _sentence(text: str) -> str:
    return " ".join(text.split())
