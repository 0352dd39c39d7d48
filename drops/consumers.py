"""Claiming pieces of drops on sockets. What is told of drops, the room of their show tells in its own protocol."""

from types import ModuleType
from typing import ClassVar

from django.utils import timezone

from drops import tasks, wire
from drops.models import Claim
from drops.models.deciding import ask
from realtime import database, errors, handlers
from realtime import wire as protocol


class Drops(handlers.ProtocolHandler):
    """What those say who claim, each for themselves; whoever runs a drop does so over REST."""

    dialect = "drops"
    vocabulary: ClassVar[ModuleType] = wire

    @handlers.on(wire.ClaimDrop)
    async def claim_drop(self, message: wire.ClaimDrop) -> handlers.Reply:
        wish = await database.submit(
            ask, message.session_id, message.drop_id, self.connection.identity, message.pieces, message.op
        )
        claim = wish.settled()
        tasks.look.schedule_in(claim.drop.hold_seconds + tasks.LATE)
        return await answer(claim)

    @handlers.on(wire.ReturnClaim)
    async def return_claim(self, message: wire.ReturnClaim) -> handlers.Reply:
        claim = await database.in_db(self._own, message)
        await database.in_db(claim.give_back)
        return await answer(claim)

    @handlers.on(wire.ExtendClaim)
    async def extend_claim(self, message: wire.ExtendClaim) -> handlers.Reply:
        claim = await database.in_db(self._own, message)
        await database.in_db(claim.extend)
        return await answer(claim)

    def _own(self, message: wire.AboutClaim) -> Claim:
        return Claim.objects.find_own(message.session_id, message.claim_id, self.connection.identity)

    def refuse(self, refusal: errors.RequestRefused) -> wire.Error:
        return wire.Error(kind=refusal.code, message=refusal.message, retry_after=refusal.retry_after)


async def answer(claim: Claim) -> handlers.Reply:
    """The ack of a claim; a place in the line may have to be counted."""
    known = claim.place or claim.state != "waiting"
    told = wire.Claim.of(claim, timezone.now()) if known else await database.in_db(wire.Claim.of, claim, timezone.now())
    return handlers.Reply(claim=protocol.plain(told))
