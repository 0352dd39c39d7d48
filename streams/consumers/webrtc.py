"""Wrencos' WebRTC share of a connection, which our own pages speak too: who sends a show's picture, and who sees it."""

from types import ModuleType
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist

from realtime import errors, handlers, rooms, wire
from realtime.runtime import threads
from signaling.models import Broadcast, Peer
from streams import events
from streams.rooms import BroadcastRoom
from streams.wire import webrtc


class Webrtc(handlers.ProtocolHandler):
    """A connection is one peer, of one show's broadcast or of the current show's, whichever that is."""

    dialect = "webrtc"
    vocabulary: ClassVar[ModuleType] = webrtc

    def __init__(self, client: handlers.Client) -> None:
        super().__init__(client)
        self.room: BroadcastRoom | None = None

    @handlers.on(webrtc.Register)
    async def webrtc_register(self, message: webrtc.Register) -> handlers.Reply:
        room = BroadcastRoom.of(message.session_id, message.user_type)
        if self.room is not None and self.room.key != room.key:
            await self.connection.leave(self.room, self)
        await self.connection.join(room, self, handle=message.peer_id)
        self.room = room
        return handlers.Reply(webrtc.Registered(peer_id=message.peer_id, user_type=message.user_type))

    @handlers.on(webrtc.Offer)
    async def webrtc_offer(self, message: webrtc.Offer) -> None:
        await self._relay(message.to, "offer", message.offer)

    @handlers.on(webrtc.Answer)
    async def webrtc_answer(self, message: webrtc.Answer) -> None:
        await self._relay(message.to, "answer", message.answer)

    @handlers.on(webrtc.Candidate)
    async def webrtc_ice_candidate(self, message: webrtc.Candidate) -> None:
        await self._relay(message.to, "candidate", message.candidate)

    @handlers.on(webrtc.BroadcastStart)
    async def webrtc_broadcast_start(self, message: webrtc.BroadcastStart) -> None:
        await threads.in_db(Broadcast.objects.start, self.connection.id)

    @handlers.on(webrtc.BroadcastStop)
    async def webrtc_broadcast_stop(self, message: webrtc.BroadcastStop) -> None:
        await threads.in_db(Broadcast.objects.stop, self.connection.id)

    def refuse(self, refusal: errors.RequestRefused) -> wire.Error:
        return wire.Error(message=refusal.message)

    async def rejoin(self, room: rooms.Room) -> handlers.Reply:
        raise ObjectDoesNotExist("Room not found")  # there is nothing to resume: one registers again

    async def _relay(self, to: str, kind: events.SignalKind, signal: Any) -> None:
        """To a peer that this one does not face nothing is said, and it is not told so either."""
        facing = await threads.in_db(Peer.objects.facing, self.connection.id, to)
        if facing is not None:
            sender, peer = facing
            said = events.Signalled(kind=kind, sender=sender, signal=signal)
            rooms.find(peer.room).tell(said, to=peer.connection)
