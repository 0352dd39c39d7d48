"""Access that ends closes the sockets of whoever has lost it."""

import pytest

from realtime.connections import control, registry
from realtime.connections.connection import Connection
from realtime.runtime import threads
from tests import sockets


async def test_access_that_ends_while_its_socket_opens_does_not_slip_through(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token was good when it was read, and nobody closed a socket that was not yet there."""
    user = await threads.in_db(sockets.make_user)
    offered = sockets.bearer(user)
    add = registry.Connections.add

    async def add_late(connections: registry.Connections, connection: Connection) -> None:
        await threads.in_db(user.log_out)
        await add(connections, connection)

    monkeypatch.setattr(registry.Connections, "add", add_late)
    client = await sockets.connect(server, greeted=False, **offered)
    assert await client.close_code() == control.UNAUTHORIZED
