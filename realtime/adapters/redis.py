"""The broker over Redis' publish/subscribe: https://redis.io/docs/latest/develop/pubsub/.

It uses the documented interface of redis.asyncio alone, so there is one road and no faster one for known releases. It
works on `Connection` directly: `Redis.pubsub()` and `pipeline()` cost three times as much CPU for each message, and do
not say when a subscription is in force. docs/decisions/0008-broker.md has the figures.
"""

import asyncio
import contextlib
import logging
import math
import secrets
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Connection, ConnectionPool
from redis.exceptions import RedisError, ResponseError

logger = logging.getLogger(__name__)

ANSWER_TIMEOUT = 5.0  # seconds until a connection that does not answer is given up
PING_INTERVAL = 5.0  # seconds between two PINGs, and until an unanswered one means that the connection is lost
PING_GRACE = 1.0  # seconds more, because a process that stood still has not read yet what came meanwhile
SETTLE_SECONDS = 15.0  # seconds after a loss in which other processes may not have come back to Redis yet
RECONNECT_DELAY = 0.1, 5.0  # seconds before a lost subscription is sought again: at first, and at most after doubling
MAX_WAITING = 10_000  # messages that wait to be published; beyond it the oldest are dropped
MAX_UNANSWERED = 1000  # commands written before their answers are read
SENDER_BYTES = 12  # at the beginning of each message, so that a process knows its own without decoding them

LOST = (OSError, RedisError)  # what redis.asyncio raises when Redis is out of reach; OSError includes TimeoutError

Command = tuple[str | bytes, ...]


def _connection(url: str) -> Connection:
    """A connection that is not open yet.

    It sets no timeout for each read, which would cost more than the read itself; both links have timeouts of their own.
    RESP 2 is the cheaper protocol for pub/sub, because redis-py hands pushed replies of RESP 3 through its log.
    """
    pool = ConnectionPool.from_url(url, protocol=2, socket_timeout=None, socket_connect_timeout=ANSWER_TIMEOUT)
    connection: Connection = pool.make_connection()  # type: ignore[no-untyped-call]
    return connection


