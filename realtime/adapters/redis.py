"""Channels' Redis layer with a shorter way to the wire: here a bell takes some calls, in a general client hundreds.

redis-py connects, for it knows names, passwords, TLS and Sentinel; from then on hiredis writes and reads (RESP 2,
https://redis.io/docs/latest/develop/reference/protocol-spec/).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Self

import hiredis
from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer, RedisSingleShardConnection
from channels_redis.utils import create_pool
from redis.asyncio import Connection
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError, ResponseError

logger = logging.getLogger(__name__)

Message = dict[str, Any]

PING = 5.0  # seconds between two; a link that has brought nothing since the last one is given up
LATE = 1.0  # seconds; a check that comes so late says that this process stood still, and what has come is not read yet
MAX_ASKED = 1000  # commands without an answer yet; beyond it a link takes no more
AGAIN = 0.1, 5.0  # seconds until a lost link is sought again: at first, and at most; twice as long after each failure


class Link(asyncio.Protocol):
    """A connection to Redis that notices when the other end has gone silent."""

    transport: Any
    watching: asyncio.TimerHandle

    def __init__(self) -> None:
        self.reader = hiredis.Reader()
        self.silent = False
        self.over = asyncio.Event()

    async def connect(self, connection: Connection) -> Self:
        await connection.connect()  # type: ignore[no-untyped-call]
        # redis-py is left without its streams, which it would close when it is collected.
        self.streams, connection._writer, connection._reader = connection._writer, None, None
        assert self.streams is not None
        self.transport = self.streams.transport
        self.transport.set_protocol(self)
        self._watch()
        return self

    def _watch(self) -> None:
        self.silent = True
        self.write("PING")
        loop = asyncio.get_running_loop()
        self.watching = loop.call_later(PING, self._check, loop.time() + PING)

    def _check(self, due: float) -> None:
        if self.silent and asyncio.get_running_loop().time() - due < LATE:
            logger.warning("Redis has gone silent")
            self.transport.abort()
        else:
            self._watch()

    def write(self, *command: str | bytes) -> None:
        self.transport.write(hiredis.pack_command(command))  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        self.silent = False
        self.reader.feed(data)
        while (reply := self.reader.gets()) is not False:
            self.hear(reply)

    def hear(self, reply: Any) -> None:
        raise NotImplementedError

    def connection_lost(self, error: Exception | None) -> None:
        self.watching.cancel()
        self.over.set()

    async def close(self) -> None:
        self.transport.close()
        await self.over.wait()


class Speaker(Link):
    """A link whose commands are answered in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: deque[asyncio.Future[Any]] = deque()

    async def ask(self, *command: str | bytes) -> Any:
        if self.over.is_set() or len(self.asked) >= MAX_ASKED:
            raise NotConnected("Redis does not answer")
        answer = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        self.write(*command)
        return await answer

    def hear(self, reply: Any) -> None:
        if reply == b"PONG":
            return
        answer = self.asked.popleft()
        if answer.done():  # whoever asked has gone
            return
        if isinstance(reply, hiredis.HiredisError):
            answer.set_exception(ResponseError(str(reply)))
        else:
            answer.set_result(reply)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        for answer in self.asked:
            if not answer.done():
                answer.set_exception(NotConnected("Redis was lost"))


class Listener(Link):
    """A link that hears what is published, for its shard."""

    def __init__(self, shard: "Shard") -> None:
        super().__init__()
        self.shard = shard

    def hear(self, reply: Any) -> None:
        if isinstance(reply, hiredis.HiredisError):
            logger.error("Redis refused: %s", reply)
        elif reply[0] == b"message":
            self.shard.hear(reply[1], reply[2])
        elif reply[0] == b"subscribe":
            self.shard.confirm(reply[1].decode())

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.shard.lost()


