"""What capture.js sends: numbered batches and pieces, which are stored once."""

import json
import os
from typing import Any

import pytest
from pytest_django import Settings

from realtime import wire
from realtime.runtime import threads
from recordings import space
from recordings.models import Recording, Status
from tests import sockets
from tests.recordings import visits
from tests.recordings.speaking import batch, capture, guest, name, recordings_of, stored, the_recording

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


async def test_a_batch_is_stored_once_however_often_it_comes(server: sockets.Address) -> None:
    person = name()
    async with await capture(server) as client:
        known = await client.ask("user:connected", data=person)
        assert known["recording"] == (await the_recording(person)).pk
        for _ in range(2):
            assert (await client.ask("recording:events", **batch(7, ("rrweb", {"n": 1}), ("click", None))))["ok"]
        assert (await client.ask("recording:events", **batch(7, ("rrweb", {"n": 2}))))["code"] == "conflict"
        assert "conflict" in [frame.get("code") for frame in await client.settle()]
    recording = await the_recording(person)
    assert await stored(person) == [("rrweb", {"n": 1}), ("click", None)]
    assert (recording.event_count, recording.duration_ms, recording.url) == (2, 1, "https://shop.example/")


async def test_a_piece_of_audio_is_stored_once_however_often_it_comes(server: sockets.Address) -> None:
    person, data = name(), os.urandom(3000)

    async def send(number: int, data: bytes) -> sockets.Frame:
        header = {"type": "recording:start", "username": person, "part": 3, "number": number, "op": "1"}
        text = json.dumps({**header, "mime": "audio/webm;codecs=opus"}).encode()
        await client.send(len(text).to_bytes(4, "big") + text + data)
        return await client.expect("ack", op="1")

    async with await capture(server) as client:
        await client.ask("user:connected", data=person)
        assert [(await send(number, data))["ok"] for number in (0, 1, 0, 1)] == [True] * 4
        assert (await send(0, b"other"))["code"] == "conflict"
    assert await threads.in_db(visits.heard, await the_recording(person), 3) == 2 * data


BAD = [
    {"number": -1},
    {"number": 2**60},
    {"number": None},
    {"events": {}},
    {"events": [5]},
    {"events": [{"event": "x"}]},
    {"events": [{"event": "x", "timestamp": "now"}]},
    {"events": [{"event": "x" * 65, "timestamp": 5}]},
    {"events": [{"event": "x", "timestamp": 1e300}]},
    {"url": "x" * 3000},
]


@pytest.mark.parametrize("bad", BAD, ids=str)
async def test_a_batch_that_makes_no_sense_is_refused(server: sockets.Address, bad: dict[str, Any]) -> None:
    async with await capture(server) as client:
        await client.ask("user:connected", data=name())
        assert (await client.ask("recording:events", **batch(1, ("x", 1)) | bad))["code"] == "validation"
        assert (await client.ask("recording:events", **batch(1, ("x", 1))))["ok"]


async def test_text_that_is_none_spoils_only_its_own_batch(
    server: sockets.Address, caplog: pytest.LogCaptureFixture
) -> None:
    async with await capture(server) as client:
        await client.ask("user:connected", data=name())
        events = '[{"event":"x","timestamp":5,"data":"https://shop.example/\\ud800"}]'
        await client.send('{"type":"recording:events","op":"1","number":1,"events":' + events + "}")
        await client.expect("ack", op="1")
        assert (await client.ask("recording:events", **batch(2, ("x", 1))))["ok"]
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_page_change_continues_the_recording_and_its_audio_is_another_part(server: sockets.Address) -> None:
    person, options, known = name(), guest(), []
    for number in range(2):
        async with await capture(server, **options) as client:
            known.append(await client.ask("user:connected", data=person))
            await client.ask("recording:events", **batch(number, ("page", number)))
    assert known[0]["recording"] == known[1]["recording"]
    assert (known[0]["part"], known[1]["part"]) == (0, 1)
    assert await stored(person) == [("page", 0), ("page", 1)]


async def test_what_comes_while_it_is_finished_is_not_lost(server: sockets.Address) -> None:
    """The visit was ended elsewhere: the connection begins another recording by itself."""
    person = name()
    async with await capture(server) as client:
        await client.ask("user:connected", data=person)
        await client.ask("recording:events", **batch(1, ("before", 1)))
        recording = await the_recording(person)
        await threads.in_db(lambda: Recording.objects.filter(pk=recording.pk).update(status=Status.FINISHED))
        assert (await client.ask("recording:events", **batch(2, ("after", 2))))["ok"]
        assert (await client.ask("recording:events", **batch(1, ("before", 1))))["ok"]
    first, second = await threads.in_db(recordings_of, person)
    assert [event["event"] for event in await threads.in_db(visits.events, first)] == ["before"]
    assert "after" in [event["event"] for event in await threads.in_db(visits.events, second)]


async def test_a_full_disk_is_said_and_the_shop_goes_on(
    server: sockets.Address, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await sockets.connect(server) as client:
        await client.ask("user:connected", data=name())
        settings.RECORDINGS_MIN_FREE_BYTES = 2**62
        monkeypatch.setattr(space, "_asked_at", float("-inf"))
        ack = await client.ask("recording:events", **batch(1, ("x", 1)))
        assert (ack["code"], ack["retryAfter"]) == ("storage_full", 60.0)
        await client.say("ping")
        await client.expect("pong")


async def test_above_its_rate_it_is_refused_and_the_connection_lives(
    server: sockets.Address, settings: Settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, "record": {"connection": (0.001, 3)}}
    async with await capture(server) as client:
        await client.ask("user:connected", data=name())
        acks = [await client.ask("click:event", data="{}") for _ in range(5)]
        assert [ack.get("code") for ack in acks] == [None] * 3 + ["rate_limited"] * 2


async def test_beyond_eight_megabytes_an_event_is_refused_and_the_connection_lives(server: sockets.Address) -> None:
    async with await capture(server) as client:
        await client.ask("user:connected", data=name())
        assert (await client.ask("dom:mutation", data="x" * (8 * wire.MIB)))["code"] == "too_big"
        assert (await client.ask("dom:mutation", data="x" * (8 * wire.MIB - wire.KIB)))["ok"]
