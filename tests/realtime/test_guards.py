"""What a server bounds before there is a request: headers, time, bodies, and how much is open at once."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import socketio
import websockets

from config import asgi
from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.runtime import threads
from rest import bodies, guard
from rest.proxies import TrustedProxies
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db", "no_limits")


class Line:
    """A connection on which HTTP is spoken by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, text: bytes) -> None:
        self.writer.write(text)

    async def status(self) -> int:
        line = await asyncio.wait_for(self.reader.readline(), sockets.PATIENCE)
        return int(line.split()[1]) if line else 0

    async def answer(self) -> tuple[int, dict[str, Any]]:
        status, length = await self.status(), 0
        while line := (await self.reader.readline()).strip().lower():
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return status, json.loads(await self.reader.readexactly(length))

    async def ended(self) -> None:
        """Waits for the server to hang up; what it says before that is passed over."""
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(self.reader.read(), sockets.PATIENCE)


@contextlib.asynccontextmanager
async def line(server: sockets.Address, local_addr: tuple[str, int] | None = None) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, local_addr=local_addr)
    yield Line(reader, writer)
    writer.close()


GET = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
POST = b"POST /api/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


# --- headers


LONG = {
    "one long value": [b"X: " + b"x" * 2**20 + b"\r\n\r\n"],
    "one that never ends": [b"X: " + b"x" * 2**16] + [b"x" * 2**16] * 16,
    "many": [b"".join(b"X%d: x\r\n" % n for n in range(20_000)), b"\r\n"],
}


@sockets.FAST
@pytest.mark.parametrize("pieces", LONG.values(), ids=LONG)
async def test_more_than_64_kib_of_headers_are_refused(server: sockets.Address, pieces: list[bytes]) -> None:
    async with line(server) as client:
        client.say(GET)
        for piece in pieces:
            client.say(piece)
        assert await client.status() == 431
        await client.ended()


@sockets.FAST
async def test_trailers_that_never_end_end_the_connection(server: sockets.Address) -> None:
    async with line(server) as client:
        client.say(POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"x" * 2**20)
        await client.ended()


async def test_a_long_address_is_refused(server: sockets.Address) -> None:
    async with line(server) as client:
        client.say(b"GET /" + b"x" * 2**17 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert await client.status() in (400, 431)
        await client.ended()


async def test_headers_just_below_the_bound_are_served(server: sockets.Address) -> None:
    async with line(server) as client:
        client.say(GET + b"X: " + b"x" * (guard.MAX_HEADERS - 200) + b"\r\n\r\n")
        assert await client.status() == 200


@sockets.FAST
@pytest.mark.parametrize(
    "said", [b"", GET, b"\r\n", GET + b"\r\n"], ids=["nothing", "half", "a blank line", "then none"]
)
async def test_headers_have_a_time_to_end(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(uvicorn_adapter, "HEADER_SECONDS", 0.2)
    monkeypatch.setattr(uvicorn_adapter, "REFUSED_SECONDS", 0.2)
    async with line(server) as client:
        client.say(said)
        if said.endswith(b"\r\n\r\n"):
            assert (await client.answer())[0] == 200
            client.say(GET)
        if said:
            assert await client.status() == 408
        await client.ended()


async def test_a_long_answer_may_take_longer_than_headers(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_adapter, "HEADER_SECONDS", 0.05)
    async with aiohttp.ClientSession() as session, await sockets.Events().connect(server, ["polling"]) as client:
        asking = asyncio.create_task(client.ask("ping"))
        async with session.get(f"{server.http}/health") as answer:
            assert answer.status == 200
        assert (await asking)["ok"]


# --- bodies


@pytest.mark.everywhere
async def test_a_body_above_the_bound_is_refused_before_it_has_come(server: sockets.Address) -> None:
    async with line(server) as client:
        client.say(POST + b"Content-Length: 300000000\r\n\r\n{")
        assert await client.answer() == (
            413,
            {"success": False, "message": "Request body is too large", "error": "Request body is too large"},
        )
        await client.ended()


async def chunked(server: sockets.Address, *pieces: bytes) -> int:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.http}/api/auth/login", data=body(), headers=headers) as answer,
    ):
        return answer.status


async def test_a_chunked_body_is_counted_as_it_comes(server: sockets.Address) -> None:
    assert await chunked(server, *([b" " * 2**16] * 17)) == 413


@pytest.mark.everywhere
async def test_a_chunked_body_is_read(server: sockets.Address) -> None:
    user = await threads.in_db(sockets.make_user, "viewer", "a good password")
    said = json.dumps({"username": user.username, "password": "a good password"}).encode()
    assert await chunked(server, said[:10], said[10:]) == 200