class Shard(RedisSingleShardConnection):
    """One Redis: a link to speak by, and one to hear by that is sought again when it is lost."""

    def __init__(self, host: dict[str, Any], layer: RedisPubSubLoopLayer) -> None:
        super().__init__(host, layer)
        self.pool = create_pool({**host, "protocol": 2})
        self.speaker: Speaker | None = None
        self.listener: Listener | None = None
        self.channels: set[str] = set()  # that are to be heard
        self.awaited: dict[str, asyncio.Future[None]] = {}  # those of them that may not be heard yet
        self.returning: asyncio.Task[None] | None = None

    async def publish(self, channel: str, message: bytes) -> None:
        speaker = self.speaker
        if speaker is None or speaker.over.is_set():
            async with self._lock:
                speaker = self.speaker
                if speaker is None or speaker.over.is_set():
                    speaker = self.speaker = await Speaker().connect(self.pool.make_connection())
        await speaker.ask("PUBLISH", channel, message)

    async def subscribe(self, channel: str) -> None:
        """Returns when whatever is published from now on will be heard."""
        async with self._lock:
            listener = await self._listen()
            if channel not in self.channels:
                self.channels.add(channel)
                self.awaited[channel] = asyncio.get_running_loop().create_future()
                listener.write("SUBSCRIBE", channel)
            awaited = self.awaited.get(channel)
        if awaited is not None:
            await asyncio.shield(awaited)

    async def unsubscribe(self, channel: str) -> None:
        async with self._lock:
            if channel in self.channels:
                self.channels.remove(channel)
                if self.listener is not None:
                    self.listener.write("UNSUBSCRIBE", channel)

    async def flush(self) -> None:
        async with self._lock:
            self.channels.clear()
            if self.returning is not None:
                self.returning.cancel()
            for link in (self.speaker, self.listener):
                if link is not None:
                    await link.close()
            self.speaker = self.listener = None

    async def _listen(self) -> Listener:
        """The link to hear by, which hears all channels again if it is a new one."""
        if self.listener is None:
            self.listener = await Listener(self).connect(self.pool.make_connection())
            if self.channels:
                self.listener.write("SUBSCRIBE", *self.channels)
        return self.listener

    def hear(self, channel: bytes, message: bytes) -> None:
        self._receive_message({"channel": channel, "data": message})

    def confirm(self, channel: str) -> None:
        if (awaited := self.awaited.pop(channel, None)) is not None:
            awaited.set_result(None)

    def lost(self) -> None:
        """The link to hear by is gone. Bells that are missed are found in the log."""
        self.listener = None
        for channel, awaited in self.awaited.items():
            self.channels.discard(channel)
            awaited.set_exception(NotConnected("Redis was lost"))
        self.awaited.clear()
        if self.channels and (self.returning is None or self.returning.done()):
            self.returning = asyncio.get_running_loop().create_task(self._return())

    async def _return(self) -> None:
        pause, longest = AGAIN
        while True:
            try:
                async with self._lock:
                    await self._listen()
                return
            except (OSError, RedisError) as error:
                logger.warning("Redis is out of reach: %s", error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)


class Sink:
    """Stands where a channel has its queue: what comes is heard at once, without a task that waits for it.

    What names the channel was sent by its own process. It does not come, unless the layer encrypts and nobody can see.
    """

    def __init__(self, channel: str, deserialize: Callable[[bytes], Message], hear: Callable[[Message], None]) -> None:
        self.name, self.deserialize, self.hear = channel.encode(), deserialize, hear

    def put_nowait(self, message: bytes) -> None:
        if self.name in message:
            return
        try:
            self.hear(self.deserialize(message))
        except Exception:
            logger.exception("a message was not understood")


class RedisLayer(RedisPubSubChannelLayer):
    """The channel layer of settings.CHANNEL_LAYERS, with shards of ours."""

    async def sink(self, hear: Callable[[Message], None]) -> str:
        """A new channel, whose messages are handed to `hear` as they come."""
        layer = self._get_layer()
        channel = str(await layer.new_channel())
        layer.channels[channel] = Sink(channel, self.deserialize, hear)
        return channel

    async def unsink(self, channel: str) -> None:
        layer = self._get_layer()
        del layer.channels[channel]
        await layer._get_shard(channel).unsubscribe(channel)

    async def group_send(self, group: str, message: Message) -> None:
        layer = self._get_layer()
        channel = layer._get_group_channel_name(group)
        await layer._get_shard(channel).publish(channel, self.serialize(message))

    def _get_layer(self) -> RedisPubSubLoopLayer:
        layer = super()._get_layer()
        if not isinstance(layer._shards[0], Shard):
            layer._shards = [Shard(shard.host, layer) for shard in layer._shards]
        return layer
