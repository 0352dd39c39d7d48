"""What the ASGI server's start and stop mean for this process, where the server speaks of them at all."""

from typing import Any

from realtime import lifecycle, periodic
from realtime.connections import registry
from realtime.runtime import garbage


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI lifespan protocol 2.0."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            garbage.spare_loaded_objects()
            registry.current()  # so that the end of the process ends its connections
            periodic.current_runner().start()  # A server that nobody opens a socket to has no heartbeat yet.
            await send({"type": "lifespan.startup.complete"})
        else:
            await lifecycle.stop_all()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def goodbye() -> None:
    """Has every client told that the server is about to go; a server calls it before it closes their connections."""
    await registry.connections.send_goodbye()


async def release_polls() -> None:
    """Lets the clients go that poll; a server calls it once nobody new can reach it."""
    await registry.connections.release_polls()
