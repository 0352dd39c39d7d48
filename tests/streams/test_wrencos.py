"""Wrencos' clients: registering, how many there are, and what comes of one that does not keep to the protocol."""

from typing import Any

import pytest

from realtime.models import Presence
from realtime.runtime import threads
from streams.models import ChatMessage, Pin, Stream
from tests import factories, sockets
from tests.streams.lobby import Lobby, bearer, new_session, types

pytestmark = pytest.mark.usefixtures("live_db")


async def said(stream: Stream, *texts: str, **extra: Any) -> list[ChatMessage]:
    post = ChatMessage.objects.post
    return [await threads.in_db(post, stream.pk, factories.identity(), text, extra=extra) for text in texts]


# --- registering


@pytest.mark.everywhere
async def test_a_customer_hears_the_count_first_and_that_it_is_registered(lobby: Lobby) -> None:
    client = await lobby.customer("customer-1")
    count, registered = client.passed[:2]
    assert (count["type"], set(count)) == ("stream_update", {"type", "viewerCount"})
    assert registered == {"type": "registered", "sessionId": "customer-1", "status": "connected"}
    assert types(client.passed)[2:] in ([], ["stream_update"])


@pytest.mark.everywhere
async def test_a_customer_that_comes_late_hears_the_show_its_chat_and_its_pins(lobby: Lobby) -> None:
    stream = await lobby.show(title="Big", description="d", stream_url="https://a.example/x")
    early = await lobby.customer()  # who has heard all of it: what is on its way to the lobby is no history yet
    await said(stream, "one", "two", id=5)
    product = await threads.in_db(factories.product, stream.creator)
    await threads.in_db(Pin.objects.pin, stream, product.pk)
    await early.expect("pinned_products_updated")
    client = await lobby.customer()
    frames = client.passed[:5]
    assert types(frames) == [
        "stream_update",
        "registered",
        "stream_started",
        "chat_history",
        "pinned_products_updated",
    ]
    data = frames[2]["streamData"]
    assert data.pop("startTime").endswith("Z")
    assert data == {
        "_id": str(stream.pk),
        "streamId": str(stream.pk),
        "title": "Big",
        "description": "d",
        "viewerCount": frames[0]["viewerCount"],
        "likes": 0,
        "likedBy": [],
        "streamUrl": "https://a.example/x",
        "quality": "auto",
        "status": "live",
    }
    assert [line["message"] for line in frames[3]["messages"]] == ["one", "two"]
    assert set(frames[3]["messages"][0]) == {"username", "message", "timestamp", "isAdmin", "_id"}
    assert frames[3]["messages"][0]["_id"] == 5
    [pin] = frames[4]["pinnedProducts"]
    assert set(pin) == {"productId", "name", "price", "image", "displayOrder", "product"}


async def test_a_show_in_which_nothing_was_said_has_no_history(lobby: Lobby) -> None:
    await lobby.show()
    client = await lobby.customer()
    assert types(client.passed)[1:3] == ["registered", "stream_started"]
    assert "chat_history" not in types(client.passed)


async def test_the_history_is_the_newest_fifty(lobby: Lobby) -> None:
    stream = await lobby.show()
    early = await lobby.customer()
    await said(stream, *(str(number) for number in range(53)))
    await early.expect("chat_message", message="52")
    client = await lobby.customer()
    [history] = [frame for frame in client.passed if frame["type"] == "chat_history"]
    assert [line["message"] for line in history["messages"]] == [str(number) for number in range(3, 53)]


async def test_a_bad_token_makes_an_anonymous_customer(lobby: Lobby) -> None:
    stream = await lobby.show()
    client = await lobby.stranger()
    assert (await client.ask("register", sessionId=new_session(), token="x"))["ok"]
    await client.say("chat_message", username="Ann", message="hi")
    assert (await client.expect("chat_message"))["username"] == "Ann"
    assert (await threads.in_db(stream.messages.get)).user_id is None


async def test_a_token_says_who_a_customer_is(lobby: Lobby) -> None:
    stream = await lobby.show()
    user = await threads.in_db(factories.user)
    client = await lobby.customer(of=user)
    await client.say("chat_message", username="Someone else", message="hi")
    assert (await client.expect("chat_message"))["username"] == user.username
    assert (await threads.in_db(stream.messages.get)).user_id == user.pk


@pytest.mark.everywhere
async def test_an_admin_registers_with_a_token(lobby: Lobby) -> None:
    for role in ("staff", "admin"):
        user = await threads.in_db(factories.user, role)
        client = await lobby.stranger()
        await client.say("register_admin", userId=99999, token=await bearer(user))
        assert await client.next() == {"type": "admin_registered", "userId": user.pk, "status": "connected"}


