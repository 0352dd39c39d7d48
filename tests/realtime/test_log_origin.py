"""The logs get another epoch when they are not those that clients know: restored, moved, or by command."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections

from realtime.delivery import hubs, outgoing
from realtime.models import LogOrigin, Room
from realtime.runtime import threads
from tests import sockets
from tests.realtime import resuming

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no origin: the command is for it")


def epoch(key: str) -> str:
    return Room.objects.position(key)[1]


def written_elsewhere(**database: str) -> None:
    """As in a copy, whose row still names the original."""
    LogOrigin.objects.verify()
    origin = LogOrigin.objects.get()
    origin.database |= database
    origin.save()


async def test_by_command_everybody_is_told_to_begin_anew(server: sockets.Address, show: sockets.Show) -> None:
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
        await resuming.chat(show, "before")
        await threads.in_db(call_command, "new_epoch")
        await hubs.current().check()
        assert await client.close_code() == outgoing.COME_BACK
    async with await resuming.arrive(server) as client:
        again = await resuming.resume(client, show.key, ack["epoch"], ack["seq"])
        assert again["recovered"] is False
        assert again["epoch"] != ack["epoch"]
        assert (await resuming.resume(client, show.key, again["epoch"], again["seq"]))["recovered"]


async def test_an_ordinary_start_changes_nothing(room_key: str) -> None:
    before = await threads.in_db(epoch, room_key)
    for _ in range(2):
        await hubs.Hubs()._verify_origin()
    assert await threads.in_db(epoch, room_key) == before


@POSTGRESQL
@pytest.mark.parametrize("what", ["table", "database", "cluster", "timeline"])
async def test_each_sign_of_a_copy_gives_a_new_epoch_once(room_key: str, what: str) -> None:
    before = await threads.in_db(epoch, room_key)
    await threads.in_db(written_elsewhere, **{what: "another"})

    def verify() -> bool:
        try:
            return LogOrigin.objects.verify()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as processes:
        starts = [asyncio.wrap_future(processes.submit(verify)) for _ in range(8)]
        assert sum(await asyncio.gather(*starts)) <= 1  # A running server may be first.
    assert await threads.in_db(epoch, room_key) != before


@POSTGRESQL
async def test_what_a_role_may_not_read_is_not_taken_for_a_change(room_key: str, monkeypatch: Any) -> None:
    await threads.in_db(LogOrigin.objects.verify)
    known = (await threads.in_db(LogOrigin.objects.get)).database
    assert {"table", "database", "cluster", "timeline"} == set(known)
    monkeypatch.setattr("realtime.models.log._database", lambda: {"table": known["table"]})
    before = await threads.in_db(epoch, room_key)
    assert not await threads.in_db(LogOrigin.objects.verify)
    assert await threads.in_db(epoch, room_key) == before
    assert (await threads.in_db(LogOrigin.objects.get)).database == known
