"""The broker of an installation with one server process: its messages go no further than this process."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

_subscribers: defaultdict[str, set["MemoryBroker"]] = defaultdict(set)  # by channel


class MemoryBroker:
    """Several of these in one process hear each other, as several processes do through Redis."""

    is_connected = True
    waiting = 0

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        self.receive = receive
        self.loop: asyncio.AbstractEventLoop | None = None
        self.channels: set[str] = set()

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        for channel in self.channels:
            _subscribers[channel].add(self)

    async def stop(self) -> None:
        for channel in self.channels:
            _remove(channel, self)

    async def subscribe(self, channel: str) -> None:
        self.channels.add(channel)
        _subscribers[channel].add(self)

    async def unsubscribe(self, channel: str) -> None:
        self.channels.discard(channel)
        _remove(channel, self)

    async def subscribers(self, channel: str) -> int | None:
        return len(_subscribers.get(channel, ()))

    def publish(self, channel: str, message: bytes) -> None:
        for other in list(_subscribers.get(channel, ())):
            # A command that publishes from a thread of its own runs on another loop than the subscriber.
            if other is not self and other.loop is not None and not other.loop.is_closed():
                other.loop.call_soon_threadsafe(other.receive, message)

    async def flush(self) -> None:
        pass  # nothing ever waits


def _remove(channel: str, broker: MemoryBroker) -> None:
    _subscribers[channel].discard(broker)
    if not _subscribers[channel]:
        del _subscribers[channel]
