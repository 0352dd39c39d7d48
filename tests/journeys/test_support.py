"""Two of the staff and three customers over two processes: they reload, and one process is killed."""

import asyncio
import itertools
import signal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from realtime.models import Presence, RoomEvent
from realtime.runtime import threads
from support.models import Conversation
from tests import factories, sockets
from tests.journeys import server
from tests.support.desk import Desk, guest_token, new_session, resume_token

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]


class Talker:
    """Someone with a connection that they lose and open again, and all that they have heard of one conversation."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.client: sockets.Client
        self.position: dict[str, object] = {}
        self.heard: list[str] = []
        self.offers: list[dict[str, object] | None] = []
        self.numbers = itertools.count(1)

    async def open(self, address: sockets.Address) -> None:
        raise NotImplementedError

    async def enter(self, conversation: str) -> None:
        """Enters the conversation for the first time."""
        self.client.passed.clear()
        self.position = await self.client.ask("support-open", conversationId=conversation)
        (opened,) = [frame for frame in self.client.passed if frame["type"] == "support-opened"]
        self.heard = [line["text"] for line in opened["thread"]["messages"]]
        self.client.passed.clear()

    async def come_back(self, address: sockets.Address) -> None:
        """Reloads: another connection, perhaps to the other process, resumes where the last one stopped."""
        self.client.abandon()
        await self.open(address)
        await self.client.ask("hello", recover=True)
        ack = await self.client.ask(
            "resume", room=self.position["room"], epoch=self.position["epoch"], after=self.position["seq"]
        )
        assert ack["recovered"] is True
        self._note()

    async def say(self, conversation: str, text: str) -> None:
        op = f"{text}-{next(self.numbers)}"
        assert (await self.client.ask("support-write", conversationId=conversation, text=text, op=op))["ok"]

    async def hear(self, text: str) -> None:
        """Waits until a message has come."""
        self._note()
        async with asyncio.timeout(sockets.PATIENCE):
            while text not in self.heard:
                self.client.passed.append(await self.client.next())
                self._note()

    def _note(self) -> None:
        for frame in self.client.passed:
            if frame["type"] == "support-message":
                self.heard.append(frame["message"]["text"])
                self.offers.append(frame["message"]["offer"])
            if frame.get("room") == self.position["room"] and "seq" in frame:
                self.position["seq"] = frame["seq"]
        self.client.passed.clear()


class Agent(Talker):
    async def open(self, address: sockets.Address) -> None:
        if not hasattr(self, "user"):
            self.user = await threads.in_db(factories.user, "staff")
        self.client = await self.desk.user(self.user, address)


class Guest(Talker):
    async def open(self, address: sockets.Address) -> None:
        if not hasattr(self, "token"):
            self.token = guest_token()
        self.client = await self.desk.guest(self.token, address)


class OldClient(Talker):
    """A customer in Wrencos' words: the session is proved by its token."""

    resume_token = ""

    async def open(self, address: sockets.Address) -> None:
        if not hasattr(self, "session"):
            self.session = new_session()
        self.client = await self.desk.customer(self.session, self.resume_token, address)
        self.resume_token = resume_token(self.client)


async def test_nobody_misses_anything_over_reloads_and_a_killed_process(
    running: server.Server, database_url: str, tmp_path: Path
) -> None:
    async with Desk(running.address) as desk:
        with server.running("uvicorn", database_url, tmp_path, **server.WATCHFUL) as second:
            await talk(desk, running.address, second)


