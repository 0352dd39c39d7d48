"""Live shows on sockets."""

from realtime import consumers
from streams.consumers.bazaar import Bazaar
from streams.consumers.moderation import Moderation
from streams.consumers.shop import Shop
from streams.consumers.webrtc import Webrtc
from streams.consumers.wrencos import Wrencos


class StreamsConsumer(consumers.SocketConsumer):
    protocols = (consumers.CoreHandler, Bazaar, Wrencos, Webrtc, Shop, Moderation)


__all__ = ["Bazaar", "Moderation", "Shop", "StreamsConsumer", "Webrtc", "Wrencos"]
