"""What a connection leaves behind when it has ended: nothing that only the garbage collector would find."""

import asyncio
import contextlib
import gc
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import pytest
from engineio.async_socket import AsyncSocket

from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.connections import registry
from realtime.connections.connection import Connection
from realtime.delivery import outgoing
from tests import sockets
from tests.realtime import test_polling

pytestmark = pytest.mark.usefixtures("live_db", "no_limits")

ENDED = 30  # connections of each kind
SERVERS = ("uvicorn.", "websockets.server", "httptools.", "engineio.async_socket", "channels.", "realtime.", "rest.")
PER_CONNECTION = (Connection, outgoing.SendQueue, uvicorn_adapter.WebSocketProtocol, AsyncSocket)

Visit = Callable[[sockets.Address, sockets.Show], Awaitable[None]]


async def raw(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as client:
        await client.ask("join-session", sessionId=show.id)


async def lost(server: sockets.Address, show: sockets.Show) -> None:
    client = await sockets.connect(server)
    await client.ask("join-session", sessionId=show.id)
    client.abandon()
    await client.connection.wait_closed()


async def by_hand(way: Any, show: sockets.Show, last: str) -> None:
    await way.post("40")
    await way.until("40")
    await way.post(f'421["join-session","{show.id}"]')
    await way.until("431")
    await way.post(last)


async def websocket(server: sockets.Address, show: sockets.Show) -> None:
    async with test_polling.websocket(server) as way:
        await by_hand(way, show, "1")


async def hostile(server: sockets.Address, show: sockets.Show) -> None:
    async with test_polling.websocket(server) as way:
        await by_hand(way, show, "x")


async def upgraded(server: sockets.Address, show: sockets.Show) -> None:
    async with test_polling.upgraded(server) as way:
        await by_hand(way, show, "1")


async def polling(server: sockets.Address, show: sockets.Show) -> None:
    async with test_polling.polling(server) as way:
        await by_hand(way, show, "1")


async def hostile_polling(server: sockets.Address, show: sockets.Show) -> None:
    async with test_polling.polling(server) as way:
        await by_hand(way, show, "x")


async def http(server: sockets.Address, show: sockets.Show) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{server.http}/health") as answer:
        assert answer.status == 200


def named(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def alive() -> "Counter[str]":
    """How many objects there are of the classes of which each connection has one."""
    return Counter(named(type(each)) for each in gc.get_objects() if issubclass(type(each), PER_CONNECTION))


def garbage() -> "Counter[str]":
    """How many objects of a server's classes nobody but the garbage collector would find."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    found = Counter(named(type(each)) for each in gc.garbage)
    gc.set_debug(0)
    gc.garbage.clear()
    gc.collect()
    return Counter({name: count for name, count in found.items() if name.startswith(SERVERS)})


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@sockets.FAST
@sockets.FAST_SOCKETIO
@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("visit", [raw, lost, websocket, hostile, upgraded, polling, hostile_polling, http])
async def test_an_ended_connection_is_freed_at_once(server: sockets.Address, show: sockets.Show, visit: Visit) -> None:
    """Without the garbage collector, which looks through everything only once in a long while."""
    await visit(server, show)  # what the first one makes for all
    before = alive()
    garbage()
    for _ in range(ENDED):
        await visit(server, show)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(sockets.PATIENCE):
            while left := alive() - before:  # noqa: ASYNC110 - an object that goes tells nobody
                await asyncio.sleep(0.05)
    assert not left
    assert not {name: count for name, count in garbage().items() if count >= ENDED // 2}


@sockets.FAST_SOCKETIO
async def test_hundreds_of_hostile_clients_leave_nothing(server: sockets.Address, show: sockets.Show) -> None:
    before, alive_before = set(registry.connections.open), alive()
    for _ in range(20):
        await asyncio.gather(*(visit(server, show) for visit in (hostile, hostile_polling) for _ in range(10)))
    async with asyncio.timeout(sockets.PATIENCE):
        while registry.connections.open - before:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    gc.collect()
    assert sum((alive() - alive_before).values()) < 20
