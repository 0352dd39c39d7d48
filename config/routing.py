"""The socket sitemap: which parts speak at which door."""

from channels.routing import URLRouter
from django.urls import re_path

from realtime import consumers
from realtime.connections import admission, core
from shopping.consumers import Coshop, ShoppingConsumer
from signaling.consumers import Avari, SignalingConsumer
from streams.consumers import Bazaar, StreamsConsumer, Webrtc, Wrencos


class RawDoor(consumers.SocketConsumer):
    """Every protocol on one plain WebSocket. Shop with Friends comes first, for its greeting is the first frame."""

    protocols = (Coshop, core.CoreHandler, Bazaar, Wrencos, Webrtc, Avari)


class SocketIODoor(consumers.SocketConsumer):
    """Every protocol that old clients speak over Socket.IO."""

    protocols = (core.CoreHandler, Bazaar, Avari)


RAW: dict[str, type[consumers.SocketConsumer]] = {
    "/": RawDoor,
    "/ws/": RawDoor,
    "/ws/shopping/": ShoppingConsumer,
    "/ws/signaling/": SignalingConsumer,
    "/ws/streams/": StreamsConsumer,
}

websocket = admission.remembered(
    URLRouter(
        [
            *(re_path(f"^{address[1:]}$", door.as_asgi()) for address, door in RAW.items()),
            re_path("", admission.nowhere),  # type: ignore[arg-type]  # Channels routes to ASGI applications
        ]
    )
)

DOORS: dict[str, type[consumers.SocketConsumer]] = {**RAW, "/socket.io/": SocketIODoor}
