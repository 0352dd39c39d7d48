"""People who stay for the whole show behind nginx, whatever is restarted."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from tests import sockets
from tests.chaos import cluster as chaos
from tests.chaos.viewer import Viewer
from tests.journeys import server
from tools import cluster

LINE_SECONDS = 0.1  # between two lines of one viewer
SETTLE_SECONDS = 60.0


@contextlib.contextmanager
def behind_nginx(database_url: str, folder: Path) -> Iterator[cluster.Cluster]:
    """Two processes and their nginx, which listen once the block is entered; no traceback may be in their logs."""
    (folder / "static").mkdir()
    (folder / "static" / "script.0123456789ab.js").write_text("export const answer = 42;")
    environment = {
        **chaos.SETTINGS,
        "DEBUG": "1",
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_PREFIX": secrets.token_hex(4),
    }
    reserved = [server.reserved_port() for _ in range(cluster.PROCESSES + 1)]
    front, *ports = (port for _, port in reserved)
    with contextlib.ExitStack() as stack:
        for place, _ in reserved:
            stack.enter_context(place)
        made = cluster.Cluster(folder, environment, front, ports, folder / "static")
        reserved[0][0].close()  # nginx takes no port that somebody else has
        try:
            made.start()
            yield made
        finally:
            made.stop()
    for process in (*made.servers, made.proxy):
        assert "Traceback" not in process.log.read_text(), process.name


class Regular(Viewer):
    """A viewer who talks all the time and comes back when lost; knows how long each loss took."""

    def __init__(self, name: str, show: sockets.Show, pause: float = LINE_SECONDS) -> None:
        super().__init__(name, sockets.make_user(), show)
        self.pause = pause
        self.away: list[float] = []  # seconds
        self.said = 0

    async def stay(self, front: sockets.Address, ended: asyncio.Event) -> None:
        if not await self.come(front):
            await self.come_back(front)
        while not ended.is_set():
            if not self.here:
                await self.come_back(front)
            await self.say(f"{self.name} says {self.said}")
            self.said += 1
            await asyncio.sleep(self.pause)

    async def come_back(self, front: sockets.Address) -> None:
        lost = time.monotonic()
        while not await self.come(front):  # noqa: ASYNC110 - a process that is restarted tells nobody
            await asyncio.sleep(0.2)
        self.away.append(time.monotonic() - lost)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SETTLE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - what viewers hear is counted, not announced
            await asyncio.sleep(0.05)
