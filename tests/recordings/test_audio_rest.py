"""A player hears what was said through a real server: by ranges, and only whoever may."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from asgiref.sync import sync_to_async

from accounts import guests, tokens
from recordings.models import AudioTrack, Participant, Recording
from tests import factories, sockets
from tests.recordings import sounds
from tests.recordings.test_finishing import listen, said

pytestmark = pytest.mark.everywhere


def finished() -> Recording:
    recording = said(sounds.webm(6))
    recording.end()  # In development its task is done at once.
    recording.refresh_from_db()
    assert recording.tracks.exists()
    return recording


@pytest.fixture
async def http(server: sockets.Address) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.http) as session:
        yield session


@pytest.fixture
async def recording(live_db: None, files: Path) -> Recording:
    return await asyncio.to_thread(finished)


async def bearer(role: str) -> dict[str, str]:
    user = await asyncio.to_thread(factories.user, role)
    return {"Authorization": f"Bearer {await asyncio.to_thread(tokens.access_token, user)}"}


async def test_staff_hear_it_whole_and_by_ranges(http: aiohttp.ClientSession, recording: Recording) -> None:
    track: AudioTrack = await recording.tracks.aget()
    whole, staff = await asyncio.to_thread(listen, track), await bearer("staff")
    assert len(whole) > 40_000
    async with http.get(track.path, headers=staff) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "audio/webm")
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert await answer.read() == whole
    size = len(whole)
    for asked, start, end in (
        ("bytes=0-", 0, size),
        ("bytes=0-0", 0, 1),
        ("bytes=1000-39999", 1000, 40_000),
        (f"bytes={size - 5}-{size + 100}", size - 5, size),
        ("bytes=-7", size - 7, size),
    ):
        async with http.get(track.path, headers={**staff, "Range": asked}) as answer:
            assert await answer.read() == whole[start:end]
            assert (answer.status, answer.headers["Content-Range"]) == (206, f"bytes {start}-{end - 1}/{size}")
    for beyond in (f"bytes={size}-", "bytes=-0"):
        async with http.get(track.path, headers={**staff, "Range": beyond}) as answer:
            assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{size}")
    for odd in ("bytes=5-1", "bytes=0-1,3-4", "lines=0-1", "bytes=-"):
        async with http.get(track.path, headers={**staff, "Range": odd}) as answer:
            assert (answer.status, await answer.read()) == (200, whole)
    async with http.get(track.path, headers={**staff, "Range": "bytes=1-2"}) as answer:
        etag = answer.headers["ETag"]
    for known, status in ((etag, 206), ('"another"', 200)):
        async with http.get(track.path, headers={**staff, "Range": "bytes=1-2", "If-Range": known}) as answer:
            assert answer.status == status
    async with http.head(track.path, headers=staff) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(size))


async def test_whoever_said_it_hears_it_and_nobody_else(http: aiohttp.ClientSession, recording: Recording) -> None:
    path = (await recording.tracks.aget()).path
    participant = await Participant.objects.aget(pk=recording.participant_id)
    token, _ = guests.issue(participant.identity.removeprefix("visitor:"))
    stranger, _ = guests.issue("a" * 32)
    for headers, status in (
        ({"Vitrine-Guest": token}, 200),
        ({"Vitrine-Guest": stranger}, 404),
        ({}, 404),
        (await bearer("creator"), 404),
    ):
        async with http.get(path, headers=headers) as answer:
            assert answer.status == status
    staff = await bearer("staff")
    for wrong in (path.replace(".webm", ".m4a"), path.replace("/0.", "/1."), path.replace("/0.", f"/{10**30}.")):
        async with http.get(wrong, headers=staff) as answer:
            assert answer.status == 404
    await sync_to_async(recording.remove)()
    async with http.get(path, headers=staff) as answer:
        assert answer.status == 404


async def test_an_archive_is_streamed(http: aiohttp.ClientSession, recording: Recording) -> None:
    async with http.get(f"/api/recordings/{recording.pk}/archive", headers=await bearer("staff")) as answer:
        body = await answer.read()
    assert "Content-Length" not in answer.headers
    assert body[:2] == b"PK"
    assert b"audio/0.webm" in body