async def test_who_is_no_admin_hears_why_and_may_try_again(lobby: Lobby) -> None:
    viewer = await bearer(await threads.in_db(factories.user))
    admin = await bearer(await threads.in_db(factories.user, "admin"))
    client = await lobby.stranger()
    for token, message in [
        (None, "Token required"),
        ("", "Token required"),
        ("x", "Authentication failed"),
        (viewer, "Authentication failed"),
    ]:
        await client.say("register_admin", userId="1", token=token)
        assert await client.next() == {"type": "error", "message": message}
    await client.say("register_admin", token=admin)
    assert (await client.next())["type"] == "admin_registered"


async def test_a_customer_that_fails_to_become_an_admin_stays_a_customer(lobby: Lobby) -> None:
    admin, _ = await lobby.admin_with_show()
    client = await lobby.customer()
    viewer = await bearer(await threads.in_db(factories.user))
    assert not (await client.ask("register_admin", token=viewer))["ok"]
    await admin.say("chat_message", message="still there?")
    await client.expect("chat_message", message="still there?")


async def test_every_socket_of_an_admin_and_every_tab_of_a_customer_hears_all(lobby: Lobby) -> None:
    admin, stream = await lobby.admin_with_show()
    session = new_session()
    everyone = [admin, await lobby.admin(stream.creator), *[await lobby.customer(session) for _ in range(2)]]
    for number, client in enumerate(everyone):
        await client.say("chat_message", message=f"from {number}")
        for hears in everyone:
            await hears.expect("chat_message", message=f"from {number}")


# --- how many there are


@pytest.mark.everywhere
async def test_customers_are_counted_by_their_session_ids(lobby: Lobby) -> None:
    admin = await lobby.admin()
    first, second = new_session(), new_session()
    tabs = [await lobby.customer(first) for _ in range(2)]
    await admin.expect("stream_update", viewerCount=1)
    other = await lobby.customer(second)
    await admin.expect("stream_update", viewerCount=2)
    await other.expect("stream_update", viewerCount=2)
    await tabs[0].connection.close()
    await other.connection.close()
    await admin.expect("stream_update", viewerCount=1)
    await tabs[1].connection.close()
    await admin.expect("stream_update", viewerCount=0)


async def test_customers_of_other_processes_count_too(lobby: Lobby) -> None:
    admin = await lobby.admin()
    await lobby.customer()
    [here] = await threads.in_db(lambda: list(Presence.objects.live().filter(room="lobby:main", role="customer")))
    elsewhere = Presence(
        room=here.room, worker=here.worker, connection=new_session(), identity="visitor:x", handle="x", role=here.role
    )
    await threads.in_db(elsewhere.save)
    await lobby.customer()
    await admin.expect("stream_update", viewerCount=3)
    await threads.in_db(elsewhere.delete)


async def test_a_customer_that_registers_again_is_counted_once(lobby: Lobby) -> None:
    client = await lobby.customer()
    await client.ask("register", sessionId=new_session())
    await client.expect("stream_update", viewerCount=1)


# --- out of protocol


async def test_what_cannot_be_read_is_said_and_ends_nothing(lobby: Lobby) -> None:
    client = await lobby.customer()
    client.passed.clear()
    await client.send("{")
    assert await client.expect("error") == {"type": "error", "message": "Invalid message format"}
    await client.say("ping")
    await client.expect("pong")
    await client.say("no_such_thing", x=1)
    assert "error" not in types(await client.settle())


async def test_the_root_door_says_so_in_both_families_words_until_it_knows(lobby: Lobby) -> None:
    client = await lobby.stranger("/")
    await client.send("{")
    assert sorted(types([await client.next(), await client.next()])) == ["ERROR", "error"]
    await client.say("register", sessionId=new_session())
    await client.send("{")
    assert "ERROR" not in types(await client.settle())


@pytest.mark.parametrize(
    "message",
    [
        {"type": "register"},
        {"type": "register", "sessionId": None},
        {"type": "register", "sessionId": 5},
        {"type": "register", "sessionId": "x" * 129},
        {"type": "register", "sessionId": "a\0"},
        {"type": "register", "sessionId": "a", "token": {}},
        {"type": "register_admin", "token": "x" * 5000},
        {"type": "toggle_like", "userId": []},
        {"type": "chat_message"},
    ],
    ids=lambda message: str(list(message.items())[-1])[:30],
)
async def test_nonsense_is_an_error(lobby: Lobby, message: sockets.Frame) -> None:
    client = await lobby.stranger()
    await client.send(message)
    assert (await client.next())["type"] == "error"
    assert await client.settle() == []
