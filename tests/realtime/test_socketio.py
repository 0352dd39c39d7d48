"""The Socket.IO door: the same events and rules, over polling and over WebSocket."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import socketio.exceptions

from accounts import tokens
from config import routing
from realtime import admission, control, parts, presence, socketio, threads, wire
from realtime.models import Presence
from streams.rooms import ShowRoom
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db")

TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]]


def named(transports: list[str]) -> str:
    return " then ".join(transports)


# --- the three ways to connect


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


# --- polling by hand


class Polling:
    """Engine.IO's polling transport without a client library, to send what none would."""

    def __init__(self, session: aiohttp.ClientSession, address: sockets.Address, sid: str) -> None:
        self.session = session
        self.url = f"{address.http}/socket.io/?EIO=4&transport=polling&sid={sid}"

    async def post(self, *packets: str) -> int:
        async with self.session.post(self.url, data="\x1e".join(packets)) as answer:
            return answer.status

    async def get(self) -> list[str]:
        async with self.session.get(self.url) as answer:
            assert answer.status == 200, await answer.text()
            return (await answer.text()).split("\x1e")

    async def until(self, start: str) -> str:
        """The next packet that begins so."""
        async with asyncio.timeout(sockets.PATIENCE):
            while True:
                for packet in await self.get():
                    if packet.startswith(start):
                        return packet


