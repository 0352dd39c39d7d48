"""Facts that end a membership, rooms that know their members by other names, and staying in a room."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from accounts import identity as identities
from realtime import events, handlers, rooms
from realtime.connections import admission, registry
from realtime.delivery import hubs, outgoing
from realtime.models import Presence
from realtime.runtime import threads
from tests import sockets
from tests.realtime import room_log, sample_protocol


class Dismissed(events.Final, tag="test-dismissed"):
    """Whoever hears it is out."""

    n: int

    def plain(self) -> sample_protocol.Note:
        return sample_protocol.Note(n=self.n)


class SeatedRoom(rooms.Room):
    """Knows everyone as `seat:1` too."""

    kind = "seated"
    dialects = ("plain",)

    def admits(self, identity: identities.Identity) -> str:
        return "member"

    def addresses(self, identity: identities.Identity) -> frozenset[str]:
        return frozenset({identity.key, "seat:1"})


class Seated(sample_protocol.Plain):
    """The test protocol, in rooms with seats; entering a room where one is already is to stay."""

    @handlers.on(sample_protocol.Enter)
    async def enter(self, message: sample_protocol.Enter) -> handlers.Reply:
        room = SeatedRoom(message.room)
        return self.connection.stay(room, self) or await self.connection.join(room, self)


class SeatedEndpoint(sample_protocol.Endpoint):
    protocols = (sample_protocol.Endpoint.protocols[0], Seated)


@pytest.fixture(scope="module")
async def door(live_db: None) -> AsyncIterator[sockets.Address]:
    async def application(scope: admission.Scope, receive: admission.Receive, send: outgoing.Send) -> None:
        if scope["type"] == "websocket":
            await SeatedEndpoint()({**scope, "visitor": uuid.uuid4().hex}, receive, send)

    async with sockets.serving(application) as address:
        yield address


@pytest.fixture
async def room_id() -> str:
    return str(uuid.uuid4())


async def test_whoever_hears_something_final_hears_nothing_after_it(door: sockets.Address, room_id: str) -> None:
    key = f"seated:{room_id}"
    async with await sockets.connect(door, "/", greeted=False) as client:
        await client.ask("enter", room=room_id)
        await room_log.tell(key, sample_protocol.Noted(n=1), Dismissed(n=2), sample_protocol.Noted(n=3))
        await client.expect("note", n=2)
        await room_log.tell(key, sample_protocol.Noted(n=4))
        assert [frame["n"] for frame in await client.settle()] == [1]
        assert (await client.ask("enter", room=room_id))["ok"]  # it may come back if the room lets it
        await room_log.tell(key, sample_protocol.Noted(n=5))
        await client.expect("note", n=5)


async def test_presence_ends_with_the_membership(door: sockets.Address, room_id: str) -> None:
    key = f"seated:{room_id}"
    async with await sockets.connect(door, "/", greeted=False) as client:
        await client.ask("enter", room=room_id)
        here = Presence.objects.filter(room=key)
        assert await threads.in_db(here.count) == 1
        await room_log.tell(key, Dismissed(n=1))
        await client.expect("note", n=1)
        assert not hubs.current().rooms[key].subscribers
        for connection in list(registry.connections.open):
            await asyncio.gather(*connection.leaving)
        assert await threads.in_db(here.count) == 0


async def test_something_final_for_another_ends_nothing(door: sockets.Address, room_id: str) -> None:
    key = f"seated:{room_id}"
    async with await sockets.connect(door, "/", greeted=False) as client:
        await client.ask("enter", room=room_id)
        await room_log.tell(key, Dismissed(n=1), to="seat:2")
        await room_log.tell(key, sample_protocol.Noted(n=2))
        assert (await client.expect("note"))["n"] == 2


async def test_a_room_knows_its_members_by_names_of_its_own(door: sockets.Address, room_id: str) -> None:
    key = f"seated:{room_id}"
    async with await sockets.connect(door, "/", greeted=False) as client:
        await client.ask("enter", room=room_id)
        await room_log.tell(key, sample_protocol.Noted(n=1), to="seat:1")
        await room_log.tell(key, sample_protocol.Noted(n=2), but="seat:1")
        await room_log.tell(key, sample_protocol.Noted(n=3))
        assert [(await client.expect("note"))["n"] for _ in range(2)] == [1, 3]


async def test_staying_neither_leaves_nor_hears_twice(door: sockets.Address, room_id: str) -> None:
    key = f"seated:{room_id}"
    async with await sockets.connect(door, "/", greeted=False) as client:
        first = await client.ask("enter", room=room_id)
        before = await threads.in_db(Presence.objects.get, room=key)
        await client.ask("hello", recover=True)
        client.passed.clear()
        second = await client.ask("enter", room=room_id)
        assert (first["seq"], first["epoch"]) == (second["seq"], second["epoch"])
        assert await threads.in_db(Presence.objects.get, room=key) == before
        await room_log.tell(key, sample_protocol.Noted(n=1))
        note = await client.expect("note")
        assert note["seq"] == second["seq"] + 1  # as it asked to be spoken to meanwhile
        assert await client.settle() == []
