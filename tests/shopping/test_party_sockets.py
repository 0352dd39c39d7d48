"""Shop with Friends' socket messages, as its clients know them."""

import pytest

from realtime import database
from realtime.delivery import hubs
from realtime.models import Restriction
from shopping.models import Participant
from tests.shopping.friends import Friend, Friends


async def test_a_client_is_greeted_by_its_id(friends: Friends) -> None:
    friend = await friends.one()
    assert len(friend.id) == 16


async def test_creating_answers_with_the_link_and_then_with_the_state(friends: Friends) -> None:
    host = await friends.one()
    await host.say("CREATE_SESSION", {"userName": "Ann", "metadata": {"shop": "tea"}, "apiKey": "ignored"})
    created = (await host.client.next())["payload"]
    state = await host.client.next()
    assert created["sessionId"].startswith("sess_")
    assert created["inviteLink"] == f"{friends.address.http}/join/{created['sessionId']}"
    assert state == {
        "type": "SESSION_STATE",
        "payload": {
            "sessionId": created["sessionId"],
            "host": host.id,
            "participants": [{"userId": host.id, "userName": "Ann"}],
            "metadata": {"shop": "tea"},
            "expiresAt": created["expiresAt"],
            "showId": None,
            "cart": {"items": [], "total": 0, "currency": "USD", "count": 0},
            "votes": [],
        },
    }


async def test_the_others_hear_of_a_joiner_and_the_joiner_gets_plain_ids(friends: Friends) -> None:
    host, guest = await friends.one(), await friends.one()
    session_id = await host.create()
    await guest.say("JOIN_SESSION", {"sessionId": session_id})
    assert await host.hear("PARTICIPANT_JOINED") == {"userId": guest.id, "userName": "Anonymous"}
    joined = await guest.client.next()
    assert joined == {
        "type": "SESSION_JOINED",
        "payload": {"sessionId": session_id, "participants": [host.id, guest.id]},
    }
    assert (await guest.client.next())["type"] == "SESSION_STATE"
    assert await guest.settle() == []


