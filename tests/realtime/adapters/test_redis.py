"""What is assumed of redis-py and Redis, on a real server: subscriptions are confirmed, and lost connections return."""

import asyncio
import contextlib
import os
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from django.conf import settings
from redis import asyncio as redis
from redis import exceptions

from realtime.adapters import redis as redis_adapter
from tests import sockets
from tests.realtime.adapters.proxy import Proxy
from tools import backends

pytestmark = pytest.mark.skipif(not settings.REDIS_URL, reason="needs Redis")


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    proxy = await Proxy().start()
    yield proxy
    await proxy.stop()


class Process:
    """A broker over given servers, and what it received."""

    def __init__(self, prefix: str, *urls: str) -> None:
        self.messages: asyncio.Queue[bytes] = asyncio.Queue()
        self.broker = redis_adapter.RedisBroker(urls, prefix, self.messages.put_nowait)

    async def receives(self, *expected: bytes) -> None:
        for message in expected:
            assert await asyncio.wait_for(self.messages.get(), sockets.PATIENCE) == message
        assert self.messages.empty()

    async def publish(self, *messages: bytes, channel: str = "room") -> None:
        for message in messages:
            self.broker.publish(channel, message)
        await self.broker.flush()

    async def resubscribes(self, channel: str = "room") -> None:
        """Waits until the broker has found Redis again, with all its channels."""
        link = self.broker.subscribing[self.broker._server(channel)]
        async with asyncio.timeout(sockets.PATIENCE):
            while True:
                try:  # answered behind what a new connection begins with
                    await link.subscribe(f"{self.broker.prefix}:{uuid.uuid4().hex}")
                    return
                except ConnectionError:  # it has just found out
                    await asyncio.sleep(0.01)


