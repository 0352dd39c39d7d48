"""Wrencos' likes: everyone reads how many there are, and nobody reads whose they are, but everyone knows their own."""

from typing import Any

import pytest

from realtime.runtime import threads
from streams.models import Like, Stream
from tests import factories, sockets
from tests.streams.lobby import Lobby, new_session

pytestmark = pytest.mark.usefixtures("live_db")


async def like(client: sockets.Client, likes: int, **who: Any) -> list[str | int]:
    """Toggles, and returns what the client itself reads of it."""
    await client.say("toggle_like", **who)
    return await liked_by(client, likes)


async def liked_by(client: sockets.Client, likes: int) -> list[str | int]:
    own: list[str | int] = (await client.expect("stream_update", likes=likes))["likedBy"]
    return own


@pytest.mark.everywhere
async def test_each_reads_its_own_id_and_no_one_elses(lobby: Lobby) -> None:
    admin, _ = await lobby.admin_with_show()
    ann, ben = await lobby.customer("ann"), await lobby.customer("ben")
    assert await like(ann, 1, userId=None, sessionId="ann") == ["ann"]
    assert await liked_by(ben, 1) == []
    assert await liked_by(admin, 1) == []
    assert await like(ben, 2, sessionId="ben") == ["ben"]
    assert await liked_by(ann, 2) == ["ann"]
    assert await liked_by(admin, 2) == []
    assert await like(ann, 1, sessionId="ann") == []
    assert await liked_by(ben, 1) == ["ben"]


async def test_an_id_that_is_a_number_stays_one(lobby: Lobby) -> None:
    await lobby.show()
    client = await lobby.customer()
    await client.say("toggle_like", userId=7)
    assert (await client.expect("stream_update", likes=1))["likedBy"] == [7]


async def test_the_id_may_be_another_than_the_one_registered_with(lobby: Lobby) -> None:
    """The web store registers with a new one each time and keeps one for its likes."""
    await lobby.show()
    client = await lobby.customer()
    assert await like(client, 1, sessionId="kept") == ["kept"]
    assert await like(client, 0, sessionId="kept") == []


async def test_a_like_survives_the_connection(lobby: Lobby) -> None:
    await lobby.show()
    first = await lobby.customer("ann")
    await like(first, 1, sessionId="ann")
    await first.connection.close()
    again = await lobby.customer("ann")
    [started] = [frame for frame in again.passed if frame["type"] == "stream_started"]
    assert (started["streamData"]["likes"], started["streamData"]["likedBy"]) == (1, ["ann"])
    ben = await lobby.customer("ben")
    await like(ben, 2, sessionId="ben")
    assert await liked_by(again, 2) == ["ann"]
    assert await like(again, 1, sessionId="ann") == []


async def test_a_like_sent_again_after_a_loss_stays(lobby: Lobby) -> None:
    """As from a phone that heard no answer before its connection was gone."""
    stream = await lobby.show()
    for _ in range(2):
        client = await lobby.customer("ann")
        assert (await client.ask("toggle_like", sessionId="ann", op="1"))["ok"]
        client.abandon()
    assert await threads.in_db(stream.likes.count) == 1


async def test_all_tabs_of_a_customer_know_of_its_like(lobby: Lobby) -> None:
    await lobby.show()
    session = new_session()
    one, two = await lobby.customer(session), await lobby.customer(session)
    await like(one, 1, sessionId=session)
    assert await liked_by(two, 1) == [session]


async def test_a_user_likes_once_whatever_the_device_and_the_protocol(lobby: Lobby) -> None:
    stream = await lobby.show()
    user = await threads.in_db(factories.user)
    phone, tablet = await lobby.customer("phone", of=user), await lobby.customer("tablet", of=user)
    assert await like(phone, 1, userId=user.pk, sessionId="phone") == [user.pk]
    assert await liked_by(tablet, 1) == ["tablet"]
    await threads.in_db(Like.objects.toggle, stream, f"user:{user.pk}")  # from a Bazaar page
    assert await liked_by(phone, 0) == []
    assert await liked_by(tablet, 0) == []


