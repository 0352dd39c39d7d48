"""What every door understands, whatever the protocol: hello, ping, and that a frame could not be read."""

from realtime import parts, refusals, wire


class Error(wire.Said, tag="error"):
    """A flat refusal, in the words that Wrencos' clients know."""

    message: str


class Greeter(parts.Part):
    dialect = "vitrine"

    @parts.on(wire.Hello)
    async def hello(self, message: wire.Hello) -> parts.Reply:
        self.connection.recover = message.recover
        return parts.Reply(wire.Welcome(connection=self.connection.id, recover=message.recover))

    @parts.on(wire.Ping)
    async def ping(self, message: wire.Ping) -> parts.Reply:
        return parts.Reply(wire.Pong())

    def malformed(self, detail: str) -> Error:
        return Error(message="Invalid message format")

    def refuse(self, refusal: refusals.Refusal) -> Error:
        return Error(message=refusal.message)
