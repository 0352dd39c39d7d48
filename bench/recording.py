"""Recorded events stored in PostgreSQL, one and fifty in a frame, beside Node with one INSERT for each.

`python -m bench.recording [seconds]` prints the table. Every server is asked the same: many clients have one block of
fifty events on their way, few have several, and the last frame of a block is acknowledged when all of it is stored.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from bench import servers
from bench.contenders import LIMITS, PLENTY, PRODUCT, Contender
from tools import backends

BLOCK = 50  # events
WARM_UP = 1.0  # seconds
SECONDS = 5.0  # of measuring
ROUNDS = 3
GOAL = 8.0  # times Node's events per second
PATIENCE = 60  # seconds until a server has answered

SETTINGS = (
    ("LIMITS", json.dumps({**LIMITS, "record": {"connection": PLENTY, "address": PLENTY}})),
    ("RECORDINGS_KEY", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()),
    ("RECORDINGS_MIN_FREE_BYTES", "0"),
    ("REQUIRE_CONSENT", "0"),
)
VITRINE = Contender("Vitrine", PRODUCT, SETTINGS)
NODE = Contender("Node ws + INSERT", ("node", "bench/peers/record.js"))

DATA = json.dumps({"x": 123, "y": 456, "path": "main > section:nth-of-type(2) > article > a.product-card > img"})
FIRST = 100_000  # the first number of a batch, so that all numbers have one length


class Kind(NamedTuple):
    """How events are framed."""

    label: str
    block: Callable[[str, int], bytes]


class Load(NamedTuple):
    """How many clients there are, and how many blocks of each are on their way."""

    clients: int
    ahead: int

    def __str__(self) -> str:
        return f"{self.clients} clients × {self.ahead}"


LOADS = (Load(200, 1), Load(40, 4))


class Party(NamedTuple):
    label: str
    contender: Contender
    path: str
    processes: int = 1


PARTIES = (
    Party("Vitrine, 2 processes", VITRINE, "/ws/recordings/", 2),
    Party("Vitrine", VITRINE, "/ws/recordings/"),
    Party("Node ws + INSERT", NODE, "/"),
)


def frame(message: dict[str, Any]) -> bytes:
    """A client's text frame, masked by zeros."""
    text = json.dumps(message, separators=(",", ":")).encode()
    size = len(text)
    if size < 126:
        return b"\x81" + bytes([0x80 | size]) + bytes(4) + text
    if size < 65_536:
        return b"\x81\xfe" + size.to_bytes(2, "big") + bytes(4) + text
    return b"\x81\xff" + size.to_bytes(8, "big") + bytes(4) + text


def one_by_one(user: str, number: int) -> bytes:
    event = {"type": "mouse:position", "username": user, "data": DATA}
    return frame(event) * (BLOCK - 1) + frame({**event, "op": "1"})


def together(user: str, number: int) -> bytes:
    now = int(time.time() * 1000)
    events = [{"event": "mouse:position", "data": DATA, "timestamp": now + each} for each in range(BLOCK)]
    return frame({"type": "recording:events", "username": user, "number": FIRST + number, "events": events, "op": "1"})


KINDS = (Kind("one per frame", one_by_one), Kind(f"{BLOCK} per frame", together))


class Client(asyncio.Protocol):
    """As little of a WebSocket client as can be, for the machine is the servers'."""

    def __init__(self, kind: Kind, path: str) -> None:
        self.kind, self.path, self.user = kind, path, f"bench-{secrets.token_hex(8)}"
        self.known: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.said = self.acknowledged = 0  # blocks
        self.sent_at: list[float] = []
        self.waits: list[float] = []
        self.refused = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 101"):
            self.transport.write(frame({"type": "user:connected", "data": self.user, "op": "0"}))
        if b'"ok":false' in data or b'"type":"error"' in data:
            self.refused = data
        if not self.known.done() and b'"op":"0"' in data:
            self.known.set_result(None)
        now = time.monotonic()
        for _ in range(data.count(b'"op":"1"')):
            self.acknowledged += 1
            self.waits.append(now - self.sent_at.pop(0))
            self.say()

    def say(self) -> None:
        self.said += 1
        self.sent_at.append(time.monotonic())
        self.transport.write(self.kind.block(self.user, self.said))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.known.done():
            self.known.set_exception(servers.Failed(f"nobody answered: {self.refused!r}"))


