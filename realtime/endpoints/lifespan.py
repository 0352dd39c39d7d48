"""What the ASGI server's start and stop mean for this process, where the server speaks of them at all."""

import asyncio
from typing import Any

from realtime.broker import publisher
from realtime.connections import control
from realtime.delivery import hubs
from realtime.presence import tracker
from realtime.runtime import garbage, threads

PATIENCE = 1.0  # seconds that the last words may take


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI lifespan protocol 2.0."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            garbage.spare_loaded_objects()
            await send({"type": "lifespan.startup.complete"})
        else:
            await end_connections()
            await tracker.current().end()
            await publisher.flush()
            await hubs.current().stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def farewell() -> None:
    """Tells every client that the server is about to go, in the words of those protocols that have some."""
    here = list(control.connections.open)
    for connection in here:
        connection.send_goodbye()
    if writing := {connection.send_queue.task for connection in here if connection.send_queue.task is not None}:
        await asyncio.wait(writing, timeout=PATIENCE)


async def end_connections() -> None:
    """Ends those that the server knows nothing of: a client that polls has no connection between two requests."""
    ending = {asyncio.create_task(connection.end()) for connection in list(control.connections.open)}
    if ending:
        await asyncio.wait(ending, timeout=threads.DEADLINE)
