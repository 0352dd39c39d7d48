"""Over nginx and two processes, memory, threads, descriptors and rows stay what they are while people come and go."""

import asyncio
import os
import random
import statistics
from pathlib import Path
from typing import NamedTuple

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from realtime.runtime import threads
from tests import sockets
from tests.chaos import verdict
from tests.journeys import regulars
from tests.journeys.server import ROOT
from tools import cluster

SECONDS = float(os.environ.get("SOAK_SECONDS", "120"))  # `make soak` has 30 minutes, and 250 clients
CLIENTS = int(os.environ.get("SOAK_CLIENTS", "40"))
LINES = 4.0  # a second, of all together
STAY = 20.0  # seconds that somebody stays at a time, on average
SAMPLES = 24
MEMORY = 1.08  # by which it may have grown from the second quarter to the last
MEMORY_KB = 12_000  # beside that, of one process
ROWS = 5 * CLIENTS  # by which a table may grow that keeps nothing of what is said

# What people say and do is kept; that is no leak.
KEPT = {"streams_chatmessage", "realtime_roomevent", "analytics_streamview"}

pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(SECONDS + 240),
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
    pytest.mark.skipif(cluster.NGINX is None, reason="needs nginx: apt-get install nginx-light"),
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux"),
]


class Reading(NamedTuple):
    """How a process stands."""

    memory: int  # KB that are resident
    threads: int
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> "Reading":
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        status = dict(line.partition(":")[::2] for line in lines)
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return cls(int(status["VmRSS"].split()[0]), int(status["Threads"]), files)


class Visitor(regulars.Regular):
    """Somebody who drops out now and then, and comes back where they were."""

    async def wander(self) -> None:
        while True:
            await asyncio.sleep(random.expovariate(1 / STAY))
            if self.connection is not None:
                self.connection.transport.abort()


def rows() -> dict[str, int]:
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables))
        return dict(cursor.fetchall())


def middle(readings: list[Reading], quarter: int, field: str) -> float:
    """The median of a quarter of the readings."""
    size = len(readings) // 4
    figures: list[int] = [getattr(each, field) for each in readings[quarter * size : (quarter + 1) * size]]
    return statistics.median(figures)


def report(readings: list[list[Reading]], before: dict[str, int], after: dict[str, int]) -> str:
    lines = [
        f"{CLIENTS} clients, {SECONDS:g} s",
        "",
        "| process | figure | second quarter | last quarter |",
        "|---|---|---|---|",
    ]
    for number, of_one in enumerate(readings, start=1):
        lines += [
            f"| {number} | {field} | {middle(of_one, 1, field):g} | {middle(of_one, 3, field):g} |"
            for field in Reading._fields
        ]
    grown = {table: count - before[table] for table, count in after.items() if count != before[table]}
    return "\n".join([*lines, "", f"Rows that came: {grown}", ""])


async def test_nothing_grows_but_what_is_kept(database_url: str, tmp_path: Path) -> None:
    with regulars.behind_nginx(database_url, tmp_path) as home:
        show = await threads.in_db(sockets.make_show)
        pause = CLIENTS / LINES
        people = [await threads.in_db(Visitor, f"visitor-{number}", show, pause) for number in range(CLIENTS)]
        front, ended = sockets.Address(home.port), asyncio.Event()
        staying = [asyncio.create_task(each.stay(front, ended)) for each in people]
        wandering = [asyncio.create_task(each.wander()) for each in people]
        readings: list[list[Reading]] = [[] for _ in home.servers]
        before: dict[str, int] = {}
        for number in range(SAMPLES):
            await asyncio.sleep(SECONDS / SAMPLES)
            for process, of_one in zip(home.servers, readings, strict=True):
                assert process.running is not None
                of_one.append(Reading.of(process.running.pid))
            if number == SAMPLES // 4:
                before = await threads.in_db(rows)
        after = await threads.in_db(rows)
        ended.set()
        for each in wandering:
            each.cancel()
        await asyncio.wait(wandering)
        await asyncio.gather(*staying)
        await settle(people, front, show)
    said = report(readings, before, after)
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "soak.md").write_text(said)
    check(readings, before, after)


async def settle(people: list[Visitor], front: sockets.Address, show: sockets.Show) -> None:
    """Everybody hears the rest, and nothing is missing."""
    for each in people:
        if not each.here:
            await each.come_back(front)
    await regulars.until(lambda: not any(each.pending for each in people))
    truth = await threads.in_db(verdict.Truth, show)
    await regulars.until(lambda: all(each.position == truth.last for each in people))
    assert truth.faults() + [fault for each in people for fault in truth.check(each)] == []
    assert sum(each.resumed for each in people) > len(people)
    for each in people:
        await each.go()


def check(readings: list[list[Reading]], before: dict[str, int], after: dict[str, int]) -> None:
    for of_one in readings:
        assert middle(of_one, 3, "memory") < MEMORY * middle(of_one, 1, "memory") + MEMORY_KB
        assert middle(of_one, 3, "threads") <= middle(of_one, 1, "threads") + 2
        assert middle(of_one, 3, "descriptors") <= middle(of_one, 1, "descriptors") + CLIENTS / 2
    grown = {table: count - before[table] for table, count in after.items() if table not in KEPT}
    assert {table: count for table, count in grown.items() if count > ROWS} == {}
