"""A process stands through the loss of what it stands on: refused in its own words meanwhile, and well soon after."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.db import connection

from realtime.models import RoomEvent
from realtime.runtime import threads
from streams.models import ChatMessage
from tests import sockets
from tests.chaos import cluster
from tests.journeys import server, stalling
from tools import backends

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]

PATIENCE = 90.0  # seconds until a process must be well again: several deadlines of hung calls
AWAY = 5.0  # seconds: long enough for the pool's doubling pauses to show
PASSWORD = "a-secret-of-some-length"


class Answer(NamedTuple):
    status: int
    body: Any
    headers: Message


async def ask(address: sockets.Address, path: str, body: dict[str, Any] | None = None) -> Answer:
    """A request over REST, whatever comes of it."""

    def send() -> Answer:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address.http + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return Answer(answer.status, json.load(answer), answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, json.loads(error.read() or b"null"), error.headers)

    return await asyncio.to_thread(send)


async def insist(client: sockets.Client, type: str, **fields: Any) -> tuple[dict[str, Any], int]:
    """Says the same again, by the same op, until it is done; returns the ack and how often it was refused."""
    op, refused = secrets.token_hex(8), 0
    async with asyncio.timeout(PATIENCE):
        while True:
            ack = await client.ask(type, op=op, **fields)
            if ack["ok"]:
                return ack, refused
            assert ack["code"] == "busy", ack
            assert ack["retryAfter"] > 0
            refused += 1
            await asyncio.sleep(0.2)


async def is_well(address: sockets.Address, status: str = "ok") -> Answer:
    async with asyncio.timeout(PATIENCE):
        while (answer := await ask(address, "/readyz")).body["status"] != status:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.2)
    return answer


async def told(show: sockets.Show) -> list[str]:
    """Every line that the log of the show has, in order."""
    rows = await threads.in_db(lambda: list(RoomEvent.objects.filter(room__key=show.key).order_by("seq")))
    return [body["text"] for row in rows if "text" in (body := json.loads(row.body))]


# --- PostgreSQL


async def test_connections_that_go_silent_are_given_up(database_url: str, tmp_path: Path) -> None:
    """Old ones hang and new ones work: everybody is answered, and the process finds its way by itself."""
    show = await threads.in_db(sockets.make_show)
    async with stalling.Proxy(database_url) as proxy:
        starting = server.Server("uvicorn", proxy.url, tmp_path / "server.log")
        try:
            await asyncio.to_thread(starting.wait_until_healthy)
            async with await sockets.connect(starting.address) as client:
                await client.ask("join-session", sessionId=show.id)
                await insist(client, "send-message", sessionId=show.id, message="before")
                proxy.freeze()
                reading = asyncio.create_task(ask(starting.address, f"/api/sessions/{show.id}"))
                _, refused = await insist(client, "send-message", sessionId=show.id, message="during")
                assert refused
                await insist(client, "send-message", sessionId=show.id, message="after")
            assert (await reading).status in (200, 503)
            await is_well(starting.address)
            assert (await ask(starting.address, f"/api/sessions/{show.id}")).status == 200
        finally:
            await asyncio.to_thread(starting.stop)
    assert await told(show) == ["before", "during", "after"]


class Own(NamedTuple):
    home: backends.Home
    url: str
    show: str  # the id of one that is live


MAKE_SHOW = "from tests import sockets; print(sockets.make_show().id)"


@pytest.fixture
def own() -> Iterator[Own]:
    """A PostgreSQL of this test's own, migrated and stopped."""
    with backends.home() as home:
        with backends.postgresql(home) as url:
            environment = {**os.environ, "DEBUG": "1", "DATABASE_URL": url, "REDIS_URL": ""}
            said = ""
            for command in (["migrate", "-v0"], ["shell", "-v0", "-c", MAKE_SHOW]):
                run = [sys.executable, "manage.py", *command]
                said = subprocess.check_output(run, cwd=server.ROOT, env=environment, text=True)
        yield Own(home, url, said.strip())


