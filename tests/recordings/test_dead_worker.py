"""A worker that is killed while it finishes a recording loses nothing: another one does it when its lease is over."""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config import jobs
from recordings import storage
from recordings.models import Status
from tests import sockets
from tests.recordings import sounds
from tests.recordings.test_finishing import due, listen, said

WORKER = """
import os, django
django.setup()
from recordings import storage
save = storage.save
def save_and_die(*args):
    save(*args)
    os.kill(os.getpid(), 9)
storage.save = save_and_die
from django.core.management import call_command
call_command("db_worker", "--batch", "--no-startup-delay")
"""


@pytest.mark.everywhere
def test_a_worker_that_dies_while_it_finishes_is_made_good(
    live_db: None, database_url: str, settings: Any, files: Path
) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    recording = said(sounds.webm(2))
    recording.end()
    key = settings.RECORDINGS_KEY[0]
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": "",
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
        "RECORDINGS_KEY": key,
        "RECORDINGS_FOLDER": str(files),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    work = {"cwd": Path(__file__).resolve().parents[2], "env": environment, "timeout": sockets.PATIENCE * 2}
    died = subprocess.run([sys.executable, "-c", WORKER], capture_output=True, **work)  # type: ignore[call-overload]
    assert died.returncode == -9
    recording.refresh_from_db()
    assert (recording.status, recording.finish_tries, recording.chunks.count()) == (Status.FINISHING, 1, 8)
    assert len(storage.files(recording.pk)) == 1
    due(recording)  # The lease of the dead worker is over.
    jobs.finish_recordings()
    command = [sys.executable, "manage.py", "db_worker", "--batch", "--no-startup-delay"]
    subprocess.run(command, check=True, capture_output=True, **work)  # type: ignore[call-overload]
    recording.refresh_from_db()
    track = recording.tracks.get()
    assert (recording.status, recording.chunks.count()) == (Status.FINISHED, 0)
    assert storage.files(recording.pk) == [track.file]
    assert abs((sounds.duration(listen(track)) or 0) - 2) < 0.1
