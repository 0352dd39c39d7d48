"""The links to Redis: what is published is heard, and a link that breaks or goes silent comes back."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.conf import settings
from redis import asyncio as redis
from redis import exceptions

from realtime.adapters import redis as redis_adapter

pytestmark = pytest.mark.skipif(not settings.REDIS_URL, reason="needs Redis")

DEADLINE = 20  # seconds


class Street:
    """A way to Redis that can be closed without either end being told."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.carrying: set[asyncio.Task[None]] = set()
        self.ends: list[asyncio.StreamWriter] = []

    async def begin(self) -> "Street":
        self.server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.address = f"redis://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kwargs = redis.ConnectionPool.from_url(settings.REDIS_URL).connection_kwargs
        if path := kwargs.get("path"):
            from_redis, to_redis = await asyncio.open_unix_connection(path)
        else:
            from_redis, to_redis = await asyncio.open_connection(kwargs.get("host", "localhost"), kwargs.get("port"))
        self.ends += [writer, to_redis]
        for source, sink in ((reader, to_redis), (from_redis, writer)):
            self.carrying.add(asyncio.create_task(self._carry(source, sink)))

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                await self.open.wait()
                sink.write(data)
        sink.close()

    async def end(self) -> None:
        self.server.close()
        for task in self.carrying:
            task.cancel()
        await asyncio.gather(*self.carrying, return_exceptions=True)
        for end in self.ends:
            end.close()


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    street = await Street().begin()
    yield street
    await street.end()


class Post:
    """One layer with a channel in one group."""

    def __init__(self, *hosts: Any) -> None:
        self.layer = redis_adapter.RedisLayer(hosts=list(hosts), prefix=f"{settings.REDIS_PREFIX}-{uuid.uuid4().hex}")
        self.shard: redis_adapter.Shard = self.layer._get_layer()._shards[0]

    async def begin(self) -> "Post":
        self.channel = await self.layer.new_channel()
        await self.layer.group_add("room", self.channel)
        return self

    async def hears(self, n: int) -> None:
        async with asyncio.timeout(DEADLINE):
            assert await self.layer.receive(self.channel) == {"n": n}

    @property
    def links(self) -> tuple[redis_adapter.Speaker, redis_adapter.Listener]:
        assert self.shard.speaker is not None
        assert self.shard.listener is not None
        return self.shard.speaker, self.shard.listener

    async def returns(self) -> None:
        """Waits until the lost link to hear by is there again, with all its groups."""
        async with asyncio.timeout(DEADLINE):
            assert self.shard.returning is not None
            await self.shard.returning
            await self.layer.group_add("later", self.channel)  # answered behind what was asked when the link was new


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    post = await Post(settings.REDIS_URL).begin()
    yield post
    await post.layer.flush()


@pytest.fixture
async def distant(street: Street) -> AsyncIterator[Post]:
    post = await Post(street.address).begin()
    yield post
    await post.layer.flush()


async def test_what_is_sent_to_a_group_is_heard_in_order(post: Post) -> None:
    await asyncio.gather(*(post.layer.group_send("room", {"n": n}) for n in range(100)))
    for n in range(100):
        await post.hears(n)


async def test_a_group_that_was_left_is_heard_no_longer(post: Post) -> None:
    await post.layer.group_add("next door", post.channel)
    await post.layer.group_discard("room", post.channel)
    await post.layer.group_send("room", {"n": 1})
    await post.layer.group_send("next door", {"n": 2})
    await post.hears(2)


async def test_lost_links_come_back_with_all_their_groups(post: Post) -> None:
    await post.layer.group_send("room", {"n": 1})
    await post.hears(1)
    links = post.links
    for link in links:
        link.transport.abort()
        await link.over.wait()
    await post.returns()
    await post.layer.group_send("room", {"n": 2})
    await post.hears(2)


