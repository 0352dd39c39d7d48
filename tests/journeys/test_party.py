"""Friends who shop together, spread over server processes that come and go."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from django.conf import settings
from django.db import connection

from realtime import database
from shopping.models import Participant, ShoppingSession
from shopping.rooms import state_of
from tests import factories
from tests.journeys import server
from tests.shopping.friends import Friend, Friends
from tests.shopping.test_party_hosts import cookie

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]


@pytest.fixture
async def friends(running: server.Server) -> AsyncIterator[Friends]:
    async with Friends(running.address) as friends:
        yield friends


async def over_two(friends: Friends, second: server.Server) -> tuple[str, Friend, Friend, Friend]:
    """Ann and Cleo through the first process, Ben through the second."""
    ann, ben, cleo = await friends.one(), await friends.one(at=second.address), await friends.one()
    session_id = await ann.create("Ann")
    await ben.join(session_id, "Ben")
    assert await ann.hear("PARTICIPANT_JOINED") == {"userId": ben.id, "userName": "Ben"}
    await cleo.join(session_id, "Cleo")
    for friend in (ann, ben):
        await friend.hear("PARTICIPANT_JOINED", userId=cleo.id)
    return session_id, ann, ben, cleo


async def a_product() -> str:
    return await database.in_db(lambda: str(factories.product(factories.user("creator")).pk))


async def stored(session_id: str) -> Any:
    return msgspec.to_builtins((await database.in_db(state_of, session_id)).cart)


async def test_three_friends_over_two_processes(friends: Friends, second: server.Server) -> None:
    session_id, ann, ben, cleo = await over_two(friends, second)
    product = await a_product()
    await ann.sync("NAVIGATE", url="/mug")
    for friend in (ben, cleo):
        assert (await friend.synced("NAVIGATE"))["sourceId"] == ann.id
    await ben.sync("CURSOR_MOVE", x=3)
    for friend in (ann, cleo):
        assert (await friend.synced("CURSOR_MOVE"))["x"] == 3
    await ann.say("WEBRTC_SIGNAL", {"targetId": ben.id, "signal": {"type": "offer"}})
    assert await ben.hear("WEBRTC_SIGNAL") == {"sourceId": ann.id, "signal": {"type": "offer"}}
    for friend, qty in ((ann, 2), (ben, 3), (cleo, 1)):
        assert (await friend.operate("add", product, qty))["ok"]
    await cleo.say("VOTE", {"productId": product, "value": 1})
    cart = await stored(session_id)
    assert cart["total"] == 6 * 950
    for friend in (ann, ben, cleo):
        await friend.hear("VOTE_STATE", up=1)
        assert [f["payload"] for f in friend.client.passed if f["type"] == "CART_STATE"][-1] == cart
    await ann.say("HOST_TRANSFER", {"userId": ben.id})
    for friend in (ann, ben, cleo):
        await friend.hear("HOST_CHANGED", userId=ben.id)
    await ben.say("REMOVE_PARTICIPANT", {"userId": cleo.id})
    assert (await cleo.hear("SESSION_LEFT"))["reason"] == "removed"
    await ann.hear("PARTICIPANT_LEFT", userId=cleo.id, reason="removed")
    await ben.say("LEAVE_SESSION", {"sessionId": session_id})
    await ann.hear("HOST_CHANGED", userId=ann.id)


async def test_what_was_opened_over_rest_in_one_process_is_joined_in_the_other(
    running: server.Server, second: server.Server, friends: Friends
) -> None:
    async with aiohttp.ClientSession() as http:
        body = {"userId": "alice", "userName": "Alice", "metadata": {"shop": "tea"}}
        async with http.post(f"{running.address.http}/api/sessions/create", json=body) as answer:
            made = await answer.json()
        state = await (await friends.one(at=second.address)).join(made["sessionId"], "Ben")
        assert (state["host"], state["metadata"]) == ("alice", {"shop": "tea"})
        async with http.get(f"{second.address.http}/api/sessions/{made['sessionId']}") as answer:
            session = await answer.json()
        assert [person["userName"] for person in session["participants"]] == ["Alice", "Ben"]


async def test_a_friend_who_reloads_into_the_other_process_misses_nothing(
    friends: Friends, second: server.Server
) -> None:
    session_id, ann, ben, _ = await over_two(friends, second)
    known = cookie()
    dan = await friends.one(**known)
    await dan.client.ask("hello", recover=True)
    left = await dan.ask("JOIN_SESSION", {"sessionId": session_id, "userName": "Dan"})
    await dan.ask("SYNC_EVENT", {"eventType": "CHAT_MESSAGE", "message": "my own"})
    dan.abandon()
    await ben.hear("PARTICIPANT_LEFT", userId=dan.id)
    for friend, text in ((ann, "one"), (ben, "two"), (ann, "three")):
        assert (await friend.ask("SYNC_EVENT", {"eventType": "CHAT_MESSAGE", "message": text}))["ok"]
    again = await friends.one(at=second.address, **known)
    await again.client.ask("hello", recover=True)
    await again.ask("JOIN_SESSION", {"sessionId": session_id})
    again.client.passed.clear()
    resumed = await again.client.ask("resume", room=left["room"], epoch=left["epoch"], after=left["seq"])
    assert resumed["recovered"]
    missed = [f["payload"]["message"] for f in again.client.passed if f["type"] == "SYNC_EVENT"]
    assert missed == ["one", "two", "three"]


async def test_who_was_connected_to_a_killed_process_leaves(
    friends: Friends, database_url: str, tmp_path: Path
) -> None:
    with server.running("uvicorn", database_url, tmp_path, **server.WATCHFUL) as lives:
        ann = await friends.one(at=lives.address)
        session_id = await ann.create("Ann")
        killed = server.Server("uvicorn", database_url, tmp_path / "killed.log")
        try:
            killed.wait_until_healthy()
            ben = await Friend.connect(killed.address)
            await ben.join(session_id, "Ben")
            await ann.hear("PARTICIPANT_JOINED", userId=ben.id)
        finally:
            killed.stop(signal.SIGKILL)
        participant = await database.in_db(Participant.objects.get, user_id=ben.id)
        await server.miss(participant.connection)
        assert await ann.hear("PARTICIPANT_LEFT") == {"userId": ben.id}
        await ben.client.connection.close()
        await ann.client.connection.close()


@pytest.mark.parametrize("known", [{}, cookie()], ids=["by name", "by cookie"])
async def test_who_comes_back_from_a_killed_process_is_there_once_and_has_their_role(
    friends: Friends, database_url: str, tmp_path: Path, known: dict[str, Any]
) -> None:
    """Nobody has missed the process yet: its last heartbeat still counts."""
    killed = server.Server("uvicorn", database_url, tmp_path / "killed.log", PRESENCE_LIFETIME="600")
    try:
        killed.wait_until_healthy()
        ann, ben = await Friend.connect(killed.address, **known), await Friend.connect(killed.address)
        session_id = await ann.create("Ann")
        await ben.join(session_id, "Ben")
        cleo = await friends.one()
        await cleo.join(session_id, "Cleo")
    finally:
        killed.stop(signal.SIGKILL)
    again = await friends.one(**known)
    state = await again.join(session_id, "Ann")
    names = [participant["userName"] for participant in state["participants"]]
    assert (sorted(names), state["host"]) == (["Ann", "Cleo"], again.id)
    for gone in (ann, ben):
        await cleo.hear("PARTICIPANT_LEFT", userId=gone.id)
    await cleo.hear("PARTICIPANT_JOINED", userId=again.id)
    await cleo.hear("HOST_CHANGED", userId=again.id)
    ben_again = await friends.one()
    state = await ben_again.join(session_id, "Ben")
    assert (len(state["participants"]), state["host"]) == (3, again.id)
    await ann.client.connection.close()
    await ben.client.connection.close()


async def test_a_living_process_is_not_believed_dead(friends: Friends, second: server.Server) -> None:
    session_id, ann, ben, cleo = await over_two(friends, second)
    for at in (None, second.address):
        state = await (await friends.one(at=at)).join(session_id, "Dan")
        assert {ann.id, ben.id, cleo.id} < {participant["userId"] for participant in state["participants"]}


async def test_a_session_survives_the_restart_of_every_process(
    friends: Friends, database_url: str, tmp_path: Path
) -> None:
    product = await a_product()
    known = cookie()
    patient = {"PARTY_GRACE_SECONDS": "600"}  # a busy machine may take long to start a server
    with server.running("uvicorn", database_url, tmp_path, **patient) as before:
        ann = await Friend.connect(before.address, **known)
        session_id = await ann.create("Ann", shop="tea")
        assert (await ann.operate("add", product, 2))["ok"]
    await ann.client.connection.close()
    with server.running("uvicorn", database_url, tmp_path, **patient) as after:
        again = await Friend.connect(after.address, **known)
        state = await again.join(session_id)
        assert state["host"] == again.id
        assert state["participants"] == [{"userId": again.id, "userName": "Ann"}]
        assert state["metadata"] == {"shop": "tea"}
        assert state["cart"]["items"][0]["addedBy"] == [{"userId": again.id, "userName": "Ann", "qty": 2}]
        await again.client.connection.close()


async def test_everyone_everywhere_is_sent_away_when_a_session_is_ended(
    friends: Friends, second: server.Server
) -> None:
    """By a process that serves no sockets, as the admin's or the command's."""
    session_id, ann, ben, cleo = await over_two(friends, second)

    def end() -> None:
        ShoppingSession.objects.get(pk=session_id).end()

    await database.in_db(end)
    for friend in (ann, ben, cleo):
        assert await friend.hear("SESSION_LEFT") == {"sessionId": session_id, "reason": "ended"}
        assert await friend.refused("SYNC_EVENT", {"eventType": "NAVIGATE"}) == "Not in a session"