class Figures(NamedTuple):
    per_second: float  # events
    cost: float  # CPU seconds of the server for 100,000 events
    wait: float  # seconds until half of the blocks were acknowledged


Up = tuple[list[int], list[int]]  # the ports and processes of a server


def cpu(pids: list[int]) -> float:
    """The CPU seconds of processes so far."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as stat:
            ticks += sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


async def measure(party: Party, kind: Kind, load: Load, up: Up, seconds: float) -> Figures:
    loop, (ports, pids) = asyncio.get_running_loop(), up
    clients = []
    for number in range(load.clients):
        port = ports[number % len(ports)]
        _, client = await loop.create_connection(lambda: Client(kind, party.path), "127.0.0.1", port)
        async with asyncio.timeout(PATIENCE):
            await client.known
        clients.append(client)
    for client in clients:
        for _ in range(load.ahead):
            client.say()
    await asyncio.sleep(WARM_UP)
    blocks, spent, begin = sum(client.acknowledged for client in clients), cpu(pids), time.monotonic()
    for client in clients:
        client.waits.clear()
    await asyncio.sleep(seconds)
    blocks = sum(client.acknowledged for client in clients) - blocks
    passed, spent = time.monotonic() - begin, cpu(pids) - spent
    if refused := next((client.refused for client in clients if client.refused), b""):
        raise servers.Failed(f"{party.label} refused: {refused!r}")
    waits = [wait for client in clients for wait in client.waits]
    for client in clients:
        client.transport.abort()
    events = blocks * BLOCK
    return Figures(events / passed, 100_000 * spent / max(events, 1), statistics.median(waits or [0.0]))


@contextlib.contextmanager
def running(party: Party, urls: dict[str, str]) -> Iterator[Up]:
    """Each process has a core, as far as there are any; what else runs takes what they leave."""
    cores = sorted(os.sched_getaffinity(0))
    with contextlib.ExitStack() as stack:
        up = []
        for number in range(party.processes):
            own = servers.Cores(cores[number % len(cores)], set(cores))
            up.append(stack.enter_context(servers.running(party.contender, urls, own)))
        yield [each.ports[0] for each in up], [each.pids[0] for each in up]


Row = tuple[str, str, str]  # the labels of a kind, a load and a party


def rounds(urls: dict[str, str], seconds: float) -> dict[Row, list[Figures]]:
    found: dict[Row, list[Figures]] = {}
    for turn in range(ROUNDS):
        order = PARTIES if turn % 2 == 0 else PARTIES[::-1]
        for kind, load in itertools.product(KINDS, LOADS):
            for party in order:
                with running(party, urls) as up:
                    figures = asyncio.run(measure(party, kind, load, up, seconds))
                row = (kind.label, str(load), party.label)
                print(*row, f"{figures.per_second:,.0f} events/s", sep=", ", file=sys.stderr)
                found.setdefault(row, []).append(figures)
    return found


def table(urls: dict[str, str], seconds: float) -> str:
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=servers.ROOT, env=servers.environment(urls) | dict(SETTINGS), check=True)
    found = rounds(urls, seconds)
    lines = [
        f"Each client has one or four blocks of {BLOCK} events on their way; {len(DATA)} bytes of data in each event.",
        f"Median of {ROUNDS} rounds; the ratio is taken within each. Vitrine compresses, seals and looks for secrets.",
        "",
        "| events | load | server | events per second | × Node | CPU seconds per 100,000 | half answered in, ms |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (kind, load, label), figures in found.items():
        node = found[kind, load, NODE.label]
        ratio = statistics.median(ours.per_second / its.per_second for ours, its in zip(figures, node, strict=True))
        shown = [statistics.median(column) for column in zip(*figures, strict=True)]
        mark = "" if label == NODE.label else f", {'yes' if ratio >= GOAL else '**no**'}"
        cells = f"{shown[0]:,.0f} | {ratio:.1f}{mark} | {shown[1]:.2f} | {1000 * shown[2]:.0f}"
        lines.append(f"| {kind} | {load} | {label} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    servers.open_many_files()
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with backends.services(durable=True) as urls:
        print(table(urls, seconds))


if __name__ == "__main__":
    main()
