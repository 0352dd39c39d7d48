"""The commands of docs/backup.md, as an operator copies them: afterwards nobody resumes over what the dump has not."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from accounts import identity as identities
from realtime.models import Room
from realtime.runtime import threads
from streams.models import ChatMessage
from tests import sockets
from tests.journeys import server
from tests.journeys.test_restore import restored
from tests.realtime import resuming
from tools import backends

__all__ = ["restored"]

pytestmark = pytest.mark.journey

GUEST = identities.Identity(user=None, visitor="0" * 32)


def commands(heading: str) -> str:
    """The block of commands that stands under a heading."""
    guide = (server.ROOT / "docs/backup.md").read_text()
    found = re.search(rf"^## {heading}\n.*?```sh\n(.*?)```", guide, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def run(heading: str, **environment: str) -> None:
    programs = f"{Path(sys.executable).parent}:{backends.postgresql_programs()}:{os.environ['PATH']}"
    given = {**os.environ, "DEBUG": "1", "PATH": programs, **environment}
    done = subprocess.run(["sh", "-eu", "-c", commands(heading)], cwd=server.ROOT, env=given, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.skipif(connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis")
async def test_the_guide_restores_what_it_has_backed_up(database_url: str, restored: str, tmp_path: Path) -> None:
    show = await threads.in_db(sockets.make_show)
    files, again, backup = (tmp_path / name for name in ("var", "again", "backup"))
    for folder in (files / "recordings", again, backup):
        folder.mkdir(parents=True)
    (files / "recordings" / "part").write_bytes(b"what was said")
    with server.running("uvicorn", database_url, tmp_path) as original:
        async with await resuming.arrive(original.address) as client:
            known = await resuming.join(client, show)
            await threads.in_db(ChatMessage.objects.post, show.stream.pk, GUEST, "in the dump")
            run("Back up", DATABASE_URL=database_url, BACKUP=str(backup), VAR=str(files))
            await threads.in_db(ChatMessage.objects.post, show.stream.pk, GUEST, "lost")
            position = (await client.expect("new-message", message="lost"))["seq"]
    run("Restore", DATABASE_URL=restored, BACKUP=str(backup), VAR=str(again))
    assert (again / "recordings" / "part").read_bytes() == b"what was said"
    with server.running("uvicorn", restored, tmp_path) as copy:
        async with await resuming.arrive(copy.address) as client:
            await resuming.join(client, show)
            for line in ("instead of it", "behind it"):
                assert (await client.ask("send-message", sessionId=show.id, message=line))["ok"]
        async with await resuming.arrive(copy.address) as client:
            back = await resuming.resume(client, show.key, known["epoch"], position)
            assert (back["recovered"], back["epoch"] == known["epoch"]) == (False, False)
            snapshot = next(frame for frame in client.passed if frame["type"] == "snapshot")
            lines = [line["message"] for line in snapshot["state"]["messages"]]
            assert lines == ["in the dump", "instead of it", "behind it"]


def copy(source: str, target: Path) -> str:
    """The URL of a copy of an SQLite database."""
    with sqlite3.connect(source.removeprefix("sqlite:///")) as original:
        original.execute("VACUUM INTO ?", [str(target)])
    return f"sqlite:///{target}"


def give_new_epoch(url: str) -> None:
    given = {**os.environ, "DEBUG": "1", "DATABASE_URL": url, "REDIS_URL": ""}
    subprocess.run([sys.executable, "manage.py", "new_epoch"], cwd=server.ROOT, env=given, check=True)


@pytest.mark.everywhere
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL notices by itself")
async def test_after_a_copied_file_was_put_back_a_new_epoch_keeps_everybody_from_resuming(
    database_url: str, tmp_path: Path
) -> None:
    show = await threads.in_db(sockets.make_show)
    url = copy(database_url, tmp_path / "copy.sqlite3")
    last, epoch = await threads.in_db(Room.objects.position, show.key)
    for resumes in (True, False):
        if not resumes:
            give_new_epoch(url)
        with server.running("uvicorn", url, tmp_path, REDIS_URL="") as restarted:
            async with await resuming.arrive(restarted.address) as client:
                back = await resuming.resume(client, show.key, epoch, last)
                assert (back["recovered"], back["epoch"] == epoch) == (resumes, resumes)
