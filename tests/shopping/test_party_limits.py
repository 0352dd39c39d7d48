"""What friends, and those who pose as such, may do at most."""

import asyncio
from typing import Any

import msgspec
import pytest
from django.conf import settings

from realtime import database, limits
from realtime.models import RoomEvent
from shopping import bounds
from tests import sockets
from tests.shopping.friends import Friends


def allow(monkeypatch: pytest.MonkeyPatch, limit: str, rate: float, burst: int) -> None:
    monkeypatch.setitem(settings.LIMITS, limit, {"connection": (rate, burst)})
    limits.reset()


async def test_a_full_session_takes_nobody_else(friends: Friends, settings: Any) -> None:
    settings.PARTY_SIZE = 3
    session_id, there = await friends.party(3)
    late = await friends.one()
    assert await late.refused("JOIN_SESSION", {"sessionId": session_id}) == "Session is full"
    await there[1].say("LEAVE_SESSION", {"sessionId": session_id})
    await there[0].hear("PARTICIPANT_LEFT")
    await late.join(session_id)


async def test_the_last_place_is_given_once(friends: Friends, settings: Any) -> None:
    settings.PARTY_SIZE = 2
    session_id, _ = await friends.party(1)
    rivals = [await friends.one() for _ in range(4)]
    acks = await asyncio.gather(*(rival.ask("JOIN_SESSION", {"sessionId": session_id}) for rival in rivals))
    assert sorted(ack["ok"] for ack in acks) == [False, False, False, True]
    assert {ack["message"] for ack in acks if not ack["ok"]} == {"Session is full"}


async def test_of_a_flood_of_pointers_the_newest_arrives(friends: Friends, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, "pointer", 5, 20)
    _, (host, guest) = await friends.party(2)
    for x in range(1000):
        await host.sync("CURSOR_MOVE", x=x)
    await host.sync("SCROLL_REQUEST", scrollTop=7)
    await guest.synced("CURSOR_MOVE", x=999)
    heard = [frame["payload"]["x"] for frame in guest.client.passed if "x" in frame["payload"]]
    assert heard[:20] == list(range(20))
    assert heard == sorted(heard)
    assert len(heard) < 900
    if not any("scrollTop" in frame["payload"] for frame in guest.client.passed):
        await guest.synced("SCROLL_REQUEST")
    assert await host.settle() == []  # no ERROR, and the connection goes on


async def test_the_documented_pace_of_pointers_is_allowed() -> None:
    assert settings.LIMITS["pointer"]["connection"] == (60, 256)


async def test_a_flood_of_other_events_is_told_in_part_and_never_refused_aloud(
    friends: Friends, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, "sync", 1, 3)
    _, (host, guest) = await friends.party(2)
    for n in range(50):
        await host.sync("NAVIGATE", url=f"/{n}")
    await guest.synced("NAVIGATE", url="/49")
    assert len(guest.client.passed) < 40
    assert await host.settle() == []


