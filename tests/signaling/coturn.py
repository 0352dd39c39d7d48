"""A real coturn on this machine, and what tests ask of it in STUN and TURN."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from aioice import turn

from tests.journeys import server

TURNSERVER = shutil.which("turnserver")
CONF = server.ROOT / "deploy/turnserver.conf"
SECRET = "between us and coturn"
START_SECONDS = 60
STOP_SECONDS = 30
PORTS_TRIED = 100

# An empty Binding request (RFC 8489, section 5): type, length, magic cookie, transaction id.
PING = bytes.fromhex("0001 0000 2112a442") + b"are you here"

LOOPBACK = """
listening-ip=127.0.0.1
relay-ip=127.0.0.1
no-tls
no-dtls
allow-loopback-peers
realm=test
"""

OPEN = """
use-auth-secret
fingerprint
no-cli
log-file=stdout
min-port=40000
max-port=48000
"""


class Relay(NamedTuple):
    """A coturn that is running."""

    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def url(self) -> str:
        return f"turn:127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def allocation(self, username: str, password: str) -> AsyncIterator["Allocation"]:
        """A port of the relay for a while; raises aioice.stun.TransactionFailed where it is refused."""
        server = ("127.0.0.1", self.port)
        transport, inbox = await turn.create_turn_endpoint(Inbox, server, username, password)
        try:
            yield Allocation(transport, inbox)
        finally:
            transport.close()
            await inbox.closed.wait()


class Inbox(asyncio.DatagramProtocol):
    """What comes back through the relay."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes] = asyncio.Queue()
        self.closed = asyncio.Event()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.came.put_nowait(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set()


class Allocation(NamedTuple):
    """A port of the relay."""

    transport: turn.TurnTransport
    inbox: Inbox

    @property
    def address(self) -> tuple[str, int]:
        address: tuple[str, int] = self.transport.get_extra_info("sockname")
        return address

    async def reach(self, host: str, channel: int) -> None:
        """Has the relay let through what goes to, and comes from, `host`."""
        client: turn.TurnClientProtocol = self.transport._TurnTransport__inner_protocol  # type: ignore[attr-defined]
        await client.channel_bind(channel, (host, 5000))


def skip_without_coturn() -> None:
    if TURNSERVER is None:
        pytest.skip("needs coturn: apt-get install coturn")


@contextlib.contextmanager
def running(folder: Path, conf: str = OPEN) -> Iterator[Relay]:
    """A coturn of this configuration on a free port of the loopback."""
    skip_without_coturn()
    port = free_port()
    own = f"listening-port={port}\nstatic-auth-secret={SECRET}\npidfile={folder}/pid\nuserdb={folder}/db\n"
    (folder / "turnserver.conf").write_text(conf + LOOPBACK + own)
    command = [*server.LAUNCH, str(TURNSERVER), "-c", str(folder / "turnserver.conf")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env={"PATH": os.environ["PATH"]})
    try:
        wait_until_it_answers(process, port, folder / "log")
        yield Relay(process, port)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def wait_until_it_answers(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.1)
        client.connect(("127.0.0.1", port))
        while True:
            with contextlib.suppress(OSError):  # nobody there yet, or no answer yet
                client.send(PING)
                if client.recv(2048)[8:20] == PING[8:20]:
                    return
            assert process.poll() is None, f"coturn ended:\n{log.read_text(errors='replace')}"
            assert time.monotonic() < deadline, f"coturn does not answer:\n{log.read_text(errors='replace')}"


def free_port() -> int:
    """A port that is free for UDP and for TCP, on both of which coturn listens."""
    for _ in range(PORTS_TRIED):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            port: int = udp.getsockname()[1]
            with contextlib.suppress(OSError):
                tcp.bind(("127.0.0.1", port))
                return port
    raise OSError("no port is free for UDP and TCP")