Start = Callable[..., Any]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts brokers that hear each other, and nobody else."""
    prefix = f"{settings.REDIS_PREFIX}-{uuid.uuid4().hex}"
    async with contextlib.AsyncExitStack() as stack:

        async def process(*urls: str, channels: Sequence[str] = ("room",)) -> Process:
            process = Process(prefix, *urls or (settings.REDIS_URL,))
            await process.broker.start()
            stack.push_async_callback(process.broker.stop)
            for channel in channels:
                await process.broker.subscribe(channel)
            return process

        yield process


async def test_after_a_loss_nobody_is_said_to_have_no_subscribers(start: Start, proxy: Proxy) -> None:
    """The others may have lost Redis too, and not have come back yet."""
    process = await start(proxy.url)
    assert await process.broker.subscribers("nobody's") == 0
    await proxy.cut()
    await process.resubscribes()
    assert await process.broker.subscribers("nobody's") is None
    await proxy.refuse()
    assert await process.broker.subscribers("nobody's") is None


async def test_what_waits_is_published_in_one_exchange_and_in_order(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await start(), await start()
    await one.publish(b"first")
    batches: list[int] = []
    exchange = redis_adapter.PublishLink._exchange

    async def count(link: redis_adapter.PublishLink, batch: Any) -> None:
        batches.append(len(batch))
        await exchange(link, batch)

    monkeypatch.setattr(redis_adapter.PublishLink, "_exchange", count)
    await one.publish(*(b"%d" % n for n in range(100)))
    await other.receives(b"first", *(b"%d" % n for n in range(100)))
    assert batches == [100]


async def test_no_more_is_asked_at_once_than_the_bound(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_adapter, "MAX_UNANSWERED", 2)
    one, other = await start(), await start()
    await one.publish(b"1", b"2", b"3", b"4", b"5")
    await other.receives(b"1", b"2", b"3", b"4", b"5")


async def test_beyond_the_bound_the_oldest_messages_are_dropped(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_adapter, "MAX_WAITING", 3)
    one, other = await start(), await start()
    await one.publish(b"1", b"2", b"3", b"4", b"5")
    await other.receives(b"3", b"4", b"5")


async def test_messages_of_any_bytes_and_size_arrive_whole(start: Start) -> None:
    one, other = await start(), await start()
    large = os.urandom(1_000_000)
    await one.publish(b"", b"\r\n$5\r\n\x00\xff", large)
    await other.receives(b"", b"\r\n$5\r\n\x00\xff", large)


async def test_a_process_knows_its_own_messages_without_decoding_them(start: Start) -> None:
    one, other = await start(), await start()
    await one.publish(b"its own")
    await other.publish(b"of the other")
    await one.receives(b"of the other")


# --- several servers


async def test_a_channel_lives_on_one_server_and_all_processes_agree_on_which(start: Start, proxy: Proxy) -> None:
    channels = [f"room-{n}" for n in range(20)]
    urls = settings.REDIS_URL, proxy.url
    one, other = await start(*urls), await start(*urls, channels=channels)
    assert {one.broker._server(channel) for channel in channels} == {0, 1}
    for channel in channels:
        await one.publish(channel.encode(), channel=channel)
    received = [await asyncio.wait_for(other.messages.get(), sockets.PATIENCE) for _ in channels]
    assert sorted(received) == sorted(channel.encode() for channel in channels)
    assert [link.confirmed.keys() for link in other.broker.subscribing] == [
        {one.broker._name(channel) for channel in channels if one.broker._server(channel) == server}
        for server in (0, 1)
    ]


# --- refusals


@pytest.fixture
async def mute() -> AsyncIterator[str]:
    """The URL of a user who may connect and nothing else."""
    name = f"mute-{uuid.uuid4().hex}"
    async with redis.Redis.from_url(settings.REDIS_URL) as admin:
        await admin.acl_setuser(name, enabled=True, passwords=["+secret"], categories=["+@connection"])
        yield f"{settings.REDIS_URL}?username={name}&password=secret"
        await admin.acl_deluser(name)


async def test_what_redis_refuses_to_publish_is_an_error_in_the_log(
    start: Start, mute: str, caplog: pytest.LogCaptureFixture
) -> None:
    process = await start(mute, channels=())
    await process.publish(b"1", b"2")
    refused = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(refused) == 2
    assert all("PUBLISH" in message and "room" in message for message in refused)


async def test_a_subscription_that_redis_refuses_fails(start: Start, mute: str) -> None:
    process = await start(mute, channels=())
    with pytest.raises(ConnectionError):
        await process.broker.subscribe("room")


# --- lost connections


async def test_lost_connections_come_back_with_all_channels(start: Start, proxy: Proxy) -> None:
    distant, other = await start(proxy.url, channels=("room", "next door")), await start()
    await distant.publish(b"before")
    await other.receives(b"before")
    await proxy.cut()
    await distant.resubscribes()
    await other.publish(b"1")
    await other.publish(b"2", channel="next door")
    await distant.receives(b"1", b"2")


async def test_what_is_published_on_a_connection_that_was_lost_meanwhile_is_sent_again(
    start: Start, proxy: Proxy
) -> None:
    distant, other = await start(proxy.url), await start()
    await distant.publish(b"1")
    await proxy.cut()
    await distant.publish(b"2", b"3")
    await other.receives(b"1", b"2", b"3")


async def test_without_redis_publishing_is_an_error_in_the_log_and_joining_fails(
    start: Start, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    distant, other = await start(proxy.url), await start()
    await proxy.refuse()
    await distant.publish(b"lost")
    assert "1 messages could not be published" in caplog.text
    with pytest.raises(ConnectionError):
        await distant.broker.subscribe("next door")
    await proxy.accept_again()
    await distant.resubscribes()
    await distant.publish(b"heard")
    await other.receives(b"heard")


async def test_redis_is_sought_again_ever_more_seldom(
    start: Start, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_adapter, "RECONNECT_DELAY", (0.01, 0.04))
    distant = await start(proxy.url)
    link = distant.broker.subscribing[0]
    await proxy.refuse()
    async with asyncio.timeout(sockets.PATIENCE):
        while link.delay < 0.04:  # noqa: ASYNC110 - the link tells nobody
            await asyncio.sleep(0.01)
    await proxy.accept_again()
    await distant.resubscribes()
    assert link.delay == 0.01


async def test_a_restart_of_redis_is_survived(start: Start, tmp_path: Any) -> None:
    """All connections end at once, and for a moment none can be made."""
    with backends.home() as home, contextlib.ExitStack() as stack:
        url = stack.enter_context(backends.redis_or_valkey(home))
        one, other = await start(url), await start(url)
        await one.publish(b"before")
        await other.receives(b"before")
        stack.pop_all().close()
        await one.publish(b"lost")
        stack.enter_context(backends.redis_or_valkey(home))
        await other.resubscribes()
        await one.publish(b"after")
        await other.receives(b"after")


async def test_a_broker_can_be_stopped_at_the_moment_that_redis_is_lost(start: Start, proxy: Proxy) -> None:
    distant = await start(proxy.url)
    await proxy.refuse()
    async with asyncio.timeout(sockets.PATIENCE):
        await distant.broker.stop()
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", proxy.port)


# --- silence


async def test_a_silent_subscription_is_replaced(
    start: Start, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(redis_adapter, "PING_INTERVAL", 0.1)
    monkeypatch.setattr(redis_adapter, "PING_GRACE", 0.1)
    distant, other = await start(proxy.url), await start()
    await asyncio.sleep(0.5)  # answered PINGs keep it
    accepted = proxy.accepted
    assert accepted == 1
    proxy.open.clear()
    link = distant.broker.subscribing[0]
    async with asyncio.timeout(sockets.PATIENCE):
        while link.is_ready:  # noqa: ASYNC110 - the link tells nobody
            await asyncio.sleep(0.01)
    proxy.open.set()
    await distant.resubscribes()
    await other.publish(b"heard")
    await distant.receives(b"heard")
    assert "silent" in caplog.text


async def test_a_process_that_stood_still_does_not_take_redis_for_silent(
    start: Start, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_adapter, "PING_INTERVAL", 0.2)
    distant, other = await start(proxy.url), await start()
    await asyncio.sleep(0.3)  # a PING is answered
    time.sleep(1.0)  # noqa: ASYNC251 - as a process that has no processor for a while
    await other.publish(b"heard")
    await distant.receives(b"heard")
    assert proxy.accepted == 1


async def test_a_silent_connection_to_publish_on_is_given_up_and_its_messages_are_sent_again(
    start: Start, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a firewall forgot a connection: nothing comes back from it, and a new one works."""
    distant, other = await start(proxy.url, channels=()), await start()
    await distant.publish(b"1")
    await other.receives(b"1")
    monkeypatch.setattr(redis_adapter, "ANSWER_TIMEOUT", 0.2)
    for task in proxy.copying:
        task.cancel()
    await distant.publish(b"2")
    await other.receives(b"2")