async def test_the_ack_tells_that_an_event_came_too_fast(
    friends: Friends, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    allow(monkeypatch, "sync", 0.1, 2)
    _, (host,) = await friends.party(1)
    acks = [await host.ask("SYNC_EVENT", {"eventType": "CHAT_MESSAGE", "message": str(n)}) for n in range(3)]
    assert [ack["ok"] for ack in acks] == [True, True, False]
    assert acks[2]["code"] == "rate_limited"
    assert acks[2]["retryAfter"] > 0
    assert host.client.passed == []  # no ERROR beside it


async def test_signals_beyond_the_limit_are_dropped_in_silence(
    friends: Friends, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    allow(monkeypatch, "relay", 0.1, 2)
    _, (host, guest) = await friends.party(2)
    for n in range(4):
        await host.say("WEBRTC_SIGNAL", {"targetId": guest.id, "signal": n})
    heard = await guest.heard_before(host)
    assert [frame["payload"]["signal"] for frame in heard] == [0, 1]
    assert await host.settle() == []


async def test_too_many_new_sessions_are_refused(
    friends: Friends, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    allow(monkeypatch, "party", 0.1, 2)
    host = await friends.one()
    for _ in range(2):
        await host.create()
    assert "too fast" in await host.refused("CREATE_SESSION")


async def test_metadata_has_a_bound(friends: Friends) -> None:
    host = await friends.one()
    nested: Any = {}
    for _ in range(40):
        nested = {"a": nested}
    assert await host.refused("CREATE_SESSION", {"metadata": nested}) == "metadata is nested too deeply"
    assert "not allowed" in await host.refused("CREATE_SESSION", {"metadata": {"a": "\0"}})
    assert await host.refused("CREATE_SESSION", {"metadata": [1]}) != "Internal server error"
    await host.create(note="x" * 4_000)
    too_long = {"metadata": {"note": "x" * 4_090}}
    assert await host.refused("CREATE_SESSION", too_long) == "metadata must be at most 4 KiB"
    assert await host.refused("CREATE_SESSION", {"metadata": {"note": "x" * 70_000}}) == "At most 64 KiB at once"


@pytest.mark.parametrize(("type", "size"), [("SYNC_EVENT", 64), ("WEBRTC_SIGNAL", 128)])
async def test_a_message_above_its_size_is_refused(friends: Friends, type: str, size: int) -> None:
    _, (host, guest) = await friends.party(2)
    fits = {"eventType": "NAVIGATE", "targetId": guest.id, "signal": {}, "fill": "x" * (size * 1024 - 200)}
    await host.say(type, fits)
    await guest.hear(type)
    assert (await host.ask(type, {**fits, "fill": "x" * size * 1024}))["code"] == "too_big"
    await host.sync("NAVIGATE", url="/next")
    await guest.synced("NAVIGATE", url="/next")


async def test_a_description_of_media_above_64_kib_is_refused(friends: Friends) -> None:
    _, (host, guest) = await friends.party(2)
    payload = {"targetId": guest.id, "signal": {"type": "offer", "sdp": "x" * 65_537}}
    assert "64 KiB" in await host.refused("WEBRTC_SIGNAL", payload)
    assert await guest.heard_before(host) == []


async def test_an_event_waiting_for_its_turn_goes_with_its_sender(
    friends: Friends, server: sockets.Address, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    allow(monkeypatch, "pointer", 0.5, 1)
    _, (host, guest) = await friends.party(2)
    await host.sync("CURSOR_MOVE", x=1)
    await host.sync("CURSOR_MOVE", x=2)
    await host.settle()
    await host.client.connection.close()
    await guest.hear("PARTICIPANT_LEFT")
    assert [f["payload"]["x"] for f in guest.client.passed if f["type"] == "SYNC_EVENT"] == [1]


async def test_a_long_event_is_told_but_not_kept(friends: Friends) -> None:
    session_id, (host, guest) = await friends.party(2)
    stored = RoomEvent.objects.filter(room__key=f"shopping:{session_id}")
    before = await database.in_db(stored.count)
    fill = "x" * (bounds.MAX_LOGGED - len(msgspec.json.encode({"eventType": "NAVIGATE", "fill": ""})))
    ack = await host.ask("SYNC_EVENT", {"eventType": "NAVIGATE", "fill": fill})
    assert ack["seq"] > 0
    ack = await host.ask("SYNC_EVENT", {"eventType": "NAVIGATE", "fill": fill + "x"})
    assert ack["ok"]
    assert "seq" not in ack
    for length in (len(fill), len(fill) + 1):
        told = await guest.synced("NAVIGATE")
        assert (len(told["fill"]), told["sourceId"], told["timestamp"] > 0) == (length, host.id, True)
    assert await database.in_db(stored.count) == before + 1


async def test_a_long_event_comes_in_silence_where_no_ack_is_asked_for(friends: Friends) -> None:
    _, (host, guest) = await friends.party(2)
    await host.sync("NAVIGATE", fill="x" * 20_000)
    await guest.synced("NAVIGATE")
    assert await host.settle() == []
