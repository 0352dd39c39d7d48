"""What is said on sockets of people who are recorded, for tests."""

import asyncio
import secrets
from typing import Any

from accounts import guests
from accounts import identity as identities
from realtime.runtime import threads
from recordings.models import Recording
from tests import sockets
from tests.recordings import visits


def name() -> str:
    return f"visitor-{secrets.token_hex(8)}"


def recordings_of(person: str) -> list[Recording]:
    return list(Recording.objects.filter(participant=person).order_by("created_at"))


async def the_recording(person: str) -> Recording:
    (only,) = await threads.in_db(recordings_of, person)
    return only


async def stored(person: str) -> list[tuple[str, Any]]:
    """The kinds and data of all events of a participant's only recording."""
    recording = await the_recording(person)
    return [(event["event"], event["data"]) for event in await threads.in_db(visits.events, recording)]


async def capture(server: sockets.Address, **options: Any) -> sockets.Client:
    return await sockets.connect(server, "/ws/recordings/", **options)


def guest(visitor: str = "") -> dict[str, Any]:
    token, _ = guests.issue(visitor or identities.new_visitor()[0])
    return {"subprotocols": ["vitrine", f"guest.{token}"]}


def batch(number: int, *events: tuple[str, Any], at: int = 1_700_000_000_000) -> dict[str, Any]:
    said = [{"event": kind, "data": data, "timestamp": at + each} for each, (kind, data) in enumerate(events)]
    return {"number": number, "events": said, "url": "https://shop.example/"}


def event_count(person: str) -> int:
    return sum(recording.event_count for recording in recordings_of(person))


async def until(read: Any, expected: Any) -> None:
    async with asyncio.timeout(sockets.PATIENCE):
        while await read() != expected:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)
