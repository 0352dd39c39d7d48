"""`manage.py tick`: what it says, and what it lives through."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from realtime import periodic
from realtime.models import JobRun

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, live_db: None) -> Any:
    """A daily job, the only one, and how often it was run."""
    ran: list[str] = []
    monkeypatch.setattr(periodic, "_jobs", {})
    periodic.every(timedelta(days=1), lambda: ran.append("once"), "test-daily")
    yield ran
    JobRun.objects.filter(name="test-daily").delete()


def test_it_says_what_it_has_run(ran: list[str]) -> None:
    said = StringIO()
    for _ in range(2):
        call_command("tick", stdout=said)
    assert said.getvalue() == "test-daily: done\n"


def test_forever_it_looks_again_after_the_database_was_away(
    ran: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    take, failures, looks = (
        type(JobRun.objects).take,
        [OperationalError("the database is away")],
        threading.Semaphore(2),
    )

    def fail_once(*arguments: Any) -> bool:
        if failures:
            raise failures.pop()
        return bool(take(*arguments))

    def sleep(seconds: float, in_earnest: Callable[[float], None] = time.sleep) -> None:
        if threading.current_thread() is not threading.main_thread():
            return in_earnest(seconds)
        assert seconds == periodic.LOOK_INTERVAL
        if not looks.acquire(blocking=False):
            raise KeyboardInterrupt
        return None

    monkeypatch.setattr(type(JobRun.objects), "take", fail_once)
    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        call_command("tick", "--forever", stdout=StringIO())
    assert ran == ["once"]
    assert "jobs could not be run" in caplog.messages
