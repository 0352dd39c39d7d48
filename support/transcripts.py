"""A conversation as a text that one can keep."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rest.times import iso

if TYPE_CHECKING:
    from support.models import Conversation, SupportMessage


def text_of(conversation: "Conversation", said: "Iterable[SupportMessage]") -> str:
    """Each message with its time and its author; the lines of a longer one are indented, so none looks like two."""
    lines = [f"Conversation {conversation.pk} with {conversation.customer_name}", ""]
    for message in said:
        note = " (note)" if message.kind == "note" else ""
        if message.kind == "offer":
            note = f" (offered a {message.offer.kind}, {message.offer.state})"
        text = message.text.replace("\r\n", "\n").replace("\n", "\n    ")
        lines.append(f"[{iso(message.created_at)}] {message.name}{note}: {text}")
    return "\n".join(lines) + "\n"
