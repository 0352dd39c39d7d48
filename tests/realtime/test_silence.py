"""A client that answers no pings leaves the counts and its call, and is back with its next answer."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets

from config.asgi import application
from config.routing import SocketIOEndpoint
from realtime import handlers
from realtime.adapters import pongs, releases
from realtime.connections import registry
from realtime.endpoints import server as production
from realtime.endpoints import socketio as socketio_endpoint
from realtime.presence import tracker
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db")

SOON = 0.2  # seconds
NEVER = 3600.0
COME_BACK = bytes([0x88, 2]) + handlers.COME_BACK.to_bytes(2)  # a close frame with its code
PONG = bytes([0x8A, 0x80, 0, 0, 0, 0])  # a masked frame without a payload


@pytest.fixture
async def pinging(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[sockets.Address]:
    """A server that pings all the time."""
    monkeypatch.setattr(pongs, "PONG_SECONDS", SOON)
    monkeypatch.setattr(socketio_endpoint, "PING_INTERVAL", SOON)
    whole = socketio_endpoint.endpoint(SocketIOEndpoint, application)
    async with sockets.serving(whole, ws_ping_interval=SOON, lifespan="off") as address:
        yield address


def joining(show: sockets.Show) -> str:
    return json.dumps({"type": "join-session", "sessionId": show.id})


async def read_until(client: socket.socket, expected: bytes) -> None:
    read = b""
    async with asyncio.timeout(sockets.PATIENCE):
        while expected not in read:
            data = await asyncio.get_running_loop().sock_recv(client, 4096)
            assert data, "the server has closed"
            read += data


async def watch(client: sockets.Client, show: sockets.Show) -> None:
    await client.say("join-session", sessionId=show.id)
    await client.expect("viewer-count", data=1)


@contextlib.asynccontextmanager
async def raw(address: sockets.Address, *frames: str) -> AsyncIterator[socket.socket]:
    """A client that says so much and answers no pings."""
    with await sockets.stall(address, "/", *frames) as client:
        yield client


@sockets.FAST
async def test_a_viewer_who_answers_no_pings_is_not_counted_until_they_answer(
    pinging: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await sockets.connect(pinging) as client:
        await watch(client, show)
        async with raw(pinging, joining(show)) as silent:
            await client.expect("viewer-count", data=2)
            await client.expect("viewer-count", data=1)
            monkeypatch.setattr(pongs, "PONG_SECONDS", NEVER)
            await asyncio.get_running_loop().sock_sendall(silent, PONG)
            await client.expect("viewer-count", data=2)
        await client.expect("viewer-count", data=1)


@sockets.FAST
async def test_a_silent_viewer_is_still_told_what_happens_in_their_rooms(
    pinging: sockets.Address, show: sockets.Show
) -> None:
    async with await sockets.connect(pinging) as client:
        await watch(client, show)
        async with raw(pinging, joining(show)) as silent:
            await client.expect("viewer-count", data=2)
            await client.expect("viewer-count", data=1)
            await client.say("send-message", sessionId=show.id, message="anybody there?")
            await read_until(silent, b"anybody there?")


@sockets.FAST_SOCKETIO
async def test_a_viewer_on_socketio_who_answers_no_pings_is_not_counted_until_they_answer(
    pinging: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await sockets.connect(pinging) as client:
        await watch(client, show)
        async with websockets.connect(pinging.ws("/socket.io/?EIO=4&transport=websocket")) as silent:
            await silent.send("40")
            await silent.send("42" + json.dumps(["join-session", show.id]))
            await client.expect("viewer-count", data=2)
            await client.expect("viewer-count", data=1)
            monkeypatch.setattr(pongs, "PONG_SECONDS", NEVER)
            await silent.send("3")
            await client.expect("viewer-count", data=2)
        await client.expect("viewer-count", data=1)


@sockets.FAST
async def test_the_peer_of_a_call_hears_of_a_silence_and_of_its_end(
    pinging: sockets.Address, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.CALL_GRACE_SECONDS = NEVER
    registering = json.dumps({"type": "register", "userId": "ben", "matchId": "silence"})
    async with await sockets.connect(pinging) as ann:
        await ann.ask("register", userId="ann", matchId="silence")
        async with raw(pinging, registering) as ben:
            await ann.expect("user-joined", userId="ben")
            await ann.expect("user-reconnecting", userId="ben")
            monkeypatch.setattr(pongs, "PONG_SECONDS", NEVER)
            await asyncio.get_running_loop().sock_sendall(ben, PONG)
            await ann.expect("user-joined", userId="ben")


@sockets.FAST
async def test_a_silent_peer_has_left_when_the_grace_is_over_and_registers_again_when_they_are_back(
    pinging: sockets.Address, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.CALL_GRACE_SECONDS = SOON
    registering = json.dumps({"type": "register", "userId": "ben", "matchId": "silence-2"})
    async with await sockets.connect(pinging) as ann:
        await ann.ask("register", userId="ann", matchId="silence-2")
        async with raw(pinging, registering) as ben:
            await ann.expect("user-joined", userId="ben")
            await ann.expect("user-reconnecting", userId="ben")
            await ann.expect("user-left", userId="ben")
            monkeypatch.setattr(pongs, "PONG_SECONDS", NEVER)
            await asyncio.get_running_loop().sock_sendall(ben, PONG)
            await read_until(ben, COME_BACK)


@sockets.FAST
async def test_a_connection_that_ends_while_its_client_is_silent_leaves_nobody_behind(
    pinging: sockets.Address, show: sockets.Show
) -> None:
    async with await sockets.connect(pinging) as client:
        await watch(client, show)
        async with raw(pinging, joining(show)):
            await client.expect("viewer-count", data=2)
            await client.expect("viewer-count", data=1)
        await client.ask("leave-session", sessionId=show.id)
        await watch(client, show)


@sockets.FAST
async def test_a_connection_that_ends_while_its_client_comes_back_leaves_nobody_behind(
    pinging: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    enter = tracker.Presences.enter

    async def slowly(self: tracker.Presences, *arguments: Any) -> Any:
        asked.set()
        await go_on.wait()
        return await enter(self, *arguments)

    async with await sockets.connect(pinging) as client:
        await watch(client, show)
        async with raw(pinging, joining(show)) as silent:
            await client.expect("viewer-count", data=2)
            await client.expect("viewer-count", data=1)
            monkeypatch.setattr(pongs, "PONG_SECONDS", NEVER)
            monkeypatch.setattr(tracker.Presences, "enter", slowly)
            here = next(each for each in registry.connections.open if each.is_silent)
            await asyncio.get_running_loop().sock_sendall(silent, PONG)
            await asked.wait()
        await here.end()
        go_on.set()
        await client.expect("viewer-count", data=2)
        await client.expect("viewer-count", data=1)


def test_where_pongs_are_told_to_nobody_the_connection_itself_ends_in_time() -> None:
    options = production.options()
    fast = releases.is_fast("uvicorn")
    assert options["ws_ping_interval"] + (pongs.PONG_SECONDS if fast else options["ws_ping_timeout"]) < 45
    assert options["ws_ping_timeout"] == (60 if fast else pongs.PONG_SECONDS)
