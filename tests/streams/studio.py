"""Clients that send and see a show's picture from browser to browser."""

from contextlib import AsyncExitStack
from typing import Any, Self

from accounts.models import User
from realtime.runtime import threads
from streams.models import Stream
from tests import factories, sockets

OFFER = {"type": "offer", "sdp": "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"}
ANSWER = {"type": "answer", "sdp": "v=0\r\n"}
CANDIDATE = {"candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0}

AVAILABLE = {"type": "webrtc_broadcaster_available", "broadcaster": "host", "broadcasterId": "host"}


class Studio:
    """A show, and clients that send and see its picture."""

    def __init__(self, server: sockets.Address, stream: Stream, creator: User) -> None:
        self.server, self.stream, self.creator = server, stream, creator
        self.clients = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.clients.aclose()

    async def connect(self, of: User | None = None, **options: Any) -> sockets.Client:
        options |= await threads.in_db(sockets.bearer, of) if of else {}
        return await self.clients.enter_async_context(await sockets.connect(self.server, "/ws/streams/", **options))

    async def viewer(self, name: str, **fields: Any) -> sockets.Client:
        return await self.registered(await self.connect(), name, "customer", **fields)

    async def broadcaster(self, name: str = "host", of: User | None = None, **fields: Any) -> sockets.Client:
        return await self.registered(await self.connect(of or self.creator), name, "admin", **fields)

    async def registered(self, client: sockets.Client, name: str, user_type: str, **fields: Any) -> sockets.Client:
        assert (await self.register(client, name, user_type, **fields))["ok"]
        assert client.passed.pop() == {"type": "webrtc_registered", "peerId": name, "userType": user_type}
        return client

    async def register(self, client: sockets.Client, name: str, user_type: str, **fields: Any) -> sockets.Frame:
        fields = {"sessionId": str(self.stream.pk)} | fields
        return await client.ask("webrtc_register", peerId=name, userType=user_type, **fields)

    async def pair(self) -> tuple[sockets.Client, sockets.Client]:
        """A broadcaster and a viewer who know of each other."""
        host, ann = await self.broadcaster(), await self.viewer("ann")
        await host.expect("webrtc_new_customer")
        await ann.expect("webrtc_broadcaster_available")
        return host, ann


async def new(server: sockets.Address) -> Studio:
    creator = await threads.in_db(factories.user, "creator")
    return Studio(server, await threads.in_db(factories.stream, creator, "live"), creator)


def stopped(reason: str, broadcaster: str = "host") -> sockets.Frame:
    return {
        "type": "webrtc_broadcast_stopped",
        "broadcaster": broadcaster,
        "broadcasterId": broadcaster,
        "reason": reason,
    }
