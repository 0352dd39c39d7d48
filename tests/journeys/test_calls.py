"""Calls between people on two server processes: across them, when one is killed, and when one is stopped."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from realtime import database
from signaling.models import Call, Seat
from signaling.models.seat import SeatQuerySet
from tests import sockets
from tests.journeys import server, visitors
from tests.signaling import peers, people

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]

# What follows from a process's death comes when the test says so, by the rows, not by a clock.
PATIENT = server.WATCHFUL | {"CALL_GRACE_SECONDS": "600"}

SDP = {"type": "offer", "sdp": "v=0\r\n"}


@pytest.fixture(scope="module")
def stays(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Server]:
    """A process that looks after the others often."""
    with server.running("uvicorn", database_url, tmp_path_factory.mktemp("stays"), **PATIENT) as started:
        yield started


@pytest.fixture
def goes(database_url: str, tmp_path: Path) -> Iterator[server.Server]:
    """Another one, which does not live to the end of the test."""
    with server.running("uvicorn", database_url, tmp_path, **PATIENT) as started:
        yield started


@contextlib.asynccontextmanager
async def two_on(kind: type[Any], here: sockets.Address, there: sockets.Address) -> AsyncIterator[tuple[Any, Any]]:
    """Ann on the one server and Ben on the other, at one match."""
    async with people.House(here) as house, people.House(there) as other:
        ann, ben, match = await house.arrive(kind), await other.arrive(kind), people.new_match()
        await ann.sit(match, "ann")
        await ben.sit(match, "ben")
        await ann.hear("user-joined")
        yield ann, ben


def seat_of_ben(match: str) -> SeatQuerySet:
    return Seat.objects.filter(match__name=match, handle="ben")


# --- on two processes


@people.kinds
async def test_two_peers_on_two_processes_connect(
    stays: server.Server, second: server.Server, kind: type[people.Person]
) -> None:
    async with two_on(kind, stays.address, second.address) as (ann, ben):
        await ann.say("initiate-call", {"to": "ben"})
        await ben.hear("incoming-call")
        await ben.say("accept-call", {"to": "ann"})
        await ann.hear("call-accepted")
        async with peers.connected(ann, ben) as both:
            await peers.check_words_pass(*both)
        await ben.say("end-call", {"to": "ann"})
        await ann.hear("call-ended")


async def test_signals_keep_their_order_across_processes(stays: server.Server, second: server.Server) -> None:
    async with two_on(people.OverFlatSocket, stays.address, second.address) as (ann, ben):
        for number in range(50):
            await ann.client.say("offer" if number % 10 == 0 else "ice-candidate", to="ben", offer=0, candidate=number)
        heard = [await ben.next() for _ in range(50)]
        assert [event for event, _ in heard] == (["offer"] + ["ice-candidate"] * 9) * 5
        assert [said["candidate"] for event, said in heard if event == "ice-candidate"] == [
            number for number in range(50) if number % 10
        ]


async def test_the_javascript_client_calls_across_processes(stays: server.Server, second: server.Server) -> None:
    """socket.io-client as Avari's pages load it: polling first, then upgraded."""
    match = people.new_match()
    ann, ben = await visitors.Node.arrive(stays.address), await visitors.Node.arrive(second.address)
    await ann.ask("register", {"userId": "ann", "matchId": match})
    assert (await ann.hear("joined"))["participants"] == ["ann"]
    await ben.ask("register", {"userId": "ben", "matchId": match})
    assert (await ben.hear("joined"))["participants"] == ["ann", "ben"]
    assert (await ann.hear("user-joined"))["userId"] == "ben"
    await ann.ask("initiate-call", {"to": "ben"})
    assert (await ben.hear("incoming-call"))["from"] == "ann"
    await ben.ask("accept-call", {"to": "ann"})
    assert (await ann.hear("call-accepted"))["from"] == "ben"
    await ann.ask("offer", {"offer": SDP, "to": "ben"})
    assert await ben.hear("offer") == {"offer": SDP, "from": "ann"}
    await ben.ask("answer", {"answer": SDP, "to": "ann"})
    assert await ann.hear("answer") == {"answer": SDP, "from": "ben"}
    await ben.ask("heartbeat", {"userId": "ben", "matchId": match})
    await ann.go()
    assert (await ben.hear("user-left"))["userId"] == "ann"
    await ben.go()
    call = await database.in_db(Call.objects.get, match_name=match)
    assert (call.caller, call.ending, call.ended_by) == ("ann", "user_hangup", "ann")


