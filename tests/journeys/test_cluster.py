"""Two processes behind nginx, with the configuration that operators copy: `make cluster` without its command."""

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from realtime.runtime import threads
from tests import sockets
from tests.chaos import verdict
from tests.journeys import regulars, visitors
from tools import cluster

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
    pytest.mark.skipif(cluster.NGINX is None, reason="needs nginx: apt-get install nginx-light"),
]

CLIENTS = 10
VIEWERS = 8
BACK_SECONDS = 10.0  # within which everyone is back on another process


@pytest.fixture(scope="module")
def behind_nginx(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Cluster]:
    with regulars.behind_nginx(database_url, tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture
def front(behind_nginx: cluster.Cluster) -> sockets.Address:
    return sockets.Address(behind_nginx.port)


@pytest.mark.parametrize("kind", [visitors.Node, visitors.OverPolling, visitors.OverWebSocket])
async def test_all_of_ten_socket_io_clients_reach_a_show(front: sockets.Address, kind: type[visitors.Visitor]) -> None:
    """Node's poll first and go on over a WebSocket, as they do unless told otherwise."""
    show = await threads.in_db(sockets.make_show)
    here = await asyncio.gather(*(kind.arrive(front) for _ in range(CLIENTS)))
    for visitor in here:
        assert (await visitor.ask("join-session", {"sessionId": show.id}))["ok"]
    await here[0].ask("send-message", {"sessionId": show.id, "message": "to everyone"})
    for visitor in here:
        assert (await visitor.expect("new-message"))["message"] == "to everyone"
        await visitor.go()


def answer(front: sockets.Address, path: str, body: bytes | None = None) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(front.http + path, body, timeout=sockets.PATIENCE) as given:
            return given.status, given.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers


def test_what_nginx_answers_by_itself(front: sockets.Address) -> None:
    status, headers = answer(front, "/static/script.0123456789ab.js")
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "immutable" in headers["Cache-Control"]
    assert answer(front, "/metrics")[0] == 404
    assert answer(front, "/api/products", b"x" * (3 * 1024**2))[0] == 413
    assert answer(front, "/livez")[0] == 200


def test_files_may_be_as_large_as_the_server_lets_them_be(front: sockets.Address) -> None:
    """It is the server that refuses these: nobody has opened the conversation."""
    path = "/api/support/conversations/0/attachments"
    assert answer(front, path, b"x" * (10 * 1024**2))[0] not in (413, 502, 504)


# --- a restart while people talk


async def test_a_rolling_restart_under_load_loses_nothing_and_everyone_is_back_soon(
    behind_nginx: cluster.Cluster, front: sockets.Address
) -> None:
    show = await threads.in_db(sockets.make_show)
    viewers = [await threads.in_db(regulars.Regular, f"viewer-{number}", show) for number in range(VIEWERS)]
    ended = asyncio.Event()
    staying = [asyncio.create_task(viewer.stay(front, ended)) for viewer in viewers]
    async with await sockets.connect(front) as witness:
        await regulars.until(lambda: all(len(viewer.acked) > 5 for viewer in viewers))
        await asyncio.to_thread(behind_nginx.restart)
        await witness.connection.wait_closed()
        assert witness.connection.close_code == 1012
    said = sum(viewer.said for viewer in viewers)
    await regulars.until(lambda: sum(viewer.said for viewer in viewers) > said + 3 * VIEWERS)
    ended.set()
    await asyncio.gather(*staying)
    await regulars.until(lambda: not any(viewer.pending for viewer in viewers))
    truth = await threads.in_db(verdict.Truth, show)
    await regulars.until(lambda: all(viewer.position == truth.last for viewer in viewers))
    assert truth.faults() + [fault for viewer in viewers for fault in truth.check(viewer)] == []
    losses = [seconds for viewer in viewers for seconds in viewer.away]
    assert len(losses) >= VIEWERS  # each was on one of the two, and both were restarted
    assert max(losses) < BACK_SECONDS
    for viewer in viewers:
        await viewer.go()


class Returning(visitors.Node):
    """The JavaScript client with its own way to come back."""

    reconnection = True


class ReturningByPolls(Returning):
    transports = ["polling"]


async def test_socket_io_clients_come_back_by_themselves_whichever_transport_they_use(
    behind_nginx: cluster.Cluster, front: sockets.Address
) -> None:
    here = [await kind.arrive(front) for kind in (Returning, ReturningByPolls)]
    restarting = asyncio.create_task(asyncio.to_thread(behind_nginx.restart))
    for client in here:
        await client.expect("disconnect")
        lost = time.monotonic()
        await client.expect("connect")
        assert time.monotonic() - lost < BACK_SECONDS
    await restarting
    for client in here:
        await client.go()
