"""`POST /api/matches`, `/api/stats` and `/health`: reserved seats, and what an operator sees of calls."""

import asyncio
from datetime import timedelta
from io import StringIO
from typing import Any

import aiohttp
import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from accounts import tokens
from realtime import database
from realtime.models import Room
from signaling.models import Call, Match, Seat
from signaling.models import match as matches
from tests import factories, sockets
from tests.signaling import people


def reserve(participants: Any, user: Any, **headers: str) -> Any:
    return factories.client(user).post("/api/matches", {"participants": participants}, headers=headers)


# --- reserving


@pytest.mark.django_db
def test_a_user_reserves_a_match_with_someone() -> None:
    user = factories.user()
    answer = reserve([str(user.pk), "guest-7"], user)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data["participants"] == [str(user.pk), "guest-7"]
    match = Match.objects.get(name=data["matchId"])
    assert match.reserved
    assert {seat.handle for seat in match.seats.all()} == {str(user.pk), "guest-7"}
    assert data["expiresAt"].endswith("Z")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "participants", [None, [], ["a"], ["a", "b", "c"], ["a", "a"], ["a", ""], "ab", 5, ["a", "x" * 129], ["a", {}]]
)
def test_a_match_is_for_two(participants: Any) -> None:
    assert reserve(participants, factories.user("staff")).status_code == 400


@pytest.mark.django_db
def test_only_staff_reserves_for_others() -> None:
    assert reserve(["one", "other"], None).status_code == 401
    assert reserve(["one", "other"], factories.user()).status_code == 403
    assert reserve(["one", "other"], factories.user("staff")).status_code == 201


@pytest.mark.django_db
def test_a_wish_that_is_sent_again_is_the_same_match() -> None:
    staff = factories.user("staff")
    keys = {"Idempotency-Key": "7"}
    first, again = reserve(["a", "b"], staff, **keys).json(), reserve(["a", "b"], staff, **keys).json()
    other = reserve(["a", "b"], factories.user("staff"), **keys).json()
    assert first["data"] == again["data"]
    assert other["data"]["matchId"] != first["data"]["matchId"]


@pytest.mark.django_db
def test_a_key_is_not_for_another_wish() -> None:
    staff, keys = factories.user("staff"), {"Idempotency-Key": "7"}
    reserve(["a", "b"], staff, **keys)
    answer = reserve(["a", "c"], staff, **keys)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "This Idempotency-Key was used for other participants",
    )
    assert Match.objects.get().reserved_for == ["a", "b"]


def reserved_for(*participants: str) -> Match:
    return Match.objects.reserve(participants, factories.identity(factories.user("staff")))


@pytest.mark.usefixtures("live_db")
class TestAReservedMatch:
    async def test_lets_in_the_two_and_nobody_else(self, house: people.House, settings: Any) -> None:
        settings.OPEN_MATCHES = False
        match = await database.in_db(reserved_for, "ann", "ben")
        cas = await house.arrive()
        assert (await cas.say("register", {"userId": "cas", "matchId": match.name}))["code"] == "match_full"
        ben, ann = await house.arrive(), await house.arrive()
        assert (await ben.sit(match.name, "ben"))["participants"] == ["ben"]
        assert (await ann.sit(match.name, "ann"))["participantCount"] == 2
        await ben.hear("user-joined")

    async def test_stays_while_nobody_is_there(self, house: people.House, settings: Any) -> None:
        settings.CALL_GRACE_SECONDS = 0.1
        match = await database.in_db(reserved_for, "ann", "ben")
        for _ in range(2):
            ann, ben = await house.arrive(), await house.arrive()
            await ann.sit(match.name, "ann")
            await ben.sit(match.name, "ben")
            await ann.hear("user-joined")
            await ben.leave()
            await ann.hear("user-left")
            await ann.leave()
            while await database.in_db(Seat.objects.taken().filter(match=match).exists):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def test_is_the_only_kind_where_matches_are_not_open(self, house: people.House, settings: Any) -> None:
        settings.OPEN_MATCHES = False
        ann = await house.arrive()
        assert (await ann.say("register", {"userId": "ann", "matchId": people.new_match()}))["code"] == "forbidden"
        assert await ann.next() == ("error", {"type": "forbidden", "message": "This match was not reserved"})


# --- the overview


@pytest.mark.django_db
def test_the_overview_is_for_staff_or_for_trusted_old_dashboards(settings: Any) -> None:
    statuses = [factories.client(user).get("/api/stats").status_code for user in (None, factories.user())]
    assert statuses == [401, 403]
    assert factories.client(factories.user("staff")).get("/api/stats").status_code == 200
    settings.TRUST_DECLARED_IDENTITY = True
    assert factories.client().get("/api/stats").status_code == 200


async def test_the_overview_shows_who_is_where(house: people.House, settings: Any) -> None:
    settings.CALL_GRACE_SECONDS = 60
    ann, ben = await house.two()
    await ben.break_off()
    await ann.hear("user-reconnecting")
    headers = {"Authorization": f"Bearer {await database.in_db(staff_token)}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(f"{house.address.http}/api/stats?limit=1") as answer:
            said = await answer.json()
        async with session.get(f"{house.address.http}/health") as answer:
            health = (await answer.json())["stats"]
    assert said.keys() == {"activeMatches", "connectedUsers", "totalSockets", "matches", "timestamp"}
    [match] = said["matches"]
    assert match["matchId"] == ann.match
    assert match["participants"] == [{"userId": "ann", "connected": True}, {"userId": "ben", "connected": False}]
    assert match.keys() == {"matchId", "participantCount", "participants", "createdAt", "lastActivity"}
    assert said["activeMatches"] >= 1
    assert said["totalSockets"] >= 1
    assert health["activeMatches"] >= 1


def staff_token() -> str:
    return tokens.access_token(sockets.make_user("staff"))


# --- what does not stay


@pytest.mark.django_db
def test_matches_that_nobody_is_at_are_purged_in_time() -> None:
    made = {
        "fresh": Match.objects.create(),
        "idle": Match.objects.create(active_at=Now() - matches.IDLE - timedelta(seconds=1)),
        "reserved": Match.objects.create(reserved=True, active_at=Now() - matches.IDLE - timedelta(seconds=1)),
        "outdated": Match.objects.create(reserved=True, active_at=Now() - matches.RESERVED - timedelta(seconds=1)),
        "in use": Match.objects.create(active_at=Now() - timedelta(days=2)),
    }
    Seat.objects.create(match=made["in use"], number=0, handle="ann", connection="c")
    Room.objects.create(key=made["idle"].room_key)
    said = StringIO()
    call_command("prune_calls", stdout=said)
    left = set(Match.objects.values_list("pk", flat=True))
    assert {name for name, match in made.items() if match.pk in left} == {"fresh", "reserved", "in use"}
    assert "2 empty matches deleted" in said.getvalue()
    assert not Room.objects.filter(key=made["idle"].room_key).exists()


@pytest.mark.django_db
def test_old_calls_are_forgotten_where_that_is_asked() -> None:
    for days in (1, 40):
        ended = Now() - timedelta(days=days)
        Call.objects.create(match_name=str(days), caller="a", callee="b", ended_at=ended, ending="user_hangup")
    call_command("prune_calls", stdout=StringIO())
    kept = Call.objects.filter(match_name__in=("1", "40")).values_list("match_name", flat=True)
    assert set(kept) == {"1", "40"}
    call_command("prune_calls", "--forget-after", "30", stdout=StringIO())
    assert set(kept.all()) == {"1"}
