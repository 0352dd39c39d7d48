"""Shop with Friends on sockets."""

import secrets
from types import ModuleType
from typing import ClassVar

from realtime import consumers, framing, greeter, parts, refusals
from shopping import wire

# nanoid's alphabet and the length that the protocol documents
ALPHABET = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
CLIENT_ID_LENGTH = 16


def nanoid(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


class Coshop(parts.Part):
    """Shop with Friends: `{type, payload}` frames with upper-case names."""

    dialect = "coshop"
    vocabulary: ClassVar[ModuleType] = wire
    framing = framing.NESTED

    async def opened(self) -> None:
        self.client_id = nanoid(CLIENT_ID_LENGTH)
        if self.connection.framing is None:  # Socket.IO clients know no such greeting
            self.connection.say(self, wire.ClientId(client_id=self.client_id))

    def refuse(self, refusal: refusals.Refusal) -> wire.Error:
        return wire.Error(message=refusal.message)

    def unknown(self, name: str | None) -> wire.Error:
        return wire.Error(message=f"Unknown message type: {'undefined' if name is None else name[:64]}")

    def malformed(self, detail: str) -> wire.Error:
        return wire.Error(message=detail)


class ShoppingConsumer(consumers.SocketConsumer):
    parts = (greeter.Greeter, Coshop)