async def test_while_postgresql_is_away_everybody_is_asked_to_come_back_and_soon_after_it_is_well(
    own: Own, tmp_path: Path
) -> None:
    home, url, show = own
    starting = server.Server("uvicorn", url, tmp_path / "server.log", REDIS_PREFIX=secrets.token_hex(4))
    try:
        with backends.postgresql(home):
            await asyncio.to_thread(starting.wait_until_healthy)
            client = await sockets.connect(starting.address)
            assert (await client.ask("join-session", sessionId=show))["ok"]
            await insist(client, "send-message", sessionId=show, message="before")
        until = time.monotonic() + AWAY
        while time.monotonic() < until:
            ack = await client.ask("send-message", sessionId=show, message="lost")
            assert (ack["ok"], ack["code"]) == (False, "busy")
            assert ack["retryAfter"] > 0
            assert client.passed.pop()["message"] == ack["message"]  # in the words of the protocol
            refused = await ask(starting.address, f"/api/sessions/{show}")
            assert refused.status == 503
            assert int(refused.headers["Retry-After"]) > 0
        async with await sockets.connect(starting.address) as late:
            assert (await late.ask("join-session", sessionId=show))["code"] == "busy"
        assert (await ask(starting.address, "/readyz")).status == 503
        assert (await ask(starting.address, "/health")).status == 200
        with backends.postgresql(home):
            await insist(client, "send-message", sessionId=show, message="after")
            await is_well(starting.address)
            await client.connection.close()
            await asyncio.to_thread(starting.stop)
    finally:
        await asyncio.to_thread(starting.stop)


# --- Redis


async def test_without_redis_rooms_open_and_heal_by_the_log(database_url: str, tmp_path: Path) -> None:
    show = await threads.in_db(sockets.make_show)
    host = await threads.in_db(sockets.make_user, password=PASSWORD)
    with backends.home() as home:
        redis = cluster.Redis(home)
        redis.start()
        started: list[server.Server] = []

        async def start() -> server.Server:
            log = tmp_path / f"server-{len(started)}.log"
            started.append(server.Server("uvicorn", database_url, log, REDIS_URL=redis.url))
            await asyncio.to_thread(started[-1].wait_until_healthy)
            return started[-1]

        try:
            one = await start()
            early = await sockets.connect(one.address)
            assert "degraded" not in await early.ask("join-session", sessionId=show.id)
            redis.kill()
            other = await start()  # without Redis from its beginning
            late = await sockets.connect(other.address)
            joined, _ = await insist(late, "join-session", sessionId=show.id)
            assert joined["degraded"] is True
            for speaker, listener, line in ((early, late, "from the one"), (late, early, "from the other")):
                ack, _ = await insist(speaker, "send-message", sessionId=show.id, message=line)
                assert ack["degraded"] is True
                await listener.expect("new-message", message=line)
            for process in (one, other):
                logged_in = await ask(
                    process.address, "/api/auth/login", {"username": host.username, "password": PASSWORD}
                )
                assert logged_in.status == 200, logged_in
                created = await ask(process.address, "/api/sessions/create", {"userId": "alice"})
                assert created.status == 200, created
                ready = await ask(process.address, "/readyz")
                assert ready[:2] == (200, {"status": "degraded", "database": "ok", "redis": "away"})
            redis.start()
            for process, client in ((one, early), (other, late)):
                await is_well(process.address)
                async with asyncio.timeout(PATIENCE):
                    while "degraded" in await client.ask("ping"):  # noqa: ASYNC110 - it tells nobody
                        await asyncio.sleep(0.2)
            await late.ask("send-reaction", sessionId=show.id, kind="heart")
            await early.expect("new-reaction")
            for client in (early, late):
                await client.connection.close()
        finally:
            for process in started:
                await asyncio.to_thread(process.stop)
            redis.kill()
    assert await threads.in_db(ChatMessage.objects.filter(stream=show.stream).count) == 2
