"""Wrencos' chat: said once, heard by all, the sender too."""

from typing import Any

import pytest

from realtime.models import Restriction
from realtime.runtime import threads
from tests import factories
from tests.streams.desks import desk
from tests.streams.lobby import Lobby, bearer, types

pytestmark = pytest.mark.usefixtures("live_db")


@pytest.mark.everywhere
async def test_chat_comes_to_all_the_sender_too_as_it_was_sent(lobby: Lobby) -> None:
    admin, _ = await lobby.admin_with_show()
    ann, ben = await lobby.customer(), await lobby.customer()
    await ann.say(
        "chat_message",
        username="Ann",
        message="hello",
        timestamp="2030-01-31T12:00:00.000Z",
        isAdmin=True,
        id=1732190000000,
        avatar="a.png",
        tags=["x", 1, None],
        reply={"to": 5, "deep": False},
    )
    for client in (ann, ben, admin):
        assert await client.expect("chat_message") == {
            "type": "chat_message",
            "username": "Ann",
            "message": "hello",
            "timestamp": "2030-01-31T12:00:00.000Z",
            "isAdmin": False,
            "id": 1732190000000,
            "avatar": "a.png",
            "tags": ["x", 1, None],
            "reply": {"to": 5, "deep": False},
        }


async def test_what_a_message_leaves_out_the_server_says(lobby: Lobby) -> None:
    admin, stream = await lobby.admin_with_show()
    await admin.say("chat_message", message="hello")
    frame = await admin.expect("chat_message")
    stored = await threads.in_db(stream.messages.get)
    assert (frame["id"], frame["isAdmin"], frame["username"]) == (str(stored.pk), True, stream.creator.username)
    assert frame["timestamp"].endswith("Z")


async def test_an_admin_speaks_under_the_name_that_their_page_gives_and_the_account_stands_beside_it(
    lobby: Lobby,
) -> None:
    admin, stream = await lobby.admin_with_show()
    await admin.say("chat_message", message="hello", username="Admin")
    frame = await admin.expect("chat_message")
    assert (frame["username"], frame["isAdmin"]) == ("Admin", True)
    stored = await threads.in_db(stream.messages.get)
    assert (stored.name, stored.user_id) == ("Admin", stream.creator_id)


async def test_a_customer_who_logged_in_speaks_under_the_name_of_the_account(lobby: Lobby) -> None:
    await lobby.admin_with_show()
    user = await threads.in_db(factories.user)
    customer = await lobby.customer(of=user)
    await customer.say("chat_message", message="hello", username="Admin")
    assert (await customer.expect("chat_message"))["username"] == user.username


@pytest.mark.parametrize(
    "extra",
    [
        {"a": "\0"},
        {"\0": 1},
        {"a": {"b": {"c": 1}}},
        {"a": [[1]]},
        {"a": 10**30},
        {"id": 10**30},
        {"id": "\0"},
        {"id": ["x"]},
        {"timestamp": "x" * 65},
        {"username": "x" * 151},
        {"message": "x" * 501},
        {"message": " "},
        {"message": None},
        {"op": 5},
    ],
    ids=lambda extra: str(extra)[:20],
)
async def test_what_cannot_be_kept_is_refused(lobby: Lobby, extra: dict[str, Any], caplog: Any) -> None:
    await lobby.show()
    client = await lobby.customer()
    await client.say("chat_message", **{"message": "hi", **extra})
    await client.expect("error")
    assert not [record for record in caplog.records if record.exc_info]


async def test_deep_nesting_ends_nothing(lobby: Lobby, caplog: Any) -> None:
    await lobby.show()
    client = await lobby.customer()
    for depth in (100, 900, 20_000):
        await client.send('{"type":"chat_message","message":"hi","x":' + "[" * depth + "]" * depth + "}")
    await client.settle()
    assert not [record for record in caplog.records if record.exc_info]


async def test_more_than_a_little_beside_a_message_is_dropped(lobby: Lobby) -> None:
    await lobby.show()
    client = await lobby.customer()
    await client.say("chat_message", message="hi", id=7, big="x" * 1500, bigger="x" * 1500)
    frame = await client.expect("chat_message")
    assert set(frame) == {"type", "username", "message", "timestamp", "isAdmin", "id"}
    assert frame["id"] == 7


async def test_who_is_not_registered_neither_speaks_nor_hears(lobby: Lobby) -> None:
    admin, stream = await lobby.admin_with_show()
    stranger = await lobby.stranger()
    await stranger.say("chat_message", message="hi")
    assert await stranger.next() == {"type": "error", "message": "Register first"}
    await admin.say("chat_message", message="hello")
    await admin.expect("chat_message")
    assert types(await stranger.settle()) == []
    assert await threads.in_db(stream.messages.count) == 1


async def test_nobody_speaks_where_there_is_no_show(lobby: Lobby) -> None:
    client = await lobby.customer()
    await client.say("chat_message", message="hi")
    assert (await client.expect("error"))["message"] == "No active stream"


async def test_one_who_is_muted_in_the_show_is_silent_here_too(lobby: Lobby) -> None:
    stream = await lobby.show()
    user = await threads.in_db(factories.user)
    await threads.in_db(Restriction.objects.mute, f"user:{user.pk}", stream.room_key)
    client = await lobby.customer(of=user)
    await client.say("chat_message", message="hi")
    assert (await client.expect("error"))["message"] == "You may not write here"


async def test_one_who_is_banned_from_the_show_cannot_follow_it_here_either(lobby: Lobby) -> None:
    stream = await lobby.show()
    user = await threads.in_db(factories.user)
    await threads.in_db(Restriction.objects.ban, f"user:{user.pk}", stream.room_key)
    client, token = await lobby.stranger(), await bearer(user)
    await client.say("register", sessionId="s1", token=token)
    assert await client.next() == {"type": "error", "message": "You have been removed from this room"}
    await threads.in_db(stream.end)
    await client.say("register", sessionId="s1", token=token)
    await client.expect("registered")


async def test_a_message_sent_again_is_said_once(lobby: Lobby) -> None:
    await lobby.show()
    client = await lobby.customer()
    acks = [await client.ask("chat_message", message="hi", op="one") for _ in range(2)]
    assert acks[0]["ok"]
    assert acks[0] == acks[1]
    await client.ask("chat_message", message="the next")
    assert [frame["message"] for frame in client.passed if frame["type"] == "chat_message"].count("hi") <= 1


@pytest.mark.everywhere
async def test_a_message_that_is_taken_back_is_named_by_its_clients_id(lobby: Lobby) -> None:
    stream = await lobby.show()
    client = await lobby.customer()
    await client.ask("chat_message", message="my secret", id=77)
    message = await threads.in_db(stream.messages.get)
    await threads.in_db(lambda: desk(stream).delete(message))
    assert await client.expect("chat_message_deleted") == {"type": "chat_message_deleted", "id": 77}
    late = await lobby.customer()
    assert "my secret" not in str(late.passed)
