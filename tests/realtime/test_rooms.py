"""Rooms: how keys find them, and whom what is addressed to somebody reaches."""

import contextlib
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist

from accounts import identity as identities
from accounts.models import User
from realtime import events, rooms
from realtime.runtime import threads
from tests import factories, sockets
from tests.realtime import resuming, room_log, sample_protocol


class Whispered(events.Event, tag="test-whispered"):
    """Something durable that shows can tell."""

    n: int

    def bazaar(self) -> sample_protocol.Note:
        return sample_protocol.Note(n=self.n)


def test_a_key_finds_its_kind_of_room() -> None:
    room = rooms.find("test:5")
    assert isinstance(room, sample_protocol.TestRoom)
    assert (room.key, room.id) == ("test:5", "5")


@pytest.mark.parametrize("key", ["unheard-of:5", "5", "", ":"])
def test_a_key_of_no_kind_is_not_found(key: str) -> None:
    assert rooms.known(key) is None
    with pytest.raises(ObjectDoesNotExist, match="Room not found"):
        rooms.find(key)


SHOW = "0e3cbd3e-64a6-4a0c-8b55-8a2f1c1b2d3e"
OTHER_SPELLINGS = [
    f"show:{SHOW.upper()}",
    f"show:{SHOW.replace('-', '')}",
    f"show:{{{SHOW}}}",
    f"show:urn:uuid:{SHOW}",
    f"show:{'-' * 60_000}{SHOW}",
    f"show:{SHOW}\n",
    "show:1",
    "show:",
    f"broadcast:{SHOW.upper()}",
    "lobby:Main",
    "lobby:main2",
    "match:01",
    "match:-1",
    "match:\u0661",
    "match:9" * 30,
    "shopping:sess_0123456789x",
    "shopping:sess_0123456\x0089",
    "control:other",
    "test:with space",
    f"test:{'x' * 65}",
]


@pytest.mark.everywhere
@pytest.mark.parametrize("key", OTHER_SPELLINGS, ids=lambda key: key[:40].encode("unicode_escape").decode())
def test_a_room_has_one_spelling_and_a_length(key: str) -> None:
    assert rooms.known(key) is None


@pytest.mark.everywhere
@pytest.mark.parametrize(
    "key",
    [f"show:{SHOW}", f"broadcast:{SHOW}", "broadcast:main", "lobby:main", "match:12", "shopping:sess_aB-_567890"],
)
def test_every_kind_of_room_is_found_by_its_key(key: str) -> None:
    assert rooms.find(key).key == key


def test_two_kinds_of_rooms_cannot_have_one_name() -> None:
    with pytest.raises(TypeError, match="test"):
        type("Another", (rooms.Room,), {"kind": "test"})


@pytest.mark.django_db
def test_a_person_is_addressed_by_what_was_proved() -> None:
    user, room = factories.user(), sample_protocol.TestRoom("1")
    proved, guest = identities.Identity(user, "v"), identities.Identity(None, "v")
    declared = identities.Identity(user, "v", declared=True)
    assert room.addresses(proved) == {identities.user_key(user.pk)}
    assert room.addresses(guest) == room.addresses(declared) == {"visitor:v"}
    assert [len(each.claims) for each in (proved, guest)] == [0, 0]
    assert declared.claims == {identities.user_key(user.pk)}


# --- over real sockets, where old clients are believed


@pytest.fixture(autouse=True)
def believed(settings: Any) -> None:
    settings.TRUST_DECLARED_IDENTITY = True


async def declare(client: sockets.Client, show: sockets.Show, user: User) -> sockets.Frame:
    """Enters a show as an old client of `user` does, without proof; returns the ack."""
    ack = await client.ask("join-session", sessionId=show.id, userId=user.pk)
    assert ack["ok"], ack
    assert (await sockets.taken_up(client)).identity.key == identities.user_key(user.pk)
    return ack


def notes(frames: list[sockets.Frame]) -> list[int]:
    return [frame["n"] for frame in frames if frame["type"] == "note"]


async def told(client: sockets.Client, last: int) -> list[int]:
    """All that the client is told up to the note `last`, which is for everybody."""
    await client.expect("note", n=last)
    before, client.passed = client.passed, []
    return [*notes(before), last]


@pytest.mark.everywhere
async def test_what_is_for_a_user_does_not_reach_who_only_declared_it(
    live_db: None, server: sockets.Address, show: sockets.Show
) -> None:
    options = await threads.in_db(sockets.bearer, show.creator)
    async with (
        contextlib.AsyncExitStack() as stack,
        await sockets.connect(server) as declared,
        await sockets.connect(server) as guest,
    ):
        await declare(declared, show, show.creator)  # Once the creator has shown a token, nobody can.
        creator = await stack.enter_async_context(await sockets.connect(server, **options))
        await creator.ask("join-session", sessionId=show.id)
        await guest.ask("join-session", sessionId=show.id)
        address = identities.user_key(show.creator.pk)
        await room_log.tell(show.key, Whispered(n=1), to=address)
        await room_log.tell(show.key, Whispered(n=2), but=address)
        await room_log.tell(show.key, Whispered(n=3))
        assert await told(creator, 3) == [1, 3]
        assert await told(declared, 3) == [3]  # Whoever declared to be somebody is left out with them.
        assert await told(guest, 3) == [2, 3]


async def test_one_who_declares_an_identity_in_a_room_is_still_addressed_as_the_visitor(
    live_db: None, server: sockets.Address, show: sockets.Show
) -> None:
    async with await sockets.connect(server) as client:
        await client.ask("join-session", sessionId=show.id)
        await client.say("track-product-click", sessionId=show.id, productId=show.id, userId=show.creator.pk)
        identity = (await sockets.taken_up(client)).identity
        assert (identity.declared, identity.user) == (True, show.creator)
        await room_log.tell(show.key, Whispered(n=1), to=identities.user_key(show.creator.pk))
        await room_log.tell(show.key, Whispered(n=2), to=f"visitor:{identity.visitor}")
        await room_log.tell(show.key, Whispered(n=3))
        assert await told(client, 3) == [2, 3]


@pytest.mark.everywhere
async def test_nor_is_it_told_when_they_resume(live_db: None, server: sockets.Address, show: sockets.Show) -> None:
    options = await threads.in_db(sockets.bearer, show.creator)
    async with await resuming.arrive(server) as client:
        start = await resuming.join(client, show)
    await room_log.tell(show.key, Whispered(n=1), to=identities.user_key(show.creator.pk))
    await room_log.tell(show.key, Whispered(n=2))
    heard = []
    for proof in ({}, options):
        async with await resuming.arrive(server, **proof) as client:
            if not proof:
                await declare(client, show, show.creator)
                await client.ask("leave-session", sessionId=show.id)
                client.passed.clear()
            ack = await resuming.resume(client, show.key, start["epoch"], start["seq"])
            assert ack["recovered"], ack
            heard.append(notes(client.passed))
    assert heard == [[2], [1, 2]]


async def test_nor_does_the_log_over_rest_show_it_without_proof(live_db: None, show: sockets.Show) -> None:
    await room_log.tell(show.key, Whispered(n=1), to=identities.user_key(show.creator.pk))
    await room_log.tell(show.key, Whispered(n=2))

    def read(user: User | None) -> list[int]:
        answer = factories.client(user).get(f"/api/rooms/{show.key}/events", {"after": 1})
        return notes([message for event in answer.json()["data"]["events"] for message in event["messages"]])

    assert await threads.in_db(read, show.creator) == [1, 2]
    assert await threads.in_db(read, None) == [2]
