"""A friend who reloads misses nothing."""

from typing import Any

import pytest

from realtime import database
from realtime.models import RoomEvent
from tests import factories
from tests.shopping.friends import Friend, Friends
from tests.shopping.test_party_hosts import cookie


async def recovering(friends: Friends, **options: Any) -> Friend:
    friend = await friends.one(**options)
    await friend.client.ask("hello", recover=True)
    return friend


async def rejoin(friend: Friend, session_id: str, left: dict[str, Any]) -> list[Any]:
    """What a page does that was reloaded: it joins and resumes. Returns what it had missed."""
    await friend.client.send({"type": "JOIN_SESSION", "payload": {"sessionId": session_id}, "op": "again"})
    assert (await friend.client.expect("ack", op="again"))["ok"]
    friend.client.passed.clear()
    resumed = await friend.client.ask("resume", room=left["room"], epoch=left["epoch"], after=left["seq"])
    assert resumed["recovered"], resumed
    missed, friend.client.passed = friend.client.passed, []
    assert missed.pop()["type"] == "resumed"
    return missed


async def test_positions_are_told_to_those_who_asked_for_them(friends: Friends) -> None:
    friend = await recovering(friends)
    ack = await friend.ask("CREATE_SESSION")
    session_id = next(f["payload"]["sessionId"] for f in friend.client.passed if f["type"] == "SESSION_CREATED")
    assert ack["room"] == f"shopping:{session_id}"
    other = await friends.one()
    await other.join(session_id)
    joined = await friend.client.expect("PARTICIPANT_JOINED")
    assert (joined["room"], joined["seq"]) == (ack["room"], ack["seq"] + 1)
    await friend.sync("NAVIGATE", url="/tea")
    assert "seq" not in await other.client.expect("SYNC_EVENT")


async def test_a_friend_who_reloads_hears_what_the_others_did_meanwhile(friends: Friends) -> None:
    known = cookie()
    session_id, (host,) = await friends.party(1)
    guest = await recovering(friends, **known)
    left = await guest.ask("JOIN_SESSION", {"sessionId": session_id, "userName": "Ben"})
    await guest.ask("SYNC_EVENT", {"eventType": "CHAT_MESSAGE", "message": "my own"})
    guest.abandon()
    await host.hear("PARTICIPANT_LEFT", userId=guest.id)
    for text in ("one", "two"):
        await host.ask("SYNC_EVENT", {"eventType": "CHAT_MESSAGE", "message": text})
    await host.ask("SYNC_EVENT", {"eventType": "CURSOR_MOVE", "x": 1})
    again = await recovering(friends, **known)
    missed = await rejoin(again, session_id, left)
    assert [frame["payload"].get("message") for frame in missed] == ["one", "two"]
    assert [frame["seq"] for frame in missed] == sorted(frame["seq"] for frame in missed)
    await host.sync("CHAT_MESSAGE", message="three")
    assert (await again.client.expect("SYNC_EVENT"))["payload"]["message"] == "three"
    assert (await again.settle()) == []


async def test_resuming_alone_is_joining_too(friends: Friends) -> None:
    known = cookie()
    session_id, (host,) = await friends.party(1)
    guest = await recovering(friends, **known)
    left = await guest.ask("JOIN_SESSION", {"sessionId": session_id, "userName": "Ben"})
    guest.abandon()
    await host.hear("PARTICIPANT_LEFT")
    await host.ask("SYNC_EVENT", {"eventType": "CHAT_MESSAGE", "message": "one"})
    again = await recovering(friends, **known)
    ack = await again.client.ask("resume", room=left["room"], epoch=left["epoch"], after=left["seq"])
    assert ack["recovered"]
    assert [f["payload"]["message"] for f in again.client.passed if f["type"] == "SYNC_EVENT"] == ["one"]
    assert await host.hear("PARTICIPANT_JOINED") == {"userId": again.id, "userName": "Ben"}
    await again.sync("NAVIGATE", url="/tea")
    await host.synced("NAVIGATE")


