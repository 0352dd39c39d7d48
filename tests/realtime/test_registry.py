"""The open connections of a process, as its health page and its hubs know them."""

import asyncio
from typing import Any

import pytest

from realtime.connections import registry
from realtime.connections.connection import Connection
from realtime.delivery import hubs
from tests import sockets


def test_connections_may_come_while_another_thread_counts_them() -> None:
    connections = registry.Connections()

    class Coming:
        """A connection during whose counting another one comes."""

        key = "a"

        @property
        def identity(self) -> "Coming":
            connections.open.add(Coming())  # type: ignore[arg-type]
            return self

    connections.open.add(Coming())  # type: ignore[arg-type]
    assert connections.users() == 1


async def test_a_connection_that_ended_is_not_kept(
    live_db: None, server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: asyncio.Queue[Connection] = asyncio.Queue()
    end = Connection.end

    async def noted(connection: Connection) -> None:
        await end(connection)
        ended.put_nowait(connection)

    monkeypatch.setattr(Connection, "end", noted)
    clients = [await sockets.connect(server) for _ in range(3)]
    taken_up = [await sockets.taken_up(client) for client in clients]
    for client in clients[:2]:
        await client.connection.close()
    clients[2].abandon()
    gone: set[Connection] = set()
    while not gone.issuperset(taken_up):  # connections of earlier tests may end too
        gone.add(await asyncio.wait_for(ended.get(), sockets.PATIENCE))
    assert registry.connections.open.isdisjoint(taken_up)


async def test_a_connection_that_could_not_begin_is_not_kept(
    live_db: None, server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while Redis is away."""
    before = set(registry.connections.open)

    async def fail(*_: Any) -> None:
        raise ConnectionError("Redis is away")

    with monkeypatch.context() as away:
        away.setattr(hubs.Hubs, "listen", fail)
        away.setattr(registry.connections, "followed", None)  # as if the process had just started
        client = await sockets.connect(server, greeted=False)
        await client.close_code()
    assert registry.connections.open <= before