async def test_the_joiner_is_answered_after_the_others_were_told(
    friends: Friends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is so even where no notification arrives, as when Redis is away for a moment."""
    host, guest = await friends.one(), await friends.one()
    session_id = await host.create()
    await host.settle()
    monkeypatch.setattr(hubs.current().broker, "publish", lambda channel, message: None)
    await guest.say("JOIN_SESSION", {"sessionId": session_id})
    await guest.hear("SESSION_JOINED")
    assert [frame["type"] for frame in await host.settle()] == ["PARTICIPANT_JOINED"]


async def test_a_leaver_is_answered_and_the_others_are_told(friends: Friends) -> None:
    session_id, (host, guest) = await friends.party(2)
    await guest.say("LEAVE_SESSION", {"sessionId": session_id})
    assert await guest.hear("SESSION_LEFT") == {"sessionId": session_id}
    assert await host.hear("PARTICIPANT_LEFT") == {"userId": guest.id}
    assert await guest.settle() == []
    assert await guest.refused("SYNC_EVENT", {"eventType": "NAVIGATE"}) == "Not in a session"


async def test_a_sync_event_reaches_the_others_as_it_was_said(friends: Friends) -> None:
    _, (host, ben, cleo) = await friends.party(3)
    said = {"eventType": "NAVIGATE", "url": "/tea", "type": "x", "payload": {"op": 1}, "op": "y", "sourceId": "forged"}
    await host.say("SYNC_EVENT", said)
    for friend in (ben, cleo):
        heard = await friend.synced("NAVIGATE")
        assert {**heard, "timestamp": 0} == {**said, "sourceId": host.id, "timestamp": 0}
        assert heard["timestamp"] > 1_600_000_000_000
    assert await host.heard_before(ben) == []


async def test_an_event_without_a_type_passes_too(friends: Friends) -> None:
    _, (host, guest) = await friends.party(2)
    await host.say("SYNC_EVENT", {"type": "old", "payload": [1.5, None, "ü"]})
    heard = await guest.hear("SYNC_EVENT")
    assert (heard["type"], heard["payload"]) == ("old", [1.5, None, "ü"])


async def test_a_signal_goes_to_its_target_alone(friends: Friends) -> None:
    _, (host, ben, cleo) = await friends.party(3)
    await host.say("WEBRTC_SIGNAL", {"targetId": ben.id, "signal": {"type": "offer", "sdp": "v=0"}})
    assert await ben.hear("WEBRTC_SIGNAL") == {"sourceId": host.id, "signal": {"type": "offer", "sdp": "v=0"}}
    assert await cleo.heard_before(host) == await host.heard_before(cleo) == []


async def test_a_signal_without_a_known_target_meets_silence(friends: Friends) -> None:
    _, (host, guest) = await friends.party(2)
    _, (stranger,) = await friends.party(1)
    for target in (None, "", "nobody-knows-it", 5, stranger.id, f"visitor:{guest.id}"):
        await host.say("WEBRTC_SIGNAL", {"targetId": target, "signal": {}})
    await host.say("WEBRTC_SIGNAL", {"signal": {}})
    assert await guest.heard_before(host) == await host.heard_before(guest) == []
    assert await stranger.settle() == []


async def test_a_heartbeat_is_answered_in_a_session_or_not(friends: Friends) -> None:
    friend = await friends.one()
    await friend.say("HEARTBEAT", "anything")
    assert (await friend.hear("HEARTBEAT_ACK"))["timestamp"] > 1_600_000_000_000
    await friend.create()
    await friend.client.send({"type": "HEARTBEAT"})
    assert (await friend.hear("HEARTBEAT_ACK"))["timestamp"] > 1_600_000_000_000


async def test_the_errors_have_their_documented_words(friends: Friends) -> None:
    friend = await friends.one()
    assert await friend.refused("JOIN_SESSION", {"sessionId": "sess_nosuchone1"}) == "Session not found"
    for name in ("SYNC_EVENT", "WEBRTC_SIGNAL", "CART_OP", "VOTE", "HOST_TRANSFER", "REMOVE_PARTICIPANT"):
        payload = {"opId": "1", "op": "add", "value": 1, "userId": "x", "targetId": "x"}
        assert await friend.refused(name, payload) == "Not in a session"
    assert await friend.refused("DANCE") == "Unknown message type: DANCE"
    await friend.client.send("{")
    assert (await friend.hear("ERROR"))["message"]
    assert await friend.settle() == []


async def test_a_bad_frame_is_refused_and_the_connection_goes_on(friends: Friends) -> None:
    _, (host, guest) = await friends.party(2)
    deep = "[" * 500 + "]" * 500
    for payload in (
        "[1]",
        '"text"',
        '{"a": 1e999}',
        '{"a": "\\ud800x"}',
        f'{{"a": {deep}}}',
        '{"a": ' + "9" * 5000 + "}",
    ):
        await host.client.send('{"type": "SYNC_EVENT", "payload": ' + payload + "}")
        error = await host.hear("ERROR")
        assert error["message"] != "Internal server error", payload
    await host.sync("NAVIGATE", url="/after")
    assert (await guest.synced("NAVIGATE"))["url"] == "/after"
    assert not [frame for frame in await guest.settle() if frame["type"] == "SYNC_EVENT"]


async def test_joining_twice_makes_nobody_two(friends: Friends) -> None:
    session_id, (host, guest) = await friends.party(2)
    state = await guest.join(session_id, "Benjamin")
    assert [person["userId"] for person in state["participants"]] == [host.id, guest.id]
    assert state["participants"][1]["userName"] == "Benjamin"
    assert await host.heard_before(guest) == []
    await host.sync("NAVIGATE", url="/one")
    assert [frame["type"] for frame in await guest.heard_before(host)] == ["SYNC_EVENT"]


async def test_who_joins_another_session_leaves_the_first(friends: Friends) -> None:
    _, (host, guest) = await friends.party(2)
    other, (stranger,) = await friends.party(1)
    await guest.join(other)
    assert await host.hear("PARTICIPANT_LEFT") == {"userId": guest.id}
    assert (await stranger.hear("PARTICIPANT_JOINED"))["userId"] == guest.id
    assert await guest.settle() == []


async def test_who_cannot_join_another_stays(friends: Friends) -> None:
    _, (host, guest) = await friends.party(2)
    assert await guest.refused("JOIN_SESSION", {"sessionId": "sess_nosuchone1"}) == "Session not found"
    await guest.sync("NAVIGATE", url="/still-here")
    await host.synced("NAVIGATE")


async def test_nobody_can_leave_for_others(friends: Friends) -> None:
    session_id, (host, guest) = await friends.party(2)
    stranger = await friends.one()
    await stranger.say("LEAVE_SESSION", {"sessionId": session_id})
    assert await stranger.hear("SESSION_LEFT") == {"sessionId": session_id}
    assert await guest.heard_before(host) == await host.heard_before(guest) == []


async def test_a_lost_connection_leaves_and_comes_back_under_a_new_id(friends: Friends) -> None:
    session_id, (host, guest) = await friends.party(2)
    guest.abandon()
    assert await host.hear("PARTICIPANT_LEFT") == {"userId": guest.id}
    again = await friends.one()
    state = await again.join(session_id, "Ben")
    assert again.id != guest.id
    assert [person["userId"] for person in state["participants"]] == [host.id, again.id]
    assert await host.hear("PARTICIPANT_JOINED") == {"userId": again.id, "userName": "Ben"}


async def test_a_name_is_a_label_of_bounded_length(friends: Friends) -> None:
    session_id, (host,) = await friends.party(1)
    guest = await friends.one()
    await guest.join(session_id, "  Ben \n " + "x" * 200)
    assert (await host.hear("PARTICIPANT_JOINED"))["userName"] == ("Ben " + "x" * 200)[:64]
    nul = await friends.one()
    assert await nul.refused("JOIN_SESSION", {"sessionId": session_id, "userName": "a\0b"}) != "Internal server error"


async def test_the_shops_own_endpoint_speaks_it_too(friends: Friends) -> None:
    host: Friend = await friends.one("/ws/shopping/")
    session_id = await host.create()
    assert (await (await friends.one()).join(session_id))["host"] == host.id


async def test_one_who_is_muted_everywhere_does_not_write_here_either(friends: Friends) -> None:
    _, (host, guest) = await friends.party(2)
    muted = await database.in_db(Participant.objects.get, user_id=guest.id)
    await database.in_db(Restriction.objects.mute, muted.identity)
    await guest.sync("CHAT_MESSAGE", message="buy my watches")
    assert (await guest.hear("ERROR"))["message"] == "You may not write here"
    await guest.sync("NAVIGATE", url="/tea")
    assert (await host.client.next())["payload"]["url"] == "/tea"