class PublishLink:
    """A connection on which whatever waits is published in one write, in order."""

    def __init__(self, url: str) -> None:
        self.connection = _connection(url)
        self.waiting: deque[Command] = deque(maxlen=MAX_WAITING)
        self.sending: asyncio.Task[None] | None = None
        self.pinging: asyncio.TimerHandle | None = None

    def put(self, *command: str | bytes) -> None:
        self.waiting.append(command)
        if self.sending is None or self.sending.done():
            self.sending = asyncio.create_task(self._send_waiting())

    async def _send_waiting(self) -> None:
        """Sends batch after batch: what is put while one is on its way goes out together with the next."""
        if self.pinging is None:
            self._ping()
        while self.waiting:
            batch = deque(self.waiting.popleft() for _ in range(min(len(self.waiting), MAX_UNANSWERED)))
            try:
                await self._send(batch)
            except LOST as error:
                logger.error("%d messages could not be published: %s", len(batch), error)

    async def _send(self, batch: deque[Command]) -> None:
        """Sends what is left of `batch` once more if the connection proves to have been lost while it was idle."""
        if self.connection.is_connected:
            try:
                await self._exchange(batch)
            except LOST as error:
                logger.warning("Redis was lost: %s", error)
        if batch:
            await self._exchange(batch)

    async def _exchange(self, batch: deque[Command]) -> None:
        """Takes out of `batch` what Redis has answered; a refusal is an answer, for it would be repeated."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                if not self.connection.is_connected:
                    await self.connection.connect()  # type: ignore[no-untyped-call]
                await self.connection.send_packed_command(self.connection.pack_commands(batch), check_health=False)
                while batch:
                    await self._read_answer(batch)
        except BaseException:
            await self.connection.disconnect(nowait=True)
            raise

    async def _read_answer(self, batch: deque[Command]) -> None:
        try:
            await self.connection.read_response(disable_decoding=True)
        except ResponseError as error:
            logger.error("Redis refused %s: %s", batch[0][:2], error)
        batch.popleft()

    def _ping(self) -> None:
        """Keeps firewalls from forgetting a quiet connection, and finds out if one did."""
        if self.connection.is_connected and not self.waiting:
            self.put("PING")
        self.pinging = asyncio.get_running_loop().call_later(PING_INTERVAL, self._ping)

    async def flush(self) -> None:
        if self.sending is not None:
            # Unlike a plain await, this leaves the task alone when whoever waits is cancelled.
            await asyncio.wait({self.sending})

    async def stop(self) -> None:
        if self.pinging is not None:
            self.pinging.cancel()
            self.pinging = None
        await _cancel(self.sending)
        await self.connection.disconnect(nowait=True)


class SubscribeLink:
    """A connection that receives from all subscribed channels, and is sought again whenever it is lost."""

    def __init__(self, url: str, receive: Callable[[bytes], None]) -> None:
        self.connection = _connection(url)
        self.receive = receive
        # Whether Redis has confirmed a subscription: pending until it did, and False if the connection was lost first.
        self.confirmed: dict[str, asyncio.Future[bool]] = {}
        self.is_ready = False  # whether commands may be sent: the connection is open and its handshake done
        self.is_away = False  # whether the last try found no Redis
        self.is_silent = False  # whether nothing has come since the last PING
        self.delay = RECONNECT_DELAY[0]
        self.lost_at = -math.inf  # when the connection was lost last
        self.running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        await _cancel(self.running)
        self._lose()

    async def subscribe(self, channel: str) -> None:
        if self.is_away:  # Whoever asks would wait for the next try, which may be seconds away.
            raise ConnectionError("Redis could not be reached")
        confirmed = self.confirmed.get(channel)
        if confirmed is None:
            confirmed = self.confirmed[channel] = asyncio.get_running_loop().create_future()
            await self._send("SUBSCRIBE", channel)
        if not await asyncio.shield(confirmed):
            raise ConnectionError("Redis could not be reached")

    async def unsubscribe(self, channel: str) -> None:
        confirmed = self.confirmed.pop(channel, None)
        if confirmed is None:
            return
        if not confirmed.done():
            confirmed.set_result(False)
        await self._send("UNSUBSCRIBE", channel)

    @property
    def is_settled(self) -> bool:
        """Whether it is connected and Redis was not out of reach lately, for other processes as for this one."""
        return self.is_ready and asyncio.get_running_loop().time() - self.lost_at > SETTLE_SECONDS

    async def _send(self, *command: str) -> None:
        """Does nothing while there is no connection: a new one begins by subscribing to all channels."""
        if self.is_ready and self.connection.is_connected:
            with contextlib.suppress(*LOST):  # the task that reads finds out as well, and deals with it
                await self.connection.send_command(*command, check_health=False)

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    await self.connection.connect()  # type: ignore[no-untyped-call]
                self.is_ready, self.is_away = True, False
                await self._read()
            except LOST as error:
                self.is_away = True
                self.lost_at = asyncio.get_running_loop().time()
                logger.warning("Redis is out of reach: %r", error)
            finally:
                self._lose()
                await self.connection.disconnect(nowait=True)
            await asyncio.sleep(self.delay)
            self.delay = min(2 * self.delay, RECONNECT_DELAY[1])

    async def _read(self) -> None:
        """Reads until the connection is lost; raises TimeoutError if it has gone silent."""
        if self.confirmed:
            await self._send("SUBSCRIBE", *self.confirmed)
        async with asyncio.timeout(None) as deadline:
            watching = asyncio.create_task(self._watch(deadline))
            try:
                while True:
                    reply = await self.connection.read_response(disable_decoding=True, push_request=True)
                    self.is_silent = False
                    self._handle(reply)
            finally:
                watching.cancel()

    async def _watch(self, deadline: asyncio.Timeout) -> None:
        """Ends the reading when nothing has come for an interval in spite of a PING.

        A timeout for each read would do the same, and cost more than the read.
        """
        while True:
            self.is_silent = True
            await self._send("PING")
            await asyncio.sleep(PING_INTERVAL)
            if self.is_silent:
                await asyncio.sleep(PING_GRACE)
            if self.is_silent:
                logger.warning("Redis has gone silent")
                deadline.reschedule(asyncio.get_running_loop().time())
                return

    def _handle(self, reply: Any) -> None:
        if reply[0] == b"message":
            self.receive(reply[2])
        elif reply[0] == b"subscribe":
            self.delay = RECONNECT_DELAY[0]
            confirmed = self.confirmed.get(reply[1].decode())
            if confirmed is not None and not confirmed.done():
                confirmed.set_result(True)

    def _lose(self) -> None:
        """Fails the subscriptions that were not confirmed; the others are made again on the next connection."""
        self.is_ready = False
        for channel, confirmed in list(self.confirmed.items()):
            if not confirmed.done():
                del self.confirmed[channel]
                confirmed.set_result(False)


class RedisBroker:
    """See realtime.broker.brokers.Broker. Of several Redis servers, each channel lives on one.

    `urls` must stand in the same order in every process, because the order decides which server a channel lives on.
    """

    def __init__(self, urls: Sequence[str], prefix: str, receive: Callable[[bytes], None]) -> None:
        self.urls, self.prefix, self.receive = urls, prefix, receive
        self.sender = secrets.token_bytes(SENDER_BYTES)
        self.publishing = [PublishLink(url) for url in urls]
        self.subscribing = [SubscribeLink(url, self._receive) for url in urls]

    @property
    def is_connected(self) -> bool:
        for link in self.subscribing:  # noqa: SIM110 - asked for every ack, and all() takes twice the time
            if not link.is_ready:
                return False
        return True

    async def start(self) -> None:
        for link in self.subscribing:
            link.start()

    async def stop(self) -> None:
        for publishing in self.publishing:
            await publishing.stop()
        for subscribing in self.subscribing:
            await subscribing.stop()

    async def subscribe(self, channel: str) -> None:
        await self.subscribing[self._server(channel)].subscribe(self._name(channel))

    async def unsubscribe(self, channel: str) -> None:
        await self.subscribing[self._server(channel)].unsubscribe(self._name(channel))

    async def subscribers(self, channel: str) -> int | None:
        server = self._server(channel)
        if not self.subscribing[server].is_settled:
            return None
        try:
            answer = await _ask(self.urls[server], "PUBSUB", "NUMSUB", self._name(channel))
        except LOST as error:
            logger.warning("Redis could not be asked: %r", error)
            return None
        return int(answer[1])

    def publish(self, channel: str, message: bytes) -> None:
        self.publishing[self._server(channel)].put("PUBLISH", self._name(channel), self.sender + message)

    async def flush(self) -> None:
        for link in self.publishing:
            await link.flush()

    def _name(self, channel: str) -> str:
        return f"{self.prefix}:{channel}"

    def _server(self, channel: str) -> int:
        return zlib.crc32(channel.encode()) % len(self.publishing)

    def _receive(self, message: bytes) -> None:
        if not message.startswith(self.sender):
            self.receive(message[SENDER_BYTES:])


async def answers(url: str) -> bool:
    """Whether the Redis at `url` answers a PING."""
    try:
        await _ask(url, "PING")
    except LOST:
        return False
    return True


async def _ask(url: str, *command: str) -> Any:
    """The answer to one command, on a connection of its own: that is asked seldom, and must not wait for others."""
    connection = _connection(url)
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT):
            await connection.connect()  # type: ignore[no-untyped-call]
            await connection.send_command(*command, check_health=False)
            return await connection.read_response()
    finally:
        await connection.disconnect(nowait=True)


async def _cancel(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
