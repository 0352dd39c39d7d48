"""Live shows on sockets."""

from realtime import consumers, greeter
from streams.consumers.bazaar import Bazaar
from streams.consumers.webrtc import Webrtc
from streams.consumers.wrencos import Wrencos


class StreamsConsumer(consumers.SocketConsumer):
    parts = (greeter.Greeter, Bazaar, Wrencos, Webrtc)


__all__ = ["Bazaar", "StreamsConsumer", "Webrtc", "Wrencos"]
