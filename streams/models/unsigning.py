"""What somebody has said in shows stays, and nobody's name stands beside it any longer."""

from typing import Any

from streams.models.chat import ChatMessage
from streams.models.held_message import HeldMessage

NOBODY = "Deleted account"  # who has said what an account has that is no more


def unsign(author: str) -> int:
    """Forgets who has said what `author`, an Identity's key, has said, and from where; returns of how many lines."""
    forgotten: dict[str, Any] = {"name": NOBODY, "user": None, "address": "", "extra": {}}
    return sum(lines.objects.filter(author=author).update(**forgotten) for lines in (ChatMessage, HeldMessage))
