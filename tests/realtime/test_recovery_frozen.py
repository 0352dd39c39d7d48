"""A process that stands still in the middle of writing stops its rooms for seconds, not until someone finds it."""

import asyncio
import threading

import pytest
from django.db import DatabaseError, connection, transaction

from realtime.models import Room, RoomEvent
from realtime.runtime import threads
from realtime.storage import rows
from tests import sockets
from tests.realtime import room_log, sample_protocol

pytestmark = [
    pytest.mark.usefixtures("live_db"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite serves one process"),
]


def show(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        return str(cursor.fetchone()[0])


async def test_the_database_lets_go_of_a_session_that_does_nothing_in_a_transaction() -> None:
    assert await threads.in_db(show, "idle_in_transaction_session_timeout") == "15s"


async def test_what_waits_for_a_room_that_a_frozen_process_holds_is_written(room_key: str) -> None:
    holds, thaw = threading.Event(), threading.Event()

    def freeze() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '200ms'")
            rows.run([Room.advance({room_key: 1})])
            holds.set()
            assert thaw.wait(sockets.PATIENCE)
            rows.run([Room.advance({room_key: 1})])

    frozen = asyncio.create_task(threads.in_db(freeze))
    assert await asyncio.to_thread(holds.wait, sockets.PATIENCE)
    await room_log.tell(room_key, sample_protocol.Noted(n=1))
    thaw.set()
    with pytest.raises(DatabaseError):
        await frozen
    assert await threads.in_db(lambda: list(RoomEvent.objects.filter(room__key=room_key).values_list("seq"))) == [(1,)]
