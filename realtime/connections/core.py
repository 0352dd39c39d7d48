"""The core handler: what every endpoint understands whatever its protocols, which is hello, ping, renew and resume."""

from datetime import UTC, datetime
from types import ModuleType
from typing import ClassVar

from realtime import errors, handlers, wire
from realtime.connections import recovery


class CoreHandler(handlers.ProtocolHandler):
    dialect = "vitrine"
    vocabulary: ClassVar[ModuleType] = wire

    @handlers.on(wire.Hello)
    async def hello(self, message: wire.Hello) -> handlers.Reply:
        self.connection.recover = message.recover
        return handlers.Reply(wire.Welcome(connection=self.connection.id, recover=message.recover))

    @handlers.on(recovery.Resume)
    async def resume(self, message: recovery.Resume) -> handlers.Reply:
        return await recovery.resume(self.connection, message)

    @handlers.on(wire.Ping)
    async def ping(self, message: wire.Ping) -> handlers.Reply:
        return handlers.Reply(wire.Pong())

    @handlers.on(wire.Renew)
    async def renew(self, message: wire.Renew) -> handlers.Reply:
        await self.connection.renew(message.token)
        until = self.connection.identity.expires_at
        renewed = wire.Renewed(expires_at=wire.iso(datetime.fromtimestamp(until, UTC)) if until else None)
        return handlers.Reply(renewed, expiresAt=renewed.expires_at)

    def expired(self) -> wire.Error:
        return wire.Error(message="Your log-in has expired", code="expired")

    def malformed(self, detail: str) -> wire.Error:
        return wire.Error(message="Invalid message format")

    def refuse(self, refusal: errors.RequestRefused) -> wire.Error:
        return wire.Error(message=refusal.message)
