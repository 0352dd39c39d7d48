"""The promises of a broker, kept by both implementations: two of them in one process are two processes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings

from realtime.adapters.redis import RedisBroker
from realtime.broker import brokers, memory
from tests import sockets

pytestmark = pytest.mark.everywhere


class Process:
    """A broker, and what it received."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[bytes] = asyncio.Queue()
        self.broker = brokers.create(self.messages.put_nowait)

    async def receives(self, *expected: bytes) -> None:
        for message in expected:
            assert await asyncio.wait_for(self.messages.get(), sockets.PATIENCE) == message
        assert self.messages.empty()

    async def __aenter__(self) -> "Process":
        await self.broker.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.broker.stop()


@pytest.fixture
async def one() -> AsyncIterator[Process]:
    async with Process() as one:
        yield one


@pytest.fixture
async def other() -> AsyncIterator[Process]:
    async with Process() as other:
        yield other


async def test_the_settings_choose_the_broker(one: Process, settings: Any) -> None:
    settings.REDIS_URL = ""
    assert isinstance(brokers.create(one.messages.put_nowait), memory.MemoryBroker)
    settings.REDIS_URL = "redis://one,redis://two"
    settings.REDIS_PREFIX = "house"
    broker = brokers.create(one.messages.put_nowait)
    assert isinstance(broker, RedisBroker)
    assert (broker.prefix, len(broker.publishing)) == ("house", 2)


async def test_a_subscriber_receives_from_the_other_process_in_order(one: Process, other: Process) -> None:
    await other.broker.subscribe("test:1")
    for n in range(100):
        one.broker.publish("test:1", b"%d" % n)
    await other.receives(*(b"%d" % n for n in range(100)))


async def test_a_process_does_not_receive_what_it_publishes(one: Process, other: Process) -> None:
    await one.broker.subscribe("test:1")
    await other.broker.subscribe("test:1")
    one.broker.publish("test:1", b"of one")
    await other.receives(b"of one")
    other.broker.publish("test:1", b"of the other")
    await one.receives(b"of the other")
    await other.receives()


async def test_subscribers_are_counted_as_long_as_they_live(one: Process, other: Process) -> None:
    await one.broker.subscribe("test:1")
    assert await one.broker.subscribers("test:1") == 1
    await other.broker.subscribe("test:1")
    assert await one.broker.subscribers("test:1") == 2
    await one.broker.stop()
    async with asyncio.timeout(sockets.PATIENCE):
        while await other.broker.subscribers("test:1") == 2:  # noqa: ASYNC110 - Redis learns of it a moment later
            await asyncio.sleep(0.01)
    assert await other.broker.subscribers("test:2") == 0


async def test_only_channels_that_are_subscribed_to_are_received(one: Process, other: Process) -> None:
    await other.broker.subscribe("test:1")
    await other.broker.subscribe("test:2")
    await other.broker.unsubscribe("test:1")
    await other.broker.unsubscribe("test:1")  # twice does no harm
    await other.broker.unsubscribe("test:3")
    for channel in ("test:1", "test:2", "test:3"):
        one.broker.publish(channel, channel.encode())
    await other.receives(b"test:2")


async def test_everyone_who_subscribes_at_once_waits_for_the_same_subscription(one: Process, other: Process) -> None:
    await asyncio.gather(*(other.broker.subscribe("test:1") for _ in range(10)))
    one.broker.publish("test:1", b"once")
    await other.receives(b"once")


async def test_a_broker_that_was_stopped_resumes_its_subscriptions(one: Process, other: Process) -> None:
    await other.broker.subscribe("test:1")
    await other.broker.stop()
    one.broker.publish("test:1", b"lost")
    await one.broker.flush()
    await other.broker.start()
    await other.broker.subscribe("test:2")  # confirmed behind what a new connection begins with
    one.broker.publish("test:1", b"heard")
    await other.receives(b"heard")


async def test_a_command_publishes_from_a_thread_without_a_loop(other: Process) -> None:
    """Its broker is not started, and its loop ends when the message is on its way."""
    await other.broker.subscribe("test:1")

    async def publish() -> None:
        broker = brokers.create(lambda message: None)
        broker.publish("test:1", b"from a thread")
        await broker.flush()
        await broker.stop()

    await asyncio.to_thread(async_to_sync(publish))
    await other.receives(b"from a thread")


async def test_nothing_is_left_of_channels_that_nobody_subscribes_to(one: Process) -> None:
    if settings.REDIS_URL:
        pytest.skip("Redis keeps them")
    await one.broker.subscribe("test:gone")
    await one.broker.unsubscribe("test:gone")
    await one.broker.unsubscribe("test:never")
    assert not {"test:gone", "test:never"} & set(memory._subscribers)
