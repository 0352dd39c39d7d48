"""Coming back when not everything can be told: the room as it is now, never a part of what was missed."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from realtime import rooms
from realtime.delivery import hubs, outgoing
from realtime.models import Room, RoomEvent
from realtime.runtime import threads
from streams.models import ChatMessage
from tests import sockets
from tests.realtime import resuming

pytestmark = [pytest.mark.usefixtures("live_db", "no_limits"), pytest.mark.everywhere]


async def test_a_gap_wider_than_the_setting_gives_the_room_as_it_is_now(
    server: sockets.Address, show: sockets.Show, settings: Any
) -> None:
    settings.RECOVERY_EVENTS = 60
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
        await resuming.chat(show, *(str(n) for n in range(61)))
        async with await resuming.arrive(server) as late:
            again = await resuming.resume(late, show.key, ack["epoch"], ack["seq"])
            frames = [frame for frame in late.passed if frame["type"] not in ("viewer-count", "shop-available")]
            assert [frame["type"] for frame in frames] == ["snapshot", "resumed"]
            snapshot, resumed = frames
            assert resumed["recovered"] is again["recovered"] is False
            assert resumed["seq"] == again["seq"] == ack["seq"] + 61
            assert snapshot["room"] == show.key
            assert snapshot["state"]["id"] == show.id
            assert snapshot["state"]["viewerCount"] == 2
            assert [line["message"] for line in snapshot["state"]["messages"]] == [str(n) for n in range(11, 61)]
            await resuming.chat(show, "next")
            [line] = await resuming.hears(late, "next")
            assert line["seq"] == resumed["seq"] + 1
        async with await resuming.arrive(server) as client:
            assert (await resuming.resume(client, show.key, ack["epoch"], ack["seq"] + 2))["recovered"]
            assert len(resuming.told(client.passed)) == 60


async def test_a_snapshot_ends_where_what_is_told_begins(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said while the snapshot is taken stands in one of the two, not in both."""
    loop = asyncio.get_running_loop()
    kind = type(rooms.find(show.key))
    take = kind.snapshot

    def slowly(*arguments: Any) -> dict[str, Any]:
        asyncio.run_coroutine_threadsafe(_outside(resuming.chat(show, "meanwhile")), loop).result(sockets.PATIENCE)
        return take(*arguments)

    await resuming.chat(show, "before")
    if connection.vendor == "sqlite":
        pytest.skip("one thread does all database work")
    monkeypatch.setattr(kind, "snapshot", slowly)
    async with await resuming.arrive(server) as client:
        await resuming.resume(client, show.key, "nonsense", 0)
        [snapshot] = resuming.told(client.passed, "snapshot")
        assert [line["message"] for line in snapshot["state"]["messages"]] == ["before"]
        await resuming.hears(client, "meanwhile")


async def _outside(what: Awaitable[Any]) -> None:
    await what


async def test_the_lines_of_a_snapshot_stand_in_the_order_in_which_they_were_told(
    server: sockets.Address, show: sockets.Show
) -> None:
    """Two processes' clocks, or two who waited for the same lock, may disagree with it."""
    said = await resuming.chat(show, "one", "two", "three")
    later = timezone.now() + timedelta(seconds=1)
    await threads.in_db(ChatMessage.objects.filter(pk=said[0].pk).update, created_at=later)
    async with await resuming.arrive(server) as client:
        await resuming.resume(client, show.key, "nonsense", 0)
        [snapshot] = resuming.told(client.passed, "snapshot")
        assert [line["message"] for line in snapshot["state"]["messages"]] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("after", "epoch"),
    [(5, None), (2**62, None), (-1, None), (0, "nonsense"), (0, ""), (1, "\N{SNOWMAN}")],
)
async def test_a_place_that_the_log_does_not_have_gives_the_room_as_it_is_now(
    server: sockets.Address, show: sockets.Show, after: int, epoch: str | None
) -> None:
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
        again = await resuming.resume(client, show.key, ack["epoch"] if epoch is None else epoch, after)
        assert again["recovered"] is False
        assert (again["seq"], again["epoch"]) == (ack["seq"], ack["epoch"])
        assert len(resuming.told(client.passed, "snapshot")) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"after": 2**63},
        {"after": -2},
        {"after": "1"},
        {"after": 1.5},
        {"after": None},
        {"epoch": 5},
        {"epoch": None},
        {"epoch": "x" * 65},
        {"room": None},
        {"room": "show:\x00"},
        {"room": "x" * 151},
        {"dialect": 5},
    ],
)
async def test_nonsense_is_refused_as_nonsense(
    server: sockets.Address, show: sockets.Show, fields: dict[str, Any]
) -> None:
    async with await resuming.arrive(server) as client:
        ack = await client.ask("resume", **{"room": show.key, "epoch": "x", "after": 0, **fields})
        assert (ack["ok"], ack["code"]) == (False, "validation")


async def test_what_a_room_no_longer_keeps_is_never_told_in_part(server: sockets.Address, show: sockets.Show) -> None:
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
    await resuming.chat(show, "one", "two", "three")
    await threads.in_db(RoomEvent.objects.filter(room__key=show.key, seq__lte=ack["seq"] + 2).delete)
    await resuming.forget_hub(show)
    async with await resuming.arrive(server) as client:
        assert (await resuming.resume(client, show.key, ack["epoch"], ack["seq"] + 1))["recovered"] is False
        assert not resuming.told(client.passed)
    async with await resuming.arrive(server) as client:
        assert (await resuming.resume(client, show.key, ack["epoch"], ack["seq"] + 2))["recovered"]
        assert [line["message"] for line in resuming.told(client.passed)] == ["three"]


# --- another log


async def test_a_log_that_was_replaced_sends_everyone_back_to_hear_how_things_are(
    server: sockets.Address, show: sockets.Show
) -> None:
    """A backup was restored under running processes: the hub's numbers mean nothing any more."""
    await resuming.chat(show, "one", "two", "three")
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)

        def restore() -> None:
            RoomEvent.objects.filter(room__key=show.key).delete()
            Room.objects.filter(key=show.key).update(seq=0, epoch="restored")

        await threads.in_db(restore)
        await hubs.current().check()
        assert await client.close_code() == outgoing.COME_BACK
    async with await resuming.arrive(server) as client:
        again = await resuming.resume(client, show.key, ack["epoch"], ack["seq"])
        assert (again["recovered"], again["seq"]) == (False, 0)
        assert again["epoch"].startswith("restored")
        await resuming.chat(show, "first")
        [line] = await resuming.hears(client, "first")
        assert (line["seq"], line["epoch"]) == (1, again["epoch"])


async def test_comparing_with_the_log_while_things_are_said_sends_nobody_away(
    server: sockets.Address, show: sockets.Show
) -> None:
    async with await resuming.arrive(server) as client:
        await resuming.join(client, show)
        talking = asyncio.create_task(resuming.chat(show, *(str(n) for n in range(40))))
        while not talking.done():
            await hubs.current().check()
        await resuming.hears(client, *(str(n) for n in range(40)))
