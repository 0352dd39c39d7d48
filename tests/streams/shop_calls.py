"""Staff who take calls to the shop, and those who call."""

from contextlib import AsyncExitStack
from typing import Any, Self

from accounts.models import User
from realtime import database, event_log
from streams.models import ShopCall
from tests import factories, sockets


class Staff:
    """One of the staff at their page, on which they have said that they take calls."""

    def __init__(self, user: User, client: sockets.Client) -> None:
        self.user, self.client = user, client

    async def rung(self) -> sockets.Frame:
        """The next call that rings here."""
        return await self.client.expect("shop-call-ringing")

    async def accept(self, call: sockets.Frame) -> sockets.Frame:
        return await self.client.ask("accept-shop-call", callId=call["callId"])

    async def decline(self, call: sockets.Frame) -> sockets.Frame:
        return await self.client.ask("decline-shop-call", callId=call["callId"])

    async def over(self) -> str:
        """Why the call that has rung here rings no longer."""
        passed = [frame for frame in self.client.passed if frame["type"] == "shop-call-over"]
        self.client.passed = [frame for frame in self.client.passed if frame["type"] != "shop-call-over"]
        return str((passed or [await self.client.expect("shop-call-over")])[0]["reason"])

    async def off_duty(self) -> None:
        assert (await self.client.ask("stop-taking-calls"))["ok"]


class Shop:
    """A shop during one test: whoever takes calls in it goes off duty at the end, for all tests have one shop."""

    def __init__(self, address: sockets.Address) -> None:
        self.address = address
        self.clients = AsyncExitStack()
        self.staff: list[Staff] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await database.in_db(end_calls)
        for agent in self.staff:
            if agent.client.connection.close_code is None:
                await agent.off_duty()
        await self.clients.aclose()

    async def connect(self, of: User | None = None, **options: Any) -> sockets.Client:
        proof = await database.in_db(sockets.bearer, of) if of else {}
        client = await sockets.connect(self.address, "/ws/streams/", **proof, **options)
        await client.ask("hello", recover=True)
        return await self.clients.enter_async_context(client)

    async def agent(self, user: User | None = None, role: str = "staff") -> Staff:
        """One of the staff who takes calls from now on."""
        who = await database.in_db(factories.user, role) if user is None else user
        agent = Staff(who, await self.connect(who))
        self.staff.append(agent)
        assert (await agent.client.ask("take-calls"))["ok"]
        return agent

    async def visitor(self) -> sockets.Client:
        """Somebody on the shop front."""
        client = await self.connect()
        assert (await client.ask("join-shop"))["ok"]
        return client


def end_calls() -> None:
    """What still rings would ring at the staff of the next test."""
    with event_log.transaction():
        for call in ShopCall.objects.going():
            call.cancel()


def availability(client: sockets.Client) -> bool:
    """What a client was told as it entered."""
    return bool([frame for frame in client.passed if frame["type"] == "shop-available"][-1]["available"])
