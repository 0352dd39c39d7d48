"""A thousand clients come back to a server that has just started: how long each waits, and what the log is asked."""

import asyncio
import base64
import json
import os
import random
import statistics
import subprocess
import sys
import time
from typing import Any, NamedTuple

import psycopg

from bench import contenders, servers
from tools import backends

CLIENTS = 1000
PATIENCE = 60  # seconds for one client
STATISTICS = 2  # seconds until PostgreSQL has counted
GOAL_P95 = 1.0  # seconds

HELLO = {"type": "hello", "recover": True}
LINE = "Does it come in blue as well, and would it still be here before the holidays? "


class Storm(NamedTuple):
    """Who comes back, how fast, and to what."""

    label: str
    missed: int  # lines of chat
    seconds: float  # over which all come
    recovers: bool = True


STORMS = [
    Storm("20 missed, within 5 s", 20, 5.0),
    Storm("200 missed, within 5 s", 200, 5.0),
    Storm("1,000 missed, within 5 s", 1000, 5.0),
    Storm("too much missed: a snapshot, within 5 s", 100, 5.0, recovers=False),
    Storm("20 missed, all at once", 20, 0.0),
]


class Client:
    """As little of a WebSocket client as can be: the machine is the server's."""

    def __init__(self, port: int, path: str = "/ws/streams/", cookie: str = "") -> None:
        self.port, self.path, self.cookie = port, path, cookie
        self.heard = bytearray()

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**22)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n"
            f"Cookie: visitor={self.cookie}\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        answer = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in answer:
            raise servers.Failed(f"no socket: {answer[:200]!r}")

    def say(self, **fields: Any) -> None:
        text = json.dumps(fields).encode()
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self.writer.write(b"\x81" + size + b"\0\0\0\0" + text)  # masked, by zeros

    async def hear(self, what: bytes, times: int = 1) -> None:
        """Reads on until it has come `times`."""
        while self.heard.count(what) < times:
            piece = await self.reader.read(2**18)
            if not piece:
                raise servers.Failed(f"closed after {bytes(self.heard[-200:])!r}")
            self.heard += piece

    def close(self) -> None:
        self.writer.close()


async def talk(port: int, show: str, lines: int) -> tuple[int, str]:
    """Says something; returns where the log stood before it, and what the log is called."""
    client = Client(port)
    await client.connect()
    client.say(**HELLO)
    client.say(type="join-session", sessionId=show)
    await client.hear(b'"epoch":')
    start = client.heard.index(b'{"type":"room"')
    position = json.loads(client.heard[start : client.heard.index(b"}", start) + 1])
    for n in range(lines):
        client.say(type="send-message", sessionId=show, message=f"{n} {LINE}", op=str(n))
    await client.hear(b'"type":"ack"', lines)
    client.close()
    return position["seq"], position["epoch"]


async def come_back(port: int, storm: Storm, delay: float, **place: Any) -> tuple[float, float]:
    """Seconds from the first packet, and from asking, until everything has been told."""
    await asyncio.sleep(delay)
    client = Client(port)
    async with asyncio.timeout(PATIENCE):
        begin = time.monotonic()
        await client.connect()
        asked = time.monotonic()
        client.say(**HELLO)
        client.say(type="resume", **place)
        await client.hear(b'"type":"resumed"')
        end = time.monotonic()
    told = client.heard.count(b'"type":"new-message"')
    if storm.recovers != (b'"recovered":true' in client.heard) or told < storm.missed * storm.recovers:
        raise servers.Failed(f"{told} of {storm.missed} were told")
    client.writer.transport.pause_reading()  # it stays, but what the others' coming causes is not measured here
    clients.append(client)
    return end - begin, end - asked


clients: list[Client] = []


async def all_come_back(port: int, storm: Storm, **place: Any) -> list[tuple[float, float]]:
    delays = [random.Random(n).uniform(0, storm.seconds) for n in range(CLIENTS)]
    try:
        return await asyncio.gather(*(come_back(port, storm, delay, **place) for delay in delays))
    finally:
        for client in clients:
            client.close()
        clients.clear()


def reads(url: str) -> int:
    """How often the log's table was read since the database began."""
    time.sleep(STATISTICS)
    query = "SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'realtime_roomevent'"
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])


def measure(storm: Storm, show: str, urls: dict[str, str], cores: servers.Cores) -> str:
    """One line of the table."""
    with servers.running(contenders.VITRINE, urls, cores) as up:
        after, epoch = asyncio.run(talk(up.ports[0], show, storm.missed))
    with servers.running(contenders.VITRINE, urls, cores) as up:
        place = {"room": f"show:{show}", "after": after, "epoch": epoch if storm.recovers else "another"}
        before = reads(urls["DATABASE_URL"])
        waits = asyncio.run(all_come_back(up.ports[0], storm, **place))
        asked = reads(urls["DATABASE_URL"]) - before
    whole, answer = ([wait[which] for wait in waits] for which in (0, 1))
    p95 = statistics.quantiles(answer, n=20)[-1]
    kept = "no goal" if storm.seconds == 0 else "yes" if p95 < GOAL_P95 else "**no**"
    figures = [statistics.median(answer), p95, max(answer), statistics.quantiles(whole, n=20)[-1]]
    return f"| {storm.label} | {' | '.join(f'{figure:.2f}' for figure in figures)} | {asked} | {kept} |"


def table(urls: dict[str, str]) -> str:
    seed = [sys.executable, "-m", "bench.seed", str(len(STORMS))]
    done = subprocess.run(seed, cwd=servers.ROOT, env=servers.environment(urls), stdout=subprocess.PIPE, check=True)
    shows, cores = json.loads(done.stdout), servers.Cores.shared_out()
    os.sched_setaffinity(0, cores.rest)
    lines = [
        f"{CLIENTS} clients come back to a server that has just started. Seconds from asking until all has been told",
        "(and, in the last column of seconds, from the first packet), and how often the log's table was read.",
        "",
        "| storm | p50 | p95 | longest | p95 with connecting | reads of the log | p95 below 1 s |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join(lines + [measure(storm, show, urls, cores) for storm, show in zip(STORMS, shows, strict=True)])


def main() -> None:
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    if len(given) == 2:
        print(table(given))
        return
    with backends.services(durable=True) as urls:
        print(table(urls))


if __name__ == "__main__":
    main()
