"""Serves the application with the uvicorn options it is made for: `python -m tools.serve`, HOST and PORT as set."""

import contextlib
import gc
import socket
import sys
from pathlib import Path
from typing import Any

import environ
import uvicorn

ROOT = Path(__file__).resolve().parent.parent

OPTIONS: dict[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "ws": "realtime.adapters.uvicorn:Protocol",
    "ws_max_size": 8 * 1024 * 1024,  # bytes of one message: recordings send the longest
    "ws_per_message_deflate": False,  # it doubles the cost of a broadcast and more than doubles its memory
    "ws_ping_interval": 25,
    "ws_ping_timeout": 60,
    "timeout_graceful_shutdown": 10,
    "lifespan": "auto",
    "access_log": False,
    "log_config": None,  # Django's LOGGING has the handlers
}

GARBAGE = (1_000, 5, 250)  # objects made until the youngest are looked through; and after how often those before them


class Server(uvicorn.Server):
    """Uvicorn, which has clients told that it is about to go before it closes their connections."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is there now stays, so that looking for garbage costs as much as has come since, and seldom anything.
        gc.freeze()
        gc.set_threshold(*GARBAGE)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        farewell = self.lifespan.state.get("farewell")  # of realtime.lifespan
        if farewell is not None:
            await farewell()
        await super().shutdown(sockets)


def environment() -> environ.Env:
    """The environment with `.env` in it, as the settings see it."""
    if (dotenv := ROOT / ".env").exists():
        environ.Env.read_env(dotenv)
    return environ.Env()


def serve() -> None:
    """Until Ctrl-C or SIGTERM, which let running requests finish and tell sockets 1012: come back."""
    env = environment()
    host, port = env.str("HOST", default="127.0.0.1"), env.int("PORT", default=8000)
    config = uvicorn.Config("config.asgi:application", host, port, proxy_headers=False, **OPTIONS)
    server = Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(uvicorn.config.STARTUP_FAILURE)


if __name__ == "__main__":
    serve()
