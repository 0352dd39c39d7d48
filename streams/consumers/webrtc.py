"""Wrencos' WebRTC part of a connection: who sends a show's picture, and who sees it. Our own pages speak it too."""

from types import ModuleType
from typing import Any, ClassVar

import msgspec
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist

from realtime import database, errors, handlers, rooms, wire
from signaling import tasks as signaling_tasks
from signaling.models import Broadcast, Peer
from streams import tasks
from streams.events import video
from streams.rooms import BroadcastRoom
from streams.wire import webrtc


class Webrtc(handlers.ProtocolHandler):
    """Makes a connection one peer in the broadcast of one show, or in that of the current show, whichever it is."""

    dialect = "webrtc"
    vocabulary: ClassVar[ModuleType] = webrtc

    def __init__(self, client: handlers.Client) -> None:
        super().__init__(client)
        self.room: BroadcastRoom | None = None

    @handlers.on(webrtc.Register)
    async def webrtc_register(self, message: webrtc.Register) -> handlers.Reply:
        await self._enter(BroadcastRoom.of(message.session_id, message.user_type), message.peer_id)
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
        if message.peer_id is not None and not await database.in_db(Peer.objects.know, self.connection.id):
            room = BroadcastRoom.of(message.session_id, "admin")
            await self._enter(room, msgspec.convert(message.peer_id, webrtc.PeerId))
        await database.in_db(Broadcast.objects.start, self.connection.id)

    @handlers.on(webrtc.BroadcastStop)
    async def webrtc_broadcast_stop(self, message: webrtc.BroadcastStop) -> None:
        await database.in_db(Broadcast.objects.stop, self.connection.id)

    def refuse(self, refusal: errors.RequestRefused) -> wire.Error:
        return wire.Error(message=refusal.message)

    async def rejoin(self, room: rooms.Room) -> handlers.Reply:
        raise ObjectDoesNotExist("Room not found")  # clients register again instead of resuming

    async def closed(self) -> None:
        if self.room is not None and self.room.role == Peer.Role.BROADCASTER:
            signaling_tasks.release_broadcasters.schedule_in(settings.BROADCAST_GRACE_SECONDS)
            tasks.mark_hosts_away.schedule_in(settings.HOST_AWAY_SECONDS)

    async def _enter(self, room: BroadcastRoom, name: str) -> None:
        if self.room is not None and self.room.key != room.key:
            await database.in_db(Broadcast.objects.leave, self.room.key, [self.connection.id])
            await self.connection.leave(self.room, self)
        await self.connection.end_dead(room)
        await self.connection.join(room, self, handle=name)
        self.room = room

    async def _relay(self, to: str, kind: video.SignalKind, signal: Any) -> None:
        """Passes a signal on to the peer `to`; a peer that this one may not reach is sent nothing, without an error."""
        facing = await database.in_db(Peer.objects.facing, self.connection.id, to)
        if facing is not None:
            sender, peer = facing
            event = video.Signalled(kind=kind, sender=sender, signal=signal)
            rooms.find(peer.room).tell(event, to=peer.connection)
