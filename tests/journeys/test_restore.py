"""A database is dumped, goes on, is lost and restored: nobody resumes over what the dump has not."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from accounts import identity as identities
from realtime.models import Room
from realtime.runtime import threads
from streams.models import ChatMessage
from tests import sockets
from tests.journeys import server
from tests.realtime import resuming
from tools import backends

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]

GUEST = identities.Identity(user=None, visitor="0" * 32)


@pytest.fixture
def restored(database_url: str) -> Iterator[str]:
    """The URL of a new, empty database."""
    name = f"{connection.settings_dict['NAME']}_restored"

    def execute(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    execute(f"CREATE DATABASE {name}")
    yield urlsplit(database_url)._replace(path=f"/{name}").geturl()
    execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(program: str, *arguments: str | Path) -> None:
    subprocess.run([backends.postgresql_programs() / program, *arguments], check=True, capture_output=True)


async def test_after_a_restore_everybody_begins_anew(database_url: str, restored: str, tmp_path: Path) -> None:
    show = await threads.in_db(sockets.make_show)

    def say(line: str) -> None:
        ChatMessage.objects.post(show.stream.pk, GUEST, line)

    with server.running("uvicorn", database_url, tmp_path) as original:
        async with await resuming.arrive(original.address) as client:
            known = await resuming.join(client, show)
            await threads.in_db(say, "in the dump")
            run("pg_dump", "--format=custom", f"--file={tmp_path / 'dump'}", database_url)
            await threads.in_db(say, "lost")
            position = (await client.expect("new-message", message="lost"))["seq"]
    run("pg_restore", f"--dbname={restored}", tmp_path / "dump")
    with server.running("uvicorn", restored, tmp_path) as copy:
        async with await resuming.arrive(copy.address) as client:
            here = await resuming.join(client, show)
            for line in ("instead of it", "behind it"):  # The numbers go on beyond what the client has seen.
                assert (await client.ask("send-message", sessionId=show.id, message=line))["ok"]
        async with await resuming.arrive(copy.address) as client:
            again = await resuming.resume(client, show.key, known["epoch"], position)
            assert (again["recovered"], again["epoch"]) == (False, here["epoch"])
            snapshot = next(frame for frame in client.passed if frame["type"] == "snapshot")
            lines = [line["message"] for line in snapshot["state"]["messages"]]
            assert lines == ["in the dump", "instead of it", "behind it"]
    with server.running("uvicorn", restored, tmp_path) as restarted:  # which is an ordinary start
        async with await resuming.arrive(restarted.address) as client:
            assert (await resuming.resume(client, show.key, again["epoch"], again["seq"]))["recovered"]
    assert known["epoch"] == (await threads.in_db(Room.objects.position, show.key))[1]