async def talk(desk: Desk, first: sockets.Address, second: server.Server) -> None:
    customers: list[Talker] = [Guest(desk), Guest(desk), OldClient(desk)]
    agents: list[Talker] = [Agent(desk), Agent(desk)]
    for talker, address in zip([*customers, *agents], [first, second.address] * 3, strict=False):
        await talker.open(address)
        await talker.client.ask("hello", recover=True)
    conversations: list[str] = []
    for number, customer in enumerate(customers):
        ack = await customer.client.ask("support-write", text=f"question {number}", name=f"Customer {number}")
        conversations.append(ack["conversationId"])
        await customer.enter(ack["conversationId"])
    for number, conversation in enumerate(conversations):
        customer, agent, other = customers[number], agents[number % 2], agents[(number + 1) % 2]
        for each in (agent, other):
            await each.enter(conversation)
        await agent.say(conversation, f"answer {number}")
        for each in (customer, agent, other):
            await each.hear(f"answer {number}")
        customer.client.abandon()  # The customer is away while both of the staff write.
        await agent.say(conversation, f"more {number}")
        await other.say(conversation, f"and more {number}")
        await customer.come_back(first if number else second.address)
        await customer.hear(f"and more {number}")
        if number == 0:
            second.process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(second.process.wait)
            for each in (customer, agent, other, *customers[1:]):
                await each.come_back(first)
        await customer.say(conversation, f"thanks {number}")
        for each in (customer, agent, other):
            await each.hear(f"thanks {number}")
            expected = [f"{word} {number}" for word in ("question", "answer", "more", "and more", "thanks")]
            assert each.heard == expected
    for conversation in conversations:
        await check_stored(conversation)


async def check_stored(conversation: str) -> None:
    """What is stored is what was told, in the same order, and the room's log has no gap."""

    def look() -> None:
        stored = Conversation.objects.get(pk=conversation)
        seqs = list(stored.messages.in_order().values_list("seq", flat=True))
        log = list(RoomEvent.objects.filter(room__key=stored.room_key).order_by("seq").values_list("seq", flat=True))
        assert log == list(range(1, len(log) + 1))
        assert set(seqs) <= set(log)
        assert len(seqs) == 5

    await threads.in_db(look)


async def test_an_offer_outlives_the_process_of_whoever_made_it(
    running: server.Server, database_url: str, tmp_path: Path
) -> None:
    async with Desk(running.address) as desk:
        with (
            server.running("uvicorn", database_url, tmp_path, **server.WATCHFUL) as stays,
            server.running("uvicorn", database_url, tmp_path, **server.WATCHFUL) as dies,
        ):
            await hand_over(desk, stays.address, dies)


async def hand_over(desk: Desk, first: sockets.Address, second: server.Server) -> None:
    customer, host, other = Guest(desk), Agent(desk), Agent(desk)
    for talker, address in ((customer, first), (host, second.address), (other, first)):
        await talker.open(address)
        await talker.client.ask("hello", recover=True)
    conversation = (await customer.client.ask("support-write", text="Does it fit?"))["conversationId"]
    for talker in (customer, host, other):
        await talker.enter(conversation)
    users = sorted((host.user, other.user), key=lambda user: user.username)
    looking = [{"userId": user.pk, "name": user.username} for user in users]
    await other.client.expect("support-lookers", agents=looking)
    assert (await host.client.ask("support-offer", conversationId=conversation, kind="call"))["ok"]
    offer = (await customer.client.expect("support-message"))["message"]["offer"]
    lost = await threads.in_db(
        lambda: Presence.objects.get(room=f"conversation:{conversation}", identity=f"user:{host.user.pk}").connection
    )
    second.process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(second.process.wait)
    await server.miss(lost)
    await other.client.expect("support-lookers", agents=[{"userId": other.user.pk, "name": other.user.username}])
    fields = {"conversationId": conversation, "offerId": offer["id"], "accept": True}
    accepted = await customer.client.ask("support-offer-answer", **fields)
    assert accepted["ok"]
    await host.come_back(first)
    page, _, handle = accepted["url"].partition("#seat=")
    assert host.offers == [offer, {**offer, "state": "accepted", "url": page}]
    name = page.removeprefix("/call/").removesuffix("/")
    proof = await threads.in_db(sockets.bearer, host.user)
    async with (
        await sockets.connect(first, "/ws/signaling/") as caller,
        await sockets.connect(first, "/ws/signaling/", **proof) as callee,
    ):
        assert (await caller.ask("register", userId=handle, matchId=name))["ok"]
        assert (await callee.ask("register", userId=str(host.user.pk), matchId=name))["ok"]
        assert (await caller.ask("initiate-call", to=str(host.user.pk)))["ok"]
        await callee.expect("incoming-call")
