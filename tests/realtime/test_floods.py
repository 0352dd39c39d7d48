"""What one client can make the server read: bytes are counted, and whoever is refused on and on is cut off."""

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any

import pytest
import websockets

from config import rate_limits
from realtime import limits
from realtime.connections import patience
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db")

FRAME = '{"type":"ping","fill":"' + "x" * 2000 + '"}'
ELSEWHERE = ("127.0.0.2", 0)  # another address that a client may speak from


class Pauses:
    """Takes the place of the pauses' clock: it goes on only while the server waits, and not before `over` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.begun, self.over = 1000.0, asyncio.Event(), asyncio.Event()
        monkeypatch.setattr(patience, "_sleep", self.sleep)
        monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: self.now))

    async def sleep(self, seconds: float) -> None:
        self.begun.set()
        await self.over.wait()
        self.now += seconds


async def close_code_after(client: sockets.Client, frames: list[Any]) -> int | None:
    """The code with which the server hangs up on a client that sends all this, or tries to."""
    with contextlib.suppress(websockets.ConnectionClosed):
        for frame in frames:
            await client.send(frame)
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await client.next()
    return client.connection.close_code


@pytest.fixture
async def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    return Pauses(monkeypatch)


# --- bytes


@pytest.mark.everywhere
async def test_reading_pauses_over_the_limit_of_bytes(server: sockets.Address, settings: Any, pauses: Pauses) -> None:
    settings.LIMITS = {"bytes": {"address": (1000, 3000)}}
    async with await sockets.connect(server) as client:
        await client.send(FRAME)
        await client.expect("pong")
        await client.send(FRAME)
        await asyncio.wait_for(pauses.begun.wait(), sockets.PATIENCE)
        began = pauses.now
        pauses.over.set()
        await client.expect("pong")
        assert 1.0 < pauses.now - began < 2.0
        await client.settle()


@pytest.mark.everywhere
async def test_who_floods_on_for_ten_seconds_is_cut_off(server: sockets.Address, settings: Any, pauses: Pauses) -> None:
    settings.LIMITS = {"bytes": {"address": (20_000, 40_000)}}
    pauses.over.set()
    began = pauses.now
    async with await sockets.connect(server) as client:
        assert await close_code_after(client, [FRAME] * 200) == patience.TOO_MUCH
    assert pauses.now - began == pytest.approx(patience.MAX_PAUSE)


async def test_a_flood_over_socketio_is_cut_off_too(server: sockets.Address, settings: Any, pauses: Pauses) -> None:
    settings.LIMITS = {"bytes": {"address": (20_000, 40_000)}}
    pauses.over.set()
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        for _ in range(150):
            await client.emit("ping", "x" * 2000)
        await asyncio.wait_for(client.gone.wait(), sockets.PATIENCE)


async def test_what_a_message_says_to_a_room_counts_for_that_room(
    server: sockets.Address, show: sockets.Show, settings: Any, pauses: Pauses
) -> None:
    settings.LIMITS = {"bytes": {"room": (1000, 3000)}}
    pauses.over.set()
    other = await asyncio.to_thread(sockets.make_show)
    async with await sockets.connect(server) as client:
        began = pauses.now
        await client.ask("send-message", sessionId=other.id, message="hello", beside="x" * 2000)
        for _ in range(3):
            await client.send(FRAME)  # is for no room
        await client.settle()
        assert pauses.now == began
        for _ in range(2):
            assert (await client.ask("send-message", sessionId=show.id, message="hello", beside="x" * 2000))["ok"]
        assert pauses.now > began


async def test_many_short_messages_weigh_as_much_as_a_long_one(
    server: sockets.Address, settings: Any, pauses: Pauses
) -> None:
    settings.LIMITS = {"bytes": {"address": (1000, 3000)}}
    pauses.over.set()
    async with await sockets.connect(server) as client:
        for _ in range(100):
            await client.send('{"type":"ping","fill":"0123456789abcdef"}')
            await client.expect("pong")
    assert pauses.now > 1000.0


async def test_without_a_limit_nobody_waits(server: sockets.Address, settings: Any, pauses: Pauses) -> None:
    settings.LIMITS = {"bytes": {}}
    async with await sockets.connect(server) as client:
        for _ in range(50):
            await client.send(FRAME)
            await client.expect("pong")
    assert not pauses.begun.is_set()


async def test_pauses_wear_off_for_someone_who_shares_the_address_of_a_flood(pauses: Pauses) -> None:
    pauses.over.set()
    someone = patience.Patience()
    for _ in range(100):
        assert await someone.pause(1.0)
        pauses.now += 1.0


async def test_a_pause_never_lasts_longer_than_patience(pauses: Pauses) -> None:
    pauses.over.set()
    assert not await patience.Patience().pause(1e6)
    assert pauses.now == 1000.0 + patience.MAX_PAUSE


# --- refusals


@pytest.mark.everywhere
@pytest.mark.parametrize(
    "frame", ['{"type":"ping"}', '{"type":"no-such-thing"}', "{", b"x"], ids=["limited", "unknown", "broken", "binary"]
)
async def test_who_is_refused_2000_times_is_cut_off(
    server: sockets.Address, settings: Any, at_once: None, frame: str | bytes
) -> None:
    settings.LIMITS = {"message": {"connection": (0.1, 1)}}
    async with await sockets.connect(server) as client:
        assert await close_code_after(client, [frame] * (patience.MAX_REFUSALS + 2)) == patience.TOO_MUCH


async def test_who_is_refused_2000_times_over_socketio_is_cut_off(
    server: sockets.Address, settings: Any, at_once: None
) -> None:
    settings.LIMITS = {"message": {"connection": (0.1, 1)}}
    async with await sockets.Events().connect(server, ["websocket"]) as client:
        for _ in range(patience.MAX_REFUSALS + 2):
            if client.gone.is_set():
                break
            await client.emit("ping")
        await asyncio.wait_for(client.gone.wait(), sockets.PATIENCE)


async def test_pointers_that_are_dropped_in_silence_count_as_refused(
    server: sockets.Address, settings: Any, at_once: None
) -> None:
    settings.LIMITS = {"pointer": {"connection": (0.1, 1)}}
    async with await sockets.connect(server) as client:
        await client.send({"type": "CREATE_SESSION", "payload": {}})
        await client.expect("SESSION_CREATED")
        pointer = {"type": "SYNC_EVENT", "payload": {"eventType": "CURSOR_MOVE"}}
        assert await close_code_after(client, [pointer] * (patience.MAX_REFUSALS + 2)) == patience.TOO_MUCH


async def test_refusals_of_long_ago_are_forgotten(pauses: Pauses) -> None:
    someone = patience.Patience()
    for _ in range(3):
        assert all(someone.refuse() for _ in range(patience.MAX_REFUSALS - 1))
        pauses.now += patience.REFUSALS_SECONDS + 0.1
    assert all(someone.refuse() for _ in range(patience.MAX_REFUSALS - 1))
    assert not someone.refuse()


# --- a share for each address


async def test_one_address_cannot_take_a_shows_chat_from_the_others(
    server: sockets.Address, show: sockets.Show, settings: Any, at_once: None
) -> None:
    settings.LIMITS = {"chat": {"room": (0.1, 8), "room-address": (0.1, 2)}}
    said = {"sessionId": show.id, "message": "hello"}
    async with (
        await sockets.connect(server) as one,
        await sockets.connect(server) as two,
        await sockets.connect(server, local_addr=ELSEWHERE) as other,
    ):
        acks = [await client.ask("send-message", **said) for client in (one, two, one, two)]
        assert [ack["ok"] for ack in acks] == [True, True, False, False]
        assert (acks[3]["code"], acks[3]["retryAfter"]) == ("rate_limited", 10.0)
        assert (await other.ask("send-message", **said))["ok"]
        elsewhere = await asyncio.to_thread(sockets.make_show)
        assert (await one.ask("send-message", **{**said, "sessionId": elsewhere.id}))["ok"]


@pytest.mark.parametrize("limit", [name for name, scopes in rate_limits.LIMITS.items() if "room-address" in scopes])
def test_an_address_has_a_quarter_of_a_room_at_most(limit: str) -> None:
    of_room, of_address = rate_limits.LIMITS[limit]["room"], rate_limits.LIMITS[limit]["room-address"]
    assert all(4 * share <= whole for share, whole in zip(of_address, of_room, strict=True))
