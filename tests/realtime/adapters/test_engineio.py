"""What the fast road of Socket.IO assumes of its libraries, and that the plain road keeps the promises."""

import asyncio
import inspect
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import socketio
from engineio.async_drivers import asgi
from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE, Packet

from config import routing
from realtime.adapters import engineio, releases
from realtime.connections import registry
from realtime.delivery import outgoing
from realtime.endpoints import socketio as endpoint
from realtime.protocol import framing
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db")

FAST = pytest.mark.skipif(not releases.is_fast("engineio"), reason="the fast road is not taken")


@pytest.fixture
async def plain_server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[sockets.Address]:
    """The product's Socket.IO endpoint on the plain road."""
    monkeypatch.setattr(releases, "is_fast", lambda adapter: adapter != "engineio")

    async def nowhere(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "lifespan"
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async with sockets.serving(endpoint.endpoint(routing.SocketIOEndpoint, nowhere)) as address:
        yield address


# --- what is assumed


def test_the_methods_that_are_overridden_are_there() -> None:
    assert inspect.iscoroutinefunction(socketio.AsyncServer._handle_eio_disconnect)
    server = socketio.AsyncServer(async_mode="asgi")
    assert server.eio.sockets == {}
    assert server.eio._async["websocket"] is asgi.WebSocket
    assert callable(server.eio.create_queue)


def test_a_websocket_is_made_with_its_sockets_own_handler() -> None:
    source = inspect.getsource(AsyncSocket)
    assert "self.server._async['websocket'](" in source
    assert "self._websocket_handler, self.server)" in source
    assert list(inspect.signature(asgi.WebSocket.__init__).parameters) == ["self", "handler", "server"]


def test_the_next_packets_are_asked_for_when_those_before_have_been_sent() -> None:
    writer = inspect.getsource(AsyncSocket._websocket_handler)
    loop = writer[writer.index("async def writer") :]
    assert loop.index("await self.poll()") < loop.index("await ws.send(")


def test_a_packet_that_many_are_sent_encodes_itself_once() -> None:
    packet = Packet(MESSAGE, data="x" * 100)
    assert packet.encode() is packet.encode()


def test_an_ack_is_queued_without_waiting_after_the_handler_returns() -> None:
    """Else what a room is told later could overtake the ack of the join; see EventConnection._release_after_ack."""
    source = inspect.getsource(socketio.AsyncServer._handle_event_internal)
    answered = source[source.index("_trigger_event(") :]
    assert answered.count("await ") == 1
    assert "_send_packet(" in answered


# --- the plain road


async def test_the_plain_road_uses_the_library_as_it_comes(plain_server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.Events().connect(plain_server) as client:
        joined = await client.ask("join-session", show.id)
        assert joined["ok"] is True
        ack = await client.ask("send-message", {"sessionId": show.id, "message": "hello", "userName": "Ann"})
        said = await client.expect("new-message")
        assert (said["id"], said["message"]) == (ack["id"], "hello")


async def test_on_the_plain_road_messages_come_in_order_with_their_positions(
    plain_server: sockets.Address, show: sockets.Show, settings: Any
) -> None:
    settings.LIMITS = {}
    async with await sockets.Events().connect(plain_server, auth={"recover": True}) as client:
        at = (await client.ask("join-session", show.id))["seq"]
        for n in range(20):
            await client.emit("send-message", {"sessionId": show.id, "message": f"m{n}"})
        heard = [await client.expect_all("new-message") for _ in range(20)]
    assert [message["message"] for message, _ in heard] == [f"m{n}" for n in range(20)]
    assert [position["seq"] for _, position in heard] == list(range(at + 1, at + 21))


async def test_on_the_plain_road_a_message_has_its_size(plain_server: sockets.Address) -> None:
    async with await sockets.Events().connect(plain_server) as client:
        assert (await client.ask("send-message", {"sessionId": "x", "message": "x" * 70_000}))["code"] == "too_big"


async def test_on_the_plain_road_a_connection_is_closed_after_what_was_said(plain_server: sockets.Address) -> None:
    before = set(registry.connections.open)
    async with await sockets.Events().connect(plain_server, ["websocket"]) as client:
        [connection] = set(registry.connections.open) - before
        connection.send_queue.write([framing.Frame(b'42["goodbye",{}]')])
        await connection.close(outgoing.COME_BACK)
        await client.expect("goodbye")
        await asyncio.wait_for(client.gone.wait(), sockets.PATIENCE)


async def test_an_unknown_release_that_has_moved_what_the_fast_road_needs_is_served() -> None:
    """Importing must not fail: then no server would start."""
    code = "import sys, socketio; from engineio.async_drivers import asgi; del asgi.WebSocket; "
    code += "sys.modules['engineio.payload'] = None; from config.asgi import application"
    environment = {**os.environ, "PLAIN_ADAPTERS": "engineio", "DJANGO_SETTINGS_MODULE": "config.settings"}
    starting = await asyncio.create_subprocess_exec(sys.executable, "-c", code, env=environment)
    assert await asyncio.wait_for(starting.wait(), sockets.PATIENCE) == 0


@FAST
async def test_the_product_takes_the_fast_road_with_the_releases_that_it_knows() -> None:
    assert isinstance(engineio.server(async_mode="asgi"), engineio.FastServer)