async def test_a_quiet_connection_to_publish_on_is_kept_alive(
    start: Start, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_adapter, "PING_INTERVAL", 0.05)
    distant = await start(proxy.url, channels=())
    await distant.publish(b"1")
    await proxy.cut()
    accepted = proxy.accepted
    async with asyncio.timeout(sockets.PATIENCE):
        while proxy.accepted == accepted:  # noqa: ASYNC110 - by a PING that finds it lost
            await asyncio.sleep(0.01)


# --- what is assumed of redis-py


async def test_another_task_may_write_while_one_reads(start: Start) -> None:
    """PING and SUBSCRIBE are written while SubscribeLink reads, and their answers come in the order of the commands."""
    process = await start(channels=())
    await asyncio.gather(*(process.broker.subscribe(f"room-{n}") for n in range(500)))
    [link] = process.broker.subscribing
    assert all(confirmed.result() for confirmed in link.confirmed.values())


@pytest.mark.parametrize("protocol", [2, 3])
async def test_the_protocol_that_a_url_asks_for_makes_no_difference(start: Start, protocol: int) -> None:
    one, other = await start(), await start(f"{settings.REDIS_URL}?protocol={protocol}")
    await one.publish(b"1")
    await other.receives(b"1")
    await other.publish(b"2")
    await one.receives(b"2")


async def test_an_error_reply_is_raised_and_leaves_the_connection_usable(mute: str) -> None:
    connection = redis_adapter._connection(mute)
    await connection.connect()  # type: ignore[no-untyped-call]
    await connection.send_packed_command(connection.pack_commands([("PUBLISH", "a", b"1"), ("PING",)]))
    with pytest.raises(exceptions.ResponseError):
        await connection.read_response()
    assert await connection.read_response() == b"PONG"
    assert connection.is_connected
    await connection.disconnect()