async def test_who_missed_too_much_gets_the_session_as_it_is(friends: Friends) -> None:
    session_id, (host,) = await friends.party(1)
    guest = await recovering(friends)
    left = await guest.ask("JOIN_SESSION", {"sessionId": session_id})
    ack = await guest.client.ask("resume", room=left["room"], epoch="another", after=0)
    assert not ack["recovered"]
    (snapshot,) = [frame for frame in guest.client.passed if frame["type"] == "snapshot"]
    assert snapshot["state"]["host"] == host.id
    assert [person["userId"] for person in snapshot["state"]["participants"]] == [host.id, guest.id]
    assert set(snapshot["state"]) == {
        *("sessionId", "host", "participants", "metadata", "expiresAt", "showId", "cart", "votes")
    }


async def test_of_many_carts_only_the_last_is_told_again(friends: Friends) -> None:
    product = await database.in_db(lambda: factories.product(factories.user("creator")))
    session_id, (host,) = await friends.party(1)
    guest = await recovering(friends)
    left = await guest.ask("JOIN_SESSION", {"sessionId": session_id})
    for _ in range(3):
        assert (await host.operate("add", str(product.pk)))["ok"]
    other = await recovering(friends)
    missed = await rejoin(other, session_id, left)
    carts = [frame["payload"] for frame in missed if frame["type"] == "CART_STATE"]
    assert [cart["count"] for cart in carts] == [3]


async def test_a_message_sent_again_is_done_once(friends: Friends) -> None:
    _, (host, guest) = await friends.party(2)
    for _ in range(2):
        await host.say("SYNC_EVENT", {"eventType": "CHAT_MESSAGE", "message": "hi"}, op="same")
    first, second = [await host.client.expect("ack", op="same") for _ in range(2)]
    assert first["ok"]
    assert first["seq"] == second["seq"]
    assert [frame["type"] for frame in await guest.heard_before(host)] == ["SYNC_EVENT"]


@pytest.mark.everywhere
async def test_a_party_asked_for_again_after_a_loss_is_the_one_there_is(friends: Friends) -> None:
    known = cookie()
    made = []
    for _ in range(2):
        host = await friends.one(**known)
        await host.say("CREATE_SESSION", {"userName": "Ann"}, op="same")
        made.append((await host.hear("SESSION_CREATED"))["sessionId"])
        assert (await host.client.expect("ack", op="same"))["ok"]
        host.abandon()
    assert made[0] == made[1]


async def test_what_the_host_does_may_come_again(friends: Friends) -> None:
    _, (host, ben, cleo) = await friends.party(3)
    for deed, user_id in (("REMOVE_PARTICIPANT", ben.id), ("HOST_TRANSFER", cleo.id)):
        assert [(await host.ask(deed, {"userId": user_id}))["ok"] for _ in range(2)] == [True, True]
    told = [frame["type"] for frame in await cleo.heard_before(host)]
    assert told == ["PARTICIPANT_LEFT", "HOST_CHANGED"]


async def test_a_vote_that_comes_again_counts_once(friends: Friends) -> None:
    product = await database.in_db(lambda: factories.product(factories.user("creator")))
    _, (host,) = await friends.party(1)
    for _ in range(2):
        await host.say("VOTE", {"productId": str(product.pk), "value": 1}, op="same")
        assert (await host.hear("VOTE_STATE"))["up"] == 1


async def test_pointers_are_not_in_the_log(friends: Friends) -> None:
    session_id, (host, guest) = await friends.party(2)
    for event in ("CURSOR_MOVE", "SCROLL_REQUEST"):
        await host.sync(event, x=1)
        assert (await guest.synced(event))["sourceId"] == host.id
    events = RoomEvent.objects.filter(room__key=f"shopping:{session_id}")
    assert not await database.in_db(events.filter(body__contains="CURSOR").exists)
    assert not await database.in_db(events.filter(body__contains="SCROLL").exists)
