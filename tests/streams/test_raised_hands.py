"""A viewer raises a hand: the creator of the show hears it, and nobody else."""

from contextlib import AsyncExitStack
from typing import Any

import pytest

from accounts.models import User
from realtime import database
from realtime.models import Restriction, RoomEvent
from tests import factories, sockets

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


@pytest.fixture
async def show(live_db: None) -> sockets.Show:
    return await database.in_db(sockets.make_show)


class People:
    """Clients of one show."""

    def __init__(self, server: sockets.Address, show: sockets.Show) -> None:
        self.server, self.show = server, show
        self.clients = AsyncExitStack()

    async def enter(self, user: User | None = None, **declared: Any) -> sockets.Client:
        options = await database.in_db(sockets.bearer, user) if user else {}
        client = await self.clients.enter_async_context(await sockets.connect(self.server, **options))
        assert (await client.ask("join-session", sessionId=self.show.id, **declared))["ok"]
        return client


async def hands(client: sockets.Client) -> list[sockets.Frame]:
    return [frame for frame in await client.settle() if frame["type"] == "hand-raised"]


async def test_the_creator_hears_a_raised_hand_and_other_viewers_do_not(
    server: sockets.Address, show: sockets.Show
) -> None:
    ann, admin = await database.in_db(lambda: (factories.user(), factories.user("admin")))
    people = People(server, show)
    async with people.clients:
        creator, viewer = await people.enter(show.creator), await people.enter(ann)
        others = [await people.enter(), await people.enter(admin)]
        assert (await viewer.ask("raise-hand", sessionId=show.id))["ok"]
        assert await creator.expect("hand-raised") == {
            "type": "hand-raised",
            "sessionId": show.id,
            "userId": ann.pk,
            "userName": ann.username,
            "raised": True,
        }
        assert (await viewer.ask("raise-hand", sessionId=show.id, raised=False))["ok"]
        assert (await creator.expect("hand-raised"))["raised"] is False
        await viewer.say("send-message", sessionId=show.id, message="hello")
        for client in (viewer, *others):
            await client.expect("new-message")  # told after the hand, so that would have come before
            assert [frame["type"] for frame in client.passed if frame["type"] == "hand-raised"] == []


async def test_a_guest_has_a_name_and_no_id(server: sockets.Address, show: sockets.Show) -> None:
    people = People(server, show)
    async with people.clients:
        creator, guest = await people.enter(show.creator), await people.enter()
        await guest.ask("raise-hand", sessionId=show.id)
        heard = await creator.expect("hand-raised")
        assert (heard["userId"], heard["userName"]) == (None, "Guest")


async def test_a_creator_hears_it_in_every_tab_and_only_of_their_own_show(
    server: sockets.Address, show: sockets.Show
) -> None:
    other = await database.in_db(sockets.make_show)
    people, elsewhere = People(server, show), People(server, other)
    async with people.clients, elsewhere.clients:
        tabs = [await people.enter(show.creator), await people.enter(show.creator)]
        stranger = await elsewhere.enter(other.creator)
        viewer = await people.enter()
        await viewer.ask("raise-hand", sessionId=show.id)
        for tab in tabs:
            await tab.expect("hand-raised")
        await viewer.ask("raise-hand", sessionId=other.id)
        assert (await stranger.expect("hand-raised"))["sessionId"] == other.id
        assert [await hands(tab) for tab in tabs] == [[], []]


async def test_a_raised_hand_is_not_kept(server: sockets.Address, show: sockets.Show) -> None:
    people = People(server, show)
    async with people.clients:
        creator, viewer = await people.enter(show.creator), await people.enter()
        await viewer.ask("raise-hand", sessionId=show.id)
        await creator.expect("hand-raised")
        stored = RoomEvent.objects.filter(room__key=show.key, body__contains="hand-raised")
        assert not await database.in_db(stored.exists)


@pytest.mark.parametrize("kind", ["mute", "ban"])
async def test_whoever_may_not_write_may_not_raise_a_hand(
    server: sockets.Address, show: sockets.Show, kind: str
) -> None:
    user = await database.in_db(factories.user)
    people = People(server, show)
    async with people.clients:
        creator, viewer = await people.enter(show.creator), await people.enter(user)
        await database.in_db(getattr(Restriction.objects, kind), factories.identity(user).key, "")
        silent = await people.clients.enter_async_context(
            await sockets.connect(server, **await database.in_db(sockets.bearer, user))
        )
        ack = await silent.ask("raise-hand", sessionId=show.id)
        assert (ack["ok"], ack["code"]) == (False, "forbidden")
        assert await hands(creator) == []
        viewer.abandon()


async def test_guests_raise_no_hand_where_the_chat_is_not_theirs(server: sockets.Address, live_db: None) -> None:
    show = await database.in_db(lambda: sockets.make_show(guest_chat=False))
    people = People(server, show)
    async with people.clients:
        ack = await (await people.enter()).ask("raise-hand", sessionId=show.id)
        assert (ack["code"], ack["message"]) == ("forbidden", "Log in to write in this chat")


async def test_nobody_raises_a_hand_when_the_show_is_over(server: sockets.Address, show: sockets.Show) -> None:
    await database.in_db(show.stream.end)
    people = People(server, show)
    async with people.clients:
        ack = await (await people.enter()).ask("raise-hand", sessionId=show.id)
        assert (ack["code"], ack["message"]) == ("validation", "This session has ended")


async def test_whoever_merely_declares_to_be_the_creator_hears_nothing(
    server: sockets.Address, show: sockets.Show, settings: Any
) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    people = People(server, show)
    async with people.clients:  # declared first: who has spoken with a token cannot be declared later
        impostor, creator = await people.enter(userId=show.creator.pk), await people.enter(show.creator)
        viewer = await people.enter()
        await viewer.ask("raise-hand", sessionId=show.id)
        await creator.expect("hand-raised")
        await viewer.say("send-message", sessionId=show.id, message="hello")
        await impostor.expect("new-message")
        assert [frame["type"] for frame in impostor.passed if frame["type"] == "hand-raised"] == []
