"""Live shows on sockets."""

from realtime import consumers
from streams.consumers.bazaar import Bazaar
from streams.consumers.webrtc import Webrtc
from streams.consumers.wrencos import Wrencos


class StreamsConsumer(consumers.SocketConsumer):
    protocols = (consumers.CoreHandler, Bazaar, Wrencos, Webrtc)


__all__ = ["Bazaar", "StreamsConsumer", "Webrtc", "Wrencos"]
