"""A background task is done by a worker process, after the commit of the transaction that enqueued it."""

import os
import secrets
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from config import jobs
from tests import sockets
from tests.config.sample_tasks import rename
from tests.journeys import server

ROOT = Path(__file__).resolve().parents[2]
DATABASE_BACKEND = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def in_database(settings: Any, live_db: None) -> None:
    settings.TASKS = DATABASE_BACKEND


def work(database_url: str) -> None:
    """A worker does what there is to do, and ends."""
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": "",
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    command = [sys.executable, "manage.py", "db_worker", "--batch", "--no-startup-delay"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=server.START_SECONDS)


@pytest.mark.everywhere
def test_a_worker_does_what_was_enqueued_when_it_is_committed(in_database: None, database_url: str) -> None:
    user, name = sockets.make_user(), secrets.token_hex(8)
    with transaction.atomic():
        result = rename.enqueue(user.pk, name)
        if connection.vendor == "postgresql":  # SQLite's worker would wait for this transaction
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            work(database_url)
        assert not DBTaskResult.objects.filter(pk=result.id, status="SUCCESSFUL").exists()
    work(database_url)
    user.refresh_from_db()
    result.refresh()
    assert (user.username, result.return_value) == (name, name)


def test_what_is_rolled_back_is_not_done(in_database: None, database_url: str) -> None:
    user, name = sockets.make_user(), secrets.token_hex(8)
    with transaction.atomic():
        rename.enqueue(user.pk, name)
        transaction.set_rollback(True)
    work(database_url)
    user.refresh_from_db()
    assert user.username != name


def test_done_tasks_are_forgotten_by_a_job(in_database: None, database_url: str) -> None:
    result = rename.enqueue(sockets.make_user().pk, secrets.token_hex(8))
    work(database_url)
    DBTaskResult.objects.filter(pk=result.id).update(finished_at=timezone.now() - timedelta(days=15))
    jobs.prune_task_results()
    assert not DBTaskResult.objects.filter(pk=result.id).exists()


def test_in_development_there_is_nothing_to_forget(settings: Any) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    jobs.prune_task_results()
