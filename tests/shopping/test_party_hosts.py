"""Who is the host of a party, and what only the host may do."""

from typing import Any

import pytest

from accounts.identity import new_visitor
from tests.shopping.friends import Friends


def cookie() -> dict[str, Any]:
    """Options for a connection of a guest who is known again."""
    return {"additional_headers": {"Cookie": f"visitor={new_visitor()[1]}"}}


async def test_the_longest_present_is_host_when_the_host_leaves(friends: Friends) -> None:
    session_id, (host, ben, cleo) = await friends.party(3)
    await host.say("LEAVE_SESSION", {"sessionId": session_id})
    for friend in (ben, cleo):
        await friend.hear("PARTICIPANT_LEFT", userId=host.id)
        assert await friend.hear("HOST_CHANGED") == {"userId": ben.id}
    await host.join(session_id)
    assert (await ben.hear("PARTICIPANT_JOINED"))["userId"] == host.id
    assert await ben.heard_before(cleo) == []  # It left for good, so it is not host again.


async def test_a_host_who_reloads_is_host_again(friends: Friends) -> None:
    known = cookie()
    host, ben = await friends.one(**known), await friends.one()
    session_id = await host.create()
    await ben.join(session_id)
    host.abandon()
    await ben.hear("HOST_CHANGED", userId=ben.id)
    again = await friends.one(**known)
    assert (await again.join(session_id))["host"] == again.id
    await ben.hear("HOST_CHANGED", userId=again.id)


async def test_a_host_who_was_alone_and_reloads_is_host_again(friends: Friends) -> None:
    known = cookie()
    host = await friends.one(**known)
    session_id = await host.create()
    await host.client.connection.close()
    again = await friends.one(**known)
    assert (await again.join(session_id))["host"] == again.id


async def test_the_host_can_make_another_one_host(friends: Friends) -> None:
    _, (host, ben, cleo) = await friends.party(3)
    await host.say("HOST_TRANSFER", {"userId": cleo.id})
    for friend in (host, ben, cleo):
        assert await friend.hear("HOST_CHANGED") == {"userId": cleo.id}
    assert await host.refused("HOST_TRANSFER", {"userId": host.id}) == "Only the host can do this"
    await cleo.say("HOST_TRANSFER", {"userId": host.id})
    assert await ben.hear("HOST_CHANGED") == {"userId": host.id}


async def test_the_removed_one_is_told_and_hears_nothing_more(friends: Friends) -> None:
    session_id, (host, ben, cleo) = await friends.party(3)
    await host.say("REMOVE_PARTICIPANT", {"userId": ben.id})
    assert await ben.hear("SESSION_LEFT") == {"sessionId": session_id, "reason": "removed"}
    for friend in (host, cleo):
        assert await friend.hear("PARTICIPANT_LEFT") == {"userId": ben.id, "reason": "removed"}
    assert await cleo.heard_before(host) == []
    await host.say("WEBRTC_SIGNAL", {"targetId": ben.id, "signal": {}})
    assert await cleo.heard_before(host) == []
    assert await ben.settle() == []
    assert await ben.refused("SYNC_EVENT", {"eventType": "NAVIGATE"}) == "Not in a session"
    assert await ben.refused("JOIN_SESSION", {"sessionId": session_id}) == "You have been removed from this session"


async def test_a_removed_one_cannot_come_back_on_another_connection(friends: Friends) -> None:
    known = cookie()
    session_id, (host,) = await friends.party(1)
    first, second = await friends.one(**known), await friends.one(**known)
    await first.join(session_id)
    await second.join(session_id)
    await host.say("REMOVE_PARTICIPANT", {"userId": first.id})
    for friend in (first, second):  # They lose everything that they have open.
        assert (await friend.hear("SESSION_LEFT"))["reason"] == "removed"
    again = await friends.one(**known)
    assert await again.refused("JOIN_SESSION", {"sessionId": session_id}) == "You have been removed from this session"


@pytest.mark.parametrize("type", ["HOST_TRANSFER", "REMOVE_PARTICIPANT"])
async def test_others_may_not_do_what_the_host_may(friends: Friends, type: str) -> None:
    _, (host, ben, cleo) = await friends.party(3)
    assert await ben.refused(type, {"userId": cleo.id}) == "Only the host can do this"
    assert await host.refused(type, {"userId": "nobody"}) == "Participant not found"
    assert await cleo.heard_before(host) == []


async def test_the_host_cannot_remove_themselves(friends: Friends) -> None:
    _, (host, _) = await friends.party(2)
    assert await host.refused("REMOVE_PARTICIPANT", {"userId": host.id}) == "You cannot remove yourself"


async def test_two_tabs_of_one_person_hear_each_other(friends: Friends) -> None:
    known = cookie()
    session_id, (host,) = await friends.party(1)
    one, two = await friends.one(**known), await friends.one(**known)
    await one.join(session_id)
    assert len((await two.join(session_id))["participants"]) == 3
    await one.sync("NAVIGATE", url="/tea")
    assert (await two.synced("NAVIGATE"))["sourceId"] == one.id
    await host.synced("NAVIGATE")
