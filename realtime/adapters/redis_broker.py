"""The broker over Redis' publish/subscribe."""

import logging
import secrets
import zlib
from collections.abc import Callable, Sequence

from realtime.adapters.redis import LOST, PublishLink, SubscribeLink, ask

logger = logging.getLogger(__name__)

SENDER_BYTES = 12  # at the beginning of each message, so that a process knows its own without decoding them


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

    @property
    def waiting(self) -> int:
        return sum(len(link.waiting) for link in self.publishing)

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
            answer = await ask(self.urls[server], "PUBSUB", "NUMSUB", self._name(channel))
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
