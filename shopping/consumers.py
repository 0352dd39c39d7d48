"""Shop with Friends on sockets."""

import contextlib
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any, ClassVar

from realtime import consumers, errors, handlers, limits, rooms
from realtime.delivery import hubs
from realtime.protocol import framing
from realtime.runtime import threads, writer
from shopping import events, nanoid, wire
from shopping.models import CartLine, Newcomer, Participant, ShoppingSession, Vote
from shopping.rooms import ShoppingRoom, state_of

TOUCH = 15.0  # seconds between two extensions of a session by pointers alone


class Quiet(errors.RequestRefused):
    """One that only an ack tells: an ERROR would fail whatever else the old SDK is waiting for."""


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    try:
        yield
    except (limits.Throttled, writer.Busy, TimeoutError) as error:
        refusal = errors.of(error, "")
        raise Quiet(refusal.code, refusal.message, refusal.retry_after) from None


class Coshop(handlers.ProtocolHandler):
    """Shop with Friends: `{type, payload}` frames with upper-case names."""

    dialect = "coshop"
    vocabulary: ClassVar[ModuleType] = wire
    framing = framing.NESTED

    def __init__(self, client: handlers.Client) -> None:
        super().__init__(client)
        self.client_id = nanoid.new(nanoid.CLIENT)
        self.seat: Participant | None = None
        self.touched = 0.0
        self.pointing = handlers.Coalescer("pointer", lambda: client.subjects, self._point)
        self.syncing = handlers.Coalescer("sync", lambda: client.subjects, self._sync)

    async def opened(self) -> None:
        if self.connection.framing is None:  # Socket.IO clients know no such greeting
            self.connection.send(self, wire.ClientId(client_id=self.client_id))

    async def closed(self) -> None:
        self.pointing.stop()
        self.syncing.stop()

    # --- coming and going

    @handlers.on(wire.CreateSession)
    async def create_session(self, message: wire.CreateSession) -> handlers.Reply:
        me = self._as(message.user_name)
        seat = await threads.in_db(ShoppingSession.objects.open, me, message.metadata, message.op)
        entered = await self._take(seat)
        created = wire.SessionCreated.of(seat.session, self.connection.base_url)
        return handlers.Reply(created, await threads.in_db(state_of, seat.session_id), **entered.ack)

    @handlers.on(wire.JoinSession)
    async def join_session(self, message: wire.JoinSession) -> handlers.Reply:
        entered = await self._join(message.session_id, message.user_name)
        state = await threads.in_db(state_of, message.session_id)
        ids = [person.user_id for person in state.participants]
        joined = wire.SessionJoined(session_id=message.session_id, participants=ids)
        return handlers.Reply(joined, state, **entered.ack)

    @handlers.on(wire.LeaveSession)
    async def leave_session(self, message: wire.LeaveSession) -> handlers.Reply:
        """Only one's own; to leave where one is not does no harm."""
        if self.seat is not None and message.session_id in (None, self.seat.session_id):
            message.session_id = self.seat.session_id
            await self._depart(self.seat)
        return handlers.Reply(wire.SessionLeft(session_id=message.session_id or ""))

    async def rejoin(self, room: rooms.Room) -> handlers.Reply:
        return await self._join(room.id, None)

    # --- doing something that the others see

    @handlers.on(wire.Sync)
    async def sync_event(self, message: wire.Sync) -> handlers.Reply | None:
        seat = self._place()
        with quietly():
            if message.event_type in wire.PASSING:
                await self._keep_alive(seat)
                await self.pointing.put(message.event_type, message.payload)
            elif message.op:
                return await self._sync_now(message)
            else:  # nobody asks what became of it: what comes too fast is told later, the newest of each kind
                await self.syncing.put(message.event_type, message.payload)
        return None

    @handlers.on(wire.SendSignal)
    async def webrtc_signal(self, message: wire.SendSignal) -> None:
        seat = self._place()
        if isinstance(target := message.target_id, str) and ":" not in target:  # a client's id, and no other address
            with quietly():
                limits.take(message.limit, self.connection.subjects)
            signal = events.Signaled(source_id=seat.user_id, signal=message.signal)
            ShoppingRoom(seat.session_id).tell(signal, to=target or "nobody")

    @handlers.on(wire.Heartbeat)
    async def heartbeat(self, message: wire.Heartbeat) -> handlers.Reply:
        if self._is_in():
            with quietly():
                await writer.submit(ShoppingSession.objects.touch, [self._place().session_id])
        return handlers.Reply(wire.HeartbeatAck(timestamp=wire.now_ms()))

    @handlers.on(wire.CartOp)
    async def cart_op(self, message: wire.CartOp) -> handlers.Reply:
        change = message.payload
        done = await threads.in_db(
            CartLine.objects.operate, self._place(), change.op_id, change.op, change.product_id, change.qty
        )
        return handlers.Reply(seq=done.seq)

    @handlers.on(wire.CastVote)
    async def vote(self, message: wire.CastVote) -> None:
        await threads.in_db(Vote.objects.cast, self._place(), message.product_id, message.value)

    @handlers.on(wire.TransferHost)
    async def host_transfer(self, message: wire.TransferHost) -> None:
        await threads.in_db(self._place().hand_over, message.user_id)

    @handlers.on(wire.RemoveParticipant)
    async def remove_participant(self, message: wire.RemoveParticipant) -> None:
        await threads.in_db(self._place().remove, message.user_id)

    # --- in this protocol's words

    def refuse(self, refusal: errors.RequestRefused) -> wire.Error | None:
        return None if isinstance(refusal, Quiet) else wire.Error(message=refusal.message)

    def unknown(self, name: str | None) -> wire.Error | None:
        """Frames without a name and upper-case names are Coshop's; lower-case ones belong to the flat protocols."""
        if name is not None and not name.isupper():
            return None
        return wire.Error(message=f"Unknown message type: {'undefined' if name is None else name[:64]}")

    def malformed(self, detail: str) -> wire.Error:
        return wire.Error(message=detail)

    # --- inside

    def _as(self, name: str | None) -> Newcomer:
        return Newcomer(self.connection.identity, self.connection.id, self.client_id, name)

    def _is_in(self) -> bool:
        seat = self.seat
        return seat is not None and (ShoppingRoom(seat.session_id).key, self.dialect) in self.connection.memberships

    def _place(self) -> Participant:
        if self.seat is None or not self._is_in():
            raise errors.RequestRefused("not_in_session", "Not in a session")
        return self.seat

    async def _join(self, session_id: str, name: str | None) -> handlers.Reply:
        return await self._take(await threads.in_db(ShoppingSession.objects.join, session_id, self._as(name)))

    async def _take(self, seat: Participant) -> handlers.Reply:
        """Enters the room of a place that this client has, and leaves the session where it was before."""
        room, former = ShoppingRoom(seat.session_id, seat), self.seat
        entered = self.connection.stay(room, self)
        if entered is None:
            try:
                entered = await self.connection.join(room, self)
            except BaseException:
                await threads.in_db(seat.session.lose, [self.connection.id])
                raise
            if hubs.current().rooms[room.key].position < seat.joined_seq:  # the others hear of it first
                await hubs.current().rooms[room.key].reaches(seat.joined_seq)
        self.seat = seat
        if former is not None and former.session_id != seat.session_id:
            await self._depart(former)
        return entered

    async def _depart(self, seat: Participant) -> None:
        if self.seat is seat:
            self.seat = None
        await threads.in_db(seat.leave)
        await self.connection.leave(ShoppingRoom(seat.session_id), self)

    async def _sync_now(self, message: wire.Sync) -> handlers.Reply:
        limits.take("sync", self.connection.subjects)
        told = await writer.submit(self._place().sync, message.payload, message.op)
        return handlers.Reply(seq=told.seq)

    async def _sync(self, payload: dict[str, Any]) -> None:
        await writer.submit(self._place().sync, payload)

    async def _point(self, payload: dict[str, Any]) -> None:
        seat = self._place()
        pointed = events.Pointed(payload=payload, source_id=seat.user_id, at=wire.now_ms())
        ShoppingRoom(seat.session_id).tell(pointed, but=seat.address)

    async def _keep_alive(self, seat: Participant) -> None:
        if time.monotonic() - self.touched > TOUCH:
            self.touched = time.monotonic()
            await writer.submit(ShoppingSession.objects.touch, [seat.session_id])


class ShoppingConsumer(consumers.SocketConsumer):
    protocols = (consumers.CoreHandler, Coshop)