@contextlib.asynccontextmanager
async def polling(address: sockets.Address) -> AsyncIterator[Polling]:
    """A polling session that has not said CONNECT yet."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{address.http}/socket.io/?EIO=4&transport=polling") as answer:
            handshake = json.loads((await answer.text())[1:])
        yield Polling(session, address, handshake["sid"])


async def test_the_handshake_has_the_documented_times(server: sockets.Address) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{server.http}/socket.io/?EIO=4&transport=polling") as answer:
            handshake = json.loads((await answer.text())[1:])
    assert (handshake["pingInterval"], handshake["pingTimeout"]) == (25000, 60000)
    assert handshake["maxPayload"] >= 8_000_000


async def test_twenty_quick_events_may_be_one_polling_body(server: sockets.Address) -> None:
    async with polling(server) as client:
        assert await client.post("40") == 200
        await client.until("40")
        assert await client.post(*(f'42{n}["ping",{{}}]' for n in range(10, 30))) == 200
        await client.until("4329")


async def test_a_polling_body_above_the_limit_is_refused(server: sockets.Address) -> None:
    async with polling(server) as client:
        await client.post("40")
        with contextlib.suppress(aiohttp.ClientError):  # the server may hang up while the body is on its way
            assert await client.post('42["ping","' + "x" * (socketio.MAX_MESSAGE + 1) + '"]') >= 400


# --- what a client should not send


BAD_PACKETS = [
    "42",
    "42[",
    "42[]",
    "42{}",
    "42[5]",
    "42[null,{}]",
    '42["ping"',
    "42" + "[" * 50_000,
    '42["ping",' + "[" * 50_000,
    '42["ping",' * 2,
    "49",
    "4",
    "451-[]",
    '43["x"]',
    "44",
    '42["ping",{"op":"\\ud800"}]',
]


@pytest.mark.parametrize("packet", BAD_PACKETS, ids=lambda packet: packet[:20])
async def test_a_packet_that_cannot_be_read_ends_nothing(
    server: sockets.Address, packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with polling(server) as client:
        await client.post("40")
        await client.until("40")
        await client.post(packet)
        assert await client.post('4277["ping",{}]') == 200
        await client.until("4377")
    assert not [record.getMessage() for record in caplog.records if record.exc_info]


def events_heard() -> list[Any]:
    routes = routing.SocketIODoor.routes.by_name
    return [pytest.param(name, each, id=name) for name in sorted(routes) for each in routes[name]]


@pytest.mark.parametrize(("name", "route"), events_heard())
async def test_no_nonsense_ends_a_connection_or_fails_a_handler(
    server: sockets.Address, name: str, route: parts.Route, caplog: pytest.LogCaptureFixture
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
@pytest.mark.parametrize("forged", ["connect", "disconnect", "connect_error"])
async def test_forged_names_of_the_servers_own_events_do_nothing(
    server: sockets.Address, show: sockets.Show, forged: str
) -> None:
    async with polling(server) as client:
        await client.post("40")
        await client.until("40")
        await client.post('421["join-session","' + show.id + '"]')
        await client.until("431")
        await client.post(f'42["{forged}",{{}}]')
        await client.post('422["send-message",{"sessionId":"' + show.id + '","message":"still here"}]')
        assert "still here" in await client.until('42["new-message"')


async def test_an_event_above_its_size_ends_the_connection(server: sockets.Address) -> None:
    client = await sockets.Events().connect(server, ["websocket"])
    await client.emit("ping", {"x": "x" * wire.Heard.max_bytes})
    await asyncio.wait_for(client.gone.wait(), sockets.PATIENCE)
    await client.io.disconnect()


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


@pytest.mark.parametrize("transports", TRANSPORTS[:2], ids=named)
async def test_a_bad_token_is_refused_with_its_reason(server: sockets.Address, transports: list[str]) -> None:
    client = sockets.Events()
    reasons: asyncio.Queue[Any] = asyncio.Queue()

    async def refused(reason: Any) -> None:
        reasons.put_nowait(reason)

    client.io.on("connect_error", refused)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(server, transports, auth={"token": "nonsense"})
    assert "Invalid or expired access token" in str(await asyncio.wait_for(reasons.get(), sockets.PATIENCE))
    await client.io.disconnect()


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
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{server.http}/socket.io/?EIO=4&transport=polling") as answer:
            assert answer.cookies["visitor"]["httponly"]


@pytest.mark.parametrize("transports", TRANSPORTS[:2], ids=named)
async def test_a_socket_is_closed_when_its_users_access_ends(server: sockets.Address, transports: list[str]) -> None:
    user = await threads.in_db(sockets.make_user)
    auth = {"token": await threads.in_db(tokens.access_token, user)}
    client = await sockets.Events().connect(server, transports, auth=auth)
    await threads.in_db(user.log_out)
    await asyncio.wait_for(client.gone.wait(), sockets.PATIENCE)
    await client.io.disconnect()


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


async def test_one_who_goes_while_being_admitted_is_not_kept(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(control.connections.open)
    asked, go_on = asyncio.Event(), asyncio.Event()
    admit = admission.admit

    async def slowly(*arguments: Any) -> Any:
        asked.set()
        await go_on.wait()
        return await admit(*arguments)

    monkeypatch.setattr(admission, "admit", slowly)
    async with polling(server) as client:
        connecting = asyncio.create_task(client.post("40"))
        await asked.wait()
        await client.post("1")  # Engine.IO's CLOSE
        go_on.set()
        await connecting
    assert len(control.connections.open) == before


async def test_one_who_goes_while_joining_is_not_kept(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    enter = presence.Presences.enter

    async def slowly(self: presence.Presences, *arguments: Any) -> Any:
        asked.set()
        await go_on.wait()
        return await enter(self, *arguments)

    monkeypatch.setattr(presence.Presences, "enter", slowly)
    async with polling(server) as client:
        await client.post("40")
        await client.until("40")
        joining = asyncio.create_task(client.post('421["join-session","' + show.id + '"]'))
        await asked.wait()
        await client.post("1")
        go_on.set()
        await joining
    assert not await threads.in_db(Presence.objects.filter(room=ShowRoom(show.id).key).exists)


async def test_two_joins_at_once_are_one_membership(server: sockets.Address, show: sockets.Show) -> None:
    """Polling clients may post twice at the same time, whatever the libraries do."""
    async with polling(server) as client:
        await client.post("40")
        await client.until("40")
        await asyncio.gather(*(client.post(f'42{n}["join-session","{show.id}"]') for n in range(1, 4)))
        await client.post('429["send-message",{"sessionId":"' + show.id + '","message":"once"}]')
        packets = []
        while not any(packet.startswith("439") for packet in packets):
            packets += await client.get()
        await client.post('428["ping",{}]')
        while not any(packet.startswith("438") for packet in packets):
            packets += await client.get()
    assert len([packet for packet in packets if '"once"' in packet]) == 1
