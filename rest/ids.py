"""How an id is spelled, everywhere: Python itself takes a UUID with any number of hyphens, braces and a prefix."""

import re
import uuid
from typing import Any

from rest_framework import serializers

CANONICAL = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # a UUID as we write it; of two spellings only one is a key

_UUID = re.compile(rf"{CANONICAL}|[0-9a-f]{{32}}", re.IGNORECASE)


def uuid_of(text: object) -> uuid.UUID | None:
    """The UUID that a client wrote, with its hyphens or without; None for anything else."""
    return uuid.UUID(text) if isinstance(text, str) and _UUID.fullmatch(text) else None


class UUIDField(serializers.UUIDField):
    def to_internal_value(self, data: Any) -> uuid.UUID:
        value = data if isinstance(data, uuid.UUID) else uuid_of(data)
        if value is None:
            self.fail("invalid", value=str(data)[:40])
        return value
