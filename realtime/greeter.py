"""What every door understands, whatever the protocol: hello, ping, and that a frame could not be read."""

from types import ModuleType
from typing import ClassVar

from realtime import parts, recovery, refusals, wire


class Greeter(parts.Part):
    dialect = "vitrine"
    vocabulary: ClassVar[ModuleType] = wire

    @parts.on(wire.Hello)
    async def hello(self, message: wire.Hello) -> parts.Reply:
        self.connection.recover = message.recover
        return parts.Reply(wire.Welcome(connection=self.connection.id, recover=message.recover))

    @parts.on(recovery.Resume)
    async def resume(self, message: recovery.Resume) -> parts.Reply:
        return await recovery.resume(self.connection, message)

    @parts.on(wire.Ping)
    async def ping(self, message: wire.Ping) -> parts.Reply:
        return parts.Reply(wire.Pong())

    def malformed(self, detail: str) -> wire.Error:
        return wire.Error(message="Invalid message format")

    def refuse(self, refusal: refusals.Refusal) -> wire.Error:
        return wire.Error(message=refusal.message)