async def test_nobody_takes_back_anothers_like_by_saying_its_id(lobby: Lobby) -> None:
    stream = await lobby.show()
    user = await threads.in_db(factories.user)
    await threads.in_db(Like.objects.toggle, stream, f"user:{user.pk}")
    ann, eve = await lobby.customer("ann"), await lobby.customer("eve")
    await like(ann, 2, userId="5", sessionId="ann")
    assert await like(eve, 3, userId="5", sessionId="eve") == ["5"]
    assert await like(eve, 2, userId=user.pk, sessionId="eve") == []
    assert await liked_by(ann, 2) == ["5"]


async def test_a_connection_likes_as_one_person(lobby: Lobby) -> None:
    """Else one client could give as many likes as it can think of ids."""
    stream = await lobby.show()
    client = await lobby.customer()
    for number in range(6):
        await like(client, (number + 1) % 2, sessionId=f"made-up-{number}")
    assert await threads.in_db(stream.likes.count) == 0


async def test_without_any_id_it_is_the_one_registered_with(lobby: Lobby) -> None:
    await lobby.show()
    client = await lobby.customer("ann")
    assert await like(client, 1) == ["ann"]


async def test_the_stored_like_does_not_give_the_id_away(lobby: Lobby) -> None:
    stream = await lobby.show()
    client = await lobby.customer("ann")
    await like(client, 1, sessionId="my secret id")
    [stored] = await threads.in_db(lambda: list(stream.likes.values_list("liker", flat=True)))
    assert stored.startswith("handle:")
    assert "secret" not in stored


async def test_the_next_show_begins_without_it(lobby: Lobby) -> None:
    admin, _ = await lobby.admin_with_show()
    ann, ben = await lobby.customer("ann"), await lobby.customer("ben")
    await like(ann, 1, sessionId="ann")
    await admin.say("stream_started", streamData={"title": "Second"})
    assert (await ann.expect("stream_started"))["streamData"]["likedBy"] == []
    await like(ben, 1, sessionId="ben")
    assert await liked_by(ann, 1) == []


async def test_a_show_that_comes_back_is_liked_by_those_who_liked_it(lobby: Lobby) -> None:
    admin, first = await lobby.admin_with_show()
    ann, ben = await lobby.customer("ann"), await lobby.customer("ben")
    await like(ann, 1, sessionId="ann")
    await admin.say("stream_started", streamData={"title": "Second"})
    await ann.expect("stream_started")
    await admin.say("start_stream", streamId=str(first.pk))
    await ann.expect("stream_started")
    assert await liked_by(ann, 1) == ["ann"]
    for _ in ("the second", "the first again"):
        await ben.expect("stream_started")
    assert await liked_by(ben, 1) == []


async def test_there_is_nothing_to_like_without_a_show(lobby: Lobby) -> None:
    for client in (await lobby.customer(), await lobby.stranger()):
        await client.say("toggle_like", userId=None, sessionId="ann")
        assert await client.expect("error") == {"type": "error", "message": "No active stream"}


async def test_an_old_client_that_is_trusted_likes_as_who_it_says(lobby: Lobby, settings: Any) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    stream = await lobby.show()
    user = await threads.in_db(factories.user)
    client = await lobby.customer()
    assert await like(client, 1, userId=str(user.pk), sessionId="x") == [str(user.pk)]
    assert await threads.in_db(stream.likes.filter(liker=f"user:{user.pk}").exists)


async def test_an_unregistered_client_may_like_and_hears_nothing(lobby: Lobby) -> None:
    stream: Stream = await lobby.show()
    customer, stranger = await lobby.customer(), await lobby.stranger()
    await stranger.ask("toggle_like", sessionId="ann")
    await customer.expect("stream_update", likes=1)
    assert await stranger.settle() == []
    assert await threads.in_db(stream.likes.count) == 1
