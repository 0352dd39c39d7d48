"""ShopAloud's events as its old clients send them, on every kind of socket."""

import json
import os
from typing import Any

import pytest
from pytest_django import Settings

from realtime.runtime import threads
from recordings import feed
from recordings.models import Status
from tests import sockets
from tests.journeys import visitors
from tests.recordings import visits
from tests.recordings.speaking import event_count, name, recordings_of, stored, the_recording, until

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

KINDS: list[type[visitors.Visitor]] = [visitors.OverWebSocket, visitors.OverPolling, visitors.Upgrading, visitors.Plain]
ON_ALL = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
SINGLE = {
    "dom:mutation": json.dumps([{"type": "childList"}]),
    "mouse:position": '{"x":1,"y":2}',
    "scroll:position": '{"scrollX":0,"scrollY":5}',
    "click:event": '{"isTrusted":true}',
}
NOTHING: list[tuple[Any, ...]] = [(), (None,), (5,), ([],), ({},), ("",), ({"username": 5},), ({"data": None},)]
PAGE = {"events": {"type": "viewPort", "size": {"width": 1280}, "timestamp": 5}, "url": "https://shop.example/mugs"}


@ON_ALL
async def test_everything_that_an_old_client_sends_is_kept(
    server: sockets.Address, kind: type[visitors.Visitor]
) -> None:
    person, client, audio = name(), await kind.arrive(server), [os.urandom(4000) for _ in range(5)]
    assert (await client.ask("user:connected", person))["ok"]
    for data in audio:
        assert (await client.ask("recording:start", {"username": person, "data": data}))["ok"]
    assert (await client.ask("videoStream:start", {"username": person, "data": PAGE}))["ok"]
    for event, text in SINGLE.items():
        assert (await client.ask(event, {"username": person, "data": text}))["ok"]
    assert (await client.ask("wishlist:add", {"product": 5}))["ok"]
    recording = await the_recording(person)
    assert recording.status == Status.RECORDING
    assert await threads.in_db(visits.heard, recording) == b"".join(audio)
    assert await stored(person) == [("videoStream:start", PAGE), *SINGLE.items(), ("wishlist:add", {"product": 5})]
    assert (await client.ask("recording:end", person))["ok"]
    assert (await the_recording(person)).status != Status.RECORDING
    await client.go()


async def test_what_waits_for_no_answer_is_stored_soon_and_when_its_sender_goes(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "GATHER_SECONDS", sockets.PATIENCE)
    person = name()
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        await client.emit("user:connected", person)
        for number in range(50):
            await client.emit("mouse:position", {"username": person, "data": str(number)})
        await client.settle()
        assert await stored(person) == []
    await until(lambda: threads.in_db(event_count, person), 50)
    assert await stored(person) == [("mouse:position", str(number)) for number in range(50)]
    assert (await the_recording(person)).next_number == 1  # one row


async def test_gathered_events_are_stored_after_a_moment(server: sockets.Address) -> None:
    person = name()
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        await client.emit("user:connected", person)
        await client.emit("click:event", {"username": person, "data": "{}"})
        await until(lambda: threads.in_db(event_count, person), 1)


async def test_a_connection_holds_no_more_than_its_bound(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "GATHER_SECONDS", sockets.PATIENCE)
    person = name()
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        await client.emit("user:connected", person)
        for _ in range(10):
            await client.emit("dom:mutation", {"username": person, "data": "x" * 10_000})
        await until(lambda: threads.in_db(event_count, person), 10)
    assert (await the_recording(person)).next_number == 4  # rows, of 32 KiB at most


@pytest.mark.parametrize("event", ["user:connected", "recording:start", "videoStream:start", *SINGLE, "recording:end"])
async def test_an_event_without_a_payload_harms_nothing(
    server: sockets.Address, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        for said in NOTHING:
            ack = await client.ask(event, *said)
            assert ack["ok"] or ack["code"] in ("validation", "not_found"), said
        person = name()
        assert (await client.ask("user:connected", person))["ok"]
        for said in NOTHING[:2]:
            await client.ask(event, *said)
        assert (await client.ask("click:event", {"data": "{}"}))["ok"]
    assert not [record.getMessage() for record in caplog.records if record.exc_info]


async def test_a_large_page_is_recorded(server: sockets.Address) -> None:
    """The first state of a page, above what others may send at once."""
    html = "<p>a page</p>" * 60_000
    for kind in KINDS:
        person, client = name(), await kind.arrive(server)
        await client.ask("user:connected", person)
        page = {"events": {"type": "initialState", "html": html}, "url": "https://shop.example/"}
        assert (await client.ask("videoStream:start", {"username": person, "data": page}))["ok"], kind
        await client.go()
        assert [len(data["events"]["html"]) for _, data in await stored(person)] == [len(html)], kind


async def test_any_other_event_is_kept_only_of_whom_we_know(server: sockets.Address) -> None:
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        assert (await client.ask("wishlist:add", 5))["code"] == "unknown"
        person = name()
        await client.ask("user:connected", person)
        assert (await client.ask("wishlist:add", 5, "twice"))["ok"]
        assert await stored(person) == [("wishlist:add", [5, "twice"])]
    async with await sockets.connect(server) as shopper:
        await shopper.ask("user:connected", data=person + "-2")
        assert [frame["type"] for frame in await asked(shopper, "WISHLIST_ADD")] == ["ERROR"]


async def asked(client: sockets.Client, type: str) -> list[sockets.Frame]:
    await client.say(type)
    return await client.settle()


async def test_the_end_is_not_the_end_of_the_socket(server: sockets.Address) -> None:
    person = name()
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        await client.ask("user:connected", person)
        for number in range(2):
            await client.ask("click:event", {"username": person, "data": str(number)})
            await client.ask("recording:end")
    first, second = await threads.in_db(recordings_of, person)
    for number, recording in enumerate((first, second)):
        assert [event["data"] for event in await threads.in_db(visits.events, recording)] == [str(number)]


async def test_old_clients_are_believed_where_the_operator_says_so(server: sockets.Address, settings: Settings) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    person = name()
    for number in range(2):
        async with await sockets.Events().connect(server, ["websocket"]) as client:
            await client.ask("user:connected", person)
            assert (await client.ask("click:event", {"username": person, "data": str(number)}))["ok"]
    assert await stored(person) == [("click:event", "0"), ("click:event", "1")]


async def test_a_socket_that_only_came_is_not_recorded(server: sockets.Address) -> None:
    person = name()
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        assert (await client.ask("user:connected", person))["recording"] is None
    assert await threads.in_db(recordings_of, person) == []
