"""The servers under load, as they would be deployed: each on a core of its own, for one run."""

import contextlib
import os
import resource
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from bench.contenders import Contender
from tools import backends

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30
STOP_SECONDS = 15
OPEN_FILES = 16_384

PRODUCTION = {
    "HOST": "127.0.0.1",
    "DEBUG": "0",
    "SECRET_KEY": secrets.token_urlsafe(48),
    "ALLOWED_HOSTS": "127.0.0.1",
    "APP_URL": "https://127.0.0.1",
    "SECURE_SSL_REDIRECT": "0",  # no proxy speaks TLS in front
    "MAX_CONNECTIONS_PER_IP": "0",  # All load comes from one.
    "MAX_CONNECTIONS_PER_USER": "0",
    "QUOTAS": '{"shows": 0}',  # One creator has them all.
    "NODE_ENV": "production",
}


class Failed(Exception):
    """A server or the generator did not do its part; the text says what it said last."""


class Cores(NamedTuple):
    """The first core is the server's; everything else runs on the others."""

    server: int
    rest: set[int]

    @classmethod
    def shared_out(cls) -> "Cores":
        mine = sorted(os.sched_getaffinity(0))
        return cls(mine[0], set(mine[1:] or mine))


def open_many_files() -> None:
    """For this process, and those that it starts."""
    most = max(OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, most))


def environment(urls: dict[str, str]) -> dict[str, str]:
    return os.environ | PRODUCTION | urls


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Running(NamedTuple):
    """The processes of one contender."""

    ports: list[int]
    pids: list[int]


@contextlib.contextmanager
def running(contender: Contender, urls: dict[str, str], cores: Cores) -> Iterator[Running]:
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(_process(contender, urls, cores)) for _ in range(contender.processes)]
        yield Running([port for port, _ in started], [pid for _, pid in started])


@contextlib.contextmanager
def _process(contender: Contender, urls: dict[str, str], cores: Cores) -> Iterator[tuple[int, int]]:
    port = free_port()

    def settle() -> None:
        os.sched_setaffinity(0, {cores.server})
        backends.die_with_parent(signal.SIGTERM)

    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            contender.command,
            cwd=ROOT,
            env=environment(urls) | dict(contender.variables) | {"PORT": str(port)},
            stdout=log,
            stderr=log,
            preexec_fn=settle,
        )
        try:
            _wait_for(port, server, log)
            yield port, server.pid
            if server.poll() is not None:
                raise Failed(f"{contender.label} ended: {_last_words(log)}")
        finally:
            _end(server)


def _wait_for(port: int, server: "subprocess.Popen[bytes]", log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if server.poll() is not None or time.monotonic() > deadline:
            raise Failed(f"a server did not start: {_last_words(log)}")
        time.sleep(0.05)


def _end(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _last_words(log: IO[bytes]) -> str:
    log.seek(0)
    return " | ".join(log.read().decode(errors="replace").splitlines()[-5:])
