"""Support on sockets."""

from realtime import consumers
from support.consumers.support import Support
from support.consumers.wrencos import Wrencos


class SupportConsumer(consumers.SocketConsumer):
    protocols = (consumers.CoreHandler, Wrencos, Support)


__all__ = ["Support", "SupportConsumer", "Wrencos"]
