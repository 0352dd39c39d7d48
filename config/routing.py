"""The socket sitemap: which protocols are served at which endpoint."""

from channels.routing import URLRouter
from django.urls import re_path

from drops.consumers import Drops
from realtime import consumers
from realtime.connections import admission
from recordings.consumers import RecordingsConsumer, Shopaloud
from rest import hosts
from shopping.consumers import Coshop, ShoppingConsumer
from signaling.consumers import Avari, SignalingConsumer
from streams.consumers import Bazaar, Moderation, Shop, StreamsConsumer, Webrtc
from support.consumers import Support, SupportConsumer, Wrencos


class RawEndpoint(consumers.SocketConsumer):
    """Every protocol on one plain WebSocket. Shop with Friends comes first, so that its greeting is the first frame."""

    protocols = (
        Coshop,
        consumers.CoreHandler,
        Bazaar,
        Wrencos,
        Webrtc,
        Avari,
        Shop,
        Moderation,
        Drops,
        Support,
        Shopaloud,
    )


class SocketIOEndpoint(consumers.SocketConsumer):
    """Every protocol that old clients speak over Socket.IO, and our own support."""

    protocols = (consumers.CoreHandler, Bazaar, Avari, Shop, Moderation, Drops, Support, Shopaloud)


RAW: dict[str, type[consumers.SocketConsumer]] = {
    "/": RawEndpoint,
    "/ws/": RawEndpoint,
    "/ws/recordings/": RecordingsConsumer,
    "/ws/shopping/": ShoppingConsumer,
    "/ws/signaling/": SignalingConsumer,
    "/ws/streams/": StreamsConsumer,
    "/ws/support/": SupportConsumer,
}

websocket = hosts.checked(
    admission.with_visitor_cookie(
        URLRouter(
            [
                *(re_path(f"^{address[1:]}$", endpoint.as_asgi()) for address, endpoint in RAW.items()),
                re_path("", admission.refuse_path),  # type: ignore[arg-type]  # Channels routes to ASGI applications
            ]
        )
    )
)

ENDPOINTS: dict[str, type[consumers.SocketConsumer]] = {**RAW, "/socket.io/": SocketIOEndpoint}
