"""Calling the shop on sockets: staff who take calls, and those who call from a product or a show."""

from types import ModuleType
from typing import ClassVar

from django.conf import settings

from realtime import database, errors, handlers
from streams import tasks
from streams.call_rooms import AgentsRoom, ShopCallRoom
from streams.models import ShopCall
from streams.models.shop_call import MAX_RUNG
from streams.wire import shop


class Shop(handlers.ProtocolHandler):
    """What both sides say until the call is taken; at the match they speak as in any other call."""

    dialect = "shop"
    vocabulary: ClassVar[ModuleType] = shop

    def __init__(self, client: handlers.Client) -> None:
        super().__init__(client)
        self.takes_calls = False
        self.calls = False  # whether it has called the shop

    # --- the staff

    @handlers.on(shop.TakeCalls)
    async def take_calls(self, message: shop.TakeCalls) -> handlers.Reply:
        joined = await self.connection.join(AgentsRoom(), self)
        self.takes_calls = True
        rings = await database.in_db(ShopCall.objects.at(self.connection.identity).first)
        return handlers.Reply(*([rings.ringing().shop()] if rings else []), **joined.ack)

    @handlers.on(shop.StopTakingCalls)
    async def stop_taking_calls(self, message: shop.StopTakingCalls) -> None:
        await self.connection.leave(AgentsRoom(), self)
        self._expect_agent()

    @handlers.on(shop.AcceptShopCall)
    async def accept_shop_call(self, message: shop.AcceptShopCall) -> handlers.Reply:
        call = await database.in_db(ShopCall.objects.accept, message.call_id, self.connection.identity)
        assert call.match is not None
        return handlers.Reply(matchId=call.match.name, userId=str(self.connection.identity.user_id))

    @handlers.on(shop.DeclineShopCall)
    async def decline_shop_call(self, message: shop.DeclineShopCall) -> None:
        await database.in_db(ShopCall.objects.decline, message.call_id, self.connection.identity)
        tasks.ring_on.schedule_in(settings.SHOP_CALL_RING_SECONDS)

    # --- who calls

    @handlers.on(shop.CallShop)
    async def call_shop(self, message: shop.CallShop) -> handlers.Reply:
        call = await database.in_db(
            ShopCall.objects.place,
            self.connection.identity,
            message.name or "",
            message.product_id,
            message.session_id,
            message.op,
        )
        self.calls = True
        for turn in range(1, MAX_RUNG + 1):  # Whoever does not answer does so for the full time.
            tasks.ring_on.schedule_in(turn * settings.SHOP_CALL_RING_SECONDS)
        joined = await self.connection.join(ShopCallRoom(call.pk), self)
        now = await database.in_db(ShopCall.objects.select_related("match").get, pk=call.pk)
        verdict = now.verdict()  # It may have been taken before this connection was in the room.
        return handlers.Reply(*([verdict.shop()] if verdict else []), callId=call.pk, **joined.ack)

    @handlers.on(shop.CancelShopCall)
    async def cancel_shop_call(self, message: shop.CancelShopCall) -> None:
        await database.in_db(ShopCall.objects.cancel, message.call_id, self.connection.identity)

    # --- when the connection ends

    async def closed(self) -> None:
        self._expect_agent()
        if self.calls:
            tasks.release_callers.schedule_in(settings.CALL_GRACE_SECONDS)

    async def became_unresponsive(self) -> None:
        await self.closed()

    def _expect_agent(self) -> None:
        """Has what rings here ring at the next one soon, unless they come back."""
        if self.takes_calls:
            tasks.ring_on.schedule_in(settings.CALL_GRACE_SECONDS)

    def refuse(self, refusal: errors.RequestRefused) -> shop.Error:
        return shop.Error(kind=refusal.code, message=refusal.message, retry_after=refusal.retry_after)
