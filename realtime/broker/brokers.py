"""The kernel's own publish/subscribe among server processes, and the choice between its two implementations.

It is not a channel layer. Channels' layer delivers to queues that consumers read, and stands in settings.CHANNEL_LAYERS
for the consumers of apps; the kernel needs only a few calls, and needs to know when a subscription is in force.
"""

from collections.abc import Callable
from typing import Protocol

from django.conf import settings

from realtime.adapters.redis_broker import RedisBroker
from realtime.broker.memory import MemoryBroker


class Broker(Protocol):
    """One process's access to the channels that all processes share.

    A message reaches the other processes that subscribe to its channel, in the order in which this process published
    it, and never the process itself. It may be lost with a connection, and one that was not acknowledged then may
    arrive twice. That is enough for notifications: durable events have numbers, and hubs read missing ones from the
    log.

    A broker belongs to the event loop that it was made on; `publish` must be called on that loop too.
    """

    @property
    def is_connected(self) -> bool:
        """Whether messages of other processes arrive at present, as far as this process knows."""

    @property
    def waiting(self) -> int:
        """How many messages have not been published yet."""

    async def start(self) -> None:
        """Begins to receive, or resumes after a stop. A broker that only publishes is not started."""

    async def stop(self) -> None:
        """Closes the connections; what still waits to be published is lost, and subscriptions wait for a start."""

    async def subscribe(self, channel: str) -> None:
        """Returns when every message that is published from now on will be received.

        Raises ConnectionError if that cannot be had at present; the channel is not subscribed to then.
        """

    async def unsubscribe(self, channel: str) -> None:
        """Receives no more from `channel`, even if it was never subscribed to."""

    async def subscribers(self, channel: str) -> int | None:
        """How many processes subscribe to `channel` now; None where that cannot be said.

        A process that dies is no subscriber any more as soon as its connection has gone, which its kernel ends with it.
        """

    def publish(self, channel: str, message: bytes) -> None:
        """Publishes soon, without waiting for anything; a message that cannot be published is an error in the log."""

    async def flush(self) -> None:
        """Returns when nothing waits to be published any more."""


def create(receive: Callable[[bytes], None]) -> Broker:
    """The broker that the settings ask for; it calls `receive`, which must not raise, with each message."""
    if settings.REDIS_URL:
        return RedisBroker(settings.REDIS_URL.split(","), settings.REDIS_PREFIX, receive)
    return MemoryBroker(receive)