async def test_a_link_that_falls_silent_is_replaced(
    street: Street, distant: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    listener = distant.shard.listener
    assert listener is not None
    street.open.clear()
    with monkeypatch.context() as patch:
        patch.setattr(redis_adapter, "PING", 0.05)
        listener.watching.cancel()
        listener._watch()
        async with asyncio.timeout(DEADLINE):
            await listener.over.wait()
    street.open.set()
    await distant.returns()
    await distant.layer.group_send("room", {"n": 1})
    await distant.hears(1)
    assert "silent" in caplog.text


async def test_a_process_that_stood_still_does_not_take_redis_for_silent(post: Post) -> None:
    await post.layer.group_send("room", {"n": 0})
    await post.hears(0)
    for link in post.links:
        link.silent = True
        link.watching.cancel()
        link._check(asyncio.get_running_loop().time() - 2 * redis_adapter.LATE)
        assert not link.transport.is_closing()
    await post.layer.group_send("room", {"n": 1})
    await post.hears(1)


async def test_who_waits_for_an_answer_hears_that_the_link_was_lost(street: Street, distant: Post) -> None:
    await distant.layer.group_send("room", {"n": 1})
    street.open.clear()
    waiting = asyncio.create_task(distant.layer.group_send("room", {"n": 2}))
    joining = asyncio.create_task(distant.layer.group_add("another", distant.channel))
    await asyncio.sleep(0)  # lets both ask
    for link in distant.links:
        link.transport.abort()
    outcomes = await asyncio.gather(waiting, joining, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [exceptions.ConnectionError] * 2
    street.open.set()


async def test_no_more_is_asked_than_waits_for_an_answer(
    street: Street, distant: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await distant.layer.group_send("room", {"n": 1})
    monkeypatch.setattr(redis_adapter, "MAX_ASKED", 1)
    street.open.clear()
    waiting = asyncio.create_task(distant.layer.group_send("room", {"n": 2}))
    await asyncio.sleep(0)
    with pytest.raises(exceptions.ConnectionError):
        await distant.layer.group_send("room", {"n": 3})
    street.open.set()
    await waiting
    await distant.hears(1)
    await distant.hears(2)


async def test_what_redis_refuses_fails(post: Post) -> None:
    name = f"deaf-{uuid.uuid4().hex}"
    async with redis.Redis.from_url(settings.REDIS_URL) as admin:
        await admin.acl_setuser(name, enabled=True, passwords=["+secret"], categories=["+@connection"])
        mute = Post({"address": settings.REDIS_URL, "username": name, "password": "secret"})
        try:
            with pytest.raises(exceptions.ResponseError):
                await mute.layer.group_send("room", {"n": 1})
        finally:
            await mute.layer.flush()
            await admin.acl_deluser(name)


@pytest.fixture
async def sunk(post: Post) -> tuple[str, "asyncio.Queue[Any]"]:
    """A channel of the group that has no queue, and what it heard."""
    heard: asyncio.Queue[Any] = asyncio.Queue()
    channel = await post.layer.sink(heard.put_nowait)
    await post.layer.group_add("room", channel)
    return channel, heard


async def test_a_sink_hears_what_others_send_and_not_its_own(post: Post, sunk: Any) -> None:
    channel, heard = sunk
    await post.layer.group_send("room", {"n": 1, "by": channel})
    await post.layer.group_send("room", {"n": 2, "by": post.channel})
    async with asyncio.timeout(DEADLINE):
        assert (await heard.get())["n"] == 2
        assert (await post.layer.receive(post.channel))["n"] == 1


async def test_what_a_sink_cannot_read_does_not_stop_what_follows(
    post: Post, sunk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    _, heard = sunk
    group = post.layer._get_layer()._get_group_channel_name("room")
    await post.shard.publish(group, b"\xc1")
    await post.layer.group_send("room", {"n": 1})
    async with asyncio.timeout(DEADLINE):
        assert await heard.get() == {"n": 1}
    assert [record.getMessage() for record in caplog.records] == ["a message was not understood"]


async def test_a_sink_that_is_closed_hears_nothing(post: Post, sunk: Any) -> None:
    channel, heard = sunk
    await post.layer.unsink(channel)
    await post.layer.group_send("room", {"n": 1})
    await post.hears(1)
    assert heard.empty()
