"""A connection: whole once it is made, ended in one place, and known to rooms by what its client has proved."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from accounts import identity as identities
from accounts import tokens
from realtime import consumers, handlers, wire
from realtime.connections import registry
from realtime.connections.connection import Connection
from realtime.delivery import outgoing
from realtime.runtime import threads
from tests import factories, sockets
from tests.realtime import sample_protocol

pytestmark = pytest.mark.usefixtures("live_db")


class Stillborn(sample_protocol.Plain):
    """A handler whose constructor fails for whoever says so in the address."""

    dialect = "stillborn"
    failing = False

    def __init__(self, client: handlers.Client) -> None:
        super().__init__(client)
        if self.failing:
            raise ZeroDivisionError("not made")


class Unclosable(handlers.ProtocolHandler):
    dialect = "unclosable"

    async def closed(self) -> None:
        raise ZeroDivisionError("not closed")


class Endpoint(consumers.SocketConsumer):
    protocols = (consumers.CoreHandler, Unclosable, Stillborn)


@pytest.fixture(scope="module")
async def door() -> AsyncIterator[sockets.Address]:
    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await Endpoint()({**scope, "visitor": os.urandom(8).hex()}, receive, send)

    async with sockets.serving(application) as address:
        yield address


async def sent(message: dict[str, Any]) -> None:
    """Takes what the server would send."""


def connection(**scope: Any) -> Connection:
    """One that no endpoint has begun."""
    return Connection(Endpoint.routes, scope, outgoing.SendQueue(sent), factories.identity())


async def test_it_is_whole_before_it_begins() -> None:
    """A handler may be asked anything about its client at once, and the endpoint may end it."""
    made = connection(client=("192.0.2.1", 80), scheme="wss", headers=[(b"host", b"shop.example")])
    assert (made.base_url, made.subjects["address"]) == ("https://shop.example", "192.0.2.1")
    assert (made.recover, made.closed_by_client, made.memberships, made.framing) == (False, False, {}, None)
    assert [handler.connection for handler in made.handlers] == [made] * 3
    await made.end()
    assert made.send_queue.closing


@pytest.mark.parametrize(
    ("address", "sender"),
    [("2001:db8:1:2:ffff::4", "2001:db8:1:2::/64"), ("::ffff:192.0.2.1", "192.0.2.1"), ("192.0.2.1", "192.0.2.1")],
)
async def test_limits_take_a_network_of_ipv6_for_one_sender(address: str, sender: str) -> None:
    assert connection(client=(address, 80)).subjects["address"] == sender


async def test_it_ends_once_and_tells_every_handler(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    closed: list[str] = []

    async def close(handler: handlers.ProtocolHandler) -> None:
        closed.append(handler.dialect)

    monkeypatch.setattr(sample_protocol.Plain, "closed", close)
    made = connection()
    await made.begin()
    assert made in registry.connections.open
    await made.end()
    await made.end()
    assert made not in registry.connections.open
    assert closed == ["stillborn"]  # though the handler before it failed
    assert [record.getMessage() for record in caplog.records] == [f"unclosable of {made.id} could not be closed"]


async def test_a_handler_that_cannot_be_made_leaves_nothing_behind(
    door: sockets.Address, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = set(registry.connections.open)
    monkeypatch.setattr(Stillborn, "failing", True)
    async with await sockets.connect(door, greeted=False) as client:
        assert await client.close_code() in (1006, 1011)
    assert set(registry.connections.open) <= before
    raised = {record.exc_info[0] for record in caplog.records if record.exc_info and record.exc_info[0]}
    assert raised <= {ZeroDivisionError}
    monkeypatch.setattr(Stillborn, "failing", False)
    async with await sockets.connect(door, greeted=False) as client:
        assert (await client.ask("ping"))["ok"]


async def test_a_token_that_proves_nothing_is_refused_as_such(server: sockets.Address) -> None:
    """Also where a handler does not turn it into words of its own."""

    async def authenticate(handler: sample_protocol.Plain, message: wire.ClientMessage) -> None:
        await handler.connection.authenticate("nonsense")

    made = connection()
    made.send_queue.start()
    route = handlers.Route(2, sample_protocol.Fail, authenticate)
    ack = await made.dispatch(route, sample_protocol.Fail, acked=True)
    assert (ack["ok"], ack["code"], ack["message"]) == (False, "unauthorized", tokens.BAD_ACCESS)
    await made.end()


async def test_whoever_authenticates_in_a_room_is_known_there_by_it(room: sample_protocol.TestRoom) -> None:
    user = await threads.in_db(factories.user)
    made = connection()
    made.send_queue.start()
    await made.begin()
    try:
        await made.join(room, made.handlers[2])
        [membership] = made.memberships.values()
        visitor = f"visitor:{made.identity.visitor}"
        assert membership.subscription.addresses == {visitor, made.id}
        await made.authenticate(await threads.in_db(tokens.access_token, user))
        assert membership.subscription.addresses == {identities.user_key(user.pk), made.id}
    finally:
        await made.end()


async def test_whoever_only_declares_it_is_not(room: sample_protocol.TestRoom, settings: Any) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    user = await threads.in_db(factories.user)
    made = connection()
    made.send_queue.start()
    await made.begin()
    try:
        await made.join(room, made.handlers[2])
        [membership] = made.memberships.values()
        await made.declare(user.pk, None)
        assert made.identity.key == identities.user_key(user.pk)
        assert membership.subscription.addresses == {f"visitor:{made.identity.visitor}", made.id}
        assert membership.subscription.claims == {made.identity.key}
    finally:
        await asyncio.wait_for(made.end(), sockets.PATIENCE)
