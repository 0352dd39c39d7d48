"""Bounds of the values whose shape clients choose themselves: metadata, events and signals."""

from typing import Any

import msgspec
from django.core.exceptions import ValidationError

MAX_METADATA = 4 * 1024  # bytes
MAX_LOGGED = 16 * 1024  # bytes of an event's payload; a longer one is told to those who are there and not stored
MAX_DEPTH = 32  # levels of objects and arrays in each other


def depth(value: Any) -> int:
    """How deeply `value` is nested, or MAX_DEPTH + 1 if it is nested more deeply than that."""
    level, found = [value], 0
    while level and found <= MAX_DEPTH:
        inner = [each for each in level if isinstance(each, dict | list)]
        level = [item for each in inner for item in (each.values() if isinstance(each, dict) else each)]
        found += bool(inner)
    return found


def is_logged(payload: dict[str, Any]) -> bool:
    """Whether an event is small enough for the log."""
    return len(msgspec.json.encode(payload)) <= MAX_LOGGED


def check_metadata(metadata: dict[str, Any]) -> None:
    """Raises ValidationError for metadata that is too large, or that the database cannot store."""
    if depth(metadata) > MAX_DEPTH:
        raise ValidationError("metadata is nested too deeply")
    encoded = msgspec.json.encode(metadata)
    if len(encoded) > MAX_METADATA:
        raise ValidationError(f"metadata must be at most {MAX_METADATA // 1024} KiB")
    if b"\\u0000" in encoded:
        raise ValidationError("metadata contains a character that is not allowed")
