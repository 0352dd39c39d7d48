"""Calls on sockets."""

from collections.abc import Callable
from types import ModuleType
from typing import ClassVar, Concatenate, ParamSpec, TypeVar

from django.conf import settings

from accounts import tokens
from realtime import consumers, database, errors, handlers, rooms
from realtime.events import Transient
from signaling import events, tasks
from signaling import wire as avari
from signaling.models import Call, Match, Seat
from signaling.models import call as calls
from signaling.models import seat as seats
from signaling.rooms import MatchRoom, address_of

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3  # So often it tries to take a seat at a match that is deleted at that very moment.
SHUTDOWN = "Server is shutting down"


class Avari(handlers.ProtocolHandler):
    """Avari's events. A connection has one seat at most, and what it says goes to the peer at its match."""

    dialect = "avari"
    vocabulary: ClassVar[ModuleType] = avari

    def __init__(self, client: handlers.Client) -> None:
        super().__init__(client)
        self.room: MatchRoom | None = None  # the room of the match at which it has, or had, its seat
        self.match = ""  # the name of that match
        self.handle = ""  # the user id to which the first registration bound the connection

    @handlers.on(avari.Register)
    async def register(self, message: avari.Register) -> handlers.Reply:
        request = await self._seat_request(message)
        match = message.match_id or ""
        if match != self.match:
            await self._leave()
        for _ in range(TRIES):
            try:
                return await self._take_seat(request, await database.in_db(Match.objects.enter, match))
            except Match.DoesNotExist:
                continue
        raise errors.RequestRefused("busy", "The server is busy, try again", retry_after=1.0)

    @handlers.on(avari.Heartbeat)
    async def heartbeat(self, message: avari.Heartbeat) -> None:
        pass

    @handlers.on(avari.InitiateCall)
    async def initiate_call(self, message: avari.InitiateCall) -> handlers.Reply:
        self._check_registered(calls.NOT_CONNECTED)
        call = await self._act(Call.objects.ring, message.to, self._name(message))
        tasks.time_out.schedule_in(settings.CALL_RING_SECONDS)
        return handlers.Reply(caller=call.caller)

    @handlers.on(avari.AcceptCall)
    async def accept_call(self, message: avari.AcceptCall) -> None:
        if self._is_seated:
            await self._act(Call.objects.accept, message.to)

    @handlers.on(avari.RejectCall)
    async def reject_call(self, message: avari.RejectCall) -> None:
        if self._is_seated:
            await self._act(Call.objects.reject, message.to, message.reason or "")

    @handlers.on(avari.EndCall)
    async def end_call(self, message: avari.EndCall) -> None:
        if self._is_seated:
            await self._act(Call.objects.hang_up, message.reason or "")

    @handlers.on(avari.Offer)
    async def offer(self, message: avari.Offer) -> None:
        self._check_registered(calls.NOT_FOUND)
        await self._act(Call.objects.offer, message.to)
        self._relay(message.to, events.Offered(by=self.handle, offer=message.offer))

    @handlers.on(avari.Answer)
    async def answer(self, message: avari.Answer) -> None:
        if self._is_seated:
            self._relay(message.to, events.Answered(by=self.handle, answer=message.answer))
            await self._act(Call.objects.take_up)

    @handlers.on(avari.IceCandidate)
    async def ice_candidate(self, message: avari.IceCandidate) -> None:
        if self._is_seated:
            self._relay(message.to, events.Candidate(by=self.handle, candidate=message.candidate))

    def refuse(self, refusal: errors.RequestRefused) -> avari.Error:
        return avari.Error(kind=refusal.code, message=refusal.message, retry_after=refusal.retry_after)

    def goodbye(self) -> avari.ServerShutdown | None:
        return avari.ServerShutdown(message=SHUTDOWN) if self._is_seated else None

    async def rejoin(self, room: rooms.Room) -> handlers.Reply:
        if self.room is None or not self._is_seated or room.key != self.room.key:
            raise Match.DoesNotExist
        return await self._enter(self.room)

    async def fell_silent(self) -> None:
        if self.room is not None:
            await database.in_db(Seat.objects.announce_lost, self.connection.id)
            tasks.release.schedule_in(settings.CALL_GRACE_SECONDS)

    async def answered_again(self) -> None:
        if self._is_seated and not await database.in_db(Seat.objects.announce_back, self.connection.id):
            await self.connection.close(handlers.COME_BACK)

    async def closed(self) -> None:
        if self.room is not None and self.connection.closed_by_client:
            await database.in_db(Seat.objects.leave, self.connection.id)
        elif not self.connection.is_silent:  # Then the peer has heard of it already.
            await self.fell_silent()

    # --- the seat

    @property
    def _is_seated(self) -> bool:
        """Whether it has a seat, which no newer connection of the same user has taken."""
        return self.room is not None and (self.room.key, self.dialect) in self.connection.memberships

    async def _seat_request(self, message: avari.Register) -> seats.SeatRequest:
        if not (message.user_id and message.match_id):
            raise errors.RequestRefused("validation", "Missing userId or matchId")
        if self.handle and message.user_id != self.handle:
            raise errors.RequestRefused("forbidden", "This connection is registered as another user")
        if message.token:
            try:
                await self.connection.authenticate(message.token)
            except tokens.InvalidToken as error:
                raise errors.RequestRefused("unauthorized", str(error)) from None
        connection = self.connection
        return seats.SeatRequest(message.user_id, connection.id, connection.identity, message.resume_token or "")

    async def _take_seat(self, request: seats.SeatRequest, match: Match) -> handlers.Reply:
        """Enters the match's room before it has the seat, so that it misses nothing that the peer says to it."""
        room = MatchRoom(match.pk, request.handle)
        await self.connection.end_dead(room)
        stayed = self.connection.stay(room, self)
        entered = stayed or await self.connection.join(room, self)
        try:
            assignment = await database.in_db(Seat.objects.assign, match, request)
        except BaseException:
            if stayed is None:
                await self.connection.leave(room, self)
            raise
        self.room, self.match, self.handle = room, match.name, request.handle
        return handlers.Reply(avari.Joined.of(assignment), **entered.ack)

    async def _enter(self, room: MatchRoom) -> handlers.Reply:
        return self.connection.stay(room, self) or await self.connection.join(room, self)

    async def _leave(self) -> None:
        """Leaves its seat for one at another match."""
        room, self.room, self.match = self.room, None, ""
        if room is not None:
            await database.in_db(Seat.objects.leave, self.connection.id)
            await self.connection.leave(room, self)

    def _name(self, message: avari.InitiateCall) -> str:
        identity = self.connection.identity
        return identity.name if identity.verified else " ".join((message.name or "").split())

    def _check_registered(self, refusal: str) -> None:
        """Refuses as if the peer were absent, which everyone is to someone without a seat."""
        if not self._is_seated:
            raise errors.RequestRefused(calls.OFFLINE, refusal)

    async def _act(self, verb: Callable[Concatenate[str, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a verb that the user of a seat may do."""
        try:
            return await database.in_db(verb, self.connection.id, *args, **kwargs)
        except Seat.DoesNotExist:  # It was released while this process was stalled, so the client shall register again.
            await self.connection.close(handlers.COME_BACK)
            raise

    def _relay(self, to: str, event: Transient) -> None:
        """Tells the peer, if there is one."""
        if self.room is not None and to != self.handle:
            self.room.tell(event, to=address_of(to))


class SignalingConsumer(consumers.SocketConsumer):
    protocols = (consumers.CoreHandler, Avari)
