"""Outages that are made one at a time, and what is between the clients, the servers and the database to make them."""

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection

from tests import sockets
from tests.chaos import cluster, proxy
from tests.chaos.machine import Chance, Chaos, Loop


class Proxied(cluster.Cluster):
    """A cluster whose database and clients are behind proxies."""

    def __init__(
        self, database_url: str, folder: Path, redis: cluster.Redis, loop: Loop, offsets: Sequence[float] = ()
    ) -> None:
        self.loop = loop
        self.database = loop.run(proxy.Proxy.started(proxy.to_postgresql(database_url)))
        super().__init__(proxy.through(database_url, self.database), folder, redis, offsets)
        self.fronts = [
            loop.run(proxy.Proxy.started(proxy.to_port(self._port_of(slot)))) for slot in range(cluster.WORKERS)
        ]

    def _port_of(self, slot: int) -> Callable[[], int]:
        return lambda: self.workers[slot].address.port

    def address(self, slot: int) -> sockets.Address:
        return sockets.Address(self.fronts[slot].port)

    def heal(self) -> None:
        for each in (self.database, *getattr(self, "fronts", ())):
            self.loop.run(each.flow())
        super().heal()

    def stop(self) -> None:
        super().stop()
        for each in (*self.fronts, self.database):
            self.loop.run(each.stop())


class Outage:
    """One show, of which somebody writes now and then while something is wrong."""

    def __init__(self, home: Proxied, chaos: Chaos, seconds: float) -> None:
        self.home, self.chaos, self.loop, self.seconds = home, chaos, chaos.loop, seconds

    def last(self) -> None:
        """Lets the time of the outage pass. People write, and come back where they were sent off."""
        end, turn = time.monotonic() + self.seconds, 0
        while time.monotonic() < end:
            self.chaos.say(Chance(turn, 0, 0, 0))
            for viewer in self.chaos.viewers:
                if not viewer.here:
                    self.loop.run(viewer.come(self.home.address(turn % cluster.WORKERS)))
            turn += 1
            time.sleep(self.seconds / 20)

    # --- what goes wrong

    def half_open_database(self) -> None:
        """The connections to the database go silent for good, and new ones work."""
        self.loop.run(self.home.database.half_open())
        self.last()

    def database_away(self) -> None:
        self.loop.run(self.home.database.cut())
        self.last()
        self.loop.run(self.home.database.flow())

    def database_silent(self) -> None:
        """No connection to the database answers, be it old or new, and none is refused."""
        self.loop.run(self.home.database.hold())
        self.last()
        self.loop.run(self.home.database.flow())

    def redis_away(self) -> None:
        """Rooms are opened meanwhile, and by a process that was started meanwhile."""
        self.home.redis.kill()
        self.home.kill(0)
        self.home.workers[0].wait_until_healthy()
        for slot in range(cluster.WORKERS):
            before = len(self.chaos.viewers)
            self.chaos.come(Chance(0, 0, slot, 0))
            assert self.chaos.viewers[before].here, f"process {slot} let nobody in without Redis"
        self.last()
        self.home.redis.start()

    def clients_stall(self) -> None:
        """Nothing passes between the clients and the servers, and nobody is told."""
        for front in self.home.fronts:
            self.loop.run(front.hold())
        self.last()
        for front in self.home.fronts:
            self.loop.run(front.flow())

    def disk_full(self) -> None:
        """Every row that is written is refused, as PostgreSQL refuses it for want of space on its disk."""
        with _full_disk():
            self.last()


@contextmanager
def _full_disk() -> Iterator[None]:
    """As a full disk says it, for this database alone: a real one would need privileges, and all databases of a server.

    What a real one does beside this is to end the whole server when its log cannot be written: `database_away`.
    """
    tables = sorted({model._meta.db_table for model in apps.get_models()})
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
            " 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
        )
        for table in tables:
            cursor.execute(f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION full_disk()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"DROP TRIGGER IF EXISTS full_disk ON {table}")


def foreign_tokens(home: cluster.Cluster) -> list[str]:
    """What one process proves of somebody must be good at the other, whichever clock is ahead."""
    found = []
    for slot in range(cluster.WORKERS):
        password = secrets.token_hex(8)
        user = sockets.make_user(password=password)
        issued = _post(home.workers[slot].address, "/api/auth/login", username=user.username, password=password)["data"]
        for other in range(cluster.WORKERS):
            address = home.workers[other].address
            try:
                _post(address, "/api/auth/ticket", issued["accessToken"])
                issued |= _post(address, "/api/auth/refresh-token", refreshToken=issued["refreshToken"])["data"]
            except urllib.error.HTTPError as error:
                with error:
                    found.append(f"what process {slot} issued is no good at {other}: {error.code} {error.read()!r}")
    return found


def _post(address: sockets.Address, path: str, token: str = "", **body: str) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(address.http + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=sockets.PATIENCE) as answer:
        told: dict[str, Any] = json.load(answer)
        return told
