"""Socket.IO by hand, mostly polling: what no client library would send, and when none would go."""

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from realtime import wire
from realtime.connections import admission, registry
from realtime.models import Presence
from realtime.presence import tracker
from realtime.runtime import threads
from streams.rooms import ShowRoom
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db")

# --- polling by hand


class Polling:
    """Engine.IO's polling transport without a client library, to send what none would."""

    def __init__(self, session: aiohttp.ClientSession, address: sockets.Address, sid: str) -> None:
        self.session = session
        self.url = f"{address.http}/socket.io/?EIO=4&transport=polling&sid={sid}"

    async def post(self, *packets: str) -> int:
        async with self.session.post(self.url, data=io.BytesIO("\x1e".join(packets).encode())) as answer:
            return answer.status

    async def receive(self) -> list[str]:
        async with self.session.get(self.url) as answer:
            assert answer.status == 200, await answer.text()
            return (await answer.text()).split("\x1e")

    async def until(self, start: str) -> str:
        """The next packet that begins so."""
        async with asyncio.timeout(sockets.PATIENCE):
            while True:
                for packet in await self.receive():
                    if packet.startswith(start):
                        return packet


class Socket:
    """The same over a WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def post(self, *packets: str) -> int:
        for packet in packets:
            await self.socket.send_str(packet)
        return 200

    async def receive(self) -> list[str]:
        return [await asyncio.wait_for(self.socket.receive_str(), sockets.PATIENCE)]

    async def until(self, start: str) -> str:
        async with asyncio.timeout(sockets.PATIENCE):
            while not (packet := await self.socket.receive_str()).startswith(start):
                pass
            return packet


@contextlib.asynccontextmanager
async def websocket(address: sockets.Address) -> AsyncIterator[Socket]:
    url = f"{address.http}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        yield Socket(socket)


@contextlib.asynccontextmanager
async def polling(address: sockets.Address) -> AsyncIterator[Polling]:
    """A polling session that has not said CONNECT yet."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{address.http}/socket.io/?EIO=4&transport=polling") as answer:
            handshake = json.loads((await answer.text())[1:])
        yield Polling(session, address, handshake["sid"])


ByHand = Callable[[sockets.Address], contextlib.AbstractAsyncContextManager[Polling | Socket]]
BY_HAND = pytest.mark.parametrize("by_hand", [polling, websocket], ids=lambda by_hand: by_hand.__name__)


async def test_the_handshake_has_the_documented_times(server: sockets.Address) -> None:
    url = f"{server.http}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        handshake = json.loads((await answer.text())[1:])
    assert (handshake["pingInterval"], handshake["pingTimeout"]) == (25000, 60000)
    assert handshake["maxPayload"] == wire.MAX_MESSAGE


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
            assert await client.post('42["ping","' + "x" * (wire.MAX_MESSAGE + 1) + '"]') >= 400


@BY_HAND
async def test_a_bad_token_is_refused_with_its_reason_in_a_packet(server: sockets.Address, by_hand: ByHand) -> None:
    async with by_hand(server) as client:
        await client.post('40{"token":"nonsense"}')
        assert "Invalid or expired access token" in await client.until("44")


@BY_HAND
async def test_what_answers_an_event_comes_before_its_ack(server: sockets.Address, by_hand: ByHand) -> None:
    async with by_hand(server) as client:
        await client.post("40")
        await client.until("40")
        await client.post('425["ping",{}]')
        came: list[str] = []
        while not any(packet.startswith("435") for packet in came):
            came += await client.receive()
        assert came.index('42["pong",{}]') < next(n for n, packet in enumerate(came) if packet.startswith("435"))


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
    '450-["ping"]',
    "4true",
    '4{"a":1}',
    "4null",
    '43["x"]',
    "44",
    '42["ping",{"op":"\\ud800"}]',
]


