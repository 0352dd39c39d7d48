"""Clients that send more than anybody needs to, or nothing at all; each says how the server took it."""

import asyncio
import json
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import aiohttp

from tests import sockets
from tests.attack.doors import socketio
from tests.attack.plain import BINARY, CLOSE, GONE, PING, Connection, WebSocket, frame

MIB = 1024 * 1024


def in_buffers() -> int:
    """Bytes that may wait in the kernel's buffers at both ends, without the server having read them."""
    return sum(int(Path(f"/proc/sys/net/ipv4/tcp_{way}mem").read_text().split()[2]) for way in "rw")


BOUND = in_buffers() + 4 * MIB
ENOUGH = 2 * BOUND  # who may send as many without an end may send any number


class Flood(NamedTuple):
    """Who floods, how long, and what there is to flood."""

    address: sockets.Address
    source: str
    seconds: float
    show: str
    party: str


class Outcome(NamedTuple):
    figures: str
    fault: str = ""


async def _until_cut(connection: Connection, pieces: Iterator[bytes]) -> int:
    """Sends until the server refuses or hangs up, or ENOUGH; returns how many bytes were sent."""
    reading, sent = asyncio.create_task(_drain(connection)), 0
    try:
        for piece in pieces:
            async with asyncio.timeout(sockets.PATIENCE):
                await connection.send(piece)
            sent += len(piece)
            if sent >= ENOUGH or reading.done():
                break
            await asyncio.sleep(0.001)
    except GONE:
        pass
    finally:
        reading.cancel()
        await asyncio.wait({reading})
        connection.abandon()
    return sent


async def _drain(connection: Connection) -> None:
    """Reads until it is over: with any answer to a request that has no end, and with a WebSocket's close frame.

    A server that lingers goes on to read, and throws away what it reads.
    """
    try:
        if isinstance(connection, WebSocket):
            while (await connection.hear())[0] != CLOSE:
                pass
        else:
            await connection.reader.read(65536)
    except GONE:
        pass


def _forever(piece: bytes, first: bytes = b"") -> Iterator[bytes]:
    yield first
    while True:
        yield piece


def _judged(sent: int, bound: int = BOUND) -> Outcome:
    return Outcome(f"cut after {sent / MIB:.1f} MiB", "" if sent <= bound else f"{sent / MIB:.0f} MiB were taken")


# --- bytes


async def attachments(flood: Flood) -> Outcome:
    """An event that announces forty-five million attachments, and then attachments."""
    socket = await _socketio(flood)
    announced = frame('4545999999-["send-message",{"_placeholder":true,"num":0}]')
    return _judged(await _until_cut(socket, _forever(frame(bytes(200_000), BINARY), announced)))


async def large_messages(flood: Flood) -> Outcome:
    """Messages of eight megabytes, where the largest that anybody needs has a quarter of one."""
    sent = 0
    for _ in range(4):
        socket = await _websocket(flood)
        piece = frame('{"type":"ping","x":"' + "x" * 7 * MIB + '"}')
        sent = max(sent, await _until_cut(socket, iter([piece[at : at + MIB] for at in range(0, len(piece), MIB)] * 4)))
    return _judged(sent)


async def fragments(flood: Flood) -> Outcome:
    """One message of fragments without an end."""
    socket = await _websocket(flood)
    return _judged(await _until_cut(socket, _forever(frame(bytes(60_000), 0, final=False), frame(b"", final=False))))


async def headers(flood: Flood) -> Outcome:
    connection = await Connection.open(flood.address, flood.source)
    begun = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    return _judged(
        await _until_cut(connection, _forever(b"".join(b"x-%d: %s\r\n" % (n, b"x" * 1000) for n in range(60)), begun))
    )


async def one_header(flood: Flood) -> Outcome:
    connection = await Connection.open(flood.address, flood.source)
    return _judged(await _until_cut(connection, _forever(b"x" * 60_000, b"GET /health HTTP/1.1\r\nx: ")))


async def path(flood: Flood) -> Outcome:
    connection = await Connection.open(flood.address, flood.source)
    return _judged(await _until_cut(connection, _forever(b"x" * 60_000, b"GET /")))


async def handshake(flood: Flood) -> Outcome:
    """The headers of a WebSocket."""
    connection = await Connection.open(flood.address, flood.source)
    begun = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nx: "
    return _judged(await _until_cut(connection, _forever(b"x" * 60_000, begun)))


async def body(flood: Flood) -> Outcome:
    """A body that says that it is larger than any may be."""
    return await _body(flood, b"Content-Length: 300000000", b"x" * 60_000)


