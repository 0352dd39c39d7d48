"""Messages that are right, drawn from the generated AsyncAPI document as a client's author would read it."""

import functools
import random
import string
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from config import routing
from realtime.documents import asyncapi

DEPTH = 5  # of what a schema does not bound

Ids = Mapping[str, Sequence[str]]


@functools.cache
def _document() -> dict[str, Any]:
    return asyncapi.document(routing.ENDPOINTS)


@functools.cache
def of_endpoint(address: str) -> tuple[tuple[str, Any], ...]:
    """The names and schemas of what clients may say at `address`."""
    document = _document()
    keys = [key for key in document["channels"][address]["messages"] if ".receive." in key]
    messages = document["components"]["messages"]
    return tuple((messages[key]["name"], messages[key]["payload"]) for key in keys)


def drawn(address: str, chance: random.Random, ids: Ids) -> dict[str, Any]:
    """One message in the framing of the raw socket."""
    name, schema = chance.choice(of_endpoint(address))
    message: dict[str, Any] = _value(schema, chance, ids, "", DEPTH)
    if chance.random() < 0.5:
        message["op"] = f"op-{chance.randrange(1000)}"
    return {**message, "type": name}


def as_event(message: dict[str, Any]) -> list[Any]:
    """The name and payload of the same message over Socket.IO."""
    payload = {key: value for key, value in message.items() if key != "type"}
    return [message["type"], payload.get("payload", payload)]


def _value(schema: dict[str, Any], chance: random.Random, ids: Ids, name: str, depth: int) -> Any:
    if "$ref" in schema:
        schema = _document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return _value(chance.choice(schema["anyOf"]), chance, ids, name, depth)
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if name.lower() in ids and schema.get("type", "string") == "string" and chance.random() < 0.9:
        return chance.choice(ids[name.lower()])
    match schema.get("type"):
        case "object":
            return _object(schema, chance, ids, depth)
        case "array":
            size = chance.randint(schema.get("minItems", 0), min(4, schema.get("maxItems", 4)))
            return [_value(schema.get("items", {}), chance, ids, name, depth - 1) for _ in range(size)]
        case "string":
            return _text(schema, chance)
        case "integer":
            return chance.randint(schema.get("minimum", -3), schema.get("maximum", 2**31))
        case "number":
            return chance.uniform(schema.get("minimum", -3), schema.get("maximum", 2000))
        case "boolean":
            return chance.random() < 0.5
        case "null":
            return None
    return _anything(chance, ids, depth)


def _object(schema: dict[str, Any], chance: random.Random, ids: Ids, depth: int) -> dict[str, Any]:
    required = schema.get("required", ())
    made = {
        key: _value(field, chance, ids, key, depth - 1)
        for key, field in schema.get("properties", {}).items()
        if key in required or (depth > 0 and chance.random() < 0.6)
    }
    if "properties" not in schema or schema.get("additionalProperties"):
        made |= {f"k{n}": _anything(chance, ids, depth - 1) for n in range(chance.randrange(3))}
    return made


def _text(schema: dict[str, Any], chance: random.Random) -> str:
    if schema.get("format") == "uuid":
        return str(uuid.UUID(int=chance.getrandbits(128)))
    least, most = schema.get("minLength", 0), schema.get("maxLength", 40)
    size = chance.choice((least, most, chance.randint(least, most))) if chance.random() < 0.3 else min(most, 12)
    return "".join(chance.choices(string.printable[:95] + "äß€😀", k=size))


def _anything(chance: random.Random, ids: Ids, depth: int) -> Any:
    if depth <= 0:
        return None
    draw = chance.random()
    if draw < 0.2:
        return {f"k{n}": _anything(chance, ids, depth - 1) for n in range(chance.randrange(3))}
    if draw < 0.3:
        return [_anything(chance, ids, depth - 1) for _ in range(chance.randrange(3))]
    if draw < 0.6:
        return chance.choice(ids[chance.choice(sorted(ids))])
    return chance.choice(["text", "", 0, 1, 2.5, True, None])