async def test_a_body_that_does_not_come_is_not_waited_for(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "LINGER_SECONDS", 0.2)
    async with line(server) as client:
        client.say(POST + b"Content-Length: 100\r\n\r\n{")
        assert (await client.answer())[0] == 408
        await client.ended()


@pytest.mark.everywhere
async def test_a_chunked_polling_body_is_read(server: sockets.Address) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"4"
        yield b"0"

    url = f"{server.http}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            sid = json.loads((await answer.text())[1:])["sid"]
        async with session.post(f"{url}&sid={sid}", data=body()) as answer:
            assert answer.status == 200
        async with session.get(f"{url}&sid={sid}") as answer:
            assert (await answer.text()).startswith("40")


# --- how much is open


@pytest.mark.everywhere
async def test_connections_of_one_address_are_bounded(server: sockets.Address, settings: Any) -> None:
    settings.MAX_CONNECTIONS_PER_IP = 3
    one, another = ("127.0.0.2", 0), ("127.0.0.3", 0)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(await sockets.connect(server, local_addr=one))
        with pytest.raises(websockets.InvalidStatus) as refused:
            await sockets.connect(server, local_addr=one)
        assert refused.value.response.status_code == 429
        assert json.loads(refused.value.response.body)["error"] == "Too many connections from this address"
        async with line(server, one) as client:
            client.say(GET + b"\r\n")
            assert (await client.answer())[0] == 429
            await client.ended()
        await (await sockets.connect(server, local_addr=another)).connection.close()
    async with asyncio.timeout(sockets.PATIENCE):
        guarding: Any = asgi.application.application
        while guarding.open.by_sender.get("127.0.0.2"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await (await sockets.connect(server, local_addr=one)).connection.close()


@sockets.FAST
async def test_a_proxys_connections_are_those_of_its_clients(settings: Any) -> None:
    settings.MAX_CONNECTIONS_PER_IP = 2
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    trusting = TrustedProxies(asgi.application.application, settings.TRUSTED_PROXIES)
    async with sockets.serving(trusting, lifespan="off") as address, contextlib.AsyncExitStack() as stack:
        for host in ("203.0.113.1", "203.0.113.2", "203.0.113.1", "2001:db8::1", "2001:db8::2"):
            headers = {"X-Forwarded-For": host}
            await stack.enter_async_context(await sockets.connect(address, additional_headers=headers))
        for host in ("203.0.113.1", "2001:db8::3"):
            with pytest.raises(websockets.InvalidStatus) as refused:
                await sockets.connect(address, additional_headers={"X-Forwarded-For": host})
            assert refused.value.response.status_code == 429


async def test_all_connections_together_are_bounded(server: sockets.Address, settings: Any) -> None:
    async with await sockets.connect(server):
        settings.MAX_CONNECTIONS = 1
        with pytest.raises(websockets.InvalidStatus) as refused:
            await sockets.connect(server)
        assert refused.value.response.status_code == 503
        async with aiohttp.ClientSession() as session, session.get(f"{server.http}/health") as answer:
            assert answer.status == 503


@sockets.FAST_SOCKETIO
async def test_sessions_that_poll_are_bounded_by_address(server: sockets.Address, settings: Any) -> None:
    settings.MAX_CONNECTIONS_PER_IP = 2
    url = f"{server.http}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=("127.0.0.4", 0))) as session:
        sids = []
        for _ in range(2):
            async with session.get(url) as answer:
                sids.append(json.loads((await answer.text())[1:])["sid"])
        async with session.get(url) as answer:
            assert (answer.status, (await answer.json())["error"]) == (429, "Too many connections from this address")
        async with session.post(f"{url}&sid={sids[0]}", data="1") as answer:
            assert answer.status == 200
        async with session.get(url) as answer:
            assert answer.status == 200


@pytest.mark.everywhere
async def test_sockets_of_one_account_are_bounded_whatever_the_door(server: sockets.Address, settings: Any) -> None:
    settings.MAX_CONNECTIONS_PER_USER = 2
    user = await threads.in_db(sockets.make_user)
    token = (await threads.in_db(sockets.bearer, user))["subprotocols"][1]
    bearer: dict[str, Any] = {"subprotocols": ["vitrine", token]}
    async with await sockets.connect(server, **bearer), await sockets.connect(server) as guest:
        async with await sockets.Events().connect(server, auth={"token": token}):
            with pytest.raises(websockets.InvalidStatus) as refused:
                await sockets.connect(server, **bearer)
            assert refused.value.response.status_code == 429
            with pytest.raises(socketio.exceptions.ConnectionError):
                await sockets.Events().connect(server, auth={"token": token})
            assert (await guest.ask("register_admin", token=token))["code"] == "too_many"
        await guest.ask("ping")
        await (await sockets.connect(server, **bearer)).connection.close()
