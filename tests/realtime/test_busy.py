"""While the database is away, whoever comes is sent off in a way that brings them back."""

import json
import sqlite3
import uuid
from typing import Any

import pytest
import websockets
from django.db import InterfaceError, InternalError, OperationalError
from django.test import Client

from realtime import errors
from realtime.connections import admission
from realtime.connections.connection import Connection
from realtime.delivery import outgoing
from streams.models.stream_queryset import StreamQuerySet
from tests import factories, sockets


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database, as handshakes and lists find it."""

    def fail(*_: Any) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(admission, "_verify", fail)
    for name in ("live", "complete"):
        monkeypatch.setattr(StreamQuerySet, name, fail)


def caused(error: Exception, **attributes: Any) -> Exception:
    """As Django raises it, with the driver's own as its cause."""
    error.__cause__ = type("Cause", (Exception,), attributes)()
    return error


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (OperationalError("server closed the connection unexpectedly"), True),
        (InterfaceError("the connection is closed"), True),
        (caused(InternalError("a standby takes no writes"), sqlstate="25006"), True),
        (caused(InternalError("something else"), sqlstate="XX000"), False),
        (caused(OperationalError("database is locked"), sqlite_errorcode=sqlite3.SQLITE_BUSY), True),
        (caused(OperationalError("no such table: x"), sqlite_errorcode=sqlite3.SQLITE_ERROR), False),
    ],
    ids=str,
)
def test_only_what_may_go_by_is_busy(error: Exception, is_away: bool) -> None:
    refusal = errors.of(error, "a message")
    assert refusal.code == ("busy" if is_away else "server_error")
    assert (refusal.retry_after is not None) is is_away


@pytest.mark.everywhere
async def test_a_socket_whose_ticket_cannot_be_checked_is_asked_to_try_again(
    live_db: None, server: sockets.Address, away: None
) -> None:
    async with await sockets.connect(server, "/ws/streams/?ticket=x") as client:
        assert await client.expect("error", message=errors.BUSY)
        assert await client.close_code() == outgoing.TRY_AGAIN_LATER


async def test_a_socket_that_cannot_begin_is_asked_to_try_again(
    live_db: None, server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: Connection) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(Connection, "begin", fail)
    async with await sockets.connect(server, "/ws/streams/") as client:
        assert await client.expect("error", message=errors.BUSY)
        assert await client.close_code() == outgoing.TRY_AGAIN_LATER


@pytest.mark.everywhere
@sockets.FAST_SOCKETIO
async def test_a_socketio_client_loses_its_transport_and_is_not_refused(
    live_db: None, server: sockets.Address, away: None
) -> None:
    """One that is refused never tries again by itself."""
    async with websockets.connect(server.ws("/socket.io/?EIO=4&transport=websocket")) as client:
        await client.recv()
        await client.send("40" + json.dumps({"token": "x"}))
        frames = [frame async for frame in client]
    assert not [frame for frame in frames if str(frame).startswith("4")]


@pytest.mark.django_db
def test_pages_and_rest_answer_503(away: None) -> None:
    for client, path in ((Client(), "/"), (factories.client(), f"/api/sessions/{uuid.uuid4()}")):
        answer = client.get(path)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
