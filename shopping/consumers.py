"""Shop with Friends on sockets."""

import contextlib
import functools
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any, ClassVar

from realtime import consumers, database, errors, handlers, limits, rooms, wire
from shopping import events, nanoid
from shopping.models import Admission, CartLine, JoinRequest, Participant, ShoppingSession, Vote
from shopping.rooms import ShoppingRoom, state_of
from shopping.wire import coshop

TOUCH = 15.0  # Seconds must pass before pointers alone prolong a session again.


class Quiet(errors.RequestRefused):
    """A refusal that only the ack tells: an ERROR would fail whatever else the shipped SDK is waiting for."""


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Makes refusals for reasons of load quiet."""
    try:
        yield
    except (limits.Throttled, errors.Busy, TimeoutError) as error:
        refusal = errors.of(error, "")
        raise Quiet(refusal.code, refusal.message, refusal.retry_after) from None


class Coshop(handlers.ProtocolHandler):
    """Shop with Friends: its frames are `{type, payload}`, and its names are in upper case."""

    dialect = "coshop"
    vocabulary: ClassVar[ModuleType] = coshop
    framing = handlers.NESTED

    def __init__(self, client: handlers.Client) -> None:
        super().__init__(client)
        self.client_id = nanoid.new(nanoid.CLIENT)
        self.participant: Participant | None = None
        self.touched = 0.0  # when pointers last prolonged the session
        self.pointing = handlers.Coalescer("pointer", lambda: client.subjects, self._point, client.count_refusal)
        self.syncing = handlers.Coalescer("sync", lambda: client.subjects, self._sync, client.count_refusal)

    async def opened(self) -> None:
        if self.connection.framing is None:  # Clients on Socket.IO do not know this greeting.
            self.connection.send(self, coshop.ClientId(client_id=self.client_id))

    async def closed(self) -> None:
        self.pointing.stop()
        self.syncing.stop()

    def limit_room(self, message: wire.ClientMessage) -> str:
        return self.participant.session_id if self.participant is not None and self._is_in_session() else ""

    # --- joining and leaving

    @handlers.on(coshop.CreateSession)
    async def create_session(self, message: coshop.CreateSession) -> handlers.Reply:
        creator = self._request(message.user_name)
        admission = await database.in_db(ShoppingSession.objects.open, creator, message.metadata, message.op)
        entered = await self._enter(admission)
        session = admission.participant.session
        created = coshop.SessionCreated.of(session, self.connection.base_url)
        return handlers.Reply(created, await database.in_db(state_of, session.pk), **entered.ack)

    @handlers.on(coshop.JoinSession)
    async def join_session(self, message: coshop.JoinSession) -> handlers.Reply:
        entered = await self._join(message.session_id, message.user_name)
        state = await database.in_db(state_of, message.session_id)
        ids = [participant.user_id for participant in state.participants]
        joined = coshop.SessionJoined(session_id=message.session_id, participants=ids)
        return handlers.Reply(joined, state, **entered.ack)

    @handlers.on(coshop.LeaveSession)
    async def leave_session(self, message: coshop.LeaveSession) -> handlers.Reply:
        """Leaves the session that the client is in; leaving another one is confirmed and changes nothing."""
        if self.participant is not None and message.session_id in (None, self.participant.session_id):
            message.session_id = self.participant.session_id
            await self._leave(self.participant)
        return handlers.Reply(coshop.SessionLeft(session_id=message.session_id or ""))

    async def rejoin(self, room: rooms.Room) -> handlers.Reply:
        return await self._join(room.id, None)

    # --- what the others are told

    @handlers.on(coshop.Sync)
    async def sync_event(self, message: coshop.Sync) -> handlers.Reply | None:
        participant = self._require_participant()
        with quietly():
            if message.event_type in coshop.TRANSIENT:
                await self._keep_alive(participant)
                await self.pointing.put(message.event_type, message.payload)
            elif message.op:
                return await self._sync_now(message)
            else:  # The client does not ask for the result, so of events that come too fast the newest is told later.
                await self.syncing.put(message.event_type, message.payload)
        return None

    @handlers.on(coshop.SendSignal)
    async def webrtc_signal(self, message: coshop.SendSignal) -> None:
        participant = self._require_participant()
        if isinstance(target := message.target_id, str) and ":" not in target:  # Other addresses have a colon.
            with quietly():
                limits.take(message.limit, self.connection.subjects)
            signal = events.Signaled(source_id=participant.user_id, signal=message.signal)
            ShoppingRoom(participant.session_id).tell(signal, to=target or "nobody")

    @handlers.on(coshop.Heartbeat)
    async def heartbeat(self, message: coshop.Heartbeat) -> handlers.Reply:
        if self._is_in_session():
            with quietly():
                await database.submit(ShoppingSession.objects.touch, [self._require_participant().session_id])
        return handlers.Reply(coshop.HeartbeatAck(timestamp=coshop.now_ms()))

    @handlers.on(coshop.CartOp)
    async def cart_op(self, message: coshop.CartOp) -> handlers.Reply:
        participant, change = self._require_participant(), message.payload
        more = {"variant_id": change.variant_id, "price": change.price}
        operate = functools.partial(CartLine.objects.operate, **more)
        operation = await database.in_db(operate, participant, change.op_id, change.op, change.product_id, change.qty)
        return handlers.Reply(seq=operation.seq)

    @handlers.on(coshop.CastVote)
    async def vote(self, message: coshop.CastVote) -> None:
        await database.in_db(Vote.objects.cast, self._require_participant(), message.product_id, message.value)

    @handlers.on(coshop.TransferHost)
    async def host_transfer(self, message: coshop.TransferHost) -> None:
        participant = self._require_participant()
        await database.in_db(participant.session.transfer_host, participant, message.user_id)

    @handlers.on(coshop.RemoveParticipant)
    async def remove_participant(self, message: coshop.RemoveParticipant) -> None:
        participant = self._require_participant()
        await database.in_db(participant.session.remove, participant, message.user_id)

    # --- in this protocol's words

    def refuse(self, refusal: errors.RequestRefused) -> coshop.Error | None:
        return None if isinstance(refusal, Quiet) else coshop.Error(message=refusal.message)

    def unknown(self, name: str | None) -> coshop.Error | None:
        """Frames without a name and upper-case names are Coshop's; lower-case ones belong to the flat protocols."""
        if name is not None and not name.isupper():
            return None
        return coshop.Error(message=f"Unknown message type: {'undefined' if name is None else name[:64]}")

    def malformed(self, detail: str) -> coshop.Error:
        return coshop.Error(message=detail)

    # --- what the handlers share

    def _request(self, name: str | None) -> JoinRequest:
        return JoinRequest(self.connection.identity, self.connection.id, self.client_id, name)

    def _is_in_session(self) -> bool:
        if self.participant is None:
            return False
        return (self.participant.room_key, self.dialect) in self.connection.memberships

    def _require_participant(self) -> Participant:
        if self.participant is None or not self._is_in_session():
            raise errors.RequestRefused("not_in_session", "Not in a session")
        return self.participant

    async def _join(self, session_id: str, name: str | None) -> handlers.Reply:
        await self.connection.end_dead(ShoppingRoom(session_id))
        return await self._enter(await database.in_db(ShoppingSession.objects.join, session_id, self._request(name)))

    async def _enter(self, admission: Admission) -> handlers.Reply:
        """Enters the room of a session that this client has joined, and leaves the session that it was in before."""
        participant, former = admission.participant, self.participant
        room = ShoppingRoom(participant.session_id, participant)
        entered = self.connection.stay(room, self)
        if entered is None:
            try:
                entered = await self.connection.join(room, self)
            except BaseException:
                await database.in_db(participant.session.disconnect, [self.connection.id])
                raise
            # The others must know the participant before they are told anything that the participant sends.
            await self.connection.reach(room, admission.seq)
        self.participant = participant
        if former is not None and former.session_id != participant.session_id:
            await self._leave(former)
        return entered

    async def _leave(self, participant: Participant) -> None:
        if self.participant is participant:
            self.participant = None
        await database.in_db(participant.session.leave, participant)
        await self.connection.leave(ShoppingRoom(participant.session_id), self)

    async def _sync_now(self, message: coshop.Sync) -> handlers.Reply:
        limits.take("sync", self.connection.subjects)
        event = await database.submit(
            self._require_participant().sync, message.payload, message.op, self.connection.identity
        )
        return handlers.Reply() if event is None else handlers.Reply(seq=event.seq)

    async def _sync(self, payload: dict[str, Any]) -> None:
        await database.submit(self._require_participant().sync, payload, None, self.connection.identity)

    async def _point(self, payload: dict[str, Any]) -> None:
        participant = self._require_participant()
        pointed = events.Pointed(payload=payload, source_id=participant.user_id, at=coshop.now_ms())
        ShoppingRoom(participant.session_id).tell(pointed, but=participant.address)

    async def _keep_alive(self, participant: Participant) -> None:
        if time.monotonic() - self.touched > TOUCH:
            self.touched = time.monotonic()
            await database.submit(ShoppingSession.objects.touch, [participant.session_id])


class ShoppingConsumer(consumers.SocketConsumer):
    protocols = (consumers.CoreHandler, Coshop)
