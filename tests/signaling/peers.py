"""Real WebRTC peers, of aiortc, that know of each other only what our signalling tells them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiortc

from tests import sockets
from tests.signaling import people


class Peer:
    """One side of a connection: it offers or answers through a person at a match, and says hello when it is open."""

    def __init__(self, person: people.Person, other: str) -> None:
        self.person, self.other = person, other
        self.connection = aiortc.RTCPeerConnection()
        self.connected = asyncio.Event()
        self.came: asyncio.Queue[Any] = asyncio.Queue()
        self.connection.on("connectionstatechange", self._follow)
        self.connection.on("datachannel", self._take)

    def _follow(self) -> None:
        if self.connection.connectionState == "connected":
            self.connected.set()

    def _take(self, channel: Any) -> None:
        self.channel = channel
        channel.on("message", self.came.put_nowait)

    async def offer(self) -> None:
        self._take(self.connection.createDataChannel("words"))
        await self.connection.setLocalDescription(await self.connection.createOffer())
        await self._say("offer")

    async def answer(self) -> None:
        await self.connection.setRemoteDescription(await self._heard("offer"))
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        await self._say("answer")

    async def accept(self) -> None:
        await self.connection.setRemoteDescription(await self._heard("answer"))

    async def _say(self, event: str) -> None:
        local = self.connection.localDescription
        ack = await self.person.say(event, {"to": self.other, event: {"type": local.type, "sdp": local.sdp}})
        assert ack["ok"], ack

    async def _heard(self, event: str) -> aiortc.RTCSessionDescription:
        return aiortc.RTCSessionDescription(**(await self.person.hear(event))[event])


@asynccontextmanager
async def connected(ann: people.Person, ben: people.Person) -> AsyncIterator[tuple[Peer, Peer]]:
    """Two people at one match whose peers have reached each other, Ann having offered."""
    here, there = Peer(ann, ben.handle), Peer(ben, ann.handle)
    try:
        await here.offer()
        await there.answer()
        await here.accept()
        async with asyncio.timeout(sockets.PATIENCE):
            await here.connected.wait()
            await there.connected.wait()
        yield here, there
    finally:
        await here.connection.close()
        await there.connection.close()


async def check_words_pass(here: Peer, there: Peer) -> None:
    """Both hear each other, past the server."""
    async with asyncio.timeout(sockets.PATIENCE):
        while here.channel.readyState != "open":  # noqa: ASYNC110 - its event may have been before
            await asyncio.sleep(0.01)
        here.channel.send("from here")
        assert await there.came.get() == "from here"
        there.channel.send("from there")
        assert await here.came.get() == "from there"
