"""What chaos is made in: two server processes and a Redis of their own, each of which may be killed at any moment."""

import contextlib
import re
import signal
import subprocess
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import redis

from tests import sockets
from tests.journeys import server
from tools import backends

WORKERS = 2
RECOVERY_EVENTS = 60  # so few that some who come back have missed too much

SETTINGS = {
    "LIMITS": '{"message": {}, "bytes": {}, "chat": {}, "like": {}, "join": {}}',
    "RECOVERY_EVENTS": str(RECOVERY_EVENTS),
    "PRESENCE_BEAT": "1",
    "PRESENCE_LIFETIME": "4",
    "LOG_LEVEL": "WARNING",
}

# What a server may complain of while its Redis or its database is away, or one of its clients is.
EXPECTED = (
    r"TimeoutError\b|(django\.db\.utils|psycopg(_pool)?(\.errors)?)\.(OperationalError|InterfaceError|PoolTimeout|DiskFull|AdminShutdown)\b"
    r"|(redis\.exceptions\.(Connection|BusyLoading|Timeout)|Connection(Reset|Refused)?|FileNotFound|BrokenPipe)Error\b"
    r"|RuntimeError: unable to perform operation on <\w+ closed=True"  # uvloop's word for a lost connection
)
RECORD = re.compile(r"^(?=\d{4}-\d\d-\d\d [\d:,]+ [A-Z]+ )", re.MULTILINE)  # where a record of a log begins
ENDING = re.compile(r"^Traceback .*\n(?:\s.*\n|\n)*(\S.*)$", re.MULTILINE)  # what a traceback ends with


class Redis:
    """A Redis that can be killed and started again at the same place."""

    def __init__(self, home: backends.Home) -> None:
        self.home = home
        self.url = f"unix://{home.folder}/redis.sock"
        self.client = redis.Redis.from_url(self.url)
        self.program = backends.within_reach(backends.redis_program(), home)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self.process is None:
            options = ["--port", "0", "--unixsocket", "redis.sock", "--save", "", "--appendonly", "no"]
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", DeprecationWarning
                )  # of newer Pythons: the child of a process with threads
                self.process = self.home.spawn([self.program, *options])
            while not backends.answers(self.client.ping):
                assert self.process.poll() is None, self.home.log.read_text(errors="replace")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def forget(self) -> None:
        """Loses everything, and cuts off those who listen: what is published until they are back is lost."""
        if self.process is not None:
            self.client.flushall()
            self.client.client_kill_filter(_type="pubsub")


class Cluster:
    """The servers and their Redis. A killed server is started again at once, at another port.

    The clocks of `offsets` are wrong by so many seconds.
    """

    def __init__(self, database_url: str, folder: Path, redis: Redis, offsets: Sequence[float] = ()) -> None:
        self.database_url, self.folder, self.redis, self.offsets = database_url, folder, redis, offsets
        self.read: dict[Path, int] = {}  # bytes of each log
        redis.start()
        self.workers = [self._start(slot) for slot in range(WORKERS)]

    def _start(self, slot: int) -> server.Server:
        log = self.folder / f"worker-{slot}.log"
        settings = {**SETTINGS, "REDIS_URL": self.redis.url}
        if self.offsets:
            settings["CLOCK_OFFSET"] = str(self.offsets[slot])
        return server.Server("skewed" if self.offsets else "uvicorn", self.database_url, log, **settings)

    def address(self, slot: int) -> sockets.Address:
        return self.workers[slot].address

    def kill(self, slot: int) -> None:
        self.workers[slot].stop(signal.SIGKILL)
        self.workers[slot] = self._start(slot)

    def freeze(self, slot: int) -> None:
        self.workers[slot].process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        for worker in self.workers:
            worker.process.send_signal(signal.SIGCONT)

    def heal(self) -> None:
        """Everything runs again."""
        self.thaw()
        self.redis.start()
        for worker in self.workers:
            worker.wait_until_healthy()

    def stop(self) -> None:
        self.thaw()
        for worker in self.workers:
            worker.stop()

    def complaints(self) -> list[str]:
        """What tracebacks since the last call end with, where nothing that is expected explains it."""
        ends = [ends[-1] for record in RECORD.split(self._said()) if (ends := ENDING.findall(record))]
        return [end for end in ends if not re.match(EXPECTED, end)]

    def _said(self) -> str:
        said = ""
        for path in sorted(self.folder.glob("worker-*.log")):
            with path.open("rb") as log:
                log.seek(self.read.get(path, 0))
                said += log.read().decode(errors="replace") + "\n"
                self.read[path] = log.tell()
        return said


@contextlib.contextmanager
def standing(database_url: str, folder: Path, kind: type[Cluster] = Cluster, **options: Any) -> Iterator[Any]:
    with backends.home() as home:
        redis = Redis(home)
        cluster = kind(database_url, folder, redis, **options)
        try:
            cluster.heal()
            yield cluster
        finally:
            cluster.stop()
            redis.kill()