@BY_HAND
@pytest.mark.parametrize("packet", BAD_PACKETS, ids=lambda packet: packet[:20])
async def test_a_packet_that_cannot_be_read_ends_nothing(
    server: sockets.Address, by_hand: ByHand, packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with by_hand(server) as client:
        await client.post("40")
        await client.until("40")
        await client.post(packet)
        assert await client.post('4277["ping",{}]') == 200
        await client.until("4377")
    assert not [record.getMessage() for record in caplog.records if record.exc_info]


NOT_ENGINE_IO = ["x", "{", "", "7", "8x", "9", "bx", "4" + "[" * 50_000, "2" + "[" * 50_000, "\N{SUPERSCRIPT TWO}"]


@contextlib.asynccontextmanager
async def upgraded(address: sockets.Address) -> AsyncIterator[Socket]:
    """A session that began with polling and carries everything over its WebSocket now."""
    async with polling(address) as client, client.session.ws_connect(client.url.replace("polling", "websocket")) as way:
        await way.send_str("2probe")
        await way.receive_str()
        await way.send_str("5")
        yield Socket(way)


@pytest.mark.everywhere
@pytest.mark.parametrize("by_hand", [polling, websocket, upgraded], ids=lambda by_hand: by_hand.__name__)
@pytest.mark.parametrize("packet", NOT_ENGINE_IO, ids=lambda packet: packet[:5])
async def test_what_is_no_engine_io_packet_ends_the_session_at_once(
    server: sockets.Address, show: sockets.Show, by_hand: ByHand, packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with await sockets.connect(server) as stays, by_hand(server) as client:
        await client.post("40")
        await client.until("40")
        before = set(registry.connections.open)
        await stays.ask("join-session", sessionId=show.id)
        await client.post(f'421["join-session","{show.id}"]')
        await stays.expect("viewer-count", data=2)
        await client.post("42", packet) if isinstance(client, Polling) else await client.post(packet)
        await stays.expect("viewer-count", data=1)
        assert len(before - registry.connections.open) == 1
        if isinstance(client, Socket):
            async with asyncio.timeout(sockets.PATIENCE):
                while not (await client.socket.receive()).type.name.startswith("CLOS"):
                    pass
            assert client.socket.close_code == 1002
    assert not [record.getMessage() for record in caplog.records if record.exc_info]


async def test_an_empty_body_says_nothing(server: sockets.Address) -> None:
    async with polling(server) as client:
        assert await client.post() == 200
        await client.post("40")
        await client.until("40")


@sockets.FAST_SOCKETIO
@pytest.mark.parametrize("packet", ["x", "3", "2", "5"])
async def test_an_upgrade_that_fails_leaves_the_session_polling(server: sockets.Address, packet: str) -> None:
    async with polling(server) as client:
        await client.post("40")
        async with client.session.ws_connect(client.url.replace("polling", "websocket")) as way:
            await way.send_str(packet)
            await way.receive()
        await client.until("40")
        await client.post('4277["ping",{}]')
        await client.until("4377")


@BY_HAND
@pytest.mark.everywhere
@pytest.mark.parametrize("forged", ["connect", "disconnect", "connect_error"])
async def test_forged_names_of_the_servers_own_events_do_nothing(
    server: sockets.Address, show: sockets.Show, by_hand: ByHand, forged: str
) -> None:
    async with by_hand(server) as client:
        await client.post("40")
        await client.until("40")
        await client.post('421["join-session","' + show.id + '"]')
        await client.until("431")
        await client.post(f'42["{forged}",{{}}]')
        await client.post('422["send-message",{"sessionId":"' + show.id + '","message":"still here"}]')
        assert "still here" in await client.until('42["new-message"')


async def test_one_who_goes_while_being_admitted_is_not_kept(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(registry.connections.open)
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
    assert registry.connections.open <= before


async def test_one_who_goes_while_joining_is_not_kept(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    enter = tracker.Presences.enter

    async def slowly(self: tracker.Presences, *arguments: Any) -> Any:
        asked.set()
        await go_on.wait()
        return await enter(self, *arguments)

    monkeypatch.setattr(tracker.Presences, "enter", slowly)
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
        for n, line in ((9, "once"), (8, "then")):
            await client.post(f'42{n}["send-message",{{"sessionId":"{show.id}","message":"{line}"}}]')
        packets: list[str] = []
        while not any('"then"' in packet for packet in packets):  # a room's lines come in order
            packets += await client.receive()
    assert len([packet for packet in packets if '"once"' in packet]) == 1
