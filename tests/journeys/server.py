"""Servers in processes of their own, as an operator starts them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models.functions import Now

from realtime.models import Presence, Worker
from realtime.runtime import threads
from tests import sockets

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120  # far beyond what it takes, for the machine may be busy with many such servers
STOP_SECONDS = 60

# On Linux a server ends with the test run, even a killed one. Not by Popen's preexec_fn: this process has threads.
MORTAL = (
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, signal.SIGKILL); os.execv(sys.argv[1], sys.argv[1:])"
)
LAUNCH = [sys.executable, "-c", MORTAL] if sys.platform == "linux" else []

# By how much the clock of a process "ahead" is wrong. Hubs take a difference of 10 s for a clock that was set back.
AHEAD_SECONDS = 5
AHEAD = f"""
import datetime, runpy, sys, time
from django.utils import timezone
right, right_now = time.time, timezone.now
time.time = lambda: right() + {AHEAD_SECONDS}
timezone.now = lambda: right_now() + datetime.timedelta(seconds={AHEAD_SECONDS})
sys.argv = ["manage.py", "serve"]
runpy.run_path("manage.py", run_name="__main__")
"""

COMMANDS = {
    "ahead": [sys.executable, "-c", AHEAD],
    "uvicorn": [sys.executable, "manage.py", "serve"],
    "skewed": [sys.executable, "-m", "tests.chaos.skewed"],
    "run": [sys.executable, "-m", "tools.run"],
    "daphne": [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "config.asgi:application"],
}


class Server:
    """One process that serves the application on a port of its own."""

    def __init__(self, kind: str, database_url: str, log: Path, **environment: str) -> None:
        self.reserved, port = reserved_port()
        self.address = sockets.Address(port)
        self.log = log
        command = LAUNCH + [word.replace("{port}", str(self.address.port)) for word in COMMANDS[kind]]
        given = {
            "DEBUG": "1",
            "DATABASE_URL": database_url,
            "REDIS_URL": settings.REDIS_URL,
            "REDIS_PREFIX": settings.REDIS_PREFIX,
            "HOST": "127.0.0.1",
            "PORT": str(self.address.port),
            "PYTHONWARNINGS": "default",
            "WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",  # any of the servers on a database may send what waits in it
        }
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **given, **environment}, stdout=output, stderr=output
            )

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_healthy():
            assert self.process.poll() is None, f"the server ended:\n{self.said}"
            assert time.monotonic() < deadline, f"the server does not answer:\n{self.said}"
            time.sleep(0.05)
        self.reserved.close()

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address.http}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """The exit status, once it has ended; twice does no harm."""
        self.reserved.close()
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


# Killed processes are missed when a test says so, by `miss`. A short life would do it by the clock, and on a busy
# machine the clock would have those missed that are there.
WATCHFUL = {"PRESENCE_BEAT": "0.3"}


async def miss(connection: str) -> None:
    """With the next heartbeat of another process, the one that served this connection is found to be dead."""

    def stop_counting_on_it() -> None:
        served = Presence.objects.filter(connection=connection).values("worker")
        assert Worker.objects.filter(id__in=served).update(alive_until=Now()) == 1

    await threads.in_db(stop_counting_on_it)


def reserved_port() -> tuple[socket.socket, int]:
    """A port for a server that is about to start: on Linux nobody else is given it while this socket is open.

    A server takes it all the same, for it asks for an address that may be in use, and this one does not listen.
    """
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", 0))
    port: int = place.getsockname()[1]
    if sys.platform != "linux":
        place.close()  # the server would be refused it
    return place, port


@contextlib.contextmanager
def running(kind: str, database_url: str, folder: Path, **environment: str) -> Iterator[Server]:
    """A healthy server; what it said is shown where a test fails, and nothing in it may be a traceback."""
    server = Server(kind, database_url, folder / f"{kind}-{time.monotonic_ns()}.log", **environment)
    try:
        server.wait_until_healthy()
        yield server
    finally:
        server.stop()
        print(server.said)  # noqa: T201 - pytest shows it with a failure
    assert "Traceback" not in server.said
