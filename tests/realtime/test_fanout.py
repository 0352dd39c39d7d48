"""A fan-out group on real sockets: the same bytes reach all, and a client that reads late misses none of them."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.delivery import delivery, fanout, outgoing, subscriptions
from realtime.protocol import framing
from tests import sockets
from tests.realtime import recorders, sample_protocol
from tests.realtime.event_loops import Loop, on_both_loops, run

LARGE = 60_000  # bytes of one frame
ENOUGH = 1_000  # frames; no socket keeps as many


def frames(*texts: bytes) -> framing.FrameBatch:
    return framing.FrameBatch(map(framing.Frame, texts))


# --- by itself


def subscribed(subscriber: recorders.Recorder, **options: Any) -> subscriptions.Subscription:
    subscription = subscriptions.Subscription(subscriber, "plain", framing.FLAT, **options)  # type: ignore[arg-type]
    subscription.release()
    return subscription


async def test_a_subscription_is_direct_while_its_socket_can_be_written_into() -> None:
    subscriber, group = recorders.Recorder(), fanout.FanoutGroup()
    subscription = subscribed(subscriber)
    group.add(subscription)
    assert (list(group.direct), list(group.others)) == ([], [subscription])
    subscriber.descriptor = 7
    subscription.on_writability_changed()
    assert (list(group.direct), list(group.others)) == ([subscription], [])
    subscription.buffer()
    assert (list(group.direct), list(group.others)) == ([], [subscription])
    subscription.release()
    assert (list(group.direct), list(group.others)) == ([subscription], [])
    assert group.subscriptions == [subscription]


async def test_a_subscription_that_was_discarded_does_not_come_back() -> None:
    subscriber, group = recorders.Recorder(), fanout.FanoutGroup()
    subscription = subscribed(subscriber)
    group.add(subscription)
    group.discard(subscription)
    subscription.buffer()
    subscription.release()
    group.discard(subscription)
    assert (len(group), subscriber.listeners) == (0, [])


async def test_a_subscriber_that_cannot_be_written_to_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(frames: object) -> None:
        raise ZeroDivisionError

    group, broken, whole = fanout.FanoutGroup(), recorders.Recorder(), recorders.Recorder()
    monkeypatch.setattr(broken, "write", fail)
    for subscriber in (broken, whole):
        group.add(subscribed(subscriber))
    group.write(frames(b'{"n":1}'))
    await whole.hears(1)
    assert "could not be written to" in caplog.text


async def test_an_event_is_packed_once_for_each_encoding() -> None:
    subscribers, together, apart = (
        fanout.Subscribers(),
        [recorders.Recorder(), recorders.Recorder()],
        recorders.Recorder(),
    )
    for subscriber in together:
        subscribers.add(subscribed(subscriber))
    subscribers.add(subscribed(apart, positions=True))
    subscribers.tell([delivery.Delivery(1, 0.0, sample_protocol.Noted(n=1))], "test:1", "e")
    one, other = (subscriber.frames.get_nowait() for subscriber in together)
    assert one is other
    assert json.loads(one.text) == {"type": "note", "n": 1}
    position = {"room": "test:1", "seq": 1, "epoch": "e"}
    assert json.loads(apart.frames.get_nowait().text) == {"type": "note", "n": 1, **position}


async def test_the_last_subscriber_of_an_encoding_takes_its_group_along() -> None:
    subscribers, subscription = fanout.Subscribers(), subscribed(recorders.Recorder())
    subscribers.add(subscription)
    assert subscribers
    subscribers.discard(subscription)
    assert not subscribers


# --- on real sockets


class Broadcast:
    """An application whose clients are one fan-out group."""

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
        transport = uvicorn_adapter.transport_of(scope)
        assert transport is not None
        send_queue = outgoing.SendQueue(send)
        send_queue.start()
        send_queue.use_transport(transport)
        subscription = subscriptions.Subscription(send_queue, "plain", framing.FLAT)
        subscription.release()
        self.group.add(subscription)
        self.send_queues.put_nowait(send_queue)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.group.discard(subscription)
        self.gone.set()

    def tell(self) -> None:
        told = json.dumps({"n": self.told, "text": "x" * LARGE}).encode()
        self.group.write(frames(told))
        self.told += 1

    def tell_until(self, happened: Callable[[], bool]) -> None:
        while not happened():
            assert self.told < ENOUGH
            self.tell()


async def received(client: websockets.ClientConnection, frames: int) -> list[int]:
    texts = [json.loads(await asyncio.wait_for(client.recv(), sockets.PATIENCE)) for _ in range(frames)]
    assert all(len(text["text"]) == LARGE for text in texts)
    return [text["n"] for text in texts]


@sockets.FAST
@on_both_loops
def test_a_client_that_reads_late_is_told_every_frame_whole_and_the_others_at_once(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "MAX_WAITING", ENOUGH * LARGE)
    monkeypatch.setattr(outgoing, "SLOW", ENOUGH * LARGE)

    async def test() -> None:
        broadcast = Broadcast()
        async with sockets.serving(broadcast) as address, websockets.connect(address.ws(), max_queue=1) as late:
            send_queue = await broadcast.send_queues.get()
            transport = send_queue.transport
            assert transport is not None

            def is_direct() -> bool:
                return send_queue.descriptor is not None

            for _ in range(3):
                assert is_direct()
                begun = broadcast.told
                broadcast.tell_until(lambda: not is_direct() or transport.waiting() > 0)
                assert not is_direct()
                assert transport.waiting() > 0
                for _ in range(5):
                    broadcast.tell()
                async with websockets.connect(address.ws()) as other:
                    await broadcast.send_queues.get()
                    broadcast.tell()
                    assert await received(other, 1) == [broadcast.told - 1]
                assert await received(late, broadcast.told - begun) == list(range(begun, broadcast.told))
                await asyncio.wait_for(transport.drained(), sockets.PATIENCE)

    run(loop, test())


@sockets.FAST
@on_both_loops
def test_a_lost_client_costs_the_others_nothing(loop: Loop) -> None:
    async def test() -> None:
        broadcast = Broadcast()
        async with sockets.serving(broadcast) as address:
            lost = await sockets.stall(address, "/")
            await broadcast.send_queues.get()
            async with websockets.connect(address.ws()) as other:
                await broadcast.send_queues.get()
                lost.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close at once
                lost.close()
                for _ in range(3):
                    broadcast.tell()
                assert await received(other, broadcast.told) == list(range(broadcast.told))
                await asyncio.wait_for(broadcast.gone.wait(), sockets.PATIENCE)
                assert len(broadcast.group) == 1

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


@sockets.FAST
@on_both_loops
def test_nothing_goes_past_encryption(loop: Loop, tmp_path: Path) -> None:
    file = certificate(tmp_path / "localhost.pem")
    trust = ssl.create_default_context(cafile=file)
    trust.check_hostname = False

    async def test() -> None:
        broadcast = Broadcast()
        async with (
            sockets.serving(broadcast, ssl_keyfile=file, ssl_certfile=file) as address,
            websockets.connect(f"wss://127.0.0.1:{address.port}/", ssl=trust) as client,
        ):
            send_queue = await broadcast.send_queues.get()
            assert send_queue.descriptor is None
            broadcast.tell()
            broadcast.tell()
            assert await received(client, 2) == [0, 1]

    run(loop, test())
