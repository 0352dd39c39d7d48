"""The Socket.IO endpoint: the same events and rules, over polling and over WebSocket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import socketio.exceptions

from accounts import tokens
from config import routing
from realtime import handlers, wire
from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.connections import registry
from realtime.runtime import threads
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db")

JOINS = 40

TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]]


def named(transports: list[str]) -> str:
    return " then ".join(transports)


# --- the three ways to connect


@sockets.ON_BOTH
@pytest.mark.everywhere
@pytest.mark.parametrize("transports", TRANSPORTS, ids=named)
async def test_events_and_acks_pass_in_every_mode(
    server: sockets.Address, show: sockets.Show, transports: list[str]
) -> None:
    async with await sockets.Events().connect(server, transports) as client:
        assert client.io.transport() == transports[-1]
        joined = await client.ask("join-session", show.id)
        assert joined["ok"] is True
        ack = await client.ask("send-message", {"sessionId": show.id, "message": "hello", "userName": "Ann"})
        said = await client.expect("new-message")
        assert (said["id"], said["message"], said["userName"]) == (ack["id"], "hello", "Ann")


@sockets.FAST
@sockets.FAST_SOCKETIO
@pytest.mark.parametrize("transports", [["websocket"], ["polling", "websocket"]], ids=named)
async def test_a_settled_websocket_is_written_into_its_transport(
    server: sockets.Address, show: sockets.Show, transports: list[str]
) -> None:
    async with await sockets.Events().connect(server, transports) as client:
        for _ in range(2):  # the second answer comes when the first has gone through Engine.IO's queue
            await client.ask("join-session", show.id)
        [connection] = [
            one for one in registry.connections.open if any(room == f"show:{show.id}" for room, _ in one.memberships)
        ]
        assert isinstance(connection.send_queue.transport, uvicorn_adapter.WebSocketProtocol)


@contextlib.asynccontextmanager
async def traffic(server: sockets.Address, show: sockets.Show) -> AsyncIterator[None]:
    """Somebody who talks in the show all the time."""
    enough = asyncio.Event()

    async def talk() -> None:
        async with await sockets.connect(server, "/ws/streams/") as speaker:
            await speaker.ask("join-session", sessionId=show.id)
            n = 0
            while not enough.is_set():
                await speaker.ask("send-message", sessionId=show.id, message=f"m{n}")
                n += 1

    talking = asyncio.create_task(talk())
    yield
    enough.set()
    await talking


Answer = tuple[dict[str, Any], list[int], list[int]]


async def answer(client: sockets.Events, event: str, argument: Any) -> Answer:
    """The ack of an event, and the numbers of the messages that came before it and after it, one of these at least."""
    numbers: list[int] = []
    await client.settle()
    await client.io.emit(event, argument, callback=lambda ack: client.came.put_nowait(("ack", (ack,))))
    ack: dict[str, Any] | None = None
    before: list[int] = []
    while ack is None or not numbers:
        name, arguments = await asyncio.wait_for(client.came.get(), sockets.PATIENCE)
        if name == "ack":
            ack, before, numbers = arguments[0], numbers, []
        elif name == "new-message":
            numbers.append(arguments[1]["seq"])
    return ack, before, numbers


@pytest.mark.everywhere
@pytest.mark.parametrize("transports", TRANSPORTS, ids=named)
async def test_the_ack_of_a_join_comes_before_what_the_room_is_told_later(
    server: sockets.Address, show: sockets.Show, transports: list[str], settings: Any
) -> None:
    """A client takes its position from the ack: what came before that would be told to it twice."""
    settings.LIMITS = {}
    async with (
        traffic(server, show),
        await sockets.Events().connect(server, transports, auth={"recover": True}) as client,
    ):
        for _ in range(JOINS):
            ack, before, after = await answer(client, "join-session", show.id)
            assert (before, after[0]) == ([], ack["seq"] + 1)
            await client.emit("leave-session", show.id)


@pytest.mark.everywhere
@pytest.mark.parametrize("transports", TRANSPORTS, ids=named)
async def test_the_ack_of_a_resume_stands_between_what_was_missed_and_what_comes_later(
    server: sockets.Address, show: sockets.Show, transports: list[str], settings: Any
) -> None:
    settings.LIMITS = {}
    async with (
        traffic(server, show),
        await sockets.Events().connect(server, transports, auth={"recover": True}) as client,
    ):
        known = await client.ask("join-session", show.id)
        for _ in range(JOINS):
            await client.ask("leave-session", show.id)
            position = {"room": show.key, "epoch": known["epoch"], "after": known["seq"]}
            ack, before, after = await answer(client, "resume", position)
            assert before == list(range(known["seq"] + 1, ack["seq"] + 1))
            assert after[0] == ack["seq"] + 1
            known = ack


@pytest.mark.parametrize("transports", TRANSPORTS, ids=named)
async def test_fifty_quick_acks_come_in_order(server: sockets.Address, transports: list[str], settings: Any) -> None:
    settings.LIMITS = {}
    got: asyncio.Queue[int] = asyncio.Queue()
    async with await sockets.Events().connect(server, transports) as client:
        for n in range(50):
            await client.io.emit("ping", {"n": n}, callback=lambda ack, n=n: got.put_nowait(n))
        order = [await asyncio.wait_for(got.get(), sockets.PATIENCE) for _ in range(50)]
    assert order == list(range(50))


async def test_messages_of_one_client_are_told_in_the_order_they_were_sent(
    server: sockets.Address, show: sockets.Show, settings: Any
) -> None:
    settings.LIMITS = {}
    async with await sockets.Events().connect(server) as client:
        await client.ask("join-session", show.id)
        for n in range(20):
            await client.emit("send-message", {"sessionId": show.id, "message": f"m{n}"})
        said = [(await client.expect("new-message"))["message"] for _ in range(20)]
    assert said == [f"m{n}" for n in range(20)]


def events_heard() -> list[Any]:
    routes = routing.SocketIOEndpoint.routes.by_name
    return [pytest.param(name, each, id=name) for name in sorted(routes) for each in routes[name]]


@pytest.mark.parametrize(("name", "route"), events_heard())
async def test_no_nonsense_ends_a_connection_or_fails_a_handler(
    server: sockets.Address, name: str, route: handlers.Route, caplog: pytest.LogCaptureFixture
) -> None:
    nonsense: list[Any] = [
        (),
        (None,),
        (5,),
        ("text",),
        ([],),
        ({},),
        (True,),
        ({"sessionId": 5},),
        (b"bytes",),
        (1, 2),
    ]
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        for arguments in nonsense:
            ack = await client.ask(name, *arguments)
            assert ack["ok"] or ack["code"] not in ("server_error", "busy"), (arguments, ack)
        await client.settle()
    assert not [record.getMessage() for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("text", ["\ud800", "a\x00b"])
async def test_text_that_cannot_be_stored_is_refused(
    server: sockets.Address, show: sockets.Show, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        for fields in ({"message": text}, {"message": "x", "userName": text}):
            ack = await client.ask("send-message", {"sessionId": show.id, **fields})
            assert (ack["ok"], ack["code"]) == (False, "validation")
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.everywhere
async def test_an_unknown_event_is_answered_only_by_its_ack(server: sockets.Address) -> None:
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        assert (await client.ask("some-event", {"a": 1}))["code"] == "unknown"
        await client.emit("SOME_EVENT")
        assert [event for event, _ in await client.settle()] == []


@pytest.mark.everywhere
@pytest.mark.parametrize("transports", TRANSPORTS, ids=named)
async def test_an_event_above_its_size_is_refused_and_the_connection_goes_on(
    server: sockets.Address, transports: list[str]
) -> None:
    async with await sockets.Events().connect(server, transports) as client:
        await client.emit("ping", {"x": "x" * wire.ClientMessage.max_bytes})
        assert (await client.expect("error"))["message"] == "At most 64 KiB at once"
        assert (await client.ask("ping", {"x": "x" * wire.ClientMessage.max_bytes}))["code"] == "too_big"
        await client.settle()


@pytest.mark.parametrize("transports", TRANSPORTS[:2], ids=named)
async def test_a_packet_above_the_doors_limit_ends_the_connection(
    server: sockets.Address, transports: list[str]
) -> None:
    client = await sockets.Events().connect(server, transports)
    await client.emit("ping", {"x": "x" * wire.MAX_MESSAGE})
    await asyncio.wait_for(client.gone.wait(), sockets.PATIENCE)
    await client.close()


# --- who it is


@pytest.mark.everywhere
async def test_a_token_in_auth_verifies(server: sockets.Address, show: sockets.Show) -> None:
    user = await threads.in_db(sockets.make_user)
    auth = {"token": await threads.in_db(tokens.access_token, user)}
    async with await sockets.Events().connect(server, ["websocket"], auth=auth) as client:
        await client.ask("join-session", show.id)
        await client.emit("send-message", {"sessionId": show.id, "message": "hi", "userName": "someone else"})
        said = await client.expect("new-message")
    assert (said["userId"], said["userName"]) == (user.pk, user.username)


@pytest.mark.parametrize(
    "transports",
    # On the plain road python-socketio's client waits a minute for the end of its last request.
    [["websocket"], pytest.param(["polling"], marks=sockets.FAST_SOCKETIO)],
    ids=named,
)
async def test_a_bad_token_is_refused_with_its_reason(server: sockets.Address, transports: list[str]) -> None:
    client = sockets.Events()
    reasons: asyncio.Queue[Any] = asyncio.Queue()

    async def refused(reason: Any) -> None:
        reasons.put_nowait(reason)

    client.io.on("connect_error", refused)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(server, transports, auth={"token": "nonsense"})
    assert "Invalid or expired access token" in str(await asyncio.wait_for(reasons.get(), sockets.PATIENCE))
    await client.close()


@pytest.mark.parametrize("auth", [{"token": 5}, {"token": None}, {}, {"recover": "yes"}])
async def test_odd_auth_is_a_guests(server: sockets.Address, auth: dict[str, Any]) -> None:
    async with await sockets.Events().connect(server, ["websocket"], auth=auth) as client:
        assert (await client.ask("ping"))["ok"]


@pytest.mark.everywhere
async def test_recover_adds_the_position_as_a_second_argument(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.Events().connect(server, ["websocket"], auth={"recover": True}) as client:
        joined = await client.ask("join-session", show.id)
        await client.emit("send-message", {"sessionId": show.id, "message": "hi"})
        said, position = await client.expect_all("new-message")
    assert said["message"] == "hi"
    assert position == {"room": show.key, "seq": joined["seq"] + 1, "epoch": joined["epoch"]}


async def test_a_foreign_origin_is_refused(server: sockets.Address, settings: Any) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS = False
    settings.CORS_ALLOWED_ORIGINS, settings.CORS_ALLOWED_ORIGIN_REGEXES = ["https://shop.example"], []
    url = f"{server.http}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as session:
        for origin, status in (("https://evil.example", 400), ("https://shop.example", 200), (server.http, 200)):
            async with session.get(url, headers={"Origin": origin}) as answer:
                assert answer.status == status


async def test_a_poll_gives_a_guest_the_visitor_cookie(server: sockets.Address) -> None:
    url = f"{server.http}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.cookies["visitor"]["httponly"]


@pytest.mark.parametrize("transports", TRANSPORTS[:2], ids=named)
async def test_a_socket_is_closed_when_its_users_access_ends(server: sockets.Address, transports: list[str]) -> None:
    user = await threads.in_db(sockets.make_user)
    auth = {"token": await threads.in_db(tokens.access_token, user)}
    client = await sockets.Events().connect(server, transports, auth=auth)
    await threads.in_db(user.log_out)
    await asyncio.wait_for(client.gone.wait(), sockets.PATIENCE)
    await client.close()


# --- going


@pytest.mark.everywhere
@pytest.mark.parametrize("transports", TRANSPORTS, ids=named)
async def test_one_who_goes_is_no_longer_counted(
    server: sockets.Address, show: sockets.Show, transports: list[str]
) -> None:
    async with await sockets.connect(server) as stays:
        await stays.ask("join-session", sessionId=show.id)
        async with await sockets.Events().connect(server, transports) as goes:
            await goes.ask("join-session", show.id)
            await stays.expect("viewer-count", data=2)
        await stays.expect("viewer-count", data=1)
