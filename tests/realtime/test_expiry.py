"""What proves a socket's user ends with its token, and is renewed over the socket itself."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from rest_framework_simplejwt.tokens import AccessToken

from accounts import tokens
from accounts.models import Role, Ticket, User
from realtime.connections import registry
from realtime.connections.connection import Connection
from realtime.runtime import threads
from tests import factories, sockets
from tests.realtime.test_admission import page_session

pytestmark = pytest.mark.usefixtures("live_db")

LEEWAY: int = settings.SIMPLE_JWT["LEEWAY"]
EXPIRED = {"type": "error", "message": "Your log-in has expired", "code": "expired"}


async def someone(role: str = Role.VIEWER) -> tuple[User, str]:
    user = await threads.in_db(sockets.make_user, role)
    return user, tokens.access_token(user)


def tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks for expired log-ins believes that it is 25 hours later, when all of today's tokens are."""
    monkeypatch.setattr(registry, "time", SimpleNamespace(time=lambda: time.time() + 25 * 60 * 60))


async def expire(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        tomorrow(patched)
        await registry.connections.demote_expired()


def offering(token: str) -> dict[str, Any]:
    return {"subprotocols": ["vitrine", token]}


@pytest.fixture
async def looking(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The process looks for expired log-ins all the time."""
    monkeypatch.setattr(registry, "SWEEP_INTERVAL", 0.01)
    sweep = registry.Sweep()
    sweep.start()
    yield
    await sweep.stop()


@pytest.mark.everywhere
async def test_a_socket_is_a_guests_once_its_token_has_expired(
    server: sockets.Address, looking: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, token = await someone()
    async with await sockets.connect(server, **offering(token)) as client:
        assert (await sockets.taken_up(client)).identity.user == user
        tomorrow(monkeypatch)
        assert await client.expect("error") == EXPIRED
        identity = (await sockets.taken_up(client)).identity
        assert (identity.user, identity.expires_at) == (None, None)
        assert (await client.ask("ping"))["ok"]


async def test_a_protocols_greeting_comes_before_the_end_of_a_log_in(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = registry.Connections.add

    async def add_and_look(connections: registry.Connections, connection: Connection) -> None:
        await add(connections, connection)
        await expire(monkeypatch)

    monkeypatch.setattr(registry.Connections, "add", add_and_look)
    _, token = await someone()
    async with await sockets.connect(server, **offering(token)) as client:
        assert (await sockets.taken_up(client)).identity.verified


@pytest.mark.everywhere
async def test_a_log_in_is_renewed_over_the_socket_by_its_own_user_alone(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, token = await someone()
    _, foreign = await someone()
    async with await sockets.connect(server, **offering(token)) as client:
        connection = await sockets.taken_up(client)
        until = connection.identity.expires_at
        assert until is not None
        refused = await client.ask("renew", token=foreign)
        assert (refused["ok"], refused["code"]) == (False, "forbidden")
        refused = await client.ask("renew", token="nonsense")
        assert (refused["ok"], refused["code"]) == (False, "unauthorized")
        assert connection.identity.user == user
        renewed = AccessToken(token)  # type: ignore[arg-type]
        renewed.set_exp(from_time=datetime.fromtimestamp(until), lifetime=settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"])
        assert (await client.ask("renew", token=str(renewed)))["ok"]
        await client.settle()
        await expire(monkeypatch)
        assert await client.settle() == []
        assert connection.identity.user == user


async def test_who_has_become_a_guest_is_a_user_again_by_renewing(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        await sockets.connect(server, **sockets.bearer(show.creator)) as creator,
        await sockets.connect(server) as viewer,
    ):
        for client in (creator, viewer):
            await client.ask("join-session", sessionId=show.id)
        await viewer.expect("viewer-count", data=1)
        await expire(monkeypatch)
        assert await creator.expect("error") == EXPIRED
        await viewer.expect("viewer-count", data=2)  # The creator is a viewer like others now, and hears it too.
        await creator.expect("viewer-count", data=2)
        refused = await creator.ask("showcase-product", sessionId=show.id, productId=None)
        assert (refused["ok"], refused["code"]) == (False, "forbidden")
        said = await creator.ask("send-message", sessionId=show.id, message="Still here")
        assert said["ok"]
        assert (await viewer.expect("new-message"))["userId"] is None
        renewed = await creator.ask("renew", token=await threads.in_db(tokens.access_token, show.creator))
        assert renewed["ok"]
        assert renewed["expiresAt"] > datetime.now().isoformat()
        await viewer.expect("viewer-count", data=1)
        assert (await creator.ask("showcase-product", sessionId=show.id, productId=None))["ok"]


async def test_only_rooms_of_staff_close_to_someone_whose_token_has_expired(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = await someone(Role.STAFF)
    async with await sockets.connect(server) as client:
        assert (await client.ask("register_admin", token=token))["ok"]
        assert (await client.ask("join-session", sessionId=show.id))["ok"]
        await client.say("CREATE_SESSION", payload={})
        party = (await client.expect("SESSION_CREATED"))["payload"]["sessionId"]
        connection = await sockets.taken_up(client)
        assert len(connection.memberships) == 4  # the lobby and the inbox among them
        await expire(monkeypatch)
        assert await client.expect("error") == EXPIRED
        assert {key for key, _ in connection.memberships} == {show.key, f"shopping:{party}"}
        refused = await client.ask("stream_stopped")
        assert (refused["ok"], refused["code"]) == (False, "forbidden")


@pytest.mark.everywhere
async def test_socket_io_is_told_and_renews_too(server: sockets.Address, monkeypatch: pytest.MonkeyPatch) -> None:
    user, token = await someone()
    async with await sockets.Events().connect(server, auth={"token": token}) as client:
        await expire(monkeypatch)
        assert await client.expect("error") == {"message": "Your log-in has expired", "code": "expired"}
        assert (await client.ask("renew", {"token": token}))["ok"]
        assert user.pk in {connection.identity.user_id for connection in registry.connections.open}


@pytest.mark.parametrize("door", ["ticket", "page"])
async def test_tickets_and_pages_prove_no_longer_than_what_they_stand_for(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    user, _ = await someone()
    api = factories.client(user)
    path, options = "/", dict[str, Any]()
    if door == "ticket":
        answer = await threads.in_db(lambda: api.post("/api/auth/ticket").json())
        path = f"/?ticket={answer['data']['ticket']}"
    else:
        cookie = await threads.in_db(page_session, user)
        options |= {"origin": server.http, "additional_headers": {"Cookie": cookie}}
    async with await sockets.connect(server, path, **options) as client:
        connection = await sockets.taken_up(client)
        assert connection.identity.user == user
        lasts = (connection.identity.expires_at or 0) - time.time()
        age = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"].total_seconds() + LEEWAY
        assert lasts == pytest.approx(age if door == "ticket" else settings.SESSION_COOKIE_AGE, abs=120)


async def test_a_ticket_that_says_nothing_of_it_proves_for_good(server: sockets.Address) -> None:
    """A release that ran beside this one issued it."""
    user = await threads.in_db(sockets.make_user)
    key = await threads.in_db(Ticket.objects.issue, user)
    async with await sockets.connect(server, f"/?ticket={key}") as client:
        assert (await sockets.taken_up(client)).identity.expires_at is None


async def test_a_room_that_cannot_be_asked_sends_its_people_away(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await sockets.connect(server, **sockets.bearer(show.creator)) as client:
        await client.ask("join-session", sessionId=show.id)
        connection = await sockets.taken_up(client)

        def away(*_: object) -> str:
            raise TimeoutError

        monkeypatch.setattr("realtime.rooms.remain", away)
        await asyncio.wait_for(connection.demote(), sockets.PATIENCE)
        assert connection.identity.is_guest
        assert await client.close_code() == 1012
