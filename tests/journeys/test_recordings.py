"""Recordings through processes of their own: real clients, and a process that is killed."""

import asyncio
import secrets
import signal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from accounts import guests
from accounts import identity as identities
from realtime.runtime import threads
from recordings.models import Recording
from tests import sockets
from tests.journeys import server, visitors
from tests.recordings import sounds, visits

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]

RECORDS = {"REQUIRE_CONSENT": "0", "RECORDINGS_MIN_FREE_BYTES": "0"}  # the server itself finishes recordings
KINDS = [visitors.Node, visitors.Upgrading, visitors.Plain]
CLIENTS = 6
AHEAD = 4  # batches of a client that are not acknowledged yet


@pytest.fixture(autouse=True)
def same_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers seal with the keys that this process opens with."""
    monkeypatch.setenv("RECORDINGS_KEY", ",".join(settings.RECORDINGS_KEY))


def read(person: str) -> tuple[list[Any], bytes]:
    """All events of a participant, and all audio."""
    recordings = Recording.objects.filter(participant=person).order_by("created_at")
    events = [event["data"] for recording in recordings for event in visits.events(recording)]
    return events, b"".join(visits.heard(recording) for recording in recordings)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_a_visit_is_recorded_with_its_voice(
    database_url: str, tmp_path: Path, kind: type[visitors.Visitor]
) -> None:
    person, audio = f"visitor-{secrets.token_hex(8)}", sounds.split(sounds.webm(), 8)
    page = {"events": {"type": "initialState", "html": "<p>a page</p>" * 50_000}, "url": "https://shop.example/"}
    with server.running("uvicorn", database_url, tmp_path, RECORDINGS_FOLDER=str(tmp_path), **RECORDS) as running:
        client = await kind.arrive(running.address)
        assert (await client.ask("user:connected", person))["ok"]
        assert (await client.ask("videoStream:start", {"username": person, "data": page}))["ok"]
        for data in audio:
            assert (await client.ask("recording:start", {"username": person, "data": data}))["ok"]
        assert (await client.ask("click:event", {"username": person, "data": "{}"}))["ok"]
        assert await threads.in_db(read, person) == ([page, "{}"], b"".join(audio))
        assert (await client.ask("recording:end", person))["ok"]
        (url,) = (await client.hear("audio:saved"))["audioUrls"]
        assert url.endswith("/audio/0.webm")
        await client.go()


async def test_a_process_that_is_killed_has_lost_nothing_that_it_acknowledged(
    database_url: str, tmp_path: Path
) -> None:
    acknowledged: dict[str, list[int]] = {}
    enough = asyncio.Event()

    async def record(address: sockets.Address, person: str) -> None:
        token, _ = guests.issue(identities.new_visitor()[0])
        options: dict[str, Any] = {"subprotocols": ["vitrine", f"guest.{token}"]}
        async with await sockets.connect(address, "/ws/recordings/", **options) as client:
            await client.ask("user:connected", data=person)
            for number in range(1_000_000):
                events = [{"event": "x", "data": number, "timestamp": number}] * 20
                await client.say("recording:events", op=str(number), number=number, events=events)
                if number < AHEAD:
                    continue
                ack = await client.expect("ack")
                assert ack["ok"], ack
                acknowledged.setdefault(person, []).append(int(ack["op"]))
                if len(acknowledged) == CLIENTS and all(len(each) > 30 for each in acknowledged.values()):
                    enough.set()

    with server.running("uvicorn", database_url, tmp_path, **RECORDS) as running:
        people = [f"visitor-{secrets.token_hex(8)}" for _ in range(CLIENTS)]
        recording = [asyncio.create_task(record(running.address, person)) for person in people]
        await asyncio.wait_for(enough.wait(), sockets.PATIENCE)
        await asyncio.to_thread(running.stop, signal.SIGKILL)
        for answer in await asyncio.gather(*recording, return_exceptions=True):
            assert isinstance(answer, Exception)
            assert not isinstance(answer, AssertionError)
    for person in people:
        events, _ = await threads.in_db(read, person)
        assert set(acknowledged[person]) <= set(events)
        assert len(events) == 20 * len(set(events))
