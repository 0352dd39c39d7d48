"""A crowd is written to straight into its sockets, on both event loops, and a client that reads late misses no byte."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.delivery import fanout, outgoing, subscriptions
from realtime.protocol import framing
from tests import sockets

pytestmark = sockets.STRAIGHT

LARGE = 60_000  # bytes of one frame
ENOUGH = 1_000  # frames; no socket keeps as many

Loop = Callable[[], asyncio.AbstractEventLoop]

on_both_loops = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])


def run(loop: Loop, test: Coroutine[Any, Any, None]) -> None:
    """Runs `test` on a loop of its own."""
    with ThreadPoolExecutor(1) as thread, asyncio.Runner(loop_factory=loop) as runner:
        thread.submit(runner.run, test).result()


class House:
    """An application whose clients are one crowd."""

    def __init__(self) -> None:
        self.group = fanout.FanoutGroup()
        self.send_queues: asyncio.Queue[outgoing.SendQueue] = asyncio.Queue()
        self.gone = asyncio.Event()
        self.told = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        line = uvicorn_adapter.transport_of(scope)
        assert line is not None
        send_queue = outgoing.SendQueue(send)
        send_queue.start()
        send_queue.use_transport(line)
        subscription = subscriptions.Subscription(send_queue, "plain", framing.FLAT)
        subscription.release()
        self.group.add(subscription)
        self.send_queues.put_nowait(send_queue)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.group.discard(subscription)
        self.gone.set()

    def tell(self) -> None:
        said = json.dumps({"n": self.told, "text": "x" * LARGE}).encode()
        self.group.write(framing.FrameBatch([framing.Frame(said)]))
        self.told += 1

    def tell_until(self, happened: Callable[[], bool]) -> None:
        while not happened():
            assert self.told < ENOUGH
            self.tell()


async def heard(client: websockets.ClientConnection, frames: int) -> list[int]:
    texts = [json.loads(await asyncio.wait_for(client.recv(), sockets.PATIENCE)) for _ in range(frames)]
    assert all(len(text["text"]) == LARGE for text in texts)
    return [text["n"] for text in texts]


@on_both_loops
def test_a_client_that_reads_late_hears_every_frame_whole_and_the_others_at_once(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "MAX_WAITING", ENOUGH * LARGE)
    monkeypatch.setattr(outgoing, "SLOW", ENOUGH * LARGE)

    async def test() -> None:
        house = House()
        async with sockets.serving(house) as address, websockets.connect(address.ws(), max_queue=1) as late:
            send_queue = await house.send_queues.get()
            line = send_queue.transport
            assert line is not None

            def is_open() -> bool:
                return send_queue.descriptor is not None

            for _ in range(3):
                assert is_open()
                begun = house.told
                house.tell_until(lambda: not is_open() or line.waiting() > 0)
                assert not is_open()
                assert line.waiting() > 0
                for _ in range(5):
                    house.tell()
                async with websockets.connect(address.ws()) as other:
                    await house.send_queues.get()
                    house.tell()
                    assert await heard(other, 1) == [house.told - 1]
                assert await heard(late, house.told - begun) == list(range(begun, house.told))
                await asyncio.wait_for(line.drained(), sockets.PATIENCE)

    run(loop, test())


@on_both_loops
def test_one_that_is_lost_costs_the_others_nothing(loop: Loop) -> None:
    async def test() -> None:
        house = House()
        async with sockets.serving(house) as address:
            lost = await sockets.stall(address, "/")
            await house.send_queues.get()
            async with websockets.connect(address.ws()) as other:
                await house.send_queues.get()
                lost.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close at once
                lost.close()
                for _ in range(3):
                    house.tell()
                assert await heard(other, house.told) == list(range(house.told))
                await asyncio.wait_for(house.gone.wait(), sockets.PATIENCE)
                assert len(house.group) == 1

    run(loop, test())


@on_both_loops
@pytest.mark.parametrize(("size", "ahead"), [(1, uvicorn_adapter.AHEAD), (uvicorn_adapter.SHORT + 1, 1)])
def test_a_client_is_not_read_far_ahead_of_the_application(loop: Loop, size: int, ahead: int) -> None:
    busy, heard = asyncio.Event(), asyncio.Queue[str]()
    lines = asyncio.Queue[uvicorn_adapter.Protocol]()

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            line = uvicorn_adapter.transport_of(scope)
            assert line is not None
            lines.put_nowait(line)
            await busy.wait()
            while (event := await receive())["type"] == "websocket.receive":
                heard.put_nowait(event["text"])

    async def test() -> None:
        async with sockets.serving(application) as address, websockets.connect(address.ws()) as client:
            said = [str(n).ljust(size) for n in range(5 * ahead)]
            for text in said[: ahead - 1]:
                await client.send(text)
                await asyncio.wait_for(await client.ping(), sockets.PATIENCE)
            line = await lines.get()
            assert line.transport.is_reading()
            await client.send(said[ahead - 1])
            async with asyncio.timeout(sockets.PATIENCE):
                while line.transport.is_reading():  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0)
            assert len(line.inbox.items) == ahead
            for text in said[ahead:]:
                await client.send(text)
            busy.set()
            assert [await asyncio.wait_for(heard.get(), sockets.PATIENCE) for _ in said] == said
            assert line.transport.is_reading()

    run(loop, test())


def certificate(path: Path) -> str:
    """A file with a key and what says that it is localhost's."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    signed = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(*plain) + signed.public_bytes(serialization.Encoding.PEM))
    return str(path)


@on_both_loops
def test_nothing_goes_past_encryption(loop: Loop, tmp_path: Path) -> None:
    file = certificate(tmp_path / "localhost.pem")
    trust = ssl.create_default_context(cafile=file)
    trust.check_hostname = False

    async def test() -> None:
        house = House()
        async with (
            sockets.serving(house, ssl_keyfile=file, ssl_certfile=file) as address,
            websockets.connect(f"wss://127.0.0.1:{address.port}/", ssl=trust) as client,
        ):
            send_queue = await house.send_queues.get()
            assert send_queue.descriptor is None
            house.tell()
            house.tell()
            assert await heard(client, 2) == [0, 1]

    run(loop, test())