async def chunked(flood: Flood) -> Outcome:
    """A body that says nothing, and has no end."""
    return await _body(flood, b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n" % (60_000, b"x" * 60_000))


async def polled(flood: Flood) -> Outcome:
    """The same, where a body is Engine.IO's."""
    return await _body(
        flood,
        b"Transfer-Encoding: chunked",
        b"%x\r\n%s\r\n" % (60_000, b"x" * 60_000),
        b"/socket.io/?EIO=4&transport=polling",
    )


async def _body(flood: Flood, length: bytes, piece: bytes, path: bytes = b"/api/sessions") -> Outcome:
    connection = await Connection.open(flood.address, flood.source)
    begun = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n%s\r\n\r\n" % (path, length)
    return _judged(await _until_cut(connection, _forever(piece, begun)))


async def charsets(flood: Flood) -> Outcome:
    """Bodies whose decoding would cost seconds, if the client could choose the decoder."""
    text = "-" + "a" * 300_000
    kinds = [
        "application/json; charset=punycode",
        "application/x-www-form-urlencoded; charset=punycode",
        "application/json; charset=idna",
    ]
    async with _http(flood) as http:
        answers = Counter(await asyncio.gather(*(_post(http, "/api/auth/login", text, kind) for kind in kinds)))
    return Outcome(_counted(answers), "" if set(answers) == {415} else "a charset other than UTF-8 is read")


async def synced(flood: Flood) -> Outcome:
    """SYNC_EVENTs of sixty kilobytes as fast as they go; whether they were kept is seen in the log."""
    socket = await _websocket(flood)
    await socket.say(json.dumps({"type": "JOIN_SESSION", "payload": {"sessionId": flood.party}}))
    event = frame(json.dumps({"type": "SYNC_EVENT", "payload": {"eventType": "X", "x": "x" * 60_000}}))
    sent = 0
    try:
        async with asyncio.timeout(flood.seconds):
            reading = asyncio.create_task(_drain(socket))
            while not reading.done():
                await socket.send(event)
                sent += len(event)
                await asyncio.sleep(0)
    except (TimeoutError, *GONE):
        pass
    finally:
        socket.abandon()
    return Outcome(f"{sent / MIB:.1f} MiB sent")


# --- counts


async def refusals(flood: Flood) -> Outcome:
    """Messages that are refused for their rate, at full speed."""
    socket = await _websocket(flood)
    line = frame(json.dumps({"type": "send-message", "op": "x", "sessionId": flood.show, "message": "x"}))
    most = 40_000
    sent = await _until_cut(socket, iter([line * 100] * (most // 100)))
    count = sent // len(line)
    return Outcome(f"cut after {count:,}", "" if count < most else f"{count:,} messages were refused to one client")


async def unknown(flood: Flood) -> Outcome:
    """Frames that are no message, at full speed."""
    socket = await _websocket(flood)
    piece, most = frame("{") * 100, 40_000
    count = await _until_cut(socket, iter([piece] * (most // 100))) // len(frame("{"))
    return Outcome(f"cut after {count:,}", "" if count < most else f"{count:,} frames were refused to one client")


async def pings(flood: Flood) -> Outcome:
    """Control frames, which no application sees."""
    socket = await _websocket(flood)
    piece, count = frame(b"x" * 100, PING) * 100, 0
    reading = asyncio.create_task(_drain(socket))
    try:
        async with asyncio.timeout(flood.seconds):
            while not reading.done():
                await socket.send(piece)
                count += 100
                await asyncio.sleep(0)
    except (TimeoutError, *GONE):
        pass
    reading.cancel()
    await asyncio.wait({reading})
    socket.abandon()
    return Outcome(f"{count:,} pings")


async def logins(flood: Flood) -> Outcome:
    """Passwords tried at the same time, each of which costs the server a hash of a hundred megabytes."""
    tries = 60
    text = json.dumps({"email": "admin@example.org", "username": "admin", "password": "wrong-password"})
    async with _http(flood) as http:
        answers = Counter(
            await asyncio.gather(*(_post(http, "/api/auth/login", text, "application/json") for _ in range(tries)))
        )
    passed = sum(count for status, count in answers.items() if status not in (429, 503))
    return Outcome(_counted(answers), "" if passed <= 20 else f"{passed} of {tries} tries were let through")


async def connections(flood: Flood) -> Outcome:
    """More connections than one address may have, each of which asks for something and stays."""
    many, opened = 260, list[Connection]()
    served = Counter[str]()
    try:
        for _ in range(many):
            opened.append(await Connection.open(flood.address, flood.source))
            await opened[-1].send(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        for connection in opened:
            try:
                async with asyncio.timeout(sockets.PATIENCE):
                    served[(await connection.reader.readuntil(b"\r\n"))[9:12].decode() or "closed"] += 1
            except GONE:
                served["closed"] += 1
    except GONE:
        served["closed"] += 1
    finally:
        for connection in opened:
            connection.abandon()
    answers = ", ".join(f"{count} of {status}" for status, count in sorted(served.items()))
    return Outcome(answers, "" if served["200"] <= 200 else f"one address has {served['200']} connections")


async def churn(flood: Flood) -> Outcome:
    """Sockets that are opened, join and are lost, some of them in the middle of the handshake."""
    loop, count = asyncio.get_running_loop(), 0
    end = loop.time() + flood.seconds
    while loop.time() < end:
        await asyncio.gather(*(come_and_go(flood, count + number) for number in range(10)))
        count += 10
    return Outcome(f"{count:,} connections")


async def come_and_go(flood: Flood, number: int) -> None:
    """One connection of a kind that ends badly, which the number chooses."""
    try:
        match number % 8:
            case 0:
                (await Connection.open(flood.address, flood.source)).abandon()
            case 1:
                socket = await _websocket(flood)
                await socket.say(json.dumps({"type": "join-session", "sessionId": flood.show}))
                socket.abandon()
            case 2:
                (await _socketio(flood)).abandon()
            case 3:
                socket = await WebSocket.open(flood.address, flood.source)
                await socket.send(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n")
                socket.abandon()
            case 4:  # no packet of Engine.IO
                socket = await _socketio(flood)
                await socket.say(json.dumps(["join-session", flood.show]))
                await socket.say(("x", "{", "", "7", "bAAAA")[number // 8 % 5])
                socket.abandon()
            case 5:  # an attachment that never comes, behind a join
                socket = await _socketio(flood)
                await socket.say(f'42["join-session","{flood.show}"]')
                await socket.say('451-["send-message",{"_placeholder":true,"num":0}]')
                socket.abandon()
            case 6:  # a long message that never ends
                socket = await _websocket(flood)
                await socket.send(frame("x" * 200_000)[:100_000])
                socket.abandon()
            case _:
                socket = await _websocket(flood)
                await socket.say(struct.pack("!H", 1000), CLOSE)
                await socket.is_closed()
                socket.abandon()
    except GONE:
        pass


FLOODS: list[Callable[[Flood], Awaitable[Outcome]]] = [
    attachments, large_messages, fragments, headers, one_header, path, handshake, body, chunked, polled, charsets,
    synced, refusals, unknown, pings, logins, connections, churn,
]  # fmt: skip

# --- waiting


async def silent(flood: Flood) -> bool:
    """Each of these says whether the server has ended it."""
    return await _is_ended(await Connection.open(flood.address, flood.source), b"")


async def half_a_header(flood: Flood) -> bool:
    return await _is_ended(await Connection.open(flood.address, flood.source), b"GET / HTTP/1.1\r\nHost: 127.")


async def half_a_handshake(flood: Flood) -> bool:
    begun = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return await _is_ended(await Connection.open(flood.address, flood.source), begun)


async def slow_loris(flood: Flood) -> bool:
    """A byte of a header now and then."""
    connection = await Connection.open(flood.address, flood.source)
    closing = asyncio.create_task(_is_ended(connection, b"GET / HTTP/1.1\r\nx: "))
    try:
        while not closing.done():
            await connection.send(b"x")
            await asyncio.wait({closing}, timeout=0.2)
    except GONE:
        pass
    return await closing


WAITING: list[Callable[[Flood], Awaitable[bool]]] = [silent, half_a_header, half_a_handshake, slow_loris]


async def _is_ended(connection: Connection, begun: bytes) -> bool:
    await connection.send(begun)
    closed = await connection.is_closed()
    connection.abandon()
    return closed


# --- clients


async def _websocket(flood: Flood, path: str = "/") -> WebSocket:
    socket = await WebSocket.open(flood.address, flood.source)
    await socket.shake(path)
    return socket


async def _socketio(flood: Flood) -> WebSocket:
    socket = await _websocket(flood, socketio.ADDRESS)
    await socket.hear()
    await socket.say("40")
    await socket.hear()
    return socket


def _http(flood: Flood) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=0, local_addr=(flood.source, 0))
    return aiohttp.ClientSession(flood.address.http, connector=connector)


async def _post(http: aiohttp.ClientSession, path: str, text: str, kind: str) -> int:
    try:
        async with http.post(path, data=text.encode(), headers={"Content-Type": kind}) as answer:
            return answer.status
    except aiohttp.ClientError:
        return 0


def _counted(answers: Counter[int]) -> str:
    return ", ".join(f"{count} of {status}" for status, count in sorted(answers.items()))
