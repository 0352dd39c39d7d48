"""How a connection ends: whether its client said so, and what a server says before it goes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from socketio import packet

from realtime import wire
from realtime.connections import core
from realtime.connections.connection import Connection
from realtime.endpoints import lifespan
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db")

Ends = Callable[[Any], Awaitable[None]]


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> "asyncio.Queue[bool]":
    """For each connection that ends: whether that was its client's will."""
    heard: asyncio.Queue[bool] = asyncio.Queue()
    end = Connection.end

    async def noted(self: Connection) -> None:
        heard.put_nowait(self.closed_by_client)
        await end(self)

    monkeypatch.setattr(Connection, "end", noted)
    return heard


async def close(client: sockets.Client) -> None:
    await client.connection.close()


async def close_as_pages_do_that_load_anew(client: sockets.Client) -> None:
    await client.connection.close(1001)


async def vanish(client: sockets.Client) -> None:
    client.abandon()


@pytest.mark.parametrize(
    ("end", "deliberate"), [(close, True), (close_as_pages_do_that_load_anew, False), (vanish, False)]
)
async def test_a_close_is_told_from_a_loss(
    server: sockets.Address, ended: "asyncio.Queue[bool]", end: Ends, deliberate: bool
) -> None:
    await end(await sockets.connect(server))
    assert await asyncio.wait_for(ended.get(), sockets.PATIENCE) is deliberate


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_socket_io_client_that_disconnects_wants_to(
    server: sockets.Address, ended: "asyncio.Queue[bool]", transport: str
) -> None:
    client = await sockets.Events().connect(server, [transport])
    await client.io._send_packet(packet.Packet(packet.DISCONNECT, namespace="/"))
    assert await asyncio.wait_for(ended.get(), sockets.PATIENCE) is True
    await client.close()


async def test_a_socket_io_client_whose_transport_is_lost_does_not(
    server: sockets.Address, ended: "asyncio.Queue[bool]"
) -> None:
    client = await sockets.Events().connect(server, ["websocket"])
    client.io.eio.ws._response.connection.transport.abort()
    assert await asyncio.wait_for(ended.get(), sockets.PATIENCE) is False
    await client.close()


async def test_before_it_goes_the_server_says_goodbye_in_a_protocols_words(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.CoreHandler, "goodbye", lambda handler: wire.Error(message="Good bye"))
    async with await sockets.connect(server) as client, await sockets.Events().connect(server, ["polling"]) as polling:
        await lifespan.goodbye()
        assert (await client.next())["message"] == "Good bye"
        assert (await polling.expect("error"))["message"] == "Good bye"


@sockets.FAST
async def test_a_poll_is_answered_so_that_its_client_asks_another_process(server: sockets.Address) -> None:
    async with aiohttp.ClientSession() as browser:
        url = f"{server.http}/socket.io/?EIO=4&transport=polling"
        async with browser.get(url) as answer:
            sid = json.loads((await answer.text()).removeprefix("0"))["sid"]
        await browser.post(f"{url}&sid={sid}", data="40")
        while "40" not in (await (await browser.get(f"{url}&sid={sid}")).text()):
            pass
        polling = asyncio.create_task(browser.get(f"{url}&sid={sid}"))
        while not polling.done():
            await lifespan.release_polls()
            await asyncio.sleep(0.05)
        assert set((await (await polling).text()).split("\x1e")) == {"6"}
