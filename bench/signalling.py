"""A thousand matches signal at once through one process: how long an offer, an answer, a candidate is on its way."""

import asyncio
import base64
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any, NamedTuple

from bench import contenders, servers
from tools import backends

MATCHES = 1000
ARRIVING = 50  # matches whose two connect and register at the same time
PATIENCE = 60  # seconds until everyone has a seat
WARM_UP = 3.0  # seconds
SECONDS = 15.0  # of measuring
TICK = 0.005  # seconds between two bursts of the generator
GOAL_P99 = 0.020  # seconds
STALE = 5.0  # seconds after the last message until what has not come is lost

SDP = "a=candidate:1 1 udp 2113937151 192.0.2.1 50000 typ host generation 0 network-cost 999\r\n" * 40
CANDIDATES = 8  # of each side, in one negotiation
PING, PONG = 0x89, 0x8A  # the first byte of such a frame


class Load(NamedTuple):
    """How much is said."""

    label: str
    rate: int  # messages per second, of all matches together


LOADS = [
    Load("each match negotiates every 72 s", 250),
    Load("every 36 s", 500),
    Load("every 18 s", 1000),
]


class Side(asyncio.Protocol):
    """One of the two at a match: as little of a WebSocket client as can be, for the machine is the server's."""

    def __init__(self, match: str, handle: str, to: str) -> None:
        self.match, self.handle, self.to = match, handle, to
        self.seated = asyncio.get_running_loop().create_future()
        self.upgraded = False
        self.rest = b""
        self.waits: list[float] = []
        self.refused = b""  # the last answer that was an error

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            "GET /ws/signaling/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self.rest += data
        if not self.upgraded and b"\r\n\r\n" in self.rest:
            self.upgraded = True
            self.rest = self.rest.partition(b"\r\n\r\n")[2]
            self.say("register", userId=self.handle, matchId=self.match)
        while self.upgraded and (frame := self._frame()) is not None:
            self._hear(*frame, now)

    def _frame(self) -> tuple[int, bytes] | None:
        """The first whole frame of what has come: its first byte and its payload."""
        if len(self.rest) < 2:
            return None
        size, start = self.rest[1], 2
        if size == 126:
            size, start = int.from_bytes(self.rest[2:4], "big"), 4
        if len(self.rest) < start + size:
            return None
        frame = self.rest[0], self.rest[start : start + size]
        self.rest = self.rest[start + size :]
        return frame

    def _hear(self, kind: int, payload: bytes, now: float) -> None:
        if kind == PING:
            self.transport.write(bytes([PONG, 0x80 | len(payload)]) + b"\0\0\0\0" + payload)
        elif b'"at":' in payload:
            self.waits.append(now - float(payload.partition(b'"at":')[2].partition(b",")[0]))
        elif b'"type":"joined"' in payload:
            self.seated.set_result(None)
        elif b'"type":"error"' in payload:
            self.refused = payload

    def say(self, type: str, **fields: Any) -> None:
        text = json.dumps({"type": type, **fields}).encode()
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self.transport.write(b"\x81" + size + b"\0\0\0\0" + text)  # masked, by zeros

    def signal(self, step: str) -> None:
        at = {"at": time.monotonic(), "sdpMid": "0"}
        if step == "candidate":
            self.say("ice-candidate", to=self.to, candidate={"candidate": SDP[:85], **at})
        else:
            self.say(step, to=self.to, **{step: {"type": step, "sdp": SDP, **at}})

    def connection_lost(self, error: Exception | None) -> None:
        if not self.seated.done():
            self.seated.set_exception(servers.Failed(f"no seat: {self.rest[-200:]!r}"))


async def arrive(port: int, number: int) -> tuple[Side, Side]:
    loop = asyncio.get_running_loop()
    sides = []
    for handle, to in (("ann", "ben"), ("ben", "ann")):
        _, side = await loop.create_connection(lambda h=handle, t=to: Side(f"bench-{number}", h, t), "127.0.0.1", port)
        async with asyncio.timeout(PATIENCE):
            await side.seated
        sides.append(side)
    return sides[0], sides[1]


async def all_arrive(port: int) -> list[tuple[Side, Side]]:
    gate = asyncio.Semaphore(ARRIVING)

    async def one(number: int) -> tuple[Side, Side]:
        async with gate:
            return await arrive(port, number)

    return await asyncio.gather(*(one(number) for number in range(MATCHES)))


def steps(match: tuple[Side, Side], number: int) -> Any:
    """The messages of one negotiation after the other, each with who says it; no two matches in a row begin alike."""
    ann, ben = match
    once = [(ann, "offer"), *[(ann, "candidate")] * CANDIDATES, (ben, "answer"), *[(ben, "candidate")] * CANDIDATES]
    return itertools.islice(itertools.cycle(once), number % len(once), None)


async def talk(matches: list[tuple[Side, Side]], rate: int, seconds: float) -> int:
    """Has them signal evenly for a while; returns how many messages were sent."""
    turns = itertools.cycle([steps(match, number) for number, match in enumerate(matches)])
    begin, sent = time.monotonic(), 0
    while (passed := time.monotonic() - begin) < seconds:
        while sent < passed * rate:
            side, step = next(next(turns))
            side.signal(step)
            sent += 1
        await asyncio.sleep(TICK)
    return sent


def heard(matches: list[tuple[Side, Side]]) -> list[float]:
    return [wait for match in matches for side in match for wait in side.waits]


async def measure(port: int, load: Load) -> str:
    """One line of the table."""
    matches = await all_arrive(port)
    try:
        await talk(matches, load.rate, WARM_UP)
        await asyncio.sleep(STALE)
        for side in itertools.chain.from_iterable(matches):
            side.waits.clear()
        sent = await talk(matches, load.rate, SECONDS)
        deadline = time.monotonic() + STALE
        while len(heard(matches)) < sent and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        if len(waits := heard(matches)) < sent:
            said = next((side.refused for match in matches for side in match if side.refused), b"nothing")
            raise servers.Failed(f"{sent - len(waits)} of {sent} messages were lost; the server said {said!r}")
    finally:
        for side in itertools.chain.from_iterable(matches):
            side.transport.close()
    p99 = statistics.quantiles(waits, n=100)[-1]
    figures = " | ".join(f"{1000 * figure:.1f}" for figure in (statistics.median(waits), p99, max(waits)))
    return f"| {load.label} | {load.rate:,} | {figures} | {'yes' if p99 <= GOAL_P99 else '**no**'} |"


def table(urls: dict[str, str]) -> str:
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=servers.ROOT, env=servers.environment(urls), check=True)
    cores = servers.Cores.shared_out()
    os.sched_setaffinity(0, cores.rest)
    lines = [
        f"{MATCHES:,} matches, {2 * MATCHES:,} sockets, one process. A negotiation is an offer of {len(SDP):,} bytes,",
        f"an answer and {2 * CANDIDATES} candidates. Milliseconds from sender to receiver, every message counted.",
        "",
        "| load | messages per second | p50 | p99 | longest | p99 within 20 ms |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for load in LOADS:
        with servers.running(contenders.VITRINE, urls, cores) as up:
            lines.append(asyncio.run(measure(up.ports[0], load)))
    return "\n".join(lines)


def main() -> None:
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    if len(given) == 2:
        print(table(given))
        return
    with backends.services(durable=True) as urls:
        print(table(urls))


if __name__ == "__main__":
    main()
