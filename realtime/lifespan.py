"""What the ASGI server's start and stop mean for this process, where the server speaks of them at all."""

from typing import Any

from realtime import doorbell, hub, presence


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI lifespan protocol 2.0."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await presence.presences().end()
            await doorbell.publish_all()
            await hub.hubs().stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