# --- one of them is killed


async def test_a_call_outlives_the_process_of_one_side(stays: server.Server, goes: server.Server) -> None:
    async with two_on(people.OverSocketIO, stays.address, goes.address) as (ann, ben):
        async with peers.connected(ann, ben) as both:
            goes.stop(signal.SIGKILL)
            await peers.check_words_pass(*both)  # media needs no server
            again = await people.OverSocketIO.arrive(stays.address)
            joined = await again.sit(ann.match, "ben", resumeToken=ben.resume_token)
            assert joined["participants"] == ["ann", "ben"]
            assert (await ann.hear("user-joined"))["userId"] == "ben"  # and no user-left before it
            async with peers.connected(ann, again) as anew:
                await peers.check_words_pass(*anew)
            call = await database.in_db(Call.objects.get, match_name=ann.match)
            assert call.ended_at is None
        await again.leave()
        await ann.hear("user-left")


async def test_who_knows_no_resume_token_gets_in_at_once(stays: server.Server, goes: server.Server) -> None:
    """As Avari's call page: the seat that the killed process leaves is as good as that of a lost connection."""
    async with two_on(people.OverSocketIO, stays.address, goes.address) as (ann, _):
        goes.stop(signal.SIGKILL)
        again = await people.OverSocketIO.arrive(stays.address)
        assert (await again.say("register", {"userId": "ben", "matchId": ann.match}))["ok"]
        assert (await again.hear("joined"))["participants"] == ["ann", "ben"]
        assert (await ann.hear("user-joined"))["userId"] == "ben"
        await again.leave()


async def test_who_died_with_a_process_has_left_in_the_end(stays: server.Server, goes: server.Server) -> None:
    async with two_on(people.OverFlatSocket, stays.address, goes.address) as (ann, _):
        goes.stop(signal.SIGKILL)
        seat = seat_of_ben(ann.match)
        await server.miss((await database.in_db(seat.get)).connection)
        async with asyncio.timeout(sockets.PATIENCE):
            while not await database.in_db(seat.filter(kept_until__isnull=False).update, kept_until=Now()):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert await ann.hear("user-left") == {"userId": "ben"}
    assert not await database.in_db(seat.exists)


async def test_a_ringing_whose_process_was_killed_ends_all_the_same(stays: server.Server, goes: server.Server) -> None:
    async with two_on(people.OverFlatSocket, goes.address, stays.address) as (ann, ben):
        await ann.say("initiate-call", {"to": "ben"})
        await ben.hear("incoming-call")
        goes.stop(signal.SIGKILL)
        await database.in_db(Call.objects.filter(match_name=ann.match).update, rings_until=Now())
        assert await ben.hear("call-ended") == {"from": "ann"}


# --- one of them is stopped


@pytest.mark.parametrize("kind", [people.OverSocketIO, people.OverPolling, people.OverFlatSocket])
async def test_a_server_that_stops_says_so_and_its_seats_are_kept(
    stays: server.Server, goes: server.Server, kind: type[people.Person]
) -> None:
    async with two_on(kind, stays.address, goes.address) as (ann, ben):
        stopping = asyncio.create_task(asyncio.to_thread(goes.stop))
        assert (await ben.hear("server-shutdown"))["message"]
        await ann.hear("user-reconnecting")
        again = await kind.arrive(stays.address)
        await again.sit(ann.match, "ben")
        assert (await ann.hear("user-joined"))["userId"] == "ben"
        await stopping
        assert await ann.settle() == []
        await again.leave()
