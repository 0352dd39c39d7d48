"""Wrencos' clients that come back: they register, and hear what they have missed of the lobby."""

from typing import Any

import pytest

from realtime.runtime import threads
from streams.models import ChatMessage, Like
from tests import factories, sockets
from tests.streams.lobby import Lobby, types

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


async def returning(lobby: Lobby, session: str) -> tuple[sockets.Client, sockets.Frame]:
    """A customer that wants to recover, and where the lobby stood when it came."""
    client = await lobby.stranger()
    await client.say("hello", recover=True)
    await client.say("register", sessionId=session)
    return client, await client.expect("room")


def position(room: sockets.Frame) -> dict[str, Any]:
    return {"room": "lobby:main", "epoch": room["epoch"], "after": room["seq"]}


async def test_a_customer_is_told_what_it_missed(lobby: Lobby) -> None:
    stream = await lobby.show()
    gone, room = await returning(lobby, "ann")
    assert room["room"] == "lobby:main"
    await gone.connection.close()
    early = await lobby.customer()
    for text in ("one", "two"):
        await threads.in_db(ChatMessage.objects.post, stream.pk, factories.identity(), text)
        await early.expect("chat_message", message=text)
    back, _ = await returning(lobby, "ann")
    ack = await back.ask("resume", **position(room))
    assert ack["recovered"]
    missed = [(frame["message"], frame["seq"]) for frame in back.passed if frame["type"] == "chat_message"]
    assert missed == [("one", room["seq"] + 1), ("two", room["seq"] + 2)]


async def test_who_resumes_is_who_it_has_registered_as(lobby: Lobby) -> None:
    """Neither counted twice, nor shown as one who does not like the show."""
    admin, stream = await lobby.admin_with_show()
    ann, room = await returning(lobby, "ann")
    await ann.say("toggle_like", sessionId="ann")
    await ann.expect("stream_update", likes=1)
    assert (await ann.ask("resume", **position(room)))["ok"]
    await threads.in_db(Like.objects.toggle, stream, "user:1")
    assert (await ann.expect("stream_update", likes=2))["likedBy"] == ["ann"]
    await lobby.customer("ben")
    await admin.expect("stream_update", viewerCount=2)


async def test_an_admin_stays_one(lobby: Lobby) -> None:
    admin, _ = await lobby.admin_with_show()
    customer, room = await returning(lobby, "ann")
    assert (await admin.ask("resume", **position(room)))["ok"]
    await admin.say("stream_update", likes=7)
    await customer.expect("stream_update", likes=7)
    assert (await lobby.customer("ben")).passed[0]["viewerCount"] == 2


async def test_who_missed_too_much_hears_how_things_are(lobby: Lobby) -> None:
    stream = await lobby.show(title="Big")
    early = await lobby.customer()
    await threads.in_db(ChatMessage.objects.post, stream.pk, factories.identity(), "hello")
    await early.expect("chat_message")
    client, room = await returning(lobby, "ann")
    await client.say("resume", **{**position(room), "epoch": "another"})
    state = (await client.expect("snapshot"))["state"]
    assert (state["viewerCount"], state["streamData"]["title"], state["pinnedProducts"]) == (2, "Big", [])
    assert [line["message"] for line in state["messages"]] == ["hello"]
    assert (await client.expect("resumed"))["recovered"] is False


async def test_a_snapshot_without_a_show_is_empty(lobby: Lobby) -> None:
    client, room = await returning(lobby, "ann")
    await client.say("resume", **{**position(room), "epoch": "another"})
    state = (await client.expect("snapshot"))["state"]
    assert state == {"viewerCount": 1, "streamData": None, "messages": [], "pinnedProducts": []}


async def test_nobody_resumes_without_having_registered(lobby: Lobby) -> None:
    client, room = await returning(lobby, "ann")
    stranger = await lobby.stranger()
    assert (await stranger.ask("resume", **position(room)))["code"] == "not_registered"
    for elsewhere in ("lobby:other", "lobby:", "lobby"):
        assert (await client.ask("resume", **{**position(room), "room": elsewhere}))["code"] == "not_found"


async def test_one_who_asks_for_no_recovery_sees_no_positions(lobby: Lobby) -> None:
    admin, _ = await lobby.admin_with_show()
    client = await lobby.customer()
    await admin.say("chat_message", message="hello")
    assert not {"room", "seq", "epoch"} & set(await client.expect("chat_message"))
    assert "room" not in types(client.passed)
